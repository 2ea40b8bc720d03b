"""The door to a PSA: what every destination must offer, and how it says that it could not read or write.

DestinationError            base: a sentence for a person, and the `Reason` for programs
├── DestinationFailed       nothing of this PSA can be used now (unreachable, credentials refused, clock too far off): fails the run
├── ReadFailed              one thing could not be read; nothing was written
└── WriteRefused            the PSA answered that it did not write
    (an unanswered write is no error: see `WriteReply`)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from tallybridge.billing.psa import Account, Agreement, Charge, Item
from tallybridge.billing.reasons import Reason
from tallybridge.wire.checks import Check


class DestinationError(Exception):
    """The PSA could not be used; the text says what happened, whether anything was written and what to do, never a secret (L11)."""

    def __init__(self, reason: Reason, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


class DestinationFailed(DestinationError):
    """Nothing of this PSA can be used now."""


class ReadFailed(DestinationError):
    """One thing could not be read."""


class WriteRefused(DestinationError):
    """The PSA answered that it did not write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeWrite:
    """One line to make (`charge` is None) or to change. Nothing but the quantity is ever sent for an existing line (L6)."""

    agreement: int
    item: str
    quantity: int
    charge: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteReply:
    """What became of a write call. The truth is what is read back afterwards, whatever the reply says (L5)."""

    answered: bool
    """False: no reply, or one that cannot be read: the write may have happened or may happen late."""
    charge: int | None = None
    """The line's id, if the reply named it; a hint, not a proof."""
    detail: str = ""


class Destination(Protocol):
    """A PSA. Safe to use from several threads."""

    def accounts(self) -> Mapping[int, Account]:
        """Every account that is cross-referenced to the External Product, by number.

        Raises:
            DestinationFailed: the PSA cannot be used.
        """
        ...

    def account(self, number: int) -> Account | None:
        """One account with its cross-reference freshly read; None where the PSA has no such account. Raises ReadFailed, DestinationFailed."""
        ...

    def all_accounts(self) -> tuple[Account, ...]:
        """Every account of the PSA, for suggestions. `cross_referenced` is right for each. Raises ReadFailed, DestinationFailed."""
        ...

    def agreements(self, account: int) -> tuple[Agreement, ...]:
        """The agreements of an account, without their charges. Raises ReadFailed, DestinationFailed."""
        ...

    def agreement(self, number: int) -> Agreement | None:
        """One agreement with its charges, in one call; None where there is none. Raises ReadFailed, DestinationFailed."""
        ...

    def charges(self, agreement: int) -> tuple[Charge, ...]:
        """The charges of an agreement as they are at this moment. Raises ReadFailed, DestinationFailed."""
        ...

    def items(self, ids: Iterable[str]) -> Mapping[str, Item]:
        """The named price book items that exist, by id. Raises ReadFailed, DestinationFailed."""
        ...

    def search_items(self, text: str) -> tuple[Item, ...]:
        """Price book items whose id or description contains `text` ("" for all), for lists. Raises ReadFailed, DestinationFailed."""
        ...

    def write(self, change: ChargeWrite) -> WriteReply:
        """Makes one call that creates or changes one line; never repeats it.

        Raises:
            WriteRefused: the PSA answered that it did not write.
            DestinationFailed: the credentials were refused; nothing was written.
        """
        ...

    def checks(self) -> tuple[Check, ...]:
        """Tests connection, clock, credentials and External Product, reading only."""
        ...

    def close(self) -> None:
        """Closes connections. May be called more than once."""
        ...
