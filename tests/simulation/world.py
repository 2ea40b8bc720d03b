"""The world of one sequence: a clock, customers, a PSA, a ledger in a folder, and the product between them, one mortal process after another.

Nothing of the product is replaced but its two doors (a source and a PSA in memory), its pool (one thread, so that a seed always plays alike) and the
word of the system on when its process began.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tallybridge.billing.counting import RULES_VERSION
from tallybridge.billing.model import Application, Category
from tallybridge.billing.model import Mapping as ItemMapping
from tallybridge.billing.psa import Account, Agreement, Charge, Item
from tallybridge.configuration.canonical import to_canonical
from tallybridge.configuration.records import Configuration, IntegrationSettings, KscSourceSettings, LinkSettings, TigerpawDestinationSettings
from tallybridge.configuration.secrets import SecretHome, SecretReference
from tallybridge.conformance import FakeDestination, FakeSource, Fault, PsaWorld
from tallybridge.ledger import configurations
from tallybridge.ledger.opening import close_ledger, open_ledger
from tallybridge.runs import day, prescribing, saved_plans, stated_beside
from tallybridge.runs.day import Order, RunRefused, run_day
from tallybridge.runs.reports import Mode, RunReport, run_document
from tallybridge.runs.saved_plans import apply_saved_plan, save_plan
from tests.databases.homes import copy_home
from tests.simulation.book import Book, Call, Orders, Place, PsaAgreement, PsaLine, Violation
from tests.simulation.crashes import Mortality, ProcessDied, mortal
from tests.simulation.customers import Customer
from tests.simulation.model import NAMES, Target, Want, counted, local_date
from tests.simulation.watching import WatchedPsa, WatchedSource

Json = dict[str, Any]
TICK = timedelta(milliseconds=50)
INTEGRATION = "Simulation"
ITEMS = ("ALPHA", "ALPHA-WKS", "ALPHA-SRV", "ALPHA-NIX", "BETA", "BETA-2")
_SECRET = SecretReference(home=SecretHome.ENVIRONMENT, place="simulation", locator="SIMULATION")


@dataclass
class Link:
    """What the MSP has declared for one customer."""

    linked: bool = True
    billing: bool = True
    agreement: int | None = None


@dataclass(frozen=True)
class SavedPlan:
    """A plan in a drawer, and what the world looked like when it was made."""

    content: bytes
    orders: Orders
    made_on: date
    configuration: Configuration
    changes: tuple[Json, ...]
    """Each with its agreement."""
    standing: Mapping[int, PsaAgreement]


@dataclass
class Ran:
    """What a run came to."""

    started: datetime
    orders: Orders
    document: Json | None = None
    """None where the process died or the run was refused."""
    report: RunReport | None = None
    died: bool = False
    refused: str = ""
    troubled: set[object] = field(default_factory=set)
    """Tenants and agreements that a fault has met; "*" for all."""
    writes: list[Call] = field(default_factory=list)
    found: dict[Place, set[int]] = field(default_factory=dict)
    """What the lines that it wrote held before; 0 where there was none."""
    lowered: int = 0
    """Units by which charges were lowered without a person's word."""


