"""What was decided and approved, in words, for messages and the audit trail."""

from __future__ import annotations

from collections.abc import Collection

from tallybridge.billing.plan import DecisionKind
from tallybridge.ledger.decisions import StoredDecision
from tallybridge.ledger.holds import StoredHold
from tallybridge.runs.approving import ToWrite
from tallybridge.runs.deciding import Decided


def counted(number: int, one: str, many: str = "") -> str:
    """A number with its noun."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"


def to_be_written(lines: Collection[ToWrite]) -> str:
    """How many lines on how many agreements."""
    return f"{counted(len(lines), 'line')} on {counted(len({one.agreement for one in lines}), 'agreement')}"


def line_of(hold: StoredHold) -> str:
    """Which line a hold is on."""
    return f"{hold.item} of {hold.tenant}, agreement {hold.agreement} ({hold.id})"


def as_it_waited(hold: StoredHold) -> str:
    """What was known of a line that waited."""
    shown, written, wanted = (_or_none(one) for one in (hold.psa, hold.last_written, hold.wanted))
    return f"{hold.reason.value}; Tigerpaw shows {shown}, last written {written}, wanted {wanted}"


def as_decided(done: Decided) -> str:
    """What a decision means for its line."""
    left = f"; lines left alone: {', '.join(map(str, done.left))}" if done.left else ""
    match done.kind:
        case DecisionKind.KEEP:
            return "stays as it is until somebody changes it in Tigerpaw"
        case DecisionKind.ADOPT:
            return f"line {done.charge} with quantity {done.quantity} is ours from now on{left}"
        case DecisionKind.TAKE_OVER:
            return f"the next run writes what was counted, up to {done.quantity}{left}"
        case DecisionKind.PIN:
            return f"is {done.quantity} from the next run on{left}"
    if done.ended is not None:
        return f"the {done.ended.decision.kind.value} has ended"
    return f"may change, {done.how_far}" if done.quantity is not None else "may change"


def as_it_stood(decision: StoredDecision) -> str:
    """A decision that stands, and why."""
    made = decision.decision
    quantity = f" at {made.quantity}" if made.quantity is not None else ""
    until = f" until {made.until}" if made.until is not None else ""
    return f"{made.kind.value}{quantity}{until} by {decision.author}: {decision.because}"


def _or_none(value: int | None) -> str:
    return "no line" if value is None else str(value)
