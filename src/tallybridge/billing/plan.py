"""Decisions as values: what planning knows beforehand, and the plan that comes out (design 6)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from tallybridge.billing.model import Category, Notice
from tallybridge.billing.psa import Agreement, Item
from tallybridge.billing.reasons import Reason


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Part:
    """A share of a line's quantity: an application and a category; `category` is None on an item that serves all devices."""

    application: str
    category: Category | None
    quantity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What one item of the agreement should be: the sum of its parts (design 6.1)."""

    item: str
    quantity: int
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OurLine:
    """What the ledger knows of our line for one agreement and item (design 6.2)."""

    agreement: int
    item: str
    charge: int | None
    """The line's id; None while it is closed or was never found."""
    written: int
    """w: the quantity last read back as ours."""
    closed: bool = False
    delete_after_invoicing: bool = False
    last_billed: date | None = None
    """The agreement's LastBilledDate when the line was last seen."""
    next_billing: date | None = None
    """The agreement's NextBillingPeriod when the line was last seen."""
    parts: tuple[Part, ...] = ()
    """What its quantity was made of when it was last written."""
    left: tuple[int, ...] = ()
    """Other lines for the item that a person decided to leave."""


class IntentKind(StrEnum):
    """What an intent means to do to a line."""

    CREATE = "create"
    UPDATE = "update"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenIntent:
    """A write that was recorded and whose end is not yet known (L5), or a worklist entry that nobody has been seen to enter (design 6.2)."""

    key: str
    agreement: int
    item: str
    kind: IntentKind
    charge: int | None
    """The line to update; None for a create."""
    from_quantity: int | None
    to_quantity: int
    known: tuple[int, ...]
    """Ids of all lines for the item when the intent was recorded: any other id is new."""
    recorded: datetime
    """UTC; an unanswered call is believed not to have happened only `settle` seconds after this: when the call was given up, or, where a crash
    left no word of that, when it was begun."""
    worklist: bool = False
    parts: tuple[Part, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanningInputs:
    """Everything that a tenant's plan is made from. The plan is a pure function of it, so a past plan can be replayed (design 7)."""

    agreement: Agreement
    wanted: tuple[Wanted, ...]
    """Every item that the mappings bill on, also where the quantity is 0; sorted by item."""
    lines: tuple[OurLine, ...] = ()
    """Our lines on this agreement; sorted by item."""
    elsewhere: tuple[OurLine, ...] = ()
    """Our lines for the same tenant on other agreements that have not ended."""
    seen: tuple[int, ...] = ()
    """Ids of all lines ever seen on this agreement before this read."""
    intents: tuple[OpenIntent, ...] = ()
    """Open intents on this agreement, oldest first."""
    items: tuple[Item, ...] = ()
    """The price book items among the wanted ones and ours, those that exist."""
    now: datetime
    """UTC: the run's instant, so that the plan can be made again from what is kept."""
    today: date
    """The billing date in the integration's zone (L10)."""
    settle: int = 30
    """Seconds after an unanswered create before "not there" is believed."""
    worklist: bool = False
    """Write mode: a person enters the changes."""


class Action(StrEnum):
    """What happens to one line."""

    CREATE = "create"
    UPDATE = "update"
    UNCHANGED = "unchanged"
    MOVE = "move"
    HOLD = "hold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One line of a plan. Quantities are units; `from_quantity` is what the PSA shows now, None where there is no line."""

    action: Action
    item: str
    from_quantity: int | None
    to_quantity: int | None
    charge: int | None = None
    reason: Reason | None = None
    parts: tuple[Part, ...] = ()
    known: tuple[int, ...] = ()
    """Ids of all lines for the item at planning time."""
    last_written: int | None = None
    """w, where the line is ours."""
    entered: str | None = None
    """Key of the open worklist entry that this change repeats: nothing new is recorded for it (L8)."""
    moved_from: tuple[tuple[int, str, int, int], ...] = ()
    """For a move: (agreement, item, charge, quantity) of each line that the seats come from."""


class IntentOutcome(StrEnum):
    """How an open intent ended."""

    APPLIED = "applied"
    """The PSA shows the intended quantity."""
    NOT_WRITTEN = "not_written"
    """The PSA shows that it never happened."""
    NOT_AS_WRITTEN = "not_as_written"
    """The PSA shows another quantity than was intended."""
    REFUSED = "refused"
    """The PSA answered that it did not write."""
    SUPERSEDED = "superseded"
    """A worklist entry that a newer entry replaces."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """What reading the PSA tells of one open intent; recorded before the plan's changes are applied."""

    key: str
    outcome: IntentOutcome
    charge: int | None
    quantity: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What should happen to one agreement's charges. Equal inputs give an equal plan."""

    agreement: int
    changes: tuple[Change, ...]
    resolutions: tuple[Resolution, ...] = ()
    lines: tuple[OurLine, ...] = ()
    """Our lines as they stand after the resolutions, renewals and reads that this plan is based on; what the ledger takes over."""
    notices: tuple[Notice, ...] = ()
    not_ours: tuple[int, ...] = field(default=())
    """Ids of lines that are reported `billed_but_unused`."""
