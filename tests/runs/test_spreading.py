"""Runs that are carried out by several processes: every tenant once, whoever dies in between (design 8, decision 0031)."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tallybridge.destinations.base import ChargeWrite, WriteReply
from tallybridge.destinations.tigerpaw import TigerpawDestination
from tallybridge.ledger import at_work, leases, manifests
from tallybridge.ledger import runs as ledger_runs
from tallybridge.ledger.errors import RunClosed
from tallybridge.ledger.opening import close_ledger, close_thread, open_ledger
from tallybridge.ledger.processes import Owner
from tallybridge.runs.breaker import SharedBreaker
from tallybridge.runs.configuring import Configured, take_files
from tallybridge.runs.crews import InThisProcess
from tallybridge.runs.day import Order, run_day
from tallybridge.runs.orders import RunGivenBack
from tallybridge.runs.recording import PartGivenBack
from tallybridge.runs.reports import Mode, run_document
from tallybridge.runs.runs_at_hand import RunsAtHand, part_key
from tallybridge.runs.sessions import one_of_the_sessions
from tallybridge.runs.workers.under_way import SpreadProgress, under_way, under_way_document
from tallybridge.sandbox import Sandbox, write_declaration
from tests.rehearsals.growing_fleet import BY_HAND, CUSTOMERS, ITEMS, NOT_OURS, GrowingFleet, number_of_agreement

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
BY_HAND_IDS = {line["detail_id"] for _, line in BY_HAND}


class Died(BaseException):
    """A process ends here, as far as the code can tell: nothing after it is carried out."""


class Abandoned:
    """A crew whose coordinator dies as soon as it has handed out the parts."""

    def __init__(self) -> None:
        self.parts: list[int] = []
        self.run = ""

    def hand_out(self, run_id: str, parts: Sequence[int]) -> None:
        self.run, self.parts = run_id, list(parts)
        raise Died

    def waiting(self, run_id: str) -> Collection[int]:
        return ()

    def anybody(self) -> bool:
        return True


@pytest.fixture
def fleet() -> GrowingFleet:
    return GrowingFleet(random.Random(7))


@pytest.fixture
def sandbox(fleet: GrowingFleet) -> Iterator[Sandbox]:
    with Sandbox(fleet.scenario(), clock_skew_seconds=10**9) as running:
        yield running


@pytest.fixture
def configured(sandbox: Sandbox, tmp_path: Path) -> Iterator[Configured]:
    path = tmp_path / "tallybridge.toml"
    write_declaration(path, sandbox.world.scenario, sandbox.announcement)
    path.write_text(path.read_text(encoding="utf-8").replace('write_mode = "soap"\n', 'write_mode = "soap"\nsettle = 0\n'), encoding="utf-8")
    open_ledger(tmp_path / "home", clock=lambda: NOW)
    (found,) = take_files([path], lambda: NOW)
    yield found
    close_ledger()


def order(configured: Configured, **more: Any) -> Order:
    settings: dict[str, Any] = {
        "configuration": configured.configuration,
        "configuration_address": configured.address,
        "mode": Mode.RUN,
        "clock": lambda: NOW,
    }
    return Order(**settings | more)


def begun(configured: Configured) -> Abandoned:
    """A run whose parts nobody has begun, and that nobody sees to any more."""
    crew = Abandoned()
    with pytest.raises(Died):
        run_day(order(configured), crew=crew)
    assert len(crew.parts) == at_work.get(crew.run).parts
    return crew


def in_this_process(configured: Configured) -> InThisProcess:
    return InThisProcess(order(configured))


def carry_out(run_id: str, *parts: int) -> None:
    """What one process does of a run, until it ends."""
    with closing(RunsAtHand(clock=lambda: NOW, stop=threading.Event())) as runs:
        for part in parts:
            runs.carry_out(run_id, part)


def lines(sandbox: Sandbox) -> list[tuple[int, str, int]]:
    accounts = sandbox.state()["tigerpaw"]["accounts"]
    agreements = [agreement for account in accounts for agreement in account["agreements"]]
    ours = [
        (one["number"], charge["item_id"], charge["quantity"])
        for one in agreements
        for charge in one["charges"]
        if charge["detail_id"] not in BY_HAND_IDS
    ]
    return sorted(ours)


def wanted(fleet: GrowingFleet) -> list[tuple[int, str, int]]:
    """Every line that must be billed, once."""
    places = [(customer, item) for customer in CUSTOMERS for item in ITEMS if (customer, item) != NOT_OURS and fleet.wanted(customer, item)]
    return sorted((number_of_agreement(customer), item, fleet.wanted(customer, item)) for customer, item in places)


def without_ids(document: dict[str, Any]) -> list[Any]:
    """The PSA numbers lines in the order in which threads happen to write them."""
    tenants = document["tenants"]
    return [one | {"changes": [change | {"charge": None} for change in one["changes"]]} for one in tenants]


def writes(sandbox: Sandbox) -> int:
    return sum(1 for one in sandbox.log() if one["on"] == "tigerpaw_soap")


def test_a_spread_run_bills_and_reports_what_a_run_of_one_process_does(
    sandbox: Sandbox, fleet: GrowingFleet, configured: Configured, tmp_path: Path
) -> None:
    told: list[str] = []
    spread = run_document(run_day(order(configured, progress=lambda one: told.append(one.name)), crew=in_this_process(configured)))
    assert lines(sandbox) == wanted(fleet)
    assert sorted(told) == sorted([*(one["tenant"] for one in spread["tenants"]), "Main server"])
    assert (manifests.verify().ok, spread["run"]["head"]) == (True, manifests.verify().head)
    assert spread["totals"]["created"] == spread["totals"]["psa_writes"] == writes(sandbox)
    sandbox.replace(fleet.scenario())
    open_ledger(tmp_path / "another home", clock=lambda: NOW)
    take_files([tmp_path / "tallybridge.toml"], lambda: NOW)
    alone = run_document(run_day(order(configured)))
    assert (spread["totals"], without_ids(spread)) == (alone["totals"], without_ids(alone))


def test_l8_a_part_that_is_carried_out_twice_writes_nothing_twice_and_is_recorded_once(
    sandbox: Sandbox, fleet: GrowingFleet, configured: Configured
) -> None:
    run = begun(configured)
    carry_out(run.run, *run.parts)
    made = writes(sandbox)
    carry_out(run.run, *run.parts)
    assert (lines(sandbox), writes(sandbox)) == (wanted(fleet), made)
    assert len(ledger_runs.tenant_runs(run.run)) == len(run.parts)


def test_a_run_that_nobody_sees_to_any_more_is_gone_on_with_not_begun_anew(sandbox: Sandbox, fleet: GrowingFleet, configured: Configured) -> None:
    run = begun(configured)
    carry_out(run.run, 0, 1, 2)
    made, read = writes(sandbox), sum(1 for one in sandbox.log() if one["call"] == "VServers.GetVServers")
    ended = run_day(order(configured))
    assert (ended.id, ended.outcome, lines(sandbox)) == (run.run, "attention", wanted(fleet)), "the line that is not ours waits for a person"
    assert run_document(ended)["totals"]["psa_writes"] == writes(sandbox) > made
    assert sum(1 for one in sandbox.log() if one["call"] == "VServers.GetVServers") == read, "what was read once is not read again"
    stored = ledger_runs.get_run(run.run)
    assert stored is not None
    assert [entry[1] for entry in stored.tail["taken_over"]] == [leases.this_process().pid]
    assert manifests.verify().ok


def test_an_open_run_of_another_day_or_configuration_is_recorded_as_interrupted(configured: Configured) -> None:
    yesterday = begun(configured)
    ended = run_day(order(configured, clock=lambda: NOW + timedelta(days=1)))
    assert ended.id != yesterday.run
    found = ledger_runs.get_run(yesterday.run)
    assert found is not None
    assert found.outcome == "interrupted"
    with pytest.raises(RunClosed):
        carry_out(yesterday.run, 0)


def test_a_run_of_another_integration_leaves_an_open_one_alone(configured: Configured) -> None:
    run = begun(configured)
    other = replace(configured.configuration, integration=replace(configured.configuration.integration, name="Another"))
    ledger_runs.begin(
        ledger_runs.NewRun(
            id="another", integration=other.integration.name, kind="run", date=NOW.date(), started=NOW, configuration="sha256:0", rules_version="1"
        )
    )
    assert at_work.get(run.run).parts == len(run.parts)


Write = Callable[[TigerpawDestination, ChargeWrite], WriteReply]


@pytest.mark.parametrize("arrives", [False, True], ids=["before the call", "after the call"])
def test_l5_a_process_that_dies_while_it_writes_is_followed_by_one_that_reads_first(
    sandbox: Sandbox, fleet: GrowingFleet, configured: Configured, monkeypatch: pytest.MonkeyPatch, *, arrives: bool
) -> None:
    run = begun(configured)
    write: Write = TigerpawDestination.write
    written: list[str] = []

    def dies(destination: TigerpawDestination, charge: ChargeWrite) -> WriteReply:
        if len(written) == 1:
            if arrives:
                write(destination, charge)
            raise Died
        written.append(charge.item)
        return write(destination, charge)

    with monkeypatch.context() as doors:
        doors.setattr(TigerpawDestination, "write", dies)
        with pytest.raises(Died):
            carry_out(run.run, *run.parts)
    assert not at_work.finished_parts(run.run)
    (planned,) = ledger_runs.tenant_runs(run.run)
    ended = run_day(order(configured))
    assert lines(sandbox) == wanted(fleet)
    assert run_document(ended)["totals"]["psa_writes"] == writes(sandbox) + (not arrives), "the call that was meant and never made counts"
    first = next(one for one in run_document(ended)["tenants"] if one["tenant"] == planned.tenant_name)
    assert (first["outcome"], {change["reason"] for change in first["changes"]}) == ("applied", {None})
    assert manifests.verify().ok


def test_a_process_that_is_asked_to_end_gives_its_part_back_unrecorded(sandbox: Sandbox, configured: Configured) -> None:
    run = begun(configured)
    stop = threading.Event()
    stop.set()
    with closing(RunsAtHand(clock=lambda: NOW, stop=stop)) as runs, pytest.raises(PartGivenBack):
        runs.carry_out(run.run, 0)
    assert ledger_runs.tenant_runs(run.run) == ()
    with pytest.raises(RunGivenBack):
        run_day(order(configured, stop=stop, left_to_others=True), crew=in_this_process(configured))
    assert at_work.get(run.run).parts == len(run.parts)


def test_a_part_that_another_process_is_at_is_left_to_it(sandbox: Sandbox, configured: Configured) -> None:
    run = begun(configured)
    with leases.hold_lease(part_key(run.run, 0)):
        carry_out(run.run, 0)
    assert ledger_runs.tenant_runs(run.run) == ()


class _Lost:
    """A crew with which every part gets lost."""

    def hand_out(self, run_id: str, parts: Sequence[int]) -> None:
        return

    def waiting(self, run_id: str) -> Collection[int]:
        return ()

    def anybody(self) -> bool:
        return True


class _Dying:
    """Workers that all die after a few parts; what was handed out to them waits."""

    def __init__(self, parts: int) -> None:
        self._parts = parts
        self._waiting: list[int] = []

    def hand_out(self, run_id: str, parts: Sequence[int]) -> None:
        carry_out(run_id, *parts[: self._parts])
        self._waiting = list(parts[self._parts :])

    def waiting(self, run_id: str) -> Collection[int]:
        return self._waiting

    def anybody(self) -> bool:
        return False


def test_l12_a_run_whose_workers_are_all_gone_is_carried_out_by_the_process_that_waits_for_them(
    sandbox: Sandbox, fleet: GrowingFleet, configured: Configured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tallybridge.runs.spreading.WITHOUT_ANYBODY", 0)
    monkeypatch.setattr("tallybridge.runs.spreading.LOOK_FOR_LOST", 0)
    said: list[str] = []
    told: list[str] = []
    ended = run_day(order(configured, say=said.append, progress=lambda one: told.append(one.name)), crew=_Dying(3))
    assert (ended.outcome, lines(sandbox)) == ("attention", wanted(fleet)), "the line that is not ours waits for a person"
    assert run_document(ended)["totals"]["psa_writes"] == writes(sandbox)
    assert len(told) == len(set(told)) == len(CUSTOMERS) + 1
    assert said == [
        f"No worker has been alive for 0 seconds. What they had finished stays; this process carries out the rest of run {ended.id} itself."
    ]
    stored = ledger_runs.get_run(ended.id)
    assert stored is not None
    assert [entry[1] for entry in stored.tail["taken_over"]] == [leases.this_process().pid]


def test_a_run_waits_for_workers_that_are_restarted(sandbox: Sandbox, fleet: GrowingFleet, configured: Configured) -> None:
    class Restarted(_Dying):
        looks = 0

        def anybody(self) -> bool:
            if self.looks:
                super().hand_out(run_id=at_work.unclosed()[0].id, parts=self._waiting)
            self.looks += 1
            return self.looks > 1

    said: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tallybridge.runs.spreading.LOOK_FOR_LOST", 0)
        ended = run_day(order(configured, say=said.append), crew=Restarted(3))
    assert (ended.outcome, lines(sandbox), said) == ("attention", wanted(fleet), [])


def test_l7_a_part_that_no_process_brings_to_its_end_fails_alone(configured: Configured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tallybridge.runs.spreading.LOOK_FOR_LOST", 0)
    monkeypatch.setattr("tallybridge.runs.spreading.LOOK_FOR_PROGRESS", 0)
    ended = run_day(order(configured), crew=_Lost())
    assert {(one.outcome, one.reason) for one in ended.tenants} == {("failed", "internal_error")}
    assert ended.outcome == "failed"


def test_two_plans_never_take_the_same_units_from_what_a_run_may_lower(configured: Configured) -> None:
    run = begun(configured).run
    may_fall = 100
    allowed: list[int] = []

    def lower(tenant: str) -> None:
        def make(left: int | None) -> tuple[int, int]:
            lowers = 30 if left is None or left >= 30 else 0
            return (left or 0) if lowers else 0, lowers

        if SharedBreaker(run).plan(tenant, make):
            allowed.append(30)
        close_thread()

    threads = [threading.Thread(target=lower, args=(f"vs-{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(allowed) == 90 <= may_fall
    SharedBreaker(run).plan("vs-9", lambda left: (None, left if left is not None else 1))
    assert at_work.take_fall(run, "vs-10", lambda left: (left, 0)) == 0
    assert at_work.take_fall(run, "vs-9", lambda left: (left, 0)) == 10, "what a plan took that was never recorded is given back to the tenant's next"


def test_no_more_sessions_are_in_use_than_the_source_allows_whoever_asks(configured: Configured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tallybridge.runs.sessions._ASK_AGAIN", 0)

    def no_longer() -> None:
        raise RunClosed

    def session() -> AbstractContextManager[None]:
        return one_of_the_sessions("Integration", 2, stop=threading.Event(), still_wanted=no_longer)

    with session():
        with session(), pytest.raises(RunClosed), session():
            pytest.fail("a third session was given away")
        with session():
            assert len(leases.under("session:Integration:")) == 2
    assert leases.under("session:") == ()


def test_sign_ins_that_are_refused_are_counted_over_all_processes(sandbox: Sandbox, configured: Configured) -> None:
    run = begun(configured)
    sandbox.set_faults([{"on": "ksc", "call": "Session.StartSession", "times": 0, "do": "refuse_login"}])
    for part in run.parts[:5]:
        carry_out(run.run, part)
    refused = [one for one in sandbox.log() if one["call"] == "Session.StartSession" and one["status"] != 200]
    assert len(refused) == 3
    assert [one.reason for one in ledger_runs.tenant_runs(run.run)][3:] == ["sign_ins_stopped"] * 2


def test_status_and_console_learn_how_far_a_run_is_and_which_workers_there_are(configured: Configured) -> None:
    run = begun(configured)
    carry_out(run.run, 0, 1)
    elsewhere = Owner(host="machine-2 pid:[1]", pid=4711, process_started="")
    gone = Owner(host="machine-3 pid:[1]", pid=4712, process_started="")
    leases.acquire("worker:a", owner=elsewhere, now=NOW)
    leases.acquire("worker:b", owner=gone, now=NOW - timedelta(hours=2))
    leases.acquire("worker:c", owner=gone, now=NOW - timedelta(days=2))
    leases.acquire(part_key(run.run, 2), owner=replace(elsewhere, token="of the part"), now=NOW)
    found = under_way(NOW)
    assert found.runs == (SpreadProgress(run=run.run, integration=configured.configuration.integration.name, done=2, of=len(run.parts)),)
    assert [(one.host, one.pid, one.alive, one.parts) for one in found.workers] == [
        ("machine-2", 4711, True, (run.run,)),
        ("machine-3", 4712, False, ()),
    ]
    assert under_way_document(found)["workers"][1] == {
        "host": "machine-3",
        "pid": 4712,
        "alive": False,
        "last_seen": "2026-11-22T01:00:00Z",
        "at_work": 0,
    }
