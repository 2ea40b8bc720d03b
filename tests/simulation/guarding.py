"""The independent model of the guards (design 6.5): what must never pass without a person, and what must pass.

Falls beyond 10 units and 30 %, rises beyond 50 units and 100 % of a line that is older than 31 days, a tenant of 3 or more to 0, and every fall
that is not proved: each of them waits. What waits beyond that waits without a cause.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tests.simulation.book import Book, Call, OurLine, Place, PsaAgreement, Violation
from tests.simulation.customers import Customer
from tests.simulation.model import NAMES, Target, Want, counted

if TYPE_CHECKING:
    from tests.simulation.world import World

GUARDS = ("fall_unproved", "fall_bound", "rise_bound", "tenant_bound", "run_bound")
RUN_UNITS, RUN_PERCENT = 100, 10


def _far_fall(before: int, after: int) -> bool:
    return before - after > 10 and (before - after) * 10 > before * 3


def _far_rise(before: int, after: int) -> bool:
    """From 0 a line may rise to anything."""
    return before > 0 and after - before > 50 and after - before > before


def require_guarded(world: World, call: Call) -> None:
    """No write goes beyond what the guards let pass. Raises Violation."""
    place = (call.agreement, call.item)
    known = world.book.ours.get(place)
    tenant, wanted = world.orders.wanted.get(call.agreement, ("", {}))
    agreement = world.state[call.agreement]
    if world.orders.prescribed is not None or known is None or call.charge is None or call.item not in wanted or wanted[call.item].pinned is not None:
        return
    before = agreement.lines[call.charge].quantity
    if known.closed or _is_let_pass(world.book, place, before, call.quantity) or _moves(world.book, call.agreement):
        return
    if _far_fall(before, call.quantity):
        raise Violation(f"design 6.5: {call} falls far, from {before}, and nobody has released it")
    if _far_rise(before, call.quantity) and known.since is not None and world.orders.today > known.since + timedelta(days=31):
        raise Violation(f"design 6.5: {call} rises far, from {before}, on a line of {known.since}, and nobody has released it")
    if call.quantity >= before:
        return
    if not any(want.quantity for want in wanted.values()) and before >= 3:
        raise Violation(f"design 6.5: {call} is the fall of a whole tenant to 0, from {before}, and nobody has released it")
    doubts = surely_doubtful(world, known, tenant, call.item)
    if doubts:
        raise Violation(f"design 6.5: {call} falls from {before}, and it is not shown that {doubts} are gone")
    world.ran.lowered += before - call.quantity
    billed = sum(max(line.believable) for line in world.book.ours.values())
    if world.ran.lowered > max(RUN_UNITS, billed * RUN_PERCENT // 100):
        raise Violation(f"design 6.5: {call} lowers what this run has lowered to {world.ran.lowered}, and nobody has released it")


def _is_let_pass(book: Book, place: Place, before: int, after: int) -> bool:
    decision = book.decided.get(place)
    if decision is None or decision.kind not in ("release", "take-over") or decision.quantity is None:
        return False
    return after >= decision.quantity if after < before else after <= decision.quantity


def _moves(book: Book, agreement: int) -> bool:
    """A released move sets what gives seats away and what takes them, at any size."""
    return any(decision.reason == "moved" and decision.kind == "release" for (number, _), decision in book.decided.items())


def has_cause(world: World, place: Place, reason: str, want: Want) -> bool:
    """Whether a change rightly waits for a guard."""
    known, agreement = world.book.ours.get(place), world.state[place[0]]
    line = world.book.standing(agreement, place)
    tenant, wanted = world.orders.wanted[place[0]]
    if known is None or known.closed or known.maybe_closed:
        return False
    befores = {line.quantity} if line is not None else known.believable
    after = want.quantity
    if reason == "fall_unproved":
        return any(after < before for before in befores) and maybe_doubtful(world, known, tenant)
    if reason == "fall_bound":
        return any(_far_fall(before, after) for before in befores)
    if reason == "rise_bound":
        return any(_far_rise(before, after) for before in befores)
    if reason == "run_bound":
        return any(after < before for before in befores)
    return _tenant_bound(world.book, place[0], world.state, wanted)


def _tenant_bound(book: Book, number: int, psa: Mapping[int, PsaAgreement], wanted: Mapping[str, Want]) -> bool:
    """Many small changes together do what one large one may not."""
    lines = {item: line for (agreement, item), line in book.ours.items() if agreement == number and item in wanted and not line.closed}
    most = sum(max(line.believable) for line in lines.values())
    after = sum(want.quantity for want in wanted.values())
    rises = sum(max(wanted[item].quantity - min(line.believable), 0) for item, line in lines.items() if min(line.believable))
    return _far_fall(most, after) or (after == 0 and most >= 3) or rises > 50


def surely_doubtful(world: World, known: OurLine, tenant: str, item: str) -> list[tuple[str, str]]:
    """Missing seats that nobody can take for gone: the machine stands there, and what would tell whether it counts is missing."""
    customer = next(one for one in world.customers.values() if one.id == tenant)
    seats = world.orders.wanted[known_place(world, known)[0]][1][item].seats
    missing = sorted((known.evidence or set()) - seats)
    if missing and not (customer.machines and customer.keys):
        return missing
    return [seat for seat in missing if _surely(customer, seat, world.targets, world.ran.started)]


def known_place(world: World, known: OurLine) -> Place:
    """Where a line of ours stands."""
    return next(place for place, line in world.book.ours.items() if line is known)


def _surely(customer: Customer, seat: tuple[str, str], targets: Mapping[str, Target], now: datetime) -> bool:
    application, machine = seat
    if machine not in customer.machines:
        return False
    names = counted(customer, now).machines_by_name
    if machine in names.get(application, {}):
        return customer.machines[machine] == "unclassified" and not isinstance(targets.get(application), str)
    if machine in names.get("Gamma", {}):
        return True
    return any(use.active is None and of == machine and _bears(customer, serial, application, now) for (serial, of), use in customer.uses.items())


def _bears(customer: Customer, serial: str, application: str, now: datetime) -> bool:
    key = customer.keys[serial]
    counts = key.kind == "commercial" or (key.kind == "subscription" and key.state == "active")
    return NAMES.get(key.name) == application and counts and key.expires is not None and key.expires > now


def maybe_doubtful(world: World, known: OurLine, tenant: str) -> bool:
    """Whether anything at all may be doubtful about the seats that a line was written from."""
    customer = next(one for one in world.customers.values() if one.id == tenant)
    if known.evidence is None or not customer.machines or not customer.keys:
        return True
    place = known_place(world, known)
    missing = known.evidence - world.orders.wanted[place[0]][1][place[1]].seats
    return any(_maybe(customer, machine) for _, machine in missing)


def _maybe(customer: Customer, machine: str) -> bool:
    """A machine that is still there, of a customer of which not everything is said."""
    if machine not in customer.machines:
        return False
    unsaid = any(key.expires is None or (key.kind == "subscription" and key.state is None) for key in customer.keys.values())
    uses = [(customer.keys[serial], use) for (serial, of), use in customer.uses.items() if of == machine]
    unknown = any(use.active is None or NAMES.get(key.name) is None for key, use in uses)
    return unsaid or unknown or customer.machines[machine] == "unclassified"
