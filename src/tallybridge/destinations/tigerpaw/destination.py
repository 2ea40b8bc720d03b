"""Tigerpaw as a destination: REST to read, SOAP to write (Tigerpaw reference 0)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tallybridge.billing.reasons import Reason
from tallybridge.destinations.base import ChargeWrite, DestinationFailed, ReadFailed, WriteRefused, WriteReply
from tallybridge.destinations.tigerpaw.accounts import Accounts
from tallybridge.destinations.tigerpaw.agreements import Agreements
from tallybridge.destinations.tigerpaw.diagnostics import Diagnostics
from tallybridge.destinations.tigerpaw.pricebook import PriceBook
from tallybridge.destinations.tigerpaw.rest import Door, RestDoor
from tallybridge.destinations.tigerpaw.soap import ChargeSubmission
from tallybridge.wire.http import HttpDoor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from tallybridge.billing.psa import Account, Agreement, Charge, Item
    from tallybridge.destinations.tigerpaw.settings import TigerpawSettings
    from tallybridge.wire.checks import Check

_CONNECTIONS = 2


class TigerpawDestination:
    """One Tigerpaw; implements `destinations.base.Destination`, where each method is described. Safe to use from several threads.

    Args:
        settings: address, credentials and dialect.
        clock: the present instant, aware, UTC (L10); signatures carry it.
        door: what carries the calls; made from the settings unless given.

    Raises:
        ValueError: the address or the CA file cannot be used.
    """

    def __init__(self, settings: TigerpawSettings, *, clock: Callable[[], datetime], door: Door | None = None) -> None:
        self._door = door or HttpDoor(
            settings.url,
            trust=settings.trust,
            connections=_CONNECTIONS,
            connect_timeout=settings.connect_timeout,
            read_timeout=settings.read_timeout,
        )
        rest = RestDoor(self._door, settings, clock=clock)
        self._accounts = Accounts(rest, settings)
        self._agreements = Agreements(rest)
        self._price_book = PriceBook(rest, settings)
        self._submission = None if settings.dialect is None else ChargeSubmission(self._door, settings, settings.dialect)
        self._diagnostics = Diagnostics(self._door, rest, self._accounts, settings, clock=clock)

    def accounts(self) -> Mapping[int, Account]:
        """Every cross-referenced account; how the search is re-checked stands in `accounts.py`."""
        try:
            return self._accounts.cross_referenced()
        except ReadFailed as error:
            # Without this list nothing can be said of any tenant.
            raise DestinationFailed(error.reason, str(error)) from error

    def account(self, number: int) -> Account | None:
        """One account, freshly read."""
        return self._accounts.one(number)

    def all_accounts(self) -> tuple[Account, ...]:
        """Every account."""
        return self._accounts.every()

    def agreements(self, account: int) -> tuple[Agreement, ...]:
        """The agreements of an account, ended ones included."""
        return self._agreements.of_account(account)

    def agreement(self, number: int) -> Agreement | None:
        """One agreement with its charges."""
        return self._agreements.one(number)

    def charges(self, agreement: int) -> tuple[Charge, ...]:
        """The charges of an agreement at this moment."""
        return self._agreements.charges(agreement)

    def items(self, ids: Iterable[str]) -> Mapping[str, Item]:
        """The named items, inactive ones included, with price."""
        return self._price_book.items(ids)

    def search_items(self, text: str) -> tuple[Item, ...]:
        """Items for lists; their price is left out, because it would cost a call each."""
        return self._price_book.search(text)

    def write(self, change: ChargeWrite) -> WriteReply:
        """Makes one SOAP call; refuses in worklist mode."""
        if self._submission is None:
            raise WriteRefused(Reason.WRITE_REFUSED, "Write mode is worklist: a person enters the quantity in Tigerpaw. Nothing was sent.")
        return self._submission.write(change)

    def checks(self) -> tuple[Check, ...]:
        """Connection, REST keys, clock, External Product and SOAP page; reads only."""
        return self._diagnostics.checks()

    def close(self) -> None:
        """Closes the connections."""
        self._door.close()
