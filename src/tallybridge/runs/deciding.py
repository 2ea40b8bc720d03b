"""Decisions of a person on lines that wait (design 6.6). So far: adopt; keep, take-over, pin and release follow."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from tallybridge.billing.plan import PlanningInputs
from tallybridge.billing.reasons import Reason
from tallybridge.ledger import canonical, evidence, leases
from tallybridge.ledger import holds as ledger_holds
from tallybridge.ledger import lines as ledger_lines
from tallybridge.ledger import runs as ledger_runs
from tallybridge.ledger.holds import StoredHold
from tallybridge.ledger.opening import together
from tallybridge.runs.day import RunRefused

ADOPTABLE = frozenset({Reason.LINE_NOT_OURS, Reason.DUPLICATE_LINES, Reason.ENTERED_DIFFERENTLY, Reason.NOT_AS_WRITTEN})
"""Holds on lines that we did not make, or not in this form: a person can make one of them ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which holds a decision is for."""

    ids: tuple[str, ...] = ()
    all: bool = False
    item: str | None = None
    equal: bool = False
    """Only holds where the PSA already shows what is wanted."""


def select(selection: Selection) -> tuple[StoredHold, ...]:
    """The open holds that a decision is for, in order of id.

    Raises:
        RunRefused: an id is not open, or nothing was selected at all; nothing was decided.
    """
    held = ledger_holds.open_holds()
    known = {hold.id: hold for hold in held}
    unknown = [one for one in selection.ids if one not in known]
    if unknown:
        raise RunRefused(f"No hold {', '.join(unknown)} is open. Nothing was decided. See: tallybridge holds list.")
    if not selection.ids and not (selection.all or selection.item is not None or selection.equal):
        raise RunRefused("No hold was named. Nothing was decided. Name ids, or choose with --all, --item or --where equal.")
    chosen: Iterable[StoredHold] = (known[one] for one in dict.fromkeys(selection.ids)) if selection.ids else held
    return tuple(
        hold for hold in chosen if (selection.item is None or hold.item == selection.item) and (not selection.equal or hold.psa == hold.wanted)
    )


def adoptable(hold: StoredHold, charge: int | None) -> str | None:
    """Why this hold cannot be settled by adopting a line, or None if it can.

    Args:
        charge: the line that a person named, if several stand there.
    """
    if hold.reason not in ADOPTABLE:
        return f"{hold.id} ({hold.reason.value}) is no line that could be adopted"
    if charge is not None and charge not in hold.charges:
        shown = ", ".join(str(one) for one in hold.charges)
        return f"{hold.id}: line {charge} is not among the lines for {hold.item}: {shown}"
    if charge is None and len(hold.charges) != 1:
        shown = ", ".join(str(one) for one in hold.charges)
        return f"{hold.id}: the agreement holds several lines for {hold.item} ({shown}); name one with --charge"
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What a decision did."""

    hold: StoredHold
    charge: int
    quantity: int
    left: tuple[int, ...]


def adopt(hold: StoredHold, *, charge: int | None, reason: str, author: str, at: datetime) -> Decided:
    """Makes a line that we did not make ours from now on; w is its quantity, other lines for the item are left (design 6.6).

    Needs no connection: the quantity is the one that the newest plan saw. If the PSA has changed since, the next plan says so.

    Args:
        charge: the line to adopt, where several stand there.
        reason: why, in the person's words; kept with the author.

    Raises:
        RunRefused: the line cannot be adopted; nothing was decided.
    """
    problem = adoptable(hold, charge)
    if problem is not None:
        raise RunRefused(f"{problem}. Nothing was decided for it.")
    chosen = charge if charge is not None else hold.charges[0]
    seen = _newest_inputs(hold)
    quantity = next((one.quantity for one in seen.agreement.charges if one.id == chosen), None) if seen is not None else None
    if seen is None or quantity is None:
        raise RunRefused(f"{hold.id}: line {chosen} was not in the newest plan. Nothing was decided for it. Type: tallybridge plan.")
    left = tuple(one for one in hold.charges if one != chosen)
    # What the line will be made of: without it, a mapping changed right after an adoption could not be seen as a move.
    parts = next((one.parts for one in seen.wanted if one.item == hold.item), ())
    with leases.hold_lease(f"agreement:{hold.destination}:{hold.agreement}") as held:
        if held is None:
            raise RunRefused(f"{hold.id}: a run is working on agreement {hold.agreement}. Nothing was decided for it. Try again in a minute.")
        with together():
            ledger_lines.adopt(
                hold.destination,
                hold.agreement,
                hold.item,
                chosen,
                quantity,
                left,
                integration=hold.integration,
                tenant_id=hold.tenant_id,
                parts=parts,
            )
            ledger_holds.record_decision(hold.id, "adopt", reason, author, at, charge=chosen)
    return Decided(hold=hold, charge=chosen, quantity=quantity, left=left)


def _newest_inputs(hold: StoredHold) -> PlanningInputs | None:
    newest = ledger_runs.latest_for(hold.destination, hold.agreement, hold.item)
    if newest is None or newest.inputs is None:
        return None
    return canonical.decode_inputs(evidence.get(newest.inputs), now=newest.run.started, today=newest.run.date)
