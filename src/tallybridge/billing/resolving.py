"""What reading the PSA tells of writes whose end is not known, and of our lines (design 6.2; L5).

Runs before planning: a plan is only ever made from lines whose state is known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

from tallybridge.billing.model import Notice
from tallybridge.billing.plan import IntentKind, IntentOutcome, OpenIntent, OurLine, PlanningInputs, Resolution
from tallybridge.billing.psa import Charge
from tallybridge.billing.reasons import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Unresolved:
    """An intent that reading did not settle. `reason` is None for a worklist entry that simply waits to be entered."""

    intent: OpenIntent
    reason: Reason | None
    shown: tuple[Charge, ...] = ()
    """The lines that it may have made or changed, as the PSA shows them now."""

    @property
    def may_bill(self) -> bool:
        """Whether seats may be billed by it: on a line that stands there, or on one that may still arrive."""
        return self.reason is Reason.WRITE_UNRESOLVED or (self.reason is not None and any(charge.quantity > 0 for charge in self.shown))


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownLines:
    """Our lines after everything that reading alone can tell."""

    lines: dict[str, OurLine]
    unresolved: dict[str, Unresolved]
    resolutions: tuple[Resolution, ...]
    notices: tuple[Notice, ...]


def charges_by_item(charges: Iterable[Charge]) -> dict[str, tuple[Charge, ...]]:
    """The agreement's charges per item, each tuple in order of id."""
    grouped: dict[str, list[Charge]] = defaultdict(list)
    for charge in sorted(charges, key=lambda one: one.id):
        grouped[charge.item].append(charge)
    return {item: tuple(found) for item, found in grouped.items()}


def know_lines(inputs: PlanningInputs) -> KnownLines:
    """Settles open intents and renewed lines by what the PSA shows now."""
    present = charges_by_item(inputs.agreement.charges)
    lines = {line.item: line for line in inputs.lines}
    unresolved: dict[str, Unresolved] = {}
    resolutions: list[Resolution] = []
    notices: list[Notice] = []
    for intent in inputs.intents:
        waited = (inputs.now - intent.recorded).total_seconds()
        found = present.get(intent.item, ())
        verdict = _decided(intent, lines.get(intent.item), found) or settle_intent(intent, found, waited_seconds=waited, settle=inputs.settle)
        if isinstance(verdict, Unresolved):
            unresolved[intent.item] = verdict
            continue
        resolutions.append(verdict)
        unresolved.pop(intent.item, None)
        if verdict.outcome is IntentOutcome.APPLIED and verdict.charge is not None:
            lines[intent.item] = _ours_now(intent, verdict.charge, lines.get(intent.item), inputs.today)
    for item, line in lines.items():
        if item not in unresolved and (renewed := _renewed(line, present.get(item, ()), inputs.seen)) is not None:
            lines[item] = replace(line, charge=renewed)
            notices.append(Notice(reason=Reason.LINE_RENEWED, subject=item))
    return KnownLines(lines=lines, unresolved=unresolved, resolutions=tuple(resolutions), notices=tuple(notices))


def ends_of_no_use(known: KnownLines) -> tuple[Resolution, ...]:
    """How the writes end that reading did not settle, on an agreement on which nothing is ever written again (design 6.3).

    What stands there in another form than was sent is nobody's task any more; what may still arrive is waited for.
    """
    return tuple(
        _resolution(one.intent, IntentOutcome.NOT_AS_WRITTEN if one.shown else IntentOutcome.SUPERSEDED, one.shown[0] if one.shown else None)
        for _, one in sorted(known.unresolved.items())
        if one.reason is not Reason.WRITE_UNRESOLVED
    )


def _decided(intent: OpenIntent, line: OurLine | None, present: tuple[Charge, ...]) -> Resolution | None:
    """The end of an intent whose line is ours already.

    A person has adopted it as it stands, or the run that wrote it was killed between taking the line over and closing the intent (design 6.6; L5).
    """
    adopted = next((charge for charge in present if line is not None and charge.id == line.charge), None)
    if line is None or adopted is None:
        return None
    made_ours = adopted.id not in intent.known if intent.kind is IntentKind.CREATE else line.written != intent.from_quantity
    as_written = adopted.quantity == intent.to_quantity
    return _resolution(intent, IntentOutcome.APPLIED if as_written else IntentOutcome.NOT_AS_WRITTEN, adopted) if made_ours else None


