"""The daily schedule as the ledger sees it: due once a day, made again after a failure, never twice (L8, L12)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tallybridge.cli.frame import utc_now
from tallybridge.configuration import read_configuration
from tallybridge.ledger import leases
from tallybridge.ledger.opening import close_ledger, open_ledger
from tallybridge.ledger.processes import Owner
from tallybridge.runs.configuring import Configured, take_files
from tallybridge.runs.day import Order, run_day
from tallybridge.runs.reports import Mode
from tallybridge.runs.serving import Serving
from tallybridge.sandbox import Sandbox, write_declaration
from tallybridge.sandbox.demo_world import DEMO_UNMAPPED, demo_world


class Clock:
    """A clock that stands still until it is told to go on."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(demo_world(), clock_skew_seconds=10**9) as running:
        yield running


@pytest.fixture
def file(sandbox: Sandbox, tmp_path: Path) -> Iterator[Path]:
    path = tmp_path / "tallybridge.toml"
    write_declaration(path, sandbox.world.scenario, sandbox.announcement, unmapped=DEMO_UNMAPPED)
    open_ledger(tmp_path / "home", clock=utc_now)
    yield path
    close_ledger()


def serving(file: Path, clock: Clock) -> tuple[Serving, Configured]:
    read_configuration(file)
    configured = take_files([file], clock)
    return Serving(read_configuration=lambda: configured, clock=clock, stop=threading.Event()), configured[0]


def order(configured: Configured, clock: Clock, *, only: str | None = None) -> Order:
    return Order(configuration=configured.configuration, configuration_address=configured.address, mode=Mode.RUN, clock=clock, only=only)


def charges(sandbox: Sandbox) -> int:
    return sum(len(agreement["charges"]) for account in sandbox.state()["tigerpaw"]["accounts"] for agreement in account["agreements"])


def test_the_days_run_is_made_once_when_its_time_has_come(sandbox: Sandbox, file: Path) -> None:
    clock = Clock(datetime(2026, 11, 22, 2, 29, tzinfo=UTC))
    schedule, configured = serving(file, clock)
    assert schedule.due(configured).now is False
    schedule.look()
    assert charges(sandbox) == 1
    clock.now += timedelta(minutes=1)
    assert schedule.due(configured).now is True
    schedule.look()
    assert charges(sandbox) == 7
    assert schedule.due(configured).now is False
    assert schedule.due(configured).next_at == datetime(2026, 11, 23, 2, 30, tzinfo=UTC)


def test_l12_a_run_that_was_missed_is_made_when_the_program_comes_back(sandbox: Sandbox, file: Path) -> None:
    schedule, configured = serving(file, Clock(datetime(2026, 11, 22, 19, 0, tzinfo=UTC)))
    assert schedule.due(configured).now is True


def test_a_failed_run_is_made_again_after_half_an_hour(sandbox: Sandbox, file: Path) -> None:
    clock = Clock(datetime(2026, 11, 22, 2, 30, tzinfo=UTC))
    schedule, configured = serving(file, clock)
    sandbox.set_faults([{"on": "ksc", "call": "VServers.GetVServers", "do": "pxg_error", "code": 1192, "module": "KLSTD", "times": 0}])
    schedule.look()
    assert schedule.due(configured).now is False
    sandbox.set_faults([])
    clock.now += timedelta(minutes=31)
    assert schedule.due(configured).now is True
    schedule.look()
    assert charges(sandbox) == 7
    assert schedule.due(configured).now is False


def test_an_integration_that_is_to_be_approved_is_only_planned(sandbox: Sandbox, file: Path) -> None:
    file.write_text(file.read_text(encoding="utf-8").replace('apply = "automatic"', 'apply = "approve"'), encoding="utf-8")
    schedule, configured = serving(file, Clock(datetime(2026, 11, 22, 2, 30, tzinfo=UTC)))
    schedule.look()
    assert charges(sandbox) == 1
    assert schedule.due(configured).now is False


def test_l12_a_run_by_hand_for_one_tenant_is_not_the_days_run(sandbox: Sandbox, file: Path) -> None:
    schedule, configured = serving(file, Clock(datetime(2026, 11, 22, 3, 0, tzinfo=UTC)))
    run_day(order(configured, Clock(datetime(2026, 11, 22, 3, 0, tzinfo=UTC)), only="Contoso Dental"))
    assert charges(sandbox) == 3
    assert schedule.due(configured).now is True


def test_a_refused_sign_in_is_not_tried_again_with_the_same_configuration(sandbox: Sandbox, file: Path) -> None:
    clock = Clock(datetime(2026, 11, 22, 2, 30, tzinfo=UTC))
    schedule, configured = serving(file, clock)
    sandbox.set_faults([{"on": "ksc", "call": "Session.StartSession", "do": "refuse_login", "times": 0}])
    schedule.look()
    clock.now += timedelta(hours=5)
    assert schedule.due(configured).now is False
    assert schedule.due(configured).next_at == datetime(2026, 11, 23, 2, 30, tzinfo=UTC)
    changed = replace(configured, address="sha256:another")
    assert schedule.due(changed).now is True


def test_a_run_that_is_due_is_left_to_workers_while_one_is_alive(sandbox: Sandbox, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(datetime(2026, 11, 22, 2, 30, tzinfo=UTC))
    schedule, configured = serving(file, clock)
    handed: list[str] = []

    def hand_out_day(address: str) -> bool:
        handed.append(address)
        return True

    monkeypatch.setattr("tallybridge.runs.workers.jobs.hand_out_day", hand_out_day)
    elsewhere = Owner(host="elsewhere", pid=1, process_started="")
    leases.acquire("worker:a", owner=elsewhere, now=clock.now)
    assert schedule.look() <= clock.now + timedelta(minutes=1)
    assert (handed, charges(sandbox)) == ([configured.address], 1)
    leases.acquire(
        f"integration:{configured.configuration.integration.name}", owner=Owner(host="elsewhere", pid=1, process_started=""), now=clock.now
    )
    schedule.look()
    assert handed == [configured.address], "a worker sees to it by now"
    clock.now += timedelta(minutes=2)
    schedule.look()
    assert (handed, charges(sandbox)) == ([configured.address], 7), "no worker is alive any more"
