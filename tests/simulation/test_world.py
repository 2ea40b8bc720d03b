"""The simulation's own parts do what they say: a crash that never comes, or a model that counts nothing, would find nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tallybridge.ledger.runs import run_ids
from tests.simulation.checking import check_run
from tests.simulation.customers import Key, Use
from tests.simulation.model import local_date
from tests.simulation.playing import scratch
from tests.simulation.world import World, in_world, make_empty_home

NOW = datetime(2026, 6, 14, 0, 30, tzinfo=UTC)


@pytest.fixture
def world() -> Iterator[World]:
    """One customer with three machines."""
    with scratch() as folder, in_world(make_empty_home(folder / "empty"), folder / "world", now=NOW, customers=1) as world:
        customer = world.customers[1]
        customer.keys["K"] = Key("Alpha", "commercial", NOW + timedelta(days=90))
        customer.machines = dict.fromkeys(("a", "b", "c"), "windows_workstation")
        customer.uses = {("K", machine): Use() for machine in customer.machines}
        yield world


def quantities(world: World) -> list[int]:
    world.look()
    return [line.quantity for line in world.state[2001].lines.values()]


def test_a_day_is_billed(world: World) -> None:
    check_run(world, world.run())

    assert quantities(world) == [3]


def test_a_process_dies_at_every_commit_of_a_run_and_the_last_one_is_billed_once(world: World) -> None:
    for number in range(1, 60):
        world.mortality.dies_at_commit(number, after=bool(number % 2))
        ran = world.run()
        check_run(world, ran)
        if not ran.died:
            break
        world.wait(timedelta(minutes=1))

    assert number > 10
    assert quantities(world) == [3]
    assert len(run_ids()) > 1


@pytest.mark.parametrize(("after", "written"), [(False, []), (True, [3])])
def test_a_process_that_dies_at_the_write_has_sent_it_or_not(world: World, after: bool, written: list[int]) -> None:
    for number in range(1, 20):
        world.mortality.dies_at_call(number, after=after)
        if world.run().writes:
            break
        world.wait(timedelta(minutes=1))

    assert quantities(world) == written
    world.wait(timedelta(minutes=1))
    check_run(world, world.run())
    assert quantities(world) == [3]


def test_an_invoice_takes_lines_away_and_moves_the_dates(world: World) -> None:
    world.run()
    world.edit(2001, lambda agreement: replace(agreement, charges=tuple(replace(one, delete_after_invoicing=True) for one in agreement.charges)))
    world.bill(2001)

    assert quantities(world) == []
    assert (world.state[2001].last_billed, world.state[2001].next_billing) == (date(2026, 6, 14), date(2026, 5, 1))


@pytest.mark.parametrize("month", [3, 6, 10, 12])
def test_the_models_local_date_is_that_of_berlin(month: int) -> None:
    """Also on the days on which the clocks change; the model works it out without a table of zones."""
    for hours in range(24 * 28, 24 * 31, 1):
        instant = datetime(2026, month, 1, 0, 30, tzinfo=UTC) + timedelta(hours=hours)

        assert local_date(instant) == instant.astimezone(ZoneInfo("Europe/Berlin")).date()
