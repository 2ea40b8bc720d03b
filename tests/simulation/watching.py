"""The product's two doors, watched: every call is judged by the model and may be the moment at which the process dies."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, TypeVar

from tallybridge.billing.model import Observation, Tenant
from tallybridge.billing.psa import Account, Agreement, Charge, Item
from tallybridge.billing.reasons import Reason
from tallybridge.conformance import FakeDestination, FakeSource
from tallybridge.destinations.base import ChargeWrite, DestinationError, WriteReply
from tallybridge.sources.base import SourceError, TenantListing
from tallybridge.wire.checks import Check
from tests.simulation.book import Call
from tests.simulation.guarding import require_guarded

if TYPE_CHECKING:
    from tests.simulation.world import World

T = TypeVar("T")


class WatchedSource:
    """The source in memory; implements `sources.base.Source`."""

    def __init__(self, world: World, source: FakeSource) -> None:
        self._world = world
        self._source = source

    def tenants(self) -> TenantListing:
        """Every tenant."""
        return self._call("*", self._source.tenants)

    def observe(self, tenant: Tenant, *, deadline: Callable[[], float]) -> Observation:
        """The tenant as it is now."""
        found = self._call(tenant.id, lambda: self._source.observe(tenant, deadline=deadline))
        self._world.observed.add(tenant.id)
        return found

    def _call(self, about: str, call: Callable[[], T]) -> T:
        try:
            return self._world.mortality.calling(call)  # type: ignore[no-any-return]
        except SourceError:
            self._world.ran.troubled.add(about)
            raise

    def checks(self) -> tuple[Check, ...]:
        """Whether the tenants can be listed."""
        return self._source.checks()

    def close(self) -> None:
        """Holds nothing open."""


class WatchedPsa:
    """The PSA in memory; implements `destinations.base.Destination`."""

    def __init__(self, world: World, psa: FakeDestination) -> None:
        self._world = world
        self._psa = psa

    def accounts(self) -> Mapping[int, Account]:
        """Every cross-referenced account."""
        return self._read("*", self._psa.accounts)

    def account(self, number: int) -> Account | None:
        """One account."""
        return self._read("*", lambda: self._psa.account(number))

    def all_accounts(self) -> tuple[Account, ...]:
        """Every account."""
        return self._read("*", self._psa.all_accounts)

    def agreements(self, account: int) -> tuple[Agreement, ...]:
        """The agreements of an account."""
        return self._read("*", lambda: self._psa.agreements(account))

    def agreement(self, number: int) -> Agreement | None:
        """One agreement."""
        return self._read(number, lambda: self._psa.agreement(number))

    def charges(self, agreement: int) -> tuple[Charge, ...]:
        """The charges of an agreement."""
        return self._read(agreement, lambda: self._psa.charges(agreement))

    def items(self, ids: Iterable[str]) -> Mapping[str, Item]:
        """The named items."""
        return self._read("*", lambda: self._psa.items(ids))

    def search_items(self, text: str) -> tuple[Item, ...]:
        """Items that contain a text."""
        return self._read("*", lambda: self._psa.search_items(text))

    def write(self, change: ChargeWrite) -> WriteReply:
        """One write, judged before it is sent."""
        world = self._world
        world.mortality.require_alive()
        call = Call(change.agreement, change.item, change.quantity, change.charge)
        world.book.judge(call, world.orders, world.state, observed=world.observed)
        require_guarded(world, call)
        world.ran.writes.append(call)
        line = world.state[call.agreement].lines.get(call.charge or 0)
        world.ran.found.setdefault((call.agreement, call.item), {line.quantity if line is not None else 0})
        return world.mortality.calling(lambda: self._write(call, change))  # type: ignore[no-any-return]

    def _write(self, call: Call, change: ChargeWrite) -> WriteReply:
        world = self._world
        sent = world.book.sending(call, world.orders, now=world.now, elapsed=world.elapsed)
        try:
            reply = self._psa.write(change)
        except DestinationError as refused:
            # After a refused sign-in no other customer is written either.
            world.ran.troubled.add("*" if refused.reason is Reason.SIGN_IN_REFUSED else call.agreement)
            world.book.over(sent)
            raise
        world.look()
        as_sent = [line for line in world.state[call.agreement].lines.values() if line.item == call.item and line.quantity == call.quantity]
        if not reply.answered or not as_sent:
            world.ran.troubled.add(call.agreement)
        elif sent in world.book.sent[call.agreement, call.item]:
            world.book.over(sent)
        return reply

    def _read(self, about: object, call: Callable[[], T]) -> T:
        world = self._world
        world.mortality.require_alive()
        world.before_reading()
        world.look()
        try:
            return world.mortality.calling(call)  # type: ignore[no-any-return]
        except DestinationError:
            world.ran.troubled.add(about)
            raise

    def checks(self) -> tuple[Check, ...]:
        """Whether the accounts can be listed."""
        return self._psa.checks()

    def close(self) -> None:
        """Holds nothing open."""
