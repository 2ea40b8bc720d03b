"""Runs: recorded whole or not at all, in as many statements whatever the seats, closed once, and found again."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest

from tallybridge.billing.model import Category, Quantity, Unit
from tallybridge.billing.plan import Action, IntentOutcome
from tallybridge.billing.reasons import Reason
from tallybridge.ledger import destinations, errors, intents, leases, manifests, opening, runs
from tallybridge.ledger.prepared import models
from tallybridge.ledger.processes import this_process
from tests.databases.homes import on_postgresql
from tests.ledger.examples import (
    AGREEMENT,
    APPLICATION,
    INTEGRATION,
    START,
    TENANT,
    TODAY,
    Crash,
    StandingClock,
    begin,
    change,
    crash_at,
    fill_the_disk,
    intent,
    one_day,
    statements,
    tamper,
    tenant_run,
)

TABLES = (models.TenantRun, models.UsageLine, models.PlannedChange, models.TenantRunOutcome)


@pytest.fixture
def psa(ledger: Path) -> int:
    return destinations.identify("tigerpaw", "http://127.0.0.1:8085", "public")


def _rows() -> dict[str, int]:
    stored = {kind: models.Blob.objects.filter(kind=kind).count() for kind in ("document", "fresh")}
    return {model.__name__: model.objects.count() for model in TABLES} | stored


# Whole or nothing


def test_a_crash_before_any_statement_leaves_nothing_of_a_tenant_run(psa: int) -> None:
    """L1: all of it or nothing."""
    begin()
    record = tenant_run(psa, contents=((b"evidence", "fresh"),))
    before = _rows()
    with statements() as sql:
        runs.record_tenant("r1", record)
    whole = _rows()
    assert whole == {"TenantRun": 1, "UsageLine": 2, "PlannedChange": 2, "TenantRunOutcome": 0, "document": 1, "fresh": 1}
    for number in range(1, len(sql) + 1):
        run = f"crash-{number}"
        begin(run)
        earlier = _rows()
        with pytest.raises(Crash), crash_at(number):
            runs.record_tenant(run, tenant_run(psa, document=run.encode(), contents=((b"evidence of " + run.encode(), "fresh"),)))
        assert _rows() == earlier, f"before statement {number}"
    assert before == dict.fromkeys(before, 0)


@pytest.mark.parametrize(
    "write",
    [
        lambda: runs.update_tenant("r1", TENANT.id, "applied", None, "", b"{}"),
        lambda: runs.finish("r1", "done", {}, START, {}),
    ],
    ids=["update_tenant", "finish"],
)
def test_a_crash_within_the_other_writes_leaves_nothing_of_them(psa: int, write: Callable[[], object]) -> None:
    begin()
    runs.record_tenant("r1", tenant_run(psa))
    before = (_rows(), models.Manifest.objects.count())
    number, crashed = 1, True
    while crashed:
        try:
            with crash_at(number):
                write()
            crashed = False
        except Crash:
            if on_postgresql() and (_rows(), models.Manifest.objects.count()) != before:
                break  # all of it was committed, and only the connection's locks were still to be given back
            assert (_rows(), models.Manifest.objects.count()) == before
            number += 1
    assert (_rows(), models.Manifest.objects.count()) != before
    assert manifests.verify().ok
    assert number > 3


@pytest.mark.sqlite_only("the disk is the server's; its error is told in test_postgresql.py")
def test_a_full_disk_leaves_nothing_of_a_tenant_run(psa: int) -> None:
    begin()
    record = tenant_run(psa, document=os.urandom(500_000))
    before = _rows()
    fill_the_disk()
    with pytest.raises(errors.LedgerUnwritable, match="full"):
        runs.record_tenant("r1", record)
    assert _rows() == before


def test_recording_takes_as_many_statements_for_10_seats_as_for_1000(psa: int) -> None:
    """No database call per seat."""
    for run in ("r1", "r2"):
        begin(run)
        runs.record_tenant(run, tenant_run(psa, mark=run))
    counted = []
    for devices in (10, 1000):
        run = f"with-{devices}"
        begin(run)
        with statements() as sql:
            runs.record_tenant(run, tenant_run(psa, devices=devices, mark=run))
        counted.append(len(sql))
    assert counted[0] == counted[1]
    assert counted[0] <= 24


def test_an_unchanged_tenant_adds_no_evidence(psa: int) -> None:
    begin("first")
    runs.record_tenant("first", tenant_run(psa))
    blobs = models.Blob.objects.exclude(kind__in=("configuration", "rules", "present")).count()
    begin("second", on=TODAY + timedelta(days=1), started=START + timedelta(days=1))
    runs.record_tenant("second", tenant_run(psa, observed_at=START + timedelta(days=1)))
    assert models.Blob.objects.exclude(kind__in=("configuration", "rules", "present")).count() == blobs


def test_an_unchanged_tenant_adds_one_row_that_refers_to_what_is_there(psa: int) -> None:
    for day in range(3):
        begin(f"r{day}", on=TODAY + timedelta(days=day), started=START + timedelta(days=day))
        runs.record_tenant(f"r{day}", tenant_run(psa, observed_at=START + timedelta(days=day)))
    kept = {model.__name__: model.objects.count() for model in (models.TenantRun, models.TenantFacts, models.UsageLine, models.PlannedChange)}
    assert kept == {"TenantRun": 3, "TenantFacts": 1, "UsageLine": 2, "PlannedChange": 2}
    first, last = (runs.tenant_runs(run)[0] for run in ("r0", "r2"))
    assert (first.quantities, first.evidence, first.document) == (last.quantities, last.evidence, last.document)


def test_threads_record_their_tenants_side_by_side(psa: int) -> None:
    begin()
    failed: list[Exception] = []

    def record(thread: int) -> None:
        try:
            for number in range(5):
                runs.record_tenant("r1", tenant_run(psa, tenant_id=f"vs-{thread}-{number}"))
        except Exception as error:  # noqa: BLE001 - shown by the test
            failed.append(error)
        finally:
            opening.close_thread()

    threads = [threading.Thread(target=record, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    runs.finish("r1", "done", {}, START, {})
    assert len(runs.tenant_runs("r1")) == 20
    assert manifests.verify().ok


# Closed runs


def test_a_closed_run_takes_nothing_more(psa: int) -> None:
    begin()
    runs.record_tenant("r1", tenant_run(psa))
    runs.finish("r1", "done", {}, START, {})
    attempts: tuple[Callable[[], object], ...] = (
        lambda: runs.record_tenant("r1", tenant_run(psa, tenant_id="vs-2")),
        lambda: runs.update_tenant("r1", TENANT.id, "applied", None, "", b"{}"),
        lambda: runs.finish("r1", "done", {}, START, {}),
        lambda: intents.record(intent(), destination=psa, integration=INTEGRATION, tenant_id=TENANT.id, run="r1"),
    )
    for attempt in attempts:
        with pytest.raises(errors.RunClosed, match="Run r1 is closed as done"):
            attempt()
    assert manifests.verify().ok


def test_an_unknown_run_takes_nothing(psa: int) -> None:
    with pytest.raises(errors.RunUnknown, match="knows no run r9"):
        runs.record_tenant("r9", tenant_run(psa))


def test_a_run_id_is_used_once(psa: int) -> None:
    begin()
    with pytest.raises(errors.LedgerError, match="in the ledger already"):
        begin(integration="another")


def test_changes_without_their_agreement_are_a_defect(psa: int) -> None:
    begin()
    with pytest.raises(ValueError, match="needs its destination"):
        runs.record_tenant("r1", tenant_run(psa, agreement=None))


def test_links_to_tenants_that_are_not_listed_are_told_apart_by_account(psa: int) -> None:
    begin()
    for account in (1, 2):
        gone = tenant_run(psa, tenant_id="", account=account, outcome="blocked", reason=Reason.TENANT_GONE, changes=())
        runs.record_tenant("r1", gone)
    runs.finish("r1", "attention", {}, START, {})
    assert [one.tenant_id for one in runs.tenant_runs("r1")] == ["account:1", "account:2"]
    assert manifests.verify().ok


# Interrupted runs


def test_a_run_of_a_process_that_has_ended_is_closed_as_interrupted(psa: int, home: Path, clock: StandingClock) -> None:
    begin("killed")
    runs.record_tenant("killed", tenant_run(psa))
    opening.close_ledger()
    tamper(home, "UPDATE ledger_run SET pid = 4194399, process_started = 'long ago'")
    opening.open_ledger(home, clock=clock)
    begin("next", started=START + timedelta(hours=1), integration="another")
    killed = runs.get_run("killed")
    assert killed is not None
    assert (killed.outcome, killed.finished) == (runs.INTERRUPTED, START + timedelta(hours=1))
    runs.finish("next", "done", {}, START + timedelta(hours=2), {})
    assert manifests.verify().runs == 2
    assert manifests.verify().ok


def test_an_unfinished_run_of_another_integration_in_this_process_goes_on(psa: int) -> None:
    begin("first", integration="one")
    begin("second", integration="another")
    runs.finish("first", "done", {}, START, {})
    runs.finish("second", "done", {}, START, {})


def test_a_run_that_failed_in_this_process_is_closed_by_the_next_of_its_integration(psa: int) -> None:
    begin("failed")
    begin("next")
    with pytest.raises(errors.RunClosed, match="interrupted"):
        runs.finish("failed", "done", {}, START, {})


@pytest.mark.parametrize(("lease_seconds", "interrupted"), [(60, False), (-1, True)])
def test_a_run_on_another_host_lives_as_long_as_it_keeps_a_lease(
    psa: int, home: Path, clock: StandingClock, lease_seconds: int, interrupted: bool
) -> None:
    owner = this_process()
    leases.acquire("integration", owner=owner, now=START, ttl=timedelta(seconds=lease_seconds))
    begin("elsewhere")
    opening.close_ledger()
    tamper(home, "UPDATE ledger_run SET host = 'elsewhere'", "UPDATE ledger_lease SET host = 'elsewhere'")
    opening.open_ledger(home, clock=clock)
    begin("here", started=START)
    elsewhere = runs.get_run("elsewhere")
    assert elsewhere is not None
    assert (elsewhere.outcome == runs.INTERRUPTED) is interrupted


# Found again


def test_a_tenant_run_is_read_back_as_it_was_recorded(psa: int) -> None:
    begin()
    record = tenant_run(psa, reason=Reason.NO_PRICE, detail="one item has no price")
    runs.record_tenant("r1", record)
    (stored,) = runs.tenant_runs("r1")
    for name in ("tenant_id", "tenant_name", "number", "account", "destination", "agreement", "outcome", "reason", "detail", "observed_at"):
        assert getattr(stored, name) == getattr(record, name), name
    for name in ("evidence", "usage", "inputs", "plan", "quantities", "not_billed", "left_out", "notices", "document"):
        assert getattr(stored, name) == getattr(record, name), name
    assert stored.run.id == "r1"


def test_what_applying_made_of_it_is_shown_and_what_was_planned_is_kept(psa: int) -> None:
    begin()
    runs.record_tenant("r1", tenant_run(psa))
    runs.update_tenant("r1", TENANT.id, "failed", Reason.WRITE_REFUSED, "no right", b"{2}")
    runs.update_tenant("r1", TENANT.id, "applied", None, "", b"{3}")
    (stored,) = runs.tenant_runs("r1")
    assert (stored.outcome, stored.reason, stored.detail, stored.document) == ("applied", None, "", b"{3}")
    assert models.TenantRun.objects.get().outcome == "planned"
    assert models.TenantRunOutcome.objects.count() == 2


def test_reading_a_run_takes_as_many_statements_for_one_tenant_as_for_many(psa: int) -> None:
    counted = []
    for tenants in (1, 20):
        for run in (f"before-{tenants}", f"of-{tenants}"):
            begin(run)
            for number in range(tenants):
                runs.record_tenant(run, tenant_run(psa, tenant_id=f"vs-{number}", mark=f"{run} {number}"))
        with statements() as sql:
            assert len(runs.tenant_runs(run)) == tenants
        counted.append(len(sql))
    assert counted[0] == counted[1]


@pytest.mark.parametrize(("asked", "found"), [("r1", "r1"), ("r10", "r10"), ("r2", "r2x"), ("x", None), ("", None), ("r%", None)])
def test_a_run_is_found_by_its_id_or_by_the_beginning_that_only_it_has(psa: int, asked: str, found: str | None) -> None:
    for run in ("r1", "r10", "r2x"):
        begin(run)
    stored = runs.get_run(asked)
    assert (stored.id if stored else None) == found


def test_an_ambiguous_beginning_is_refused(psa: int) -> None:
    begin("r10")
    begin("r11")
    with pytest.raises(errors.RunAmbiguous, match="r10 and r11"):
        runs.get_run("r1")


def test_runs_are_found_by_date_kind_and_integration(psa: int) -> None:
    for number, (kind, day) in enumerate([("plan", 0), ("run", 0), ("run", 1), ("plan", 2)]):
        on, started = TODAY + timedelta(days=day), START + timedelta(days=day, minutes=number)
        begin(f"r{number}", kind=kind, on=on, started=started)
        runs.finish(f"r{number}", "failed" if number == 2 else "done", {}, started, {})
    begin("other", integration="another")
    assert [run.id for run in runs.runs_of(INTEGRATION, TODAY, TODAY + timedelta(days=1))] == ["r0", "r1", "r2"]
    newest = runs.latest_run(INTEGRATION, ("run",))
    assert newest is not None
    assert (newest.id, newest.outcome) == ("r2", "failed")
    assert runs.latest_run(INTEGRATION, ("apply",)) is None
    assert runs.last_finished_date(INTEGRATION) == TODAY + timedelta(days=1)
    assert runs.last_finished_date(INTEGRATION, ("plan",)) == TODAY + timedelta(days=2)
    assert runs.last_finished_date("another") is None


def test_an_interrupted_run_does_not_count_as_done(psa: int) -> None:
    begin("killed")
    begin("next", on=TODAY + timedelta(days=1), started=START + timedelta(days=1))
    assert runs.last_finished_date(INTEGRATION) is None


def test_the_history_of_a_line_tells_what_was_wanted_and_what_is_charged(psa: int) -> None:
    for day, quantity in enumerate((90, 95)):
        one_day(f"r{day}", psa, on=TODAY + timedelta(days=day), started=START + timedelta(days=day), quantity=quantity)
    begin("kept", on=TODAY + timedelta(days=2), started=START + timedelta(days=2))
    unchanged = change(action=Action.UNCHANGED, from_quantity=95, to_quantity=95, charge=9001)
    runs.record_tenant("kept", tenant_run(psa, mark="kept", changes=(unchanged,)))
    begin("held", on=TODAY + timedelta(days=3), started=START + timedelta(days=3))
    held = change(action=Action.HOLD, reason=Reason.EDITED_IN_PSA, from_quantity=80, to_quantity=95, charge=9001)
    runs.record_tenant("held", tenant_run(psa, mark="held", changes=(held,)))
    begin("later that day", on=TODAY + timedelta(days=3), started=START + timedelta(days=3, hours=1))
    runs.record_tenant("later that day", tenant_run(psa, mark="later", changes=(change(from_quantity=80, to_quantity=96),)))
    assert runs.history(psa, AGREEMENT, "KES-WKS") == (
        runs.HistoryEntry(date(2026, 11, 22), 90, 90, "r0"),
        runs.HistoryEntry(date(2026, 11, 23), 95, 95, "r1"),
        runs.HistoryEntry(date(2026, 11, 24), 95, 95, "kept"),
        runs.HistoryEntry(date(2026, 11, 25), 96, 80, "later that day"),
    )
    assert runs.history(psa, AGREEMENT, "ANOTHER") == ()
    assert runs.history(psa + 1, AGREEMENT, "KES-WKS") == ()


def test_the_newest_tenant_run_behind_a_line_is_found(psa: int) -> None:
    for number in range(2):
        begin(f"r{number}", started=START + timedelta(minutes=number))
        runs.record_tenant(f"r{number}", tenant_run(psa, mark=f"r{number}"))
    begin("unread", started=START + timedelta(minutes=5))
    runs.record_tenant("unread", tenant_run(psa, evidence=None, usage=None, changes=(), outcome="failed", reason=Reason.SOURCE_UNREACHABLE))
    newest = runs.latest_for(psa, AGREEMENT, "KES-WKS")
    assert newest is not None
    assert newest.run.id == "r1"
    assert Quantity(APPLICATION, Category.WINDOWS_SERVER, Unit.DEVICE, 10, True) in newest.quantities
    assert runs.latest_for(psa, AGREEMENT, "ANOTHER") is None


# What was written


def test_an_intent_of_an_earlier_run_is_concluded_under_the_run_that_found_out(psa: int) -> None:
    begin("first")
    recorded = intents.record(intent(), destination=psa, integration=INTEGRATION, tenant_id=TENANT.id, run="first")
    runs.finish("first", "failed", {}, START, {})
    begin("second", on=TODAY + timedelta(days=1))
    intents.conclude(recorded.key, IntentOutcome.APPLIED, 9001, 90, "", START, "second")
    runs.finish("second", "done", {}, START, {})
    assert manifests.verify().ok
