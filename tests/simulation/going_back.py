"""The way back (decision 0019): what a past run has written is planned back and applied. The model says what each line held before that run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tallybridge.billing.counting import RULES_VERSION
from tallybridge.ledger import runs as ledger_runs
from tallybridge.runs.day import Order
from tallybridge.runs.reports import Mode, RunReport
from tallybridge.runs.reverting import plan_way_back, way_back_of
from tallybridge.runs.saved_plans import save_plan
from tests.simulation.book import Orders, Place, Violation
from tests.simulation.model import Want
from tests.simulation.world import TICK, Ran, SavedPlan, World

Json = dict[str, Any]


class NothingToTakeBack(Exception):
    """The ledger knows nothing of the run that can be taken back."""


def plan_back(world: World, past: Ran) -> SavedPlan | None:
    """Plans back what a run has written, and holds the plan against the model; None where there is none to apply. Raises Violation."""
    standing, configuration = dict(world.state), world.configuration()
    ran = _planned(world, past)
    if ran is None or ran.document is None:
        return None
    wanted = _wanted(ran.document)
    changes = tuple({**change, "agreement": tenant["agreement"]} for tenant in ran.document["tenants"] for change in tenant["changes"])
    for change in changes:
        place = (change["agreement"], change["item"])
        _check(past, place, change)
        world.book.seen(place, world.state[place[0]], None, ran.orders.today, whole=False)
    if ran.report is None or ran.report.reason is not None:
        return None
    content = save_plan(ran.report, world.address(configuration), str(RULES_VERSION))
    return SavedPlan(content, Orders(wanted=wanted, today=ran.orders.today), ran.orders.today, configuration, changes, standing)


def take_back(world: World, plan: SavedPlan) -> None:
    """Applies a plan back; afterwards its lines bill what they had billed, and of which seats nobody can say."""
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


def _planned(world: World, past: Ran) -> Ran | None:
    def work(order: Order) -> RunReport:
        stored = ledger_runs.get_run(run)
        back = way_back_of(order, stored) if stored is not None else None
        if back is None or not back.prescriptions:
            raise NothingToTakeBack
        return plan_way_back(order, back, author="simulation").report

    assert past.report is not None
    run, before = past.report.id, world.ran
    started = (world.now + TICK).replace(microsecond=0)
    try:
        return world.at_work(started, world.orders_at(started, writes=False), work, Mode.PLAN)
    except NothingToTakeBack:
        return None
    finally:
        # A person decides on what the newest run over all customers has shown.
        world.ran = before


def _check(past: Ran, place: Place, change: Json) -> None:
    """A line is brought back to what it held before the run, and no other line is touched. Raises Violation."""
    if place not in past.found:
        raise Violation(f"decision 0019: {place} is in a plan back, and the run has not written there: {change}")
    if change["action"] == "create":
        raise Violation(f"decision 0019: a plan back makes a line: {change}")
    if change["to"] not in past.found[place]:
        raise Violation(f"decision 0019: {place} held {sorted(past.found[place])} before the run, and is to become {change['to']}")


def _wanted(document: Json) -> dict[int, tuple[str, Mapping[str, Want]]]:
    """What a plan back prescribes, in the model's words: quantities that a person has decided, whatever is counted."""
    return {
        tenant["agreement"]: (
            tenant["tenant_id"],
            {
                change["item"]: Want(parts={(part["application"], part["category"]) for part in change["parts"]}, pinned=change["to"])
                for change in tenant["changes"]
                if change["action"] == "update"
            },
        )
        for tenant in document["tenants"]
    }
