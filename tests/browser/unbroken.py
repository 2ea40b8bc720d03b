"""Names that no line can be broken in: customer, account, application, license, item, device, each of 120 letters and more without a space."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tallybridge.ledger.opening import close_ledger, open_ledger
from tallybridge.runs.reports import Mode
from tallybridge.sandbox import Sandbox, write_declaration
from tallybridge.sandbox.demo_world import demo_world
from tests.browser.inhabited import Inhabited, bill
from tests.browser.places import Place, following, pressing


def _long(beginning: str) -> str:
    return beginning + "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft" * 2


_CUSTOMER, _ACCOUNT, _APPLICATION, _LICENSE = _long("Kunde"), _long("Konto"), _long("Kaspersky-Anwendung"), _long("Lizenz")
_ITEM, _UNMATCHED, _DEVICE = "ITEM-" + "ABCDEFGHIJ0123456789" * 6, _long("Unbekannt"), _long("PC-01-")
_AGREEMENT = 8001

UNBROKEN_PLACES = (
    Place("unbroken-overview", "/"),
    Place("unbroken-customers", "/customers/"),
    Place("unbroken-accounts", "/customers/accounts/"),
    Place("unbroken-suggestions", "/customers/suggestions/"),
    Place("unbroken-customer", "/customers/", following('a[href^="/customers/one/"]'), "customer"),
    Place("unbroken-mapping", "/mapping/"),
    Place("unbroken-application", "/mapping/", following('a[href^="/mapping/application/"]'), "mapping-application"),
    Place("unbroken-plan", "/plan/?show=all"),
    Place("unbroken-confirm", "/plan/", pressing("Apply all…"), "plan-confirm"),
    Place("unbroken-runs", "/runs/"),
    Place("unbroken-run", "/runs/", following('a[href^="/runs/20"]'), "run"),
    Place("unbroken-compare", "/runs/compare/"),
    Place("unbroken-why", f"/why/{_AGREEMENT}/{_ITEM}/"),
    Place("unbroken-print", f"/why-print/{_AGREEMENT}/{_ITEM}/"),
    Place("unbroken-settings", "/settings/"),
    Place("unbroken-audit", "/audit/"),
)


@contextmanager
def unbroken(folder: Path) -> Iterator[Inhabited]:
    """Both simulated systems, and a home that has billed one day, after which somebody has edited the line of one item by hand and others have grown.

    Asks the ledger in this process: to be entered before a browser is open in the same thread.
    """
    home = folder / "home"
    folder.mkdir(parents=True, exist_ok=True)
    with Sandbox(_world(), now=_now) as sandbox:
        files = write_declaration(folder / "tallybridge.toml", sandbox.world.scenario, sandbox.announcement, unmapped=(_LICENSE, _UNMATCHED))
        declared = files[0].read_text(encoding="utf-8")
        files[0].write_text(declared + _LONG_MAPPING, encoding="utf-8")
        open_ledger(home, clock=_now, whole=True)
        try:
            bill(files, _now, Mode.RUN)
            world = sandbox.state()
            _change(world)
            sandbox.replace(world)
            bill(files, _now, Mode.PLAN)
        finally:
            close_ledger()
        yield Inhabited(home, files, sandbox)


_LONG_MAPPING = f"""
[[application]]
name = "{_APPLICATION}"
unit = "device"
match = [{{ exact = "{_LICENSE}" }}]

[[mapping]]
application = "{_APPLICATION}"
item = "{_ITEM}"
"""


def _now() -> datetime:
    return datetime.now(UTC)


def _change(world: dict[str, Any]) -> None:
    server = world["ksc"]["virtual_servers"][0]
    first = server["hosts"][0]
    server["hosts"].append(first | {"id": first["id"][:-1] + "f", "name": _DEVICE + "2"})
    server["uses"] += [use | {"host": first["id"][:-1] + "f"} for use in server["uses"] if use["host"] == first["id"]]
    charges = world["tigerpaw"]["accounts"][0]["agreements"][0]["charges"]
    charges[0]["quantity"] += 5


def _world() -> dict[str, Any]:
    """The demo's first customer with one device on three licenses; a second one that is linked to nobody."""
    world = demo_world() | {"business_hub": {"companies": []}}
    like = world["ksc"]["virtual_servers"][0]
    host = like["hosts"][0] | {"name": _DEVICE}
    key = like["keys"][0]
    use = next(one for one in like["uses"] if one["host"] == host["id"])
    keys = [key] + [key | {"serial": f"{key['serial']}-{number}", "name": name} for number, name in enumerate((_LICENSE, _UNMATCHED), start=1)]
    server = like | {"name": _CUSTOMER, "hosts": [host], "keys": keys, "uses": [use | {"serial": one["serial"]} for one in keys]}
    world["ksc"]["virtual_servers"] = [server, server | {"id": 2, "uid": "vs-2", "name": _CUSTOMER + "-2"}]
    agreement = {"number": _AGREEMENT, "type": _long("Vertrag"), "start": "2026-01-01", "charges": []}
    world["tigerpaw"]["accounts"] = [
        {"number": 700_001, "name": _CUSTOMER, "external_products": ["Kaspersky MSP"], "agreements": [agreement]},
        {"number": 700_002, "name": _ACCOUNT, "external_products": ["Kaspersky MSP"], "agreements": []},
    ]
    world["tigerpaw"]["price_book"].append({"number": 99, "item_id": _ITEM, "description": _long("Artikel"), "type": "S", "price": 4.5})
    return world
