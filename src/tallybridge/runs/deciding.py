"""Decisions of a person on lines that wait (design 6.6). They need no connection: what a person decides on is what the newest plan saw.

Keep, pin and the release of a change are facts that later plans are made under; adopt and take-over change what the ledger knows of our line.
Nothing is written to the PSA here: the next run goes on from there.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime

from tallybridge.billing.decisions import possible_for
from tallybridge.billing.plan import DecisionKind, Part, PlanningInputs
from tallybridge.billing.reasons import Reason
from tallybridge.ledger import canonical, decisions, evidence, leases
from tallybridge.ledger import holds as ledger_holds
from tallybridge.ledger import lines as ledger_lines
from tallybridge.ledger import runs as ledger_runs
from tallybridge.ledger.decisions import DecisionMade, StoredDecision
from tallybridge.ledger.holds import StoredHold
from tallybridge.ledger.opening import together
from tallybridge.runs.day import RunRefused

_NOT_OURS = frozenset({Reason.LINE_NOT_OURS, Reason.DUPLICATE_LINES, Reason.ENTERED_DIFFERENTLY, Reason.NOT_AS_WRITTEN})
"""Holds on lines that we did not make, or not in this form: a person can make one of them ours."""
_MAKES_OURS = frozenset({DecisionKind.ADOPT, DecisionKind.TAKE_OVER, DecisionKind.PIN})
_ENDED_BY_RELEASE = frozenset({DecisionKind.KEEP, DecisionKind.PIN})
"""A release that is typed twice must not take itself back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which holds a decision is for."""

    ids: tuple[str, ...] = ()
    all: bool = False
    item: str | None = None
    equal: bool = False
    """Only holds where the PSA already shows what is wanted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a person wants to decide."""

    kind: DecisionKind
    reason: str
    """Why, in the person's words; kept with the author."""
    author: str
    charge: int | None = None
    """The line to make ours, where several stand there."""
    quantity: int | None = None
    """Of a pin."""
    until: date | None = None
    """Last billing date of a pin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What a decision did."""

    hold: StoredHold
    kind: DecisionKind
    charge: int | None = None
    """The line that is ours from now on."""
    quantity: int | None = None
    """What the line will be: of a pin and a release; of an adopted line, what it is now."""
    left: tuple[int, ...] = ()
    """Other lines for the item that are left alone."""
    ended: StoredDecision | None = None
    """The keep or pin that a release ended."""

    @property
    def how_far(self) -> str:
        """How far a released change may go: a fall goes down to the quantity shown, a rise up to it."""
        before = self.hold.psa or 0
        return f"{'down' if self.quantity is not None and self.quantity < before else 'up'} to {self.quantity}"


def select(selection: Selection, wish: Wish) -> tuple[tuple[StoredHold, ...], tuple[StoredDecision, ...]]:
    """The open holds that a decision is for, in order of id, and the keeps and pins that a release names.

    A filter leaves out holds that cannot be decided so; a hold that is named by its id is never left out. Releasing one side of a move releases all
    of it: seats that leave one line may go to several.

    Raises:
        RunRefused: an id is not open, or nothing was selected at all; nothing was decided.
    """
    held = ledger_holds.open_holds()
    known = {hold.id: hold for hold in held}
    stands = {one.hold.id: one for one in decisions.all_standing() if one.decision.kind in _ENDED_BY_RELEASE} if _may_end(selection, wish) else {}
    unknown = [one for one in selection.ids if one not in known and one not in stands]
    if unknown:
        raise RunRefused(f"No hold {', '.join(unknown)} is open. Nothing was decided. See: tallybridge holds list.")
    if not selection.ids and not (selection.all or selection.item is not None or selection.equal):
        raise RunRefused("No hold was named. Nothing was decided. Name ids, or choose with --all, --item or --where equal.")
    named = dict.fromkeys(selection.ids)
    chosen: Iterable[StoredHold] = [known[one] for one in named if one in known] if named else held
    fitting = [hold for hold in chosen if selection.item in (None, hold.item) and (not selection.equal or hold.psa == hold.wanted)]
    if not named:
        fitting = [hold for hold in fitting if impossible(hold, wish) is None]
    if wish.kind is DecisionKind.RELEASE:
        fitting += [hold for hold in held if hold not in fitting and any(_one_move(hold, other) for other in fitting)]
    return tuple(fitting), tuple(stands[one] for one in named if one in stands and one not in known)


