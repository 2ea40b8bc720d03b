"""The demo's world: nine small customers of one MSP, each showing one thing that happens in billing; the last two are protected from the cloud.

All names are made up. Instants are far enough in the future and past to stay what they are meant to be.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

ADVANCED = "Kaspersky Endpoint Security for Business Advanced"
SELECT = "Kaspersky Endpoint Security for Business - Select"
HYBRID = "Kaspersky Hybrid Cloud Security, Server"
CLOUD = "Kaspersky Endpoint Security Cloud Plus"
MAILBOXES = "Kaspersky Security for Microsoft Office 365"

_VALID = "2035-12-31T23:59:59Z"
_SYSTEMS = {
    "workstation": ("Microsoft Windows 11", 0x1003),
    "server": ("Microsoft Windows Server 2022", 0x9003),
    "linux": ("Ubuntu 24.04", 0x200800),
}
_NAMED = {"desktop": "PC", "laptop": "LAPTOP", "file_server": "FILES", "mobile": "PHONE"}
_CLOUD_SYSTEMS = {
    "desktop": "Microsoft Windows 11",
    "laptop": "macOS 14",
    "file_server": "Microsoft Windows Server 2022",
    "mobile": "Android 14",
}


def demo_world() -> dict[str, Any]:
    """The scenario in the format of contracts 4."""
    customers = (_contoso, _fabrikam, _northwind, _adventure_works, _wingtip, _papier, _tailspin)
    virtual_servers = []
    accounts = []
    for number, customer in enumerate(customers, start=1):
        virtual_server, account = customer(number)
        virtual_servers.append(virtual_server)
        accounts.append(account)
    companies = []
    for number, cloud_customer in enumerate((_litware, _proseware), start=len(customers) + 1):
        company, account = cloud_customer(number)
        companies.append(company)
        accounts.append(account)
    return {
        "ksc": {"users": [{"name": "tallybridge", "password": "secret", "virtual_servers": None}], "virtual_servers": virtual_servers},
        "business_hub": {"companies": companies},
        "tigerpaw": {
            "rest_keys": [
                {"public": "00000000-0000-4000-8000-00000000AAAA", "private": "00000000-0000-4000-8000-00000000BBBB", "rep": 68},
            ],
            "soap_users": [{"name": "kaspersky", "password": "secret", "external_product": "Kaspersky MSP", "active": True}],
            "external_products": ["Kaspersky MSP"],
            "price_book": [
                _item(1, "KES-WKS", "Endpoint security, workstation", 4.5),
                _item(2, "KES-SRV", "Endpoint security, server", 9.0),
                _item(3, "KES-NIX", "Endpoint security, other system", 5.0),
                _item(4, "KES-SELECT", "Endpoint security Select, device", 3.2),
                _item(5, "KES-CLOUD", "Endpoint security from the cloud, user", 4.0),
                _item(6, "KS-M365", "Microsoft 365 protection, mailbox", 1.8),
            ],
            "accounts": accounts,
        },
    }


DEMO_UNMAPPED = (HYBRID,)
"""The application that the demo's MSP has not mapped yet."""