class World:
    """One sequence's world.

    Args:
        home: a ledger's folder, made beforehand.
        now: UTC.
        customers: how many.
    """

    def __init__(self, home: Path, now: datetime, customers: int) -> None:
        self.home = home
        self.now = now
        self.elapsed = 0.0
        self.customers = {number: Customer(number) for number in range(1, customers + 1)}
        self.links = {number: Link(agreement=2000 + number) for number in self.customers}
        self.targets: dict[str, Target] = {"Alpha": "ALPHA", "Beta": "BETA"}
        self.source = FakeSource(clock=lambda: self.now, sleep=self._sleep)
        self.psa = FakeDestination(_psa_at_first(customers), sleep=self._sleep, elapsed=lambda: self.elapsed)
        self.mortality = Mortality()
        self.book = Book()
        self.orders = Orders()
        self.ran = Ran(now, self.orders)
        self.observed: set[str] = set()
        self.saved: SavedPlan | None = None
        self.past: list[Ran] = []
        """Runs that have written and come to an end."""
        self.bound: set[int] = set()
        """Customers that have been read under their link at least once."""
        self.quiet_since_clean_run = False
        self.clean_on = local_date(now)
        self.before_reading: Callable[[], None] = lambda: None
        """What somebody does just before the next read of the PSA."""
        self._known: dict[int, tuple[Agreement, PsaAgreement]] = {}
        self.state = self._read_state()
        self._addresses: dict[Configuration, str] = {}

    # Time.

    def clock(self) -> datetime:
        """The product's clock: goes forward a little whenever it is looked at."""
        self._pass(TICK)
        return self.now

    def _pass(self, time: timedelta) -> None:
        self.now += time
        self.elapsed += time.total_seconds()

    def _sleep(self, seconds: float) -> None:
        self._pass(timedelta(seconds=seconds))

    def wait(self, time: timedelta) -> None:
        """Time passes for everybody."""
        self._pass(time)
        self.look()

    def set_clock(self, by: timedelta) -> None:
        """Somebody sets the clock; whatever was under way has arrived by then, because settling is measured by this clock."""
        self.wait(timedelta(seconds=31))
        self.now += by
        self.touch()

    # The PSA as it really is.

    def _read_state(self) -> dict[int, PsaAgreement]:
        state = {}
        for agreement in self.psa.world().agreements:
            known = self._known.get(agreement.number)
            if known is None or known[0] is not agreement:
                known = self._known[agreement.number] = (agreement, _plainly(agreement))
            state[agreement.number] = known[1]
        return state

    def look(self) -> None:
        """Finds out what the product's writes have done since, late ones too. Raises Violation."""
        before, self.state = self.state, self._read_state()
        self.book.happened(before, self.state, local_date(self.now))
        self.book.forget_sent(self.elapsed)

    def edit(self, number: int, change: Callable[[Agreement], Agreement]) -> None:
        """Somebody's hand changes an agreement in the PSA."""
        self.look()
        held = next(one for one in self.psa.world().agreements if one.number == number)
        self.psa.put(change(held))
        self.state = self._read_state()
        self.touch()

    def bill(self, number: int) -> None:
        """The PSA invoices an agreement."""
        self.look()
        held = self.state[number]
        due = held.next_billing or local_date(self.now)
        self.psa.bill(number, on=local_date(self.now), next_billing=(due.replace(day=1) + timedelta(days=32)).replace(day=1))
        self.state = self._read_state()
        self.touch()

    def new_line(self, item: str, quantity: int) -> Charge:
        """A line as a person makes one, with an id of its own."""
        return Charge(id=self.psa.next_id, item=item, quantity=quantity, description=f"{item} by hand", price=None)

    def touch(self) -> None:
        """Something has changed: a run has reason to write."""
        self.quiet_since_clean_run = False

    # The product.

    def configuration(self) -> Configuration:
        """What the MSP has declared."""
        return Configuration(
            integration=IntegrationSettings(name=INTEGRATION, time_zone="Europe/Berlin"),
            source=KscSourceSettings(url="https://ksc.invalid", user="simulation", password=_SECRET),
            destination=TigerpawDestinationSettings(
                url="https://psa.invalid", public_key="simulation", private_key=_SECRET, external_product="Kaspersky MSP"
            ),
            links=tuple(
                LinkSettings(tenant_id=self.customers[number].id, account=1000 + number, agreement=link.agreement, billing=link.billing)
                for number, link in self.links.items()
                if link.linked
            ),
            applications=tuple(
                Application(name=name, exact=tuple(said for said, meant in NAMES.items() if meant == name)) for name in sorted(set(NAMES.values()))
            ),
            mappings=tuple(_mapping(name, target) for name, target in sorted(self.targets.items()) if target is not None),
        )

    def orders_at(self, instant: datetime, *, writes: bool) -> Orders:
        """What a run that begins at this instant may write."""
        today = local_date(instant)
        wanted: dict[int, tuple[str, Mapping[str, Want]]] = {}
        for number, link in self.links.items():
            customer = self.customers[number]
            billed = link.linked and link.billing and link.agreement is not None and customer.listed and customer.enabled
            if billed and link.agreement is not None and not self.state[link.agreement].ended(today):
                wanted[link.agreement] = (customer.id, self._pinned(link.agreement, counted(customer, instant).wanted(self.targets), today))
        return Orders(wanted=wanted, writes=writes, today=today)

    def _pinned(self, agreement: int, wanted: dict[str, Want], today: date) -> dict[str, Want]:
        """A pinned line wants its pinned quantity until its last day is over (design 6.1)."""
        for (number, item), decision in self.book.decided.items():
            if number == agreement and decision.kind == "pin" and decision.until is not None and today <= decision.until:
                wanted.setdefault(item, Want()).pinned = decision.quantity
        return wanted

    def run(self, mode: Mode = Mode.RUN) -> Ran:
        """One run of the integration by the present process."""
        started = (self.now + TICK).replace(microsecond=0)
        self._set_source()
        return self.at_work(started, self.orders_at(started, writes=mode is Mode.RUN), run_day, mode)

    def save_plan(self) -> Ran:
        """A plan is made and put into a drawer."""
        standing = dict(self.state)
        ran = self.run(Mode.PLAN)
        if ran.report is not None and ran.document is not None and ran.report.reason is None:
            configuration = self.configuration()
            content = save_plan(ran.report, self.address(configuration), str(RULES_VERSION))
            changes = tuple({**change, "agreement": tenant["agreement"]} for tenant in ran.document["tenants"] for change in tenant["changes"])
            self.saved = SavedPlan(content, ran.orders, ran.orders.today, configuration, changes, standing)
        return ran

    def apply(self, saved: SavedPlan) -> Ran:
        """The plan in the drawer is carried out."""
        self.look()
        started = (self.now + TICK).replace(microsecond=0)
        fits = saved.made_on == local_date(started) and saved.configuration == self.configuration() and not self._moved_since(saved)
        calls = frozenset(
            Call(one["agreement"], one["item"], one["to"], one["charge"]) for one in saved.changes if one["action"] in ("create", "update")
        )
        orders = replace(saved.orders, prescribed=calls, writes=fits, today=local_date(started))
        return self.at_work(started, orders, lambda order: apply_saved_plan(order, saved.content), Mode.APPLY)

    def _moved_since(self, saved: SavedPlan) -> bool:
        return any(
            [line for line in self.state[one["agreement"]].lines.values() if line.item == one["item"]]
            != [line for line in saved.standing[one["agreement"]].lines.values() if line.item == one["item"]]
            for one in saved.changes
        ) or any(self.state[number].ended(saved.made_on) for number in saved.orders.wanted)

    def at_work(self, started: datetime, orders: Orders, work: Callable[[Order], RunReport], mode: Mode) -> Ran:
        """One process does one piece of work, and dies where that was drawn."""
        self.look()
        self.orders, self.observed = orders, set()
        ran = self.ran = Ran(started, orders)
        try:
            configuration = self.configuration()
            address = self.address(configuration)
            ran.report = work(Order(configuration=configuration, configuration_address=address, mode=mode, clock=self.clock))
            ran.document = run_document(ran.report)
        except RunRefused as refused:
            ran.refused = str(refused)
        except ProcessDied:
            ran.died = True
            self.next_process()
        self.mortality.spared()
        self.source.plan_faults()
        self.psa.plan_faults()
        self.before_reading = lambda: None
        self.look()
        if ran.writes and ran.report is not None:
            self.past.append(ran)
        return ran

    def next_process(self) -> None:
        """The process is gone; another one opens the ledger."""
        self.mortality.dead = False
        close_ledger()
        self.mortality.born_again()
        open_ledger(self.home, clock=self.clock)

    def address(self, configuration: Configuration) -> str:
        """Of a configuration, once the ledger has taken it."""
        if configuration not in self._addresses:
            self._addresses[configuration] = configurations.take(INTEGRATION, to_canonical(configuration), origin="simulation", at=self.now)
        return self._addresses[configuration]

    def _set_source(self) -> None:
        for customer in self.customers.values():
            if customer.listed:
                self.source.put(customer.said_by_a_source())
            else:
                self.source.remove(customer.id)

    def plan_faults(self, *, source: tuple[Fault, ...] = (), psa: tuple[Fault, ...] = ()) -> None:
        """What goes wrong in the next run, and in that one alone."""
        self.source.plan_faults(*source)
        self.psa.plan_faults(*psa)