def impossible(hold: StoredHold, wish: Wish) -> str | None:
    """Why this decision cannot be made on this hold, or None if it can."""
    possible = possible_for(hold.reason)
    if wish.kind not in possible:
        words = f"what can be decided on it is: {', '.join(possible)}" if possible else "nothing can be decided on it: it settles by reading"
        return f"{hold.id} waits for {hold.reason.value}; {words}"
    if wish.kind is DecisionKind.PIN and (wish.quantity is None or wish.until is None):
        return f"{hold.id}: a pin needs what is wanted and until when: --quantity N --until DATE"
    if wish.kind not in _MAKES_OURS or hold.reason not in _NOT_OURS:
        return None
    shown = ", ".join(str(one) for one in hold.charges)
    if wish.charge is not None and wish.charge not in hold.charges:
        return f"{hold.id}: line {wish.charge} is not among the lines for {hold.item}: {shown}"
    if wish.charge is None and len(hold.charges) != 1:
        return f"{hold.id}: several lines for {hold.item} stand there ({shown}); name one with --charge"
    return None


def decide(holds: Iterable[StoredHold], wish: Wish, at: datetime) -> tuple[Decided, ...]:
    """Makes one decision on each of these holds: all of them or none.

    Raises:
        RunRefused: it cannot be made on one of them; nothing was decided.
    """
    holds = tuple(holds)
    problems = [problem for hold in holds if (problem := impossible(hold, wish)) is not None]
    if problems:
        raise RunRefused(f"{'; '.join(problems)}. Nothing was decided.")
    with ExitStack() as stack:
        for destination, agreement in sorted({(hold.destination, hold.agreement) for hold in holds}):
            if stack.enter_context(leases.hold_lease(f"agreement:{destination}:{agreement}")) is None:
                raise RunRefused(f"A run is working on agreement {agreement}. Nothing was decided. Try again in a minute.")
        stack.enter_context(together())
        return tuple(_decide(hold, wish, at) for hold in holds)


def end(decision: StoredDecision, wish: Wish, at: datetime) -> Decided:
    """Ends a keep or a pin by a person's word.

    Raises:
        LedgerError: it does not stand any more; nothing was recorded.
    """
    decisions.release(decision.decision.id, wish.reason, wish.author, at)
    return Decided(hold=decision.hold, kind=DecisionKind.RELEASE, ended=decision)


def _decide(hold: StoredHold, wish: Wish, at: datetime) -> Decided:
    seen = _Seen(hold)
    if wish.until is not None and wish.until < seen.today:
        raise RunRefused(f"{hold.id}: {wish.until} is over. Nothing was decided. Give --until a day from {seen.today} on.")
    charge, left = seen.made_ours(wish.charge) if wish.kind in _MAKES_OURS else (None, ())
    written = hold.last_written
    if charge is not None:
        written = seen.quantity_of(charge)
        _make_ours(hold, seen, charge, written, left)
    elif hold.reason is Reason.LINE_REMOVED and wish.kind is not DecisionKind.KEEP:
        ledger_lines.close(hold.destination, hold.agreement, hold.item)
        written = None
    quantity = {DecisionKind.PIN: wish.quantity, DecisionKind.ADOPT: written, DecisionKind.KEEP: None}.get(wish.kind, hold.wanted)
    decisions.record(
        hold.id,
        DecisionMade(
            kind=wish.kind,
            reason=wish.reason,
            author=wish.author,
            at=at,
            charge=charge,
            quantity=quantity,
            until=wish.until,
            shown=seen.lines,
            written=written,
            stands=wish.kind is not DecisionKind.ADOPT,
        ),
    )
    return Decided(hold=hold, kind=wish.kind, charge=charge, quantity=quantity, left=left)


