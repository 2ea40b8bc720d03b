"""Example records, and a ledger with a row of every kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import connection

from tallybridge.billing.model import Category, Device, License, LicenseKind, Notice, Observation, Quantity, Seat, Stated, Tenant, Unit
from tallybridge.billing.plan import Action, Change, DecisionKind, IntentKind, IntentOutcome, OpenIntent, OurLine, Part
from tallybridge.billing.reasons import Reason
from tallybridge.billing.wanting import NotBilled
from tallybridge.ledger import (
    canonical,
    configurations,
    decisions,
    destinations,
    evidence,
    holds,
    imports,
    intents,
    lines,
    runs,
    secrets,
    stated_counts,
    tenants,
)
from tallybridge.ledger.prepared import models
from tests.databases import past_the_program
from tests.databases.homes import on_postgresql

START = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
TODAY = date(2026, 11, 22)
INTEGRATION = "Integration with Tigerpaw"
APPLICATION = "Kaspersky Endpoint Security for Business Advanced"
TENANT = Tenant(id="vs-1", name="Contoso Dental", number=1)
AGREEMENT = 2041


class StandingClock:
    """Gives the same instant until it is moved."""

    def __init__(self, now: datetime = START) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def observation(*, devices: int, licenses: int = 3) -> Observation:
    """A tenant whose every device holds a seat of every license."""
    serials = [f"1A2B-190411-073015-1-{number:04}" for number in range(licenses)]
    found = tuple(Device(f"8910f900-3807-4b97-8a97-{number:012}", f"PC-{number}", "Microsoft Windows 11", 4103) for number in range(devices))
    return Observation(
        tenant=TENANT,
        started=START,
        licenses=tuple(License(serial=serial, name=APPLICATION, kind=LicenseKind.COMMERCIAL, expires=START) for serial in serials),
        devices=found,
        seats=tuple(sorted(Seat(serial, device.id, True, False, None, "") for serial in serials for device in found)),
        notices=(Notice(reason=Reason.COUNT_DIFFERS, subject=serials[0], expected=devices + 1, received=devices),),
    )


def change(**members: Any) -> Change:
    """A create of 90 unless said otherwise."""
    return Change(**({"action": Action.CREATE, "item": "KES-WKS", "from_quantity": None, "to_quantity": 90} | members))


def intent(**members: Any) -> OpenIntent:
    """An intent to create a line of 90 unless said otherwise."""
    given: dict[str, Any] = {
        "key": "",
        "agreement": AGREEMENT,
        "item": "KES-WKS",
        "kind": IntentKind.CREATE,
        "charge": None,
        "from_quantity": None,
        "to_quantity": 90,
        "known": (9000,),
        "recorded": START,
        "parts": (Part(application=APPLICATION, category=Category.WINDOWS_WORKSTATION, quantity=90),),
    }
    return OpenIntent(**(given | members))


def line(**members: Any) -> OurLine:
    """Our line of 90 unless said otherwise."""
    given: dict[str, Any] = {"agreement": AGREEMENT, "item": "KES-WKS", "charge": 9001, "written": 90}
    return OurLine(**(given | members))


def decision(**members: Any) -> decisions.DecisionMade:
    """An adoption of line 9007 with 42 units unless said otherwise."""
    given: dict[str, Any] = {"kind": DecisionKind.ADOPT, "reason": "agreed with the customer", "author": "someone", "at": START}
    return decisions.DecisionMade(**(given | {"charge": 9007, "quantity": 42} | members))


def begin(run: str = "r1", *, on: date = TODAY, kind: str = "run", started: datetime = START, integration: str = INTEGRATION) -> None:
    """Begins a run with a configuration of its own."""
    address = configurations.take(integration, f"configuration of {run}".encode(), origin="tallybridge.toml", at=started)
    rules = evidence.put(f"rules of {run}".encode(), "rules")
    runs.begin(
        runs.NewRun(id=run, integration=integration, kind=kind, date=on, started=started, configuration=address, rules_version="1", rules=rules)
    )


def tenant_run(destination: int, *, devices: int = 3, mark: str = "r1", **members: Any) -> runs.TenantRunRecord:
    """A planned tenant run with evidence in the store."""
    seen = observation(devices=devices)
    given: dict[str, Any] = {
        "tenant_id": TENANT.id,
        "tenant_name": TENANT.name,
        "number": TENANT.number,
        "account": 1053145,
        "destination": destination,
        "agreement": AGREEMENT,
        "outcome": "planned",
        "observed_at": START,
        "evidence": evidence.put(canonical.encode_observation(seen), "observation"),
        "usage": evidence.put(f"usage of {mark}".encode(), "usage"),
        "inputs": evidence.put(f"inputs of {mark}".encode(), "inputs"),
        "plan": evidence.put(f"plan of {mark}".encode(), "plan"),
        "changes": (change(), change(item="KES-SRV", to_quantity=10)),
        "quantities": (
            Quantity(APPLICATION, Category.WINDOWS_WORKSTATION, Unit.DEVICE, 90, True),
            Quantity(APPLICATION, Category.WINDOWS_SERVER, Unit.DEVICE, 10, True),
        ),
        "not_billed": (NotBilled("Kaspersky Security for Mail Server", None, 3, Reason.NO_MAPPING),),
        "left_out": (runs.LeftOutCount(Reason.RESERVE_KEY, 4),),
        "notices": seen.notices,
        "document": f'{{"tenant":"Contoso Dental","run":"{mark}"}}'.encode(),
    }
    return runs.TenantRunRecord(**(given | members))


def one_day(run: str, destination: int, *, on: date, started: datetime, quantity: int) -> str:
    """A whole run that writes `quantity` to one line; returns the new head."""
    begin(run, on=on, started=started)
    runs.record_tenant(run, tenant_run(destination, mark=run, changes=(change(to_quantity=quantity),)))
    recorded = intents.record(
        intent(to_quantity=quantity, recorded=started), destination=destination, integration=INTEGRATION, tenant_id=TENANT.id, run=run
    )
    intents.mark_called(recorded.key, started)
    intents.conclude(recorded.key, IntentOutcome.APPLIED, 9001, quantity, "read back", started, run)
    runs.update_tenant(run, TENANT.id, "applied", None, "", f'{{"tenant":"Contoso Dental","run":"{run}","outcome":"applied"}}'.encode())
    return runs.finish(run, "done", {"tenants": 1}, started + timedelta(minutes=1), {"psa_writes": 1})


def prune_one(number: int = 1) -> None:
    """A pruning entry of a content that nothing refers to."""
    address = evidence.address_of(b"a day long past %d" % number)
    models.PrunedContent.objects.create(blob=100_000 + number, address=address, kind="observation", size=17, before=TODAY, at=START)


def row_of_every_kind() -> None:
    """Three days, and at least one row in every table."""
    destination = destinations.identify("tigerpaw", "http://127.0.0.1:8085", "public")
    for day in range(2):
        on = TODAY + timedelta(days=day)
        one_day(f"r{day + 1}", destination, on=on, started=START + timedelta(days=day), quantity=90 + day)
    lines.take_over(destination, INTEGRATION, TENANT.id, (line(),), [(9001, "KES-WKS")])
    tenants.bind(INTEGRATION, 1053145, TENANT)
    secrets.seal("soap_password", "hidden")
    imports.take(INTEGRATION, [imports.ImportedPart(company="c-17", exported=START, content=b"{}")], file="export.json", at=START)
    imports.remember_columns(INTEGRATION, {"Gerät": "device"})
    stated_counts.state(INTEGRATION, TENANT.name, Stated("Anything", None, 3, "someone", "by telephone", TODAY), at=START)
    held = change(action=Action.HOLD, reason=Reason.LINE_NOT_OURS, item="KES-SRV", known=(9007,), charge=9007)
    hold = holds.keep_up(destination, INTEGRATION, TENANT.id, TENANT.name, AGREEMENT, (held,), START)["KES-SRV"]
    kept = decisions.record(hold, decision(kind=DecisionKind.KEEP, stands=True, shown=((9007, 10),)))
    decisions.end([kept], at=START)
    prune_one()
    one_day("r3", destination, on=TODAY + timedelta(days=2), started=START + timedelta(days=2), quantity=92)


@contextmanager
def statements() -> Iterator[list[str]]:
    """Collects the SQL statements of this thread."""
    seen: list[str] = []

    def note(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        seen.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        yield seen


def wait_briefly() -> None:
    """Lets this thread's connection wait 50 ms for a locked database instead of 20 s."""
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = 50" if on_postgresql() else "PRAGMA busy_timeout = 50")


def fill_the_disk() -> None:
    """Lets the database grow no further."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA page_count")
        pages = cursor.fetchone()[0]
        cursor.execute(f"PRAGMA max_page_count = {pages}")


class Crash(BaseException):
    """Stands for the end of the process."""


@contextmanager
def crash_at(number: int) -> Iterator[None]:
    """Ends whatever is under way just before its statement of this number, counted from 1."""
    count = 0

    def strike(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal count
        count += 1
        if count == number:
            raise Crash
        return execute(sql, params, many, context)

    with connection.execute_wrapper(strike):
        yield


def tamper(home: Path, *sql: str) -> None:
    """Changes the closed ledger behind its back, as somebody with the database could."""
    past_the_program.change(home, *sql)
