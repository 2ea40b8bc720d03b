"""A small world for the command line: five customers, each with a reason of its own.

| customer | why it is here |
| --- | --- |
| Contoso Dental | linked; 3 workstations, 1 server and 1 Linux machine on one application, billed by category; no charges yet |
| Fabrikam | linked; 2 workstations on an application with one item, whose line (2) Tallybridge did not make; 1 server on an unmapped one |
| Northwind | linked; its account is not cross-referenced |
| Litware | not linked; an account has the very same name, and one agreement that has not ended |
| Wingtip Toys | not linked; trial keys only; an account has nearly the same name, and two agreements that have not ended |
"""

from __future__ import annotations

from typing import Any

ADVANCED = "Kaspersky Endpoint Security for Business Advanced"
SELECT = "Kaspersky Endpoint Security for Business - Select"
MAIL = "Kaspersky Security for Mail Server"

CONTOSO, FABRIKAM, NORTHWIND, LITWARE, WINGTIP = 1053145, 1053146, 1053147, 1053148, 1053149

WORKSTATION, SERVER, LINUX = ("Microsoft Windows 11", 0x1007), ("Microsoft Windows Server 2022", 0x9007), ("Debian GNU/Linux 12", 0x1003)

LINKS = {"Contoso Dental": (CONTOSO, 2041), "Fabrikam": (FABRIKAM, 2042), "Northwind": (NORTHWIND, 2043)}
"""What the default configuration links: tenant → account, agreement."""


def small_world() -> dict[str, Any]:
    """The scenario (contracts 4), fresh."""
    return {
        "ksc": {
            "virtual_servers": [
                _virtual_server(1, "Contoso Dental", [(ADVANCED, 6, [WORKSTATION, WORKSTATION, WORKSTATION, SERVER, LINUX])]),
                _virtual_server(2, "Fabrikam", [(SELECT, 1, [WORKSTATION, WORKSTATION]), (MAIL, 1, [SERVER])]),
                _virtual_server(3, "Northwind", [(SELECT, 1, [WORKSTATION])]),
                _virtual_server(4, "Litware", [(SELECT, 1, [WORKSTATION, WORKSTATION])]),
                _virtual_server(5, "Wingtip Toys", [(SELECT, 3, [WORKSTATION])]),
            ]
        },
        "tigerpaw": {
            "rest_keys": [{"public": "00000000-0000-4000-8000-00000000AAAA", "private": "00000000-0000-4000-8000-00000000BBBB", "rep": 68}],
            "soap_users": [{"name": "kaspersky", "password": "soap-secret", "external_product": "Kaspersky MSP", "active": True}],
            "external_products": ["Kaspersky MSP"],
            "price_book": [
                {"number": 1, "item_id": "KES-WKS", "description": "Endpoint security, workstation", "price": 4.5},
                {"number": 2, "item_id": "KES-SRV", "description": "Endpoint security, server", "price": 9},
                {"number": 3, "item_id": "KES-NIX", "description": "Endpoint security, other", "price": 4.5},
                {"number": 4, "item_id": "KES-SELECT", "description": "Endpoint security Select", "price": 3.25},
                {"number": 5, "item_id": "OLD-AV", "description": "Antivirus of former times", "price": 1, "inactive": True},
            ],
            "accounts": [
                _account(CONTOSO, "Contoso Dental", [_agreement(2041)]),
                _account(FABRIKAM, "Fabrikam", [_agreement(2042, charges=[{"detail_id": 9001, "item_id": "KES-SELECT", "quantity": 2}])]),
                _account(NORTHWIND, "Northwind", [_agreement(2043)], external_products=[]),
                _account(LITWARE, "Litware", [_agreement(2044, end="2020-12-31"), _agreement(2045)]),
                _account(WINGTIP, "Wingtip Toys, Inc.", [_agreement(2046), _agreement(2047)]),
            ],
        },
    }


def _virtual_server(number: int, name: str, licenses: list[tuple[str, int, list[tuple[str, int]]]]) -> dict[str, Any]:
    hosts: list[dict[str, Any]] = []
    keys: list[dict[str, Any]] = []
    uses: list[dict[str, Any]] = []
    for order, (application, kind, devices) in enumerate(licenses, start=1):
        serial = f"{number:02}{order:02}-260101-000000-1-1234"
        keys.append({"serial": serial, "name": application, "type": kind})
        for os_name, ctype in devices:
            host = f"00000000-0000-4000-8000-{number:06}{len(hosts) + 1:06}"
            hosts.append({"id": host, "name": f"{name.split(maxsplit=1)[0].upper()}-{len(hosts) + 1:02}", "os_name": os_name, "ctype": ctype})
            uses.append({"serial": serial, "host": host})
    return {"id": number, "uid": f"vs-{number}", "name": name, "hosts": hosts, "keys": keys, "uses": uses}


def _account(number: int, name: str, agreements: list[dict[str, Any]], *, external_products: list[str] | None = None) -> dict[str, Any]:
    products = ["Kaspersky MSP"] if external_products is None else external_products
    return {"number": number, "name": name, "external_products": products, "agreements": agreements}


def _agreement(number: int, *, end: str | None = None, charges: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return {"number": number, "type": "Managed Services", "start": "2020-01-01", "end": end, "charges": charges or []}
