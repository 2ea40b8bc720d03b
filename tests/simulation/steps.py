"""What can happen: each step is a word and three numbers, chosen by the seed alone, so that any step can be left out and the others mean the same."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import NamedTuple, TypeVar

from tallybridge.billing.decisions import possible_for
from tallybridge.conformance import Deed, Fault
from tallybridge.ledger.holds import open_holds
from tallybridge.runs.deciding import Selection, Wish, decide, select
from tests.simulation.checking import check_proof, check_run
from tests.simulation.customers import Customer, Key, Use
from tests.simulation.deciding import MAY_BE_ADOPTED, note_decision
from tests.simulation.going_back import carry_out, plan_back, plan_zero
from tests.simulation.hands import edit_one_agreement, invoice
from tests.simulation.model import Target
from tests.simulation.world import Ran, World

T = TypeVar("T")
STARTS = (
    datetime(2026, 3, 27, 1, 30, tzinfo=UTC),
    datetime(2026, 3, 28, 22, 40, tzinfo=UTC),
    datetime(2026, 10, 23, 0, 30, tzinfo=UTC),
    datetime(2026, 10, 24, 21, 50, tzinfo=UTC),
    datetime(2026, 12, 30, 22, 59, tzinfo=UTC),
    datetime(2026, 6, 14, 0, 30, tzinfo=UTC),
)
"""UTC; days before both changes of the clocks, before a new year, and any day."""


class Step(NamedTuple):
    """One thing that happens; the numbers choose among what is there when it happens."""

    kind: str
    a: int
    b: int
    c: int

    def __str__(self) -> str:
        return f"{self.kind}({self.a}, {self.b}, {self.c})"


class Unfolded(NamedTuple):
    """A seed, unfolded."""

    seed: int
    start: datetime
    customers: int
    steps: tuple[Step, ...]

    @property
    def proved(self) -> bool:
        """Whether the ledger is verified at the end: every fourth."""
        return self.seed % 4 == 0


def sequence_of(seed: int) -> Unfolded:
    """The same seed gives the same sequence."""
    chance = random.Random(seed)
    kinds, weights = list(STEPS), [weight for weight, _ in STEPS.values()]
    steps = [Step("fleet", *_numbers(chance)), Step("day", *_numbers(chance))]
    steps += [Step(kind, *_numbers(chance)) for kind in chance.choices(kinds, weights, k=chance.randint(8, 13))]
    return Unfolded(seed, chance.choice(STARTS), chance.choice((1, 2, 2, 3)), tuple(steps))


def _numbers(chance: random.Random) -> tuple[int, int, int]:
    return chance.randrange(1000), chance.randrange(1000), chance.randrange(1000)


def play(world: World, steps: Sequence[Step], *, proved: bool) -> None:
    """Lets everything happen, checks the laws after each step, and at the end that all heals.

    Args:
        proved: also that the ledger verifies and that charges can be explained, which takes as long as all the rest.

    Raises:
        Violation: a law was broken.
    """
    for step in steps:
        STEPS[step.kind][1](world, step)
        world.look()
    heal(world)
    if proved:
        check_proof(world)


def heal(world: World) -> None:
    """Faults have ended and time has passed: every line is right or waits for a reason that is true, and a second run writes nothing (L8)."""
    world.wait(timedelta(hours=26))
    for _ in range(2):
        check_run(world, world.run())


def _pick(options: Sequence[T], number: int) -> T | None:
    return options[number % len(options)] if options else None


def _customer(world: World, step: Step) -> Customer:
    return world.customers[1 + step.a % len(world.customers)]


# Days.


def _day(world: World, step: Step) -> None:
    world.wait(timedelta(hours=24, minutes=step.c % 7))
    _troubled_run(world, step)


def _again(world: World, step: Step) -> None:
    world.wait(timedelta(seconds=(0, 3, 12, 40, 3600)[step.b % 5]))
    check_run(world, world.run())


def _troubled_run(world: World, step: Step) -> None:
    TROUBLES[step.a % len(TROUBLES)](world, step)
    check_run(world, world.run())


def _clock(world: World, step: Step) -> None:
    world.set_clock((timedelta(hours=-1), timedelta(days=3), timedelta(days=35), timedelta(hours=1))[step.a % 4])


def _no_trouble(world: World, step: Step) -> None:
    pass


def _source_trouble(world: World, step: Step) -> None:
    call, do = (
        ("observe", Deed.UNREADABLE),
        ("observe", Deed.UNREACHABLE),
        ("tenants", Deed.UNREACHABLE),
        ("tenants", Deed.REFUSE_SIGN_IN),
        ("observe", Deed.UNREADABLE),
    )[step.b % 5]
    world.plan_faults(source=(Fault(call=call, do=do, nth=1 + step.c % 2, times=step.c % 3),))


def _reading_trouble(world: World, step: Step) -> None:
    call = ("agreement", "charges", "charges", "accounts", "items", "*")[step.b % 6]
    do = (Deed.UNREADABLE, Deed.UNREACHABLE, Deed.REFUSE_SIGN_IN)[step.c % 3]
    world.plan_faults(psa=(Fault(call=call, do=do, nth=1 + step.c % 5, times=(1, 2, 0)[step.c % 3]),))


_WRITING_DEEDS = (
    Deed.REFUSE,
    Deed.LOSE_REPLY,
    Deed.ACT_LATE,
    Deed.WRONG_QUANTITY,
    Deed.DROP,
    Deed.UNREADABLE,
    Deed.UNREACHABLE,
    Deed.REFUSE_SIGN_IN,
    Deed.SLOW,
)


def _writing_trouble(world: World, step: Step) -> None:
    do = _WRITING_DEEDS[step.b % len(_WRITING_DEEDS)]
    fault = Fault(call="write", do=do, nth=1 + step.c % 2, times=(1, 1, 0)[step.c % 3], seconds=(2, 8, 20)[step.c % 3])
    # A reply that is lost, and then the line cannot be read back either.
    unread = (Fault(call="charges", do=Deed.UNREACHABLE, nth=2, times=2),) if step.c % 4 == 0 else ()
    world.plan_faults(psa=(fault, *unread))


def _death_at_a_call(world: World, step: Step) -> None:
    world.mortality.dies_at_call(1 + step.b % 22, after=bool(step.c % 2))


def _death_at_a_commit(world: World, step: Step) -> None:
    world.mortality.dies_at_commit(1 + step.b % 34, after=bool(step.c % 2))


def _lost_reply_and_death(world: World, step: Step) -> None:
    world.plan_faults(psa=(Fault(call="write", do=(Deed.LOSE_REPLY, Deed.ACT_LATE, Deed.DROP)[step.c % 3], times=0, seconds=9),))
    world.mortality.dies_at_commit(4 + step.b % 24, after=bool(step.c % 2))


def _edit_meanwhile(world: World, step: Step) -> None:
    """Somebody edits just before the product reads for the k-th time; between its last read and its write is the window that design L4 documents."""
    left = [1 + step.b % 9]

    def edit() -> None:
        left[0] -= 1
        if left[0] == 0:
            world.ran.troubled.add("*")
            edit_one_agreement(world, step.a, step.b, step.c)

    world.before_reading = edit


TROUBLES: tuple[Callable[[World, Step], None], ...] = (
    _no_trouble,
    _source_trouble,
    _no_trouble,
    _reading_trouble,
    _writing_trouble,
    _death_at_a_call,
    _no_trouble,
    _writing_trouble,
    _death_at_a_commit,
    _lost_reply_and_death,
    _death_at_a_commit,
    _edit_meanwhile,
)

# The fleet.


def _fleet(world: World, step: Step) -> None:
    """Every customer gets machines and keys."""
    for number, customer in world.customers.items():
        for place in range((step.b + 3 * number) % 9 + (22 if step.c % 4 == 0 else 0)):
            _add_machine(world, customer, f"m{number}-{place}", step.c + place)
    world.touch()


def _key(world: World, customer: Customer, name: str, kind: str) -> str:
    serial = f"{name}/{kind}"
    state = "active" if kind == "subscription" else None
    customer.keys.setdefault(serial, Key(name, kind, world.now + timedelta(days=400), state))
    return serial


def _add_machine(world: World, customer: Customer, machine: str, number: int) -> None:
    customer.machines[machine] = ("windows_workstation", "windows_workstation", "windows_server", "non_windows", "unclassified")[number % 5]
    serial = _key(world, customer, ("Alpha", "Alpha", "Beta", "Alpha, 10-24 nodes")[number % 4], ("commercial", "subscription")[number % 2])
    customer.uses[serial, machine] = Use()
    if number % 3 == 0:
        customer.uses[_key(world, customer, "Alpha", "commercial"), machine] = Use()


def _join(world: World, step: Step) -> None:
    customer = _customer(world, step)
    for extra in range(1 + (step.c % 3) + (60 if step.c % 11 == 0 else 0)):
        _add_machine(world, customer, f"n{len(customer.machines)}-{step.b}-{extra}", step.b + extra)
    world.touch()


def _leave(world: World, step: Step) -> None:
    customer = _customer(world, step)
    for _ in range((1, 1, 2, 5, 1000)[step.c % 5]):
        machine = _pick(sorted(customer.machines), step.b)
        if machine is not None:
            del customer.machines[machine]
    world.touch()


def _flags(world: World, step: Step) -> None:
    """What the source says of some uses changes: the active key, the reserve key, nothing at all, or pending."""
    customer = _customer(world, step)
    uses = sorted(customer.uses)
    said = (Use(active=None), Use(active=False), Use(), Use(active=True, pending=True), Use())[step.c % 5]
    for number in range(1 + step.b % 4):
        chosen = _pick(uses, step.b + number)
        if chosen is not None:
            customer.uses[chosen] = said
    world.touch()


def _reclassify(world: World, step: Step) -> None:
    customer = _customer(world, step)
    machine = _pick(sorted(customer.machines), step.b)
    if machine is not None:
        customer.machines[machine] = ("unclassified", "windows_server", "non_windows", "windows_workstation")[step.c % 4]
    world.touch()


def _licensing(world: World, step: Step) -> None:
    """A key expires, comes to life again, is paused, gets a name that nobody knows, or turns out to be a trial."""
    customer = _customer(world, step)
    key = customer.keys.get(_pick(sorted(customer.keys), step.b) or "")
    if key is None:
        return
    change = step.c % 7
    if change == 0:
        key.expires = world.now + timedelta(hours=30)
    elif change == 1:
        key.expires = world.now + timedelta(days=300)
    elif change == 2 and key.kind == "subscription":
        key.state = "paused" if key.state == "active" else "active"
    elif change == 3:
        key.name = "Gamma" if key.name != "Gamma" else "Alpha"
    elif change == 4:
        key.expires = None
    elif change == 5:
        key.kind = "trial" if key.kind == "commercial" else key.kind
    elif key.kind == "subscription":
        key.state = None if key.state else "active"
    world.touch()


def _tenant(world: World, step: Step) -> None:
    customer = _customer(world, step)
    if step.c % 2:
        customer.listed = not customer.listed
    else:
        customer.enabled = not customer.enabled
    world.touch()


# What the MSP declares.


def _linking(world: World, step: Step) -> None:
    link = world.links[1 + step.a % len(world.links)]
    number = 1 + step.a % len(world.links)
    change = step.c % 5
    if change == 0:
        link.linked = not link.linked
    elif change == 1:
        link.billing = not link.billing
    elif change == 2:
        link.agreement = None if link.agreement is not None else 2000 + number
    else:
        link.agreement = 3000 + number if link.agreement == 2000 + number else 2000 + number
    world.touch()


_ALPHA: tuple[Target, ...] = (
    "ALPHA",
    MappingProxyType({"windows_workstation": "ALPHA-WKS", "windows_server": "ALPHA-SRV", "non_windows": "ALPHA-NIX"}),
    MappingProxyType({"windows_workstation": "ALPHA-WKS", "windows_server": "ALPHA-SRV"}),
    MappingProxyType({"windows_workstation": "ALPHA", "windows_server": "ALPHA-SRV", "non_windows": "ALPHA"}),
    None,
)
_BETA: tuple[Target, ...] = ("BETA", "BETA-2", None, "ALPHA", "BETA")


def _mapping(world: World, step: Step) -> None:
    if step.a % 2:
        world.targets["Alpha"] = _ALPHA[step.b % len(_ALPHA)]
    else:
        world.targets["Beta"] = _BETA[step.b % len(_BETA)]
    world.touch()


# Hands in the PSA.


def _hand(world: World, step: Step) -> None:
    edit_one_agreement(world, step.a, step.b, step.c)


def _invoice(world: World, step: Step) -> None:
    invoice(world, step.a, step.b)


# Plans in a drawer, and decisions.


def _save_plan(world: World, step: Step) -> None:
    if step.c % 2 and world.past:
        _prescribe(world, step)
        return
    TROUBLES[step.a % 4](world, step)
    check_run(world, world.save_plan())


def _apply_plan(world: World, step: Step) -> None:
    if world.saved is None:
        return
    world.wait(timedelta(seconds=(1, 50, 900)[step.b % 3]))
    TROUBLES[step.a % (len(TROUBLES) - 1)](world, step)
    ran = world.apply(world.saved)
    world.touch()
    if ran.writes or ran.died:
        for agreement, (_, wanted) in ran.orders.wanted.items():
            for item in wanted:
                world.book.seen((agreement, item), world.state[agreement], wanted[item], ran.orders.today, whole=False)


def _prescribe(world: World, step: Step) -> None:
    """What one of the newest runs has written is taken back; or what is left behind goes to 0."""
    TROUBLES[step.a % 4](world, step)
    plan = (step.c % 4 == 1 and plan_zero(world)) or plan_back(world, world.past[-1 - step.b % min(3, len(world.past))])
    if plan is None:
        return
    world.wait(timedelta(seconds=(2, 50, 900)[step.b % 3]))
    TROUBLES[step.a % (len(TROUBLES) - 1)](world, step)
    carry_out(world, plan)


def _decide(world: World, step: Step) -> None:
    """A person decides on lines that wait: what the newest whole run has shown of them."""
    for hold in open_holds()[step.c % 2 : step.c % 2 + 1 + step.b % 3]:
        place = (hold.agreement, hold.item)
        possible = possible_for(hold.reason)
        kind = _pick(possible, step.a)
        # The release of one side of a move has released the others; and of a line that only a run with trouble has seen, the book knows nothing.
        if (
            kind is None
            or hold.id not in {one.id for one in open_holds()}
            or not {line.id for line in world.book.shown.get(place) or ()} >= set(hold.charges)
            or world.book.shown.get(place) is None
            or hold.agreement not in world.ran.orders.wanted
        ):
            continue
        charge = _pick(hold.charges, step.b) if hold.reason in MAY_BE_ADOPTED else None
        until = world.ran.orders.today + timedelta(days=step.b % 4)
        wish = Wish(kind=kind, reason="as agreed", author="simulation", charge=charge, quantity=step.c % 8 if kind == "pin" else None, until=until)
        wish = wish if kind == "pin" else replace(wish, until=None)
        holds, _ = select(Selection(ids=(hold.id,)), wish)
        if all(world.book.shown.get((one.agreement, one.item)) is not None for one in holds):
            for decided in decide(holds, wish, world.clock()):
                note_decision(world, decided, until)
        world.touch()


Happening = Callable[[World, Step], None]
STEPS: Mapping[str, tuple[int, Happening]] = MappingProxyType(
    {
        "day": (34, _day),
        "again": (8, _again),
        "clock": (4, _clock),
        "fleet": (1, _fleet),
        "join": (10, _join),
        "leave": (7, _leave),
        "flags": (6, _flags),
        "reclassify": (4, _reclassify),
        "licensing": (6, _licensing),
        "tenant": (2, _tenant),
        "linking": (4, _linking),
        "mapping": (4, _mapping),
        "hand": (15, _hand),
        "invoice": (4, _invoice),
        "save_plan": (4, _save_plan),
        "apply_plan": (5, _apply_plan),
        "decide": (9, _decide),
    }
)
"""What can happen → how often beside the others, and what it does."""

__all__ = ["STEPS", "Ran", "Step", "heal", "play", "sequence_of"]
