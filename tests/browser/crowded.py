"""A console that is hard to draw: many lines that wait, long names in other scripts, nine digits, a worklist, and 2,000 customers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tallybridge.configuration.reading import read_configuration
from tallybridge.ledger.opening import close_ledger, open_ledger
from tallybridge.runs.configuring import take_files
from tallybridge.runs.day import Order, run_day
from tallybridge.runs.reports import Mode
from tallybridge.sandbox import Sandbox, write_declaration
from tallybridge.sandbox.demo_world import demo_world
from tests.browser.inhabited import Inhabited
from tests.browser.places import Place, following
from tests.console.large_fleet import write_large_fleet

_HELD, _TO_ENTER = 40, 6
_NINE_DIGITS = 987_654_321
_LONG = (
    "Общество с ограниченной ответственностью «Научно-производственное объединение прогрессивных информационных технологий»",  # noqa: RUF001 - a name in another script is what is to be drawn
    "特定非営利活動法人東日本情報通信技術者養成支援機構連絡協議会事務局本部第二営業部",
    "الهيئة العامة لتقنية المعلومات والاتصالات والتأمينات الاجتماعية",
    "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
    "भारतीय सूचना प्रौद्योगिकी एवं प्रबंधन संस्थान",
)
_ACCOUNT, _AGREEMENT = 700_000, 8_000

LARGE_PLACES = (
    Place("large-overview", "/"),
    Place("large-customers", "/customers/"),
    Place("large-customers-later", "/customers/?sort=-counted&page=2"),
    Place("large-runs", "/runs/"),
)
CROWDED_PLACES = (
    Place("crowded-overview", "/"),
    Place("crowded-customers", "/customers/"),
    Place("crowded-customer", "/customers/", following('a[href^="/customers/one/"]:has-text("Общество")')),
    Place("crowded-plan", "/plan/?show=all"),
    Place("crowded-why", f"/why/{_AGREEMENT + 1}/KES-WKS/"),
    Place("worklist", "/plan/worklist/"),
    Place("worklist-nothing-fits", "/plan/worklist/?text=nothing-like-this"),
)


@contextmanager
def crowded(folder: Path) -> Iterator[Inhabited]:
    """Both simulated systems and a home after one run in worklist mode.

    Asks the ledger in this process: to be entered before a browser is open in the same thread.
    """
    home = folder / "home"
    folder.mkdir(parents=True, exist_ok=True)
    with Sandbox(_world(), now=_now) as sandbox:
        files = write_declaration(folder / "tallybridge.toml", sandbox.world.scenario, sandbox.announcement)
        for file in files:
            file.write_text(_by_worklist(file.read_text(encoding="utf-8")), encoding="utf-8")
        open_ledger(home, clock=_now, whole=True)
        try:
            for one in take_files(files, _now):
                run_day(Order(configuration=one.configuration, configuration_address=one.address, mode=Mode.RUN, clock=_now))
        finally:
            close_ledger()
        yield Inhabited(home, files, sandbox)


@contextmanager
def large(folder: Path) -> Iterator[Inhabited]:
    """A home with an integration of 2,000 customers that no file declares. As `crowded`."""
    home = folder / "home"
    folder.mkdir(parents=True, exist_ok=True)
    with Sandbox(demo_world()) as sandbox:
        files = write_declaration(folder / "elsewhere.toml", sandbox.world.scenario, sandbox.announcement)
        open_ledger(home, clock=_now, whole=True)
        try:
            write_large_fleet(read_configuration(files[0]), _now())
        finally:
            close_ledger()
        yield Inhabited(home, (), sandbox)


def _now() -> datetime:
    return datetime.now(UTC)


def _by_worklist(declared: str) -> str:
    without = re.sub(r"(?m)^(soap_user|soap_password|dialect) = .*\n", "", declared)
    return re.sub(r"(?m)^write_mode = .*$", 'write_mode = "worklist"', without)


def _world() -> dict[str, Any]:
    """The demo's first customer again and again, with few devices; most agreements already hold a line that somebody made."""
    world = demo_world() | {"business_hub": {"companies": []}}
    like = world["ksc"]["virtual_servers"][0]
    hosts = like["hosts"][:3]
    uses = [use for use in like["uses"] if use["host"] in {host["id"] for host in hosts}]
    names = [*_LONG, *(f"Customer {number:02}" for number in range(1, _HELD + _TO_ENTER - len(_LONG) + 1))]
    # Those whose line is not there yet come first, so that some of the long names stand on the worklist too.
    made_by_hand = [number > _TO_ENTER or number == 1 for number in range(1, len(names) + 1)]
    world["ksc"]["virtual_servers"] = [
        like | {"id": number, "uid": f"vs-{number}", "name": name, "hosts": hosts, "uses": uses} for number, name in enumerate(names, start=1)
    ]
    world["tigerpaw"]["accounts"] = [
        _account(number, name, by_hand) for number, (name, by_hand) in enumerate(zip(names, made_by_hand, strict=True), start=1)
    ]
    return world


def _account(number: int, name: str, by_hand: bool) -> dict[str, Any]:
    line = {"detail_id": 9000 + number, "item_id": "KES-WKS", "description": "Endpoint security, workstation", "price": 4.5}
    line["quantity"] = _NINE_DIGITS if number == 1 else number
    agreement = {"number": _AGREEMENT + number, "type": "Managed Services", "start": "2026-01-01", "charges": [line] if by_hand else []}
    return {"number": _ACCOUNT + number, "name": name, "external_products": ["Kaspersky MSP"], "agreements": [agreement]}
