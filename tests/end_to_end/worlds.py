"""Scenarios (contracts 4) put together piece by piece, and the configuration files (contracts 3) that link and map them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from tallybridge.sandbox import Sandbox

ADVANCED = "Kaspersky Endpoint Security for Business Advanced"
SELECT = "Kaspersky Endpoint Security for Business - Select"

KSC_PASSWORD = "ksc-p4ss-9d41"
REST_PRIVATE = "5c1f3b7e-0000-4000-8000-0000PRIVATE1"
SOAP_PASSWORD = "soap-p4ss-77ab"
SECRETS = {"KSC_PASSWORD": KSC_PASSWORD, "TIGERPAW_PRIVATE_KEY": REST_PRIVATE, "TIGERPAW_SOAP_PASSWORD": SOAP_PASSWORD}

WORKSTATION: tuple[str | None, int | None] = ("Microsoft Windows 11", 0x1003)
SERVER: tuple[str | None, int | None] = ("Microsoft Windows Server 2022", 0x9007)
LINUX: tuple[str | None, int | None] = ("Debian GNU/Linux 12", 0x200800)

CONTOSO, FABRIKAM = 2041, 2042
"""The agreements of the two customers of `two_customers`; their accounts are 1041 and 1042."""

Json = dict[str, Any]


def host(identity: str, system: tuple[str | None, int | None] = WORKSTATION, **members: Any) -> Json:
    """A managed device."""
    return {"id": identity, "name": identity.upper(), "os_name": system[0], "ctype": system[1], **members}


def key(serial: str, name: str = ADVANCED, *, kind: int = 1, **members: Any) -> Json:
    """A key that has not expired."""
    return {"serial": serial, "name": name, "type": kind, "limit_date": "2099-12-31T23:59:59Z", **members}


def use(serial: str, device: str, **members: Any) -> Json:
    """One row of a key's hosts."""
    return {"serial": serial, "host": device, **members}


def customer(number: int, name: str, uses: Mapping[str, Iterable[tuple[str | None, int | None]]]) -> Json:
    """A virtual server with one commercial key per application and one device per system named there."""
    keys: list[Json] = []
    hosts: list[Json] = []
    rows: list[Json] = []
    for order, (application, systems) in enumerate(uses.items(), start=1):
        serial = f"S{number:03}-{order}"
        keys.append(key(serial, application))
        for system in systems:
            device = f"d{number:03}-{len(hosts) + 1:03}"
            hosts.append(host(device, system))
            rows.append(use(serial, device))
    return {"id": number, "uid": f"vs-{number}", "name": name, "hosts": hosts, "keys": keys, "uses": rows}


def account(number: int, name: str, agreements: Iterable[Json], *, cross_referenced: bool = True) -> Json:
    """An account and its agreements."""
    return {"number": number, "name": name, "external_products": ["Kaspersky MSP"] if cross_referenced else [], "agreements": list(agreements)}


def agreement(number: int, charges: Iterable[Json] = (), **members: Any) -> Json:
    """A running agreement."""
    return {"number": number, "start": "2020-01-01", "next_billing_period": "2026-12-01", "charges": list(charges), **members}


def charge(detail_id: int, item: str, quantity: int, **members: Any) -> Json:
    """A line that Tallybridge has not made."""
    return {"detail_id": detail_id, "item_id": item, "description": f"By hand: {item}", "quantity": quantity, "price": 7.25, **members}


def price_book(*items: str, **members: Json) -> list[Json]:
    """Active items with a price; `members` overrides members of single items, by id with "_" for "-"."""
    return [
        {"number": number, "item_id": item, "description": f"Security {item}", "price": 4.5, **members.get(item.replace("-", "_"), {})}
        for number, item in enumerate(items, start=1)
    ]


ITEMS = ("KES-WKS", "KES-SRV", "KES-NIX", "KES-SELECT")