def _plainly(agreement: Agreement) -> PsaAgreement:
    lines = {one.id: PsaLine(one.id, one.item, one.quantity, one.description, one.price, one.delete_after_invoicing) for one in agreement.charges}
    return PsaAgreement(lines, agreement.last_billed, agreement.next_billing, agreement.end)


def _mapping(name: str, target: Target) -> ItemMapping:
    if isinstance(target, str):
        return ItemMapping(application=name, item=target)
    return ItemMapping(application=name, by_category=tuple((Category(kind), item) for kind, item in (target or {}).items()))


def _psa_at_first(customers: int) -> PsaWorld:
    numbers = range(1, customers + 1)
    begin = date(2026, 1, 1)
    return PsaWorld(
        accounts=tuple(Account(number=1000 + number, name=f"Customer {number}", cross_referenced=True) for number in numbers),
        agreements=tuple(
            Agreement(number=base + number, account=1000 + number, start=begin, next_billing=date(2026, 4, 1))
            for number in numbers
            for base in (2000, 3000)
        ),
        items=tuple(Item(id=item, description=item) for item in ITEMS),
    )


@contextmanager
def in_world(empty_home: Path, folder: Path, *, now: datetime, customers: int) -> Iterator[World]:
    """A world in a folder of its own, with the product's doors leading into it.

    Args:
        empty_home: a ledger that has just been made, to be copied, because making one takes longer than a sequence.
        folder: where to; emptied before.
    """
    shutil.rmtree(folder, ignore_errors=True)
    copy_home(empty_home, folder)
    world = World(folder, now, customers)
    with pytest.MonkeyPatch.context() as doors, mortal(world.mortality):
        doors.setattr(day, "require_secrets", lambda _: None)
        doors.setattr(stated_beside, "open_source", lambda *_, **__: WatchedSource(world, world.source))
        for module in (day, saved_plans):
            doors.setattr(module, "open_destination", lambda *_: WatchedPsa(world, world.psa))
            doors.setattr(module, "run_all", _one_after_another)
        doors.setattr(prescribing, "open_destination", lambda *_, **__: WatchedPsa(world, world.psa))
        open_ledger(folder, clock=world.clock)
        try:
            yield world
        finally:
            world.mortality.dead = False
            close_ledger()


def _one_after_another(work: list[Any], do: Callable[[Any], Any], *, threads: int, stop: Any) -> list[Any]:
    return [do(one) for one in work if not stop.is_set()]


def make_empty_home(folder: Path) -> Path:
    """A ledger that has just been made."""
    open_ledger(folder, clock=lambda: datetime(2026, 1, 1, tzinfo=UTC))
    close_ledger()
    return folder


__all__ = ["Link", "Ran", "SavedPlan", "Violation", "World", "in_world", "make_empty_home"]
