"""Quantities that a person prescribes (decision 0019): what a past run has written is taken back, and what is left behind goes to 0.

The model says what each line held before that run, and which lines nothing wants.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tallybridge.billing.counting import RULES_VERSION
from tallybridge.ledger import runs as ledger_runs
from tallybridge.runs.day import Order
from tallybridge.runs.left_behind import WHAT, lines_left_behind, to_zero
from tallybridge.runs.prescribing import prescribe
from tallybridge.runs.prescriptions import Prescribing
from tallybridge.runs.reports import Mode, RunReport
from tallybridge.runs.reverting import plan_way_back, way_back_of
from tallybridge.runs.saved_plans import save_plan
from tests.simulation.book import Orders, Place, Violation
from tests.simulation.model import Want
from tests.simulation.world import TICK, Ran, SavedPlan, World

Json = dict[str, Any]


class NothingToPrescribe(Exception):
    """The ledger knows of nothing that could be prescribed."""


def plan_back(world: World, past: Ran) -> SavedPlan | None:
    """Plans back what a run has written, and holds the plan against the model; None where there is none to apply. Raises Violation."""
    assert past.report is not None
    run = past.report.id

    def work(order: Order) -> RunReport:
        stored = ledger_runs.get_run(run)
        back = way_back_of(order, stored) if stored is not None else None
        if back is None or not back.prescriptions:
            raise NothingToPrescribe
        return plan_way_back(order, back, author="simulation").report

    return _planned(world, work, lambda place, change: _check_back(past, place, change))


def plan_zero(world: World) -> SavedPlan | None:
    """Plans 0 for what is left behind, on one agreement of each customer; None where there is nothing to apply. Raises Violation."""

    def work(order: Order) -> RunReport:
        steps = to_zero(one for one in lines_left_behind(order.configuration, order.clock) if not one.on_ended_agreement)
        if not steps:
            raise NothingToPrescribe
        return prescribe(order, steps[0], Prescribing(what=WHAT, author="simulation")).report

    wanted = world.orders_at(world.now, writes=False).wanted
    return _planned(world, work, lambda place, change: _check_zero(world, wanted, place, change))


def _planned(world: World, work: Callable[[Order], RunReport], check: Callable[[Place, Json], None]) -> SavedPlan | None:
    standing, configuration, before = dict(world.state), world.configuration(), world.ran
    started = (world.now + TICK).replace(microsecond=0)
    try:
        ran = world.at_work(started, world.orders_at(started, writes=False), work, Mode.PLAN)
    except NothingToPrescribe:
        return None
    finally:
        # A person decides on what the newest run over all customers has shown.
        world.ran = before
    if ran.document is None:
        return None
    wanted = _wanted(ran.document)
    changes = tuple({**change, "agreement": tenant["agreement"]} for tenant in ran.document["tenants"] for change in tenant["changes"])
    for change in changes:
        place = (change["agreement"], change["item"])
        check(place, change)
        world.book.seen(place, world.state[place[0]], None, ran.orders.today, whole=False)
    if ran.report is None or ran.report.reason is not None:
        return None
    content = save_plan(ran.report, world.address(configuration), str(RULES_VERSION))
    return SavedPlan(content, Orders(wanted=wanted, today=ran.orders.today), ran.orders.today, configuration, changes, standing)


def carry_out(world: World, plan: SavedPlan) -> None:
    """Applies such a plan; afterwards nobody can say of which seats its lines are."""
    ran = world.apply(plan)
    world.touch()
    for agreement, (_, wanted) in plan.orders.wanted.items():
        for item, want in wanted.items():
            place = (agreement, item)
            if ran.died:
                world.book.doubt(place, world.now)
            world.book.seen(place, world.state[agreement], want, ran.orders.today, whole=False)
            if place in world.book.ours:
                world.book.ours[place].evidence = None


def _check_back(past: Ran, place: Place, change: Json) -> None:
    """A line is brought back to what it held before the run, and no other line is touched. Raises Violation."""
    if place not in past.found:
        raise Violation(f"decision 0019: {place} is in a plan back, and the run has not written there: {change}")
    if change["action"] == "create":
        raise Violation(f"decision 0019: a plan back makes a line: {change}")
    if change["to"] not in past.found[place]:
        raise Violation(f"decision 0019: {place} held {sorted(past.found[place])} before the run, and is to become {change['to']}")


def _check_zero(world: World, wanted: Mapping[int, tuple[str, Mapping[str, Want]]], place: Place, change: Json) -> None:
    """Only a line of ours that nothing wants goes to 0. Raises Violation."""
    _, items = wanted.get(place[0], ("", {}))
    if place[1] in items or place not in world.book.ours or change["to"] != 0 or change["action"] == "create":
        raise Violation(f"design 6.3: {place} is said to be left behind; ours {world.book.ours.get(place)}, wanted {items.get(place[1])}: {change}")


def _wanted(document: Json) -> dict[int, tuple[str, Mapping[str, Want]]]:
    """What a plan back prescribes, in the model's words: quantities that a person has decided, whatever is counted."""
    return {
        tenant["agreement"]: (
            tenant["tenant_id"],
            {
                change["item"]: Want(
                    parts={(part["application"], part["category"]) for part in change["parts"] if part["quantity"]}, pinned=change["to"]
                )
                for change in tenant["changes"]
                if change["action"] == "update"
            },
        )
        for tenant in document["tenants"]
        if any(change["action"] == "update" for change in tenant["changes"])
    }
