"""Decisions as values: what planning knows beforehand, and the plan that comes out (design 6)."""

from __future__ import annotations

from dataclasses import dataclass
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
    since: date | None = None
    """Billing date on which the line was made or adopted; None where that is not known."""


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


class DecisionKind(StrEnum):
    """What a person can decide on a line that waits (design 6.6)."""

    KEEP = "keep"
    TAKE_OVER = "take-over"
    ADOPT = "adopt"
    PIN = "pin"
    RELEASE = "release"


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingDecision:
    """A decision that later plans are made under until it ends: a keep, a pin, or the release of a change that waits."""

    id: int
    """The ledger's number of the decision."""
    item: str
    kind: DecisionKind
    reason: Reason
    """Why the line waited when it was decided."""
    shown: tuple[tuple[int, int], ...] = ()
    """(id, quantity) of each line for the item as the person saw them, in order of id."""
    written: int | None = None
    """w when it was decided; None where no line was ours."""
    quantity: int | None = None
    """Of a pin, what is wanted; of a release, the quantity that the person saw and lets pass."""
    until: date | None = None
    """Last billing date of a pin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """How far a charge may fall or rise without a person (design 6.5). A bound is passed where both its units and its percents are."""

    fall_units: int = 10
    fall_percent: int = 30
    rise_units: int = 50
    rise_percent: int = 100
    new_days: int = 31
    """A line may rise freely for so many days after it was made or adopted."""
    tenant_units: int = 3
    """A tenant billed for so many units or more does not fall to 0 by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What is known of the seats that a line was last written for and that are missing today (design 6.5)."""

    item: str
    missing: int
    """Seats of the last written evidence that no longer count on this item."""
    doubts: tuple[tuple[Reason, int], ...] = ()
    """Why some of them are not shown to be gone, with how many; without any, the fall is proved. A doubt about the whole read has 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanningInputs:
    """Everything that a tenant's plan is made from. The plan is a pure function of it, so a past plan can be replayed (design 7)."""

    agreement: Agreement
    wanted: tuple[Wanted, ...]
    """Every item that the mappings bill on, also where the quantity is 0; sorted by item."""
    lines: tuple[OurLine, ...] = ()
    """Our lines on this agreement; sorted by item."""
    former: tuple[PlanningInputs, ...] = ()
    """Other agreements that have not ended and on which our lines still bill this tenant: the same agreement's inputs, with 0 wanted on each line.
    What is planned there is carried out only as part of a released move (design 6.3)."""
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
    decisions: tuple[StandingDecision, ...] = ()
    """The standing decisions on this agreement's items, the newest of each item."""
    bounds: Bounds | None = None
    """None: the quantities were prescribed by a person, and no guard looks at them."""
    proofs: tuple[Proof, ...] = ()
    """Of each item of ours that would fall."""
    may_fall: int | None = None
    """Units by which this run may still lower charges in all (its circuit breaker, design 6.5); None: without limit."""


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
    """Why it waits; of a line that a person has decided on, `kept` or `pinned`."""
    detail: str = ""
    """The reason with the numbers of this case, where it has any."""
    parts: tuple[Part, ...] = ()
    """What was counted for the line; of a kept or pinned line it need not be what is charged."""
    known: tuple[int, ...] = ()
    """Ids of all lines for the item at planning time."""
    last_written: int | None = None
    """w, where the line is ours."""
    entered: str | None = None
    """Key of the open worklist entry that this change repeats: nothing new is recorded for it (L8)."""
    moved_from: tuple[tuple[int, str, int, int], ...] = ()
    """For a move: (agreement, item, charge, quantity) of each line that the seats come from. A released move is a create or an update that may be
    written only after those lines."""
    released: int | None = None
    """The standing decision that lets this change pass."""

    @property
    def counted(self) -> int | None:
        """What was counted for the line, where a person decided that it is something else; None elsewhere."""
        decided = self.reason in (Reason.KEPT, Reason.PINNED)
        return sum(part.quantity for part in self.parts) if decided else None


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
    not_ours: tuple[int, ...] = ()
    """Ids of lines that are reported `billed_but_unused`."""
    former: tuple[Plan, ...] = ()
    """What happens on former agreements; their changes are carried out only where a released move takes seats from them."""
    ended: tuple[int, ...] = ()
    """Standing decisions that have come to their end."""