def settle_intent(intent: OpenIntent, present: tuple[Charge, ...], *, waited_seconds: float, settle: int) -> Resolution | Unresolved:
    """Reads the end of one intent off the lines that the PSA shows for its item.

    Args:
        intent: a recorded write or worklist entry.
        present: the lines for the intent's item, now.
        waited_seconds: how long ago the intent was recorded.
        settle: an unanswered call is believed not to have happened only after so many seconds.
    """
    settled = waited_seconds >= settle
    if intent.kind is IntentKind.UPDATE:
        return _settle_update(intent, present, settled=settled)
    return _settle_create(intent, present, settled=settled)


def _settle_update(intent: OpenIntent, present: tuple[Charge, ...], *, settled: bool) -> Resolution | Unresolved:
    line = next((charge for charge in present if charge.id == intent.charge), None)
    if line is None:
        return _resolution(intent, IntentOutcome.NOT_WRITTEN, None)
    if line.quantity == intent.to_quantity:
        return _resolution(intent, IntentOutcome.APPLIED, line)
    if line.quantity == intent.from_quantity:
        return _not_there(intent, line, settled=settled)
    return _arrived_wrong(intent, (line,))


def _settle_create(intent: OpenIntent, present: tuple[Charge, ...], *, settled: bool) -> Resolution | Unresolved:
    new = tuple(charge for charge in present if charge.id not in intent.known)
    if not new:
        return _not_there(intent, None, settled=settled)
    if len(new) > 1:
        return Unresolved(intent=intent, reason=Reason.DUPLICATE_LINES, shown=new)
    if new[0].quantity == intent.to_quantity:
        return _resolution(intent, IntentOutcome.APPLIED, new[0])
    return _arrived_wrong(intent, new)


def _arrived_wrong(intent: OpenIntent, shown: tuple[Charge, ...]) -> Unresolved:
    return Unresolved(intent=intent, reason=Reason.ENTERED_DIFFERENTLY if intent.worklist else Reason.NOT_AS_WRITTEN, shown=shown)


def _not_there(intent: OpenIntent, line: Charge | None, *, settled: bool) -> Resolution | Unresolved:
    """The PSA shows the state from before the write: a worklist entry waits on; an unanswered call may still arrive until it has settled."""
    if intent.worklist:
        return Unresolved(intent=intent, reason=None)
    if not settled:
        return Unresolved(intent=intent, reason=Reason.WRITE_UNRESOLVED)
    return _resolution(intent, IntentOutcome.NOT_WRITTEN, line)


def _resolution(intent: OpenIntent, outcome: IntentOutcome, line: Charge | None) -> Resolution:
    return Resolution(
        key=intent.key, outcome=outcome, charge=line.id if line is not None else None, quantity=line.quantity if line is not None else None
    )


def _ours_now(intent: OpenIntent, charge: int, before: OurLine | None, today: date) -> OurLine:
    return OurLine(
        agreement=intent.agreement,
        item=intent.item,
        charge=charge,
        written=intent.to_quantity,
        parts=intent.parts,
        left=before.left if before is not None else (),
        since=since(before, today),
    )


def since(before: OurLine | None, today: date) -> date | None:
    """When a line that has just been written became ours: a line that goes on keeps its day, also under a new id."""
    return before.since if before is not None and not before.closed else today


def _renewed(line: OurLine, present: tuple[Charge, ...], seen: tuple[int, ...]) -> int | None:
    """The id under which our vanished line stands again: the only line for the item, never seen before, with exactly our quantity."""
    others = [charge for charge in present if charge.id not in line.left]
    if line.closed or len(others) != 1 or others[0].id == line.charge:
        return None
    return others[0].id if others[0].id not in seen and others[0].quantity == line.written else None