def world(servers: Iterable[Json], accounts: Iterable[Json], items: list[Json] | None = None, **ksc: Any) -> Json:
    """The whole scenario, with one user for each door."""
    return {
        "ksc": {"users": [{"name": "tallybridge", "password": KSC_PASSWORD}], "virtual_servers": list(servers), **ksc},
        "tigerpaw": {
            "rest_keys": [{"public": "00000000-0000-4000-8000-00000000AAAA", "private": REST_PRIVATE, "rep": 68}],
            "soap_users": [{"name": "kaspersky", "password": SOAP_PASSWORD, "external_product": "Kaspersky MSP", "active": True}],
            "external_products": ["Kaspersky MSP"],
            "price_book": items if items is not None else price_book(*ITEMS),
            "accounts": list(accounts),
        },
    }


def two_customers(*, contoso: Iterable[Json] = (), fabrikam: Iterable[Json] = (), workstations: int = 3) -> Json:
    """Contoso: workstations and one server on Advanced. Fabrikam: two workstations on Select. The arguments are charges that stand there before."""
    return world(
        [
            customer(1, "Contoso Dental", {ADVANCED: [WORKSTATION] * workstations + [SERVER]}),
            customer(2, "Fabrikam", {SELECT: [WORKSTATION] * 2}),
        ],
        [
            account(1041, "Contoso Dental", [agreement(CONTOSO, contoso)]),
            account(1042, "Fabrikam", [agreement(FABRIKAM, fabrikam)]),
        ],
    )


def link(tenant: str, account_number: int, agreement_number: int | None, **members: Any) -> Json:
    """A [[link]] table; `tenant_id` in the members replaces the name."""
    found: Json = {"tenant": tenant, "account": account_number, "agreement": agreement_number, **members}
    if "tenant_id" in found:
        del found["tenant"]
    return {name: value for name, value in found.items() if value is not None}


TWO_LINKS = (link("Contoso Dental", 1041, CONTOSO), link("Fabrikam", 1042, FABRIKAM))
BY_CATEGORY = {"application": ADVANCED, "windows_workstation": "KES-WKS", "windows_server": "KES-SRV", "non_windows": "KES-NIX"}
ONE_ITEM = {"application": SELECT, "item": "KES-SELECT"}


def declaration(
    sandbox: Sandbox,
    *,
    links: Iterable[Json] = TWO_LINKS,
    mappings: Iterable[Json] = (BY_CATEGORY, ONE_ITEM),
    applications: Iterable[Json] = (),
    integration: Mapping[str, Any] | None = None,
    source: Mapping[str, Any] | None = None,
    destination: Mapping[str, Any] | None = None,
) -> str:
    """The text of a configuration file; the last three override members of their tables, and None leaves a member out."""
    tables: list[tuple[str, Mapping[str, Any]]] = [
        ("[integration]", {"name": "Integration with Tigerpaw", "time_zone": "Europe/Berlin", "apply": "automatic"} | dict(integration or {})),
        (
            "[source]",
            {
                "kind": "ksc",
                "url": sandbox.ksc_url,
                "user": "tallybridge",
                "password": "env:KSC_PASSWORD",
                "fingerprint": sandbox.fingerprint,
            }
            | dict(source or {}),
        ),
        (
            "[destination]",
            {
                "kind": "tigerpaw",
                "url": sandbox.tigerpaw_url,
                "public_key": "00000000-0000-4000-8000-00000000AAAA",
                "private_key": "env:TIGERPAW_PRIVATE_KEY",
                "soap_user": "kaspersky",
                "soap_password": "env:TIGERPAW_SOAP_PASSWORD",
                "external_product": "Kaspersky MSP",
                "write_mode": "soap",
                "dialect": "sandbox-0",
                "settle": 0,
            }
            | dict(destination or {}),
        ),
        *(("[[link]]", one) for one in links),
        *(("[[application]]", one) for one in applications),
        *(("[[mapping]]", one) for one in mappings),
    ]
    return "\n".join(
        f"{head}\n" + "".join(f"{name} = {_toml(value)}\n" for name, value in members.items() if value is not None) for head, members in tables
    )


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{name} = {_toml(inner)}" for name, inner in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(one) for one in value) + "]"
    return json.dumps(value, ensure_ascii=False)