def _make_ours(hold: StoredHold, seen: _Seen, charge: int, quantity: int, left: tuple[int, ...]) -> None:
    """The line goes on from what the PSA shows; of one that was ours before, its day stays what it was.

    Lines that a person decided to leave before stay left beside those that are left now, whichever line becomes ours.
    """
    known = next((line for line in ledger_lines.lines_of(hold.destination, hold.agreement) if line.item == hold.item), None)
    before = None if known is None or known.closed else known
    was_ours = before is not None and before.charge == charge
    left_before = () if known is None else known.left
    ledger_lines.adopt(
        hold.destination,
        hold.agreement,
        hold.item,
        charge,
        quantity,
        tuple(sorted({*left_before, *left} - {charge})),
        integration=hold.integration,
        tenant_id=hold.tenant_id,
        parts=_made_of(seen.inputs, hold.item, charge, before.parts if was_ours and before is not None else None),
        delete_after_invoicing=any(one.delete_after_invoicing for one in seen.inputs.agreement.charges if one.id == charge),
        last_billed=seen.inputs.agreement.last_billed,
        next_billing=seen.inputs.agreement.next_billing,
        since=None if was_ours else seen.today,
    )


def _made_of(inputs: PlanningInputs, item: str, charge: int, before: tuple[Part, ...] | None) -> tuple[Part, ...]:
    """What an adopted line is made of: without it, a mapping changed since, or right afterwards, could not be seen as a move.

    A line that a write of unknown end has made, or may have changed, bills the seats that it was sent for, whatever is wanted there by now.

    Args:
        before: what a line was made of that is ours already.
    """
    sent = [
        intent
        for intent in inputs.intents
        if intent.item == item and (intent.charge == charge or (intent.charge is None and charge not in intent.known))
    ]
    if before is None and not sent:
        return next((one.parts for one in inputs.wanted if one.item == item), ())
    return tuple(dict.fromkeys((*(before or ()), *(part for intent in sent for part in intent.parts))))


class _Seen:
    """What the newest plan saw of the line that a person decides on.

    Raises:
        RunRefused: no plan has read the line.
    """

    def __init__(self, hold: StoredHold) -> None:
        newest = ledger_runs.latest_for(hold.destination, hold.agreement, hold.item)
        if newest is None or newest.inputs is None:
            raise RunRefused(f"{hold.id}: no plan has read this line. Nothing was decided. Type: tallybridge plan")
        self._hold = hold
        self.today = newest.run.date
        self.inputs: PlanningInputs = canonical.decode_inputs(evidence.get(newest.inputs), now=newest.run.started, today=newest.run.date)
        found = sorted((one for one in self.inputs.agreement.charges if one.item == hold.item), key=lambda one: one.id)
        self.lines = tuple((one.id, one.quantity) for one in found)

    def made_ours(self, named: int | None) -> tuple[int | None, tuple[int, ...]]:
        """The line that becomes ours, or goes on from what somebody made of it, and the others for the item; None where no line changes hands."""
        hold = self._hold
        if hold.reason in _NOT_OURS:
            chosen = named if named is not None else hold.charges[0]
            return chosen, tuple(one for one in hold.charges if one != chosen)
        return (hold.charge if hold.reason is Reason.EDITED_IN_PSA else None), ()

    def quantity_of(self, charge: int) -> int:
        quantity = dict(self.lines).get(charge)
        if quantity is None:
            raise RunRefused(f"{self._hold.id}: line {charge} was not in the newest plan. Nothing was decided. Type: tallybridge plan")
        return quantity


def _may_end(selection: Selection, wish: Wish) -> bool:
    return bool(selection.ids) and wish.kind is DecisionKind.RELEASE


def _one_move(one: StoredHold, other: StoredHold) -> bool:
    """Whether two holds are parts of one move: seats of the same tenant that leave one line for others."""
    return one.reason is other.reason is Reason.MOVED and (one.integration, one.destination, one.agreement) == (
        other.integration,
        other.destination,
        other.agreement,
    )