def _contoso(number: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """The given page's example: one application on 90 workstations and 10 servers."""
    hosts = [*_hosts(number, "workstation", 90), *_hosts(number, "server", 10)]
    key = _key(number, 1, ADVANCED)
    return _virtual_server(number, "Contoso Dental", hosts, [key], _uses(key, hosts)), _account(number, "Contoso Dental")


def _fabrikam(number: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Uses an application that is mapped and one that is not; some devices hold only the reserve key."""
    hosts = [*_hosts(number, "workstation", 12), *_hosts(number, "linux", 4)]
    select, hybrid = _key(number, 1, SELECT), _key(number, 2, HYBRID)
    uses = [*_uses(select, hosts[:12]), *_uses(hybrid, hosts[12:]), *_uses(select, hosts[12:14], current=False)]
    return _virtual_server(number, "Fabrikam Logistics", hosts, [select, hybrid], uses), _account(number, "Fabrikam Logistics")


def _northwind(number: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Its account was never cross-referenced to the External Product."""
    hosts = _hosts(number, "workstation", 25)
    key = _key(number, 1, ADVANCED)
    return _virtual_server(number, "Northwind Traders", hosts, [key], _uses(key, hosts)), _account(number, "Northwind Traders", products=())


def _adventure_works(number: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Only tries the product: a trial key on every device."""
    hosts = _hosts(number, "workstation", 8)
    key = _key(number, 1, ADVANCED, kind=3)
    return _virtual_server(number, "Adventure Works", hosts, [key], _uses(key, hosts)), _account(number, "Adventure Works")


def _wingtip(number: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Somebody entered the line by hand before Tallybridge came."""
    hosts = _hosts(number, "workstation", 31)
    key = _key(number, 1, ADVANCED, kind=6)
    by_hand = {"detail_id": 9001, "item_id": "KES-WKS", "description": "Endpoint security, workstation", "quantity": 30, "price": 4.5}
    account = _account(number, "Wingtip Insurance", charges=[by_hand])
    return _virtual_server(number, "Wingtip Insurance", hosts, [key], _uses(key, hosts)), account


def _papier(number: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """All three categories, under a name that is not plain ASCII; two keys for the same application are still one seat a device."""
    hosts = [*_hosts(number, "workstation", 14), *_hosts(number, "server", 2), *_hosts(number, "linux", 3)]
    old, new = _key(number, 1, ADVANCED), _key(number, 2, ADVANCED, kind=6)
    uses = [*_uses(old, hosts[:10]), *_uses(new, hosts)]
    return _virtual_server(number, "Łódź Papier", hosts, [old, new], uses), _account(number, "Łódź Papier")


def _tailspin(number: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Protected, but linked to nobody: without a word this would never be billed."""
    hosts = _hosts(number, "workstation", 6)
    key = _key(number, 1, SELECT)
    return _virtual_server(number, "Tailspin Toys", hosts, [key], _uses(key, hosts)), _account(number, "Tailspin Toys Inc.")


def _litware(number: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """A company billed per user: 10 computers and 32 mobiles are 16 users, because a user is one computer and up to two mobiles."""
    license_ = {"id": f"l-{number}-1", "application": CLOUD, "kind": "subscription", "expires": _VALID}
    kinds = ["desktop"] * 6 + ["laptop"] * 3 + ["file_server"] + ["mobile"] * 32
    devices = [
        {
            "id": f"d-{number}-{place:02d}",
            "name": f"{_NAMED[kind]}-{place:02d}",
            "os_name": _CLOUD_SYSTEMS[kind],
            "type": kind,
            "license": license_["id"],
        }
        for place, kind in enumerate(kinds, start=1)
    ]
    return _company(number, "Litware Studios", license_, devices=devices), _account(number, "Litware Studios")


def _proseware(number: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """A company billed per protected mailbox; one of its mailboxes is not selected for protection."""
    license_ = {"id": f"l-{number}-1", "application": MAILBOXES, "kind": "commercial", "expires": None}
    mailboxes = [
        {"address": f"{name}@proseware.example", "protected": name != "archive", "license": license_["id"]}
        for name in ("archive", "billing", "contact", "courses", "desk", "events", "jobs", "library", "office", "press", "sales", "support")
    ]
    return _company(number, "Proseware Training", license_, mailboxes=mailboxes), _account(number, "Proseware Training")


def _company(number: int, name: str, license_: dict[str, Any], **members: list[dict[str, Any]]) -> dict[str, Any]:
    return {"id": f"c-{number}", "name": name, "licenses": [license_], **members}


def _hosts(customer: int, kind: str, count: int) -> list[dict[str, Any]]:
    name, type_bits = _SYSTEMS[kind]
    prefix = {"workstation": "PC", "server": "SRV", "linux": "NIX"}[kind]
    return [
        {
            "id": f"{customer:08d}-{type_bits % 0x10000:04x}-4000-8000-{number:012d}",
            "name": f"{prefix}-{number:02d}",
            "os_name": name,
            "ctype": type_bits,
        }
        for number in range(1, count + 1)
    ]


def _key(customer: int, number: int, name: str, *, kind: int = 1) -> dict[str, Any]:
    key: dict[str, Any] = {"serial": f"{customer:04d}-260101-{number:06d}", "name": name, "type": kind, "limit_date": _VALID}
    if kind == 6:
        key["subscription"] = {"state": 0, "end_type": 2, "end_date": _VALID, "grace_days": 0}
    return key


def _uses(key: dict[str, Any], hosts: list[dict[str, Any]], *, current: bool = True) -> Iterator[dict[str, Any]]:
    return ({"serial": key["serial"], "host": host["id"], "current": current} for host in hosts)


def _virtual_server(
    number: int, name: str, hosts: list[dict[str, Any]], keys: list[dict[str, Any]], uses: Iterator[dict[str, Any]] | list[dict[str, Any]]
) -> dict[str, Any]:
    return {"id": number, "uid": f"vs-{number}", "name": name, "hosts": hosts, "keys": keys, "uses": list(uses)}


def _account(
    number: int, name: str, *, products: tuple[str, ...] = ("Kaspersky MSP",), charges: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    return {
        "number": 1053100 + number,
        "name": name,
        "external_products": list(products),
        "agreements": [{"number": 2040 + number, "type": "Managed Services", "start": "2026-01-01", "charges": charges or []}],
    }


def _item(number: int, item_id: str, description: str, price: float) -> dict[str, Any]:
    return {"number": number, "item_id": item_id, "description": description, "price": price}
