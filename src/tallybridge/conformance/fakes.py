"""A source and a PSA in memory, for tests of what uses them: nothing is sent anywhere, and what goes wrong is planned (`faults`)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from threading import RLock
from types import MappingProxyType
from typing import TypeVar

from tallybridge.billing.model import Observation, Seat, Tenant
from tallybridge.billing.psa import Account, Agreement, Charge, Item
from tallybridge.billing.reasons import Reason
from tallybridge.conformance.faults import Deed, Fault, FaultPlan
from tallybridge.conformance.worlds import PsaWorld, TenantWorld
from tallybridge.destinations.base import ChargeWrite, DestinationError, DestinationFailed, ReadFailed, WriteRefused, WriteReply
from tallybridge.sources.base import Clock, SourceFailed, TenantBlocked, TenantListing, TenantNotObserved
from tallybridge.wire.checks import Check

_READING = frozenset({Deed.REFUSE_SIGN_IN, Deed.UNREADABLE, Deed.UNREACHABLE, Deed.SLOW})
_SOURCE_CALLS = MappingProxyType({"tenants": _READING, "observe": frozenset({Deed.REFUSE, Deed.UNREADABLE, Deed.UNREACHABLE, Deed.SLOW})})
_READS = ("accounts", "account", "all_accounts", "agreements", "agreement", "charges", "items", "search_items")
_PSA_CALLS = MappingProxyType(dict.fromkeys(_READS, _READING) | {"write": frozenset(Deed)})
_T = TypeVar("_T")


def _wall_clock() -> datetime:
    return datetime.now(UTC)


class FakeSource:
    """A source whose tenants are given; implements `sources.base.Source`.

    Calls that can meet a fault: `tenants` (refuse_sign_in, unreadable, unreachable, slow) and `observe` (refuse, unreadable, unreachable, slow).

    Args:
        tenants: what is true, in any order and with any repetition.
        clock: the present instant, aware, UTC (L10).
        faults: what goes wrong.
        sleep: waits these seconds; for slow calls.
    """

    def __init__(
        self,
        tenants: Iterable[TenantWorld] = (),
        *,
        clock: Clock = _wall_clock,
        faults: Iterable[Fault] = (),
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._worlds = {world.tenant.id: world for world in tenants}
        self._clock = clock
        self._faults = FaultPlan(faults, _SOURCE_CALLS)
        self._sleep = sleep

    def put(self, world: TenantWorld) -> None:
        """From now on this is true of the tenant."""
        self._worlds = {**self._worlds, world.tenant.id: world}

    def remove(self, tenant: str) -> None:
        """From now on there is no tenant of this id."""
        self._worlds = {known: world for known, world in self._worlds.items() if known != tenant}

    def plan_faults(self, *faults: Fault) -> None:
        """Other faults from now on, counted anew. Raises ValueError."""
        self._faults.replace(faults)

    def tenants(self) -> TenantListing:
        """Every tenant by id. Raises SourceFailed where a fault says so."""
        fault = self._faults.firing("tenants")
        if fault is not None and fault.do is Deed.SLOW:
            self._sleep(fault.seconds)
        elif fault is not None:
            raise _failed_source(fault)
        return TenantListing(tenants=tuple(self._worlds[known].tenant for known in sorted(self._worlds)), version="in memory", unassigned=None)

    def observe(self, tenant: Tenant, *, deadline: Callable[[], float]) -> Observation:
        """The tenant as it is now. Raises TenantNotObserved and TenantBlocked."""
        nothing = f"nothing was written for {tenant.name!r}."
        fault = self._faults.firing("observe", tenant.id)
        if fault is not None and fault.do is Deed.SLOW:
            self._sleep(max(0.0, min(fault.seconds, deadline())))
        elif fault is not None and fault.do is Deed.REFUSE:
            raise TenantBlocked(Reason.NO_ACCESS, f"The tenant may not be read, as the fault plan says; {nothing}")
        elif fault is not None:
            raise TenantNotObserved(Reason.OBSERVATION_INCOMPLETE, f"The tenant cannot be read, as the fault plan says ({fault.do}); {nothing}")
        if deadline() <= 0:
            raise TenantNotObserved(Reason.TIME_LIMIT, f"The tenant was not read within its time limit; {nothing}")
        world = self._worlds.get(tenant.id)
        if world is None:
            raise TenantNotObserved(Reason.TENANT_NOT_FOUND, f"There is no such tenant; {nothing}")
        if not world.tenant.enabled:
            raise TenantBlocked(Reason.TENANT_DISABLED, f"The tenant is disabled; {nothing}")
        return self._observation(world)

    def checks(self) -> tuple[Check, ...]:
        """Whether the tenants can be listed."""
        try:
            found = self.tenants()
        except SourceFailed as failure:
            return (Check(name="Fake source", ok=False, detail=str(failure), advice="Change the fault plan."),)
        return (Check(name="Fake source", ok=True, detail=f"{len(found.tenants)} tenants are in memory"),)

    def close(self) -> None:
        """Holds nothing open."""

    def _observation(self, world: TenantWorld) -> Observation:
        licenses = _distinct(world.licenses, key=lambda one: one.serial)
        if unlisted := {seat.license for seat in world.seats} - {one.serial for one in licenses}:
            raise _contradiction(f"seats name licenses that are not listed: {', '.join(sorted(unlisted))}")
        return Observation(
            tenant=world.tenant,
            started=self._clock(),
            licenses=licenses,
            devices=_distinct(world.devices, key=lambda one: one.id),
            seats=tuple(sorted(set(world.seats), key=_none_first)),
            mailboxes=_distinct(world.mailboxes, key=lambda one: one.address),
        )


def _failed_source(fault: Fault) -> SourceFailed:
    reason = {Deed.REFUSE_SIGN_IN: Reason.SIGN_IN_REFUSED, Deed.UNREADABLE: Reason.OBSERVATION_INCOMPLETE}.get(fault.do, Reason.SOURCE_UNREACHABLE)
    return SourceFailed(reason, f"The tenants cannot be listed, as the fault plan says ({fault.do}); nothing was written.")


def _distinct(rows: Iterable[_T], *, key: Callable[[_T], str]) -> tuple[_T, ...]:
    by_key: dict[str, _T] = {}
    for row in rows:
        if by_key.setdefault(key(row), row) != row:
            raise _contradiction(f"{key(row)} comes twice, with different facts")
    return tuple(by_key[name] for name in sorted(by_key))


def _contradiction(what: str) -> TenantNotObserved:
    return TenantNotObserved(Reason.OBSERVATION_INCOMPLETE, f"The tenant contradicts itself: {what}; nothing was written for it.")


def _none_first(seat: Seat) -> tuple[tuple[bool, object], ...]:
    return tuple((value is not None, value) for value in seat)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Late:
    due: float
    change: ChargeWrite


class FakeDestination:
    """A PSA in memory; implements `destinations.base.Destination`. Safe to use from several threads.

    Reads can meet refuse_sign_in, unreadable, unreachable and slow; `write` can meet every deed. A write without a line's id always adds a line.

    Args:
        world: what it holds at first.
        faults: what goes wrong.
        sleep: waits these seconds; for slow calls.
        elapsed: seconds on a clock that only goes forward; for writes that act late.
    """

    def __init__(
        self,
        world: PsaWorld | None = None,
        *,
        faults: Iterable[Fault] = (),
        sleep: Callable[[float], None] = time.sleep,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        held = world or PsaWorld()
        self._accounts = {account.number: account for account in held.accounts}
        self._agreements = {agreement.number: agreement for agreement in held.agreements}
        self._items = {item.id: item for item in held.items}
        self._faults = FaultPlan(faults, _PSA_CALLS)
        self._sleep = sleep
        self._elapsed = elapsed
        self._late: list[_Late] = []
        self._last_id = max((charge.id for agreement in held.agreements for charge in agreement.charges), default=0)
        self._lock = RLock()
        self.writes: list[ChargeWrite] = []
        """Every call of `write`, in order, whatever became of it."""

    def put(self, agreement: Agreement) -> None:
        """From now on the agreement is this, with these charges: somebody has edited it by hand."""
        with self._lock:
            self._agreements[agreement.number] = agreement
            self._last_id = max([self._last_id, *(charge.id for charge in agreement.charges)])

    def world(self) -> PsaWorld:
        """What it holds now, past the fault plan; a write that acts late and whose time has come has been done."""
        with self._lock:
            self._act_on_what_is_due()
            return PsaWorld(accounts=tuple(self._accounts.values()), agreements=tuple(self._agreements.values()), items=tuple(self._items.values()))

    @property
    def next_id(self) -> int:
        """The id of the next line that is made; ids are never used again, so a line put by hand should have it."""
        with self._lock:
            return self._last_id + 1

    def bill(self, number: int, *, on: date, next_billing: date | None = None) -> None:
        """An agreement is invoiced: lines with `delete_after_invoicing` go, and its dates move on (contracts 4, invoice-run).

        Args:
            number: the agreement's.
            on: the PSA's local date of the invoice.
            next_billing: first day of the next period.
        """
        with self._lock:
            self._act_on_what_is_due()
            held = self._agreements[number]
            kept = tuple(charge for charge in held.charges if not charge.delete_after_invoicing)
            self._agreements[number] = replace(held, charges=kept, last_billed=on, next_billing=next_billing)

    def plan_faults(self, *faults: Fault) -> None:
        """Other faults from now on, counted anew. Raises ValueError."""
        self._faults.replace(faults)

    def accounts(self) -> Mapping[int, Account]:
        """Every cross-referenced account."""
        with self._reading("accounts", alone=False):
            return {number: account for number, account in self._accounts.items() if account.cross_referenced}

    def account(self, number: int) -> Account | None:
        """One account."""
        with self._reading("account", number):
            return self._accounts.get(number)

    def all_accounts(self) -> tuple[Account, ...]:
        """Every account."""
        with self._reading("all_accounts"):
            return tuple(self._accounts.values())

    def agreements(self, account: int) -> tuple[Agreement, ...]:
        """The agreements of an account, without charges."""
        with self._reading("agreements", account):
            return tuple(replace(agreement, charges=()) for agreement in self._agreements.values() if agreement.account == account)

    def agreement(self, number: int) -> Agreement | None:
        """One agreement with its charges."""
        with self._reading("agreement", number):
            return self._agreements.get(number)

    def charges(self, agreement: int) -> tuple[Charge, ...]:
        """The charges of an agreement now."""
        with self._reading("charges", agreement):
            held = self._agreements.get(agreement)
            if held is None:
                raise ReadFailed(Reason.AGREEMENT_NOT_FOUND, f"There is no agreement {agreement}; reading wrote nothing.")
            return held.charges

    def items(self, ids: Iterable[str]) -> Mapping[str, Item]:
        """The named items that exist."""
        with self._reading("items"):
            return {wanted: self._items[wanted] for wanted in set(ids) if wanted in self._items}

    def search_items(self, text: str) -> tuple[Item, ...]:
        """Items whose id or description contains the text, in whatever case."""
        wanted = text.casefold()
        with self._reading("search_items"):
            return tuple(item for item in self._items.values() if wanted in item.id.casefold() or wanted in item.description.casefold())

    def write(self, change: ChargeWrite) -> WriteReply:
        """One write, as the fault plan lets it be. Raises WriteRefused and DestinationFailed."""
        fault = self._faults.firing("write", change.agreement)
        deed = None if fault is None else fault.do
        with self._lock:
            self.writes.append(change)
        if deed is Deed.REFUSE_SIGN_IN:
            raise DestinationFailed(Reason.SIGN_IN_REFUSED, "The credentials are refused, as the fault plan says; nothing was written.")
        if deed is Deed.UNREACHABLE:
            raise DestinationFailed(Reason.PSA_UNREACHABLE, "There is no connection, as the fault plan says; the write was not sent.")
        if deed is Deed.REFUSE:
            raise WriteRefused(Reason.WRITE_REFUSED, "The write is refused, as the fault plan says; nothing was written.")
        if fault is not None and deed is Deed.SLOW:
            self._sleep(fault.seconds)
        unanswered = WriteReply(answered=False, detail="There was no reply that could be read, as the fault plan says; the write may have been done.")
        with self._lock:
            self._act_on_what_is_due()
            if deed is Deed.DROP:
                return unanswered
            if fault is not None and deed is Deed.ACT_LATE:
                self._late.append(_Late(due=self._elapsed() + fault.seconds, change=change))
                return unanswered
            done = self._act(replace(change, quantity=change.quantity + 1) if deed is Deed.WRONG_QUANTITY else change)
        return unanswered if deed in (Deed.LOSE_REPLY, Deed.UNREADABLE) else WriteReply(answered=True, charge=done)

    def checks(self) -> tuple[Check, ...]:
        """Whether the accounts can be listed."""
        try:
            found = self.accounts()
        except DestinationError as failure:
            return (Check(name="Fake destination", ok=False, detail=str(failure), advice="Change the fault plan."),)
        return (Check(name="Fake destination", ok=True, detail=f"{len(found)} cross-referenced accounts are in memory"),)

    def close(self) -> None:
        """Holds nothing open."""

    def _reading(self, call: str, about: object = "", *, alone: bool = True) -> RLock:
        """The lock, to be held while reading, once the fault plan has let the read be; `alone`: its failure is not that of the whole PSA."""
        fault = self._faults.firing(call, about)
        if fault is not None and fault.do is Deed.SLOW:
            self._sleep(fault.seconds)
        elif fault is not None:
            reason = Reason.SIGN_IN_REFUSED if fault.do is Deed.REFUSE_SIGN_IN else Reason.PSA_UNREACHABLE
            kind = ReadFailed if alone and fault.do is Deed.UNREADABLE else DestinationFailed
            raise kind(reason, f"The PSA cannot be read, as the fault plan says ({fault.do}); reading wrote nothing.")
        with self._lock:
            self._act_on_what_is_due()
        return self._lock

    def _act_on_what_is_due(self) -> None:
        now = self._elapsed()
        due = [late.change for late in self._late if late.due <= now]
        self._late = [late for late in self._late if late.due > now]
        for change in due:
            try:
                self._act(change)
            except WriteRefused:
                continue  # what it was about is gone by now, and nobody waits for its answer

    def _act(self, change: ChargeWrite) -> int:
        held = self._agreements.get(change.agreement)
        item = self._items.get(change.item)
        known = {} if held is None else {charge.id: charge for charge in held.charges}
        if held is None or item is None or (change.charge is not None and change.charge not in known):
            raise WriteRefused(Reason.WRITE_REFUSED, f"There is no such agreement, item or line as in {change}; nothing was written.")
        if change.charge is None:
            self._last_id += 1
            made = Charge(id=self._last_id, item=item.id, quantity=change.quantity, description=item.description, price=item.price)
        else:
            made = replace(known[change.charge], quantity=change.quantity)
        self._agreements[held.number] = replace(held, charges=tuple((known | {made.id: made}).values()))
        return made.id
