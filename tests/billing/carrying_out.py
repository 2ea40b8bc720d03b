"""Carrying out a plan, as the applying side does it: what former agreements give up, then what falls, then what rises; it may break off
after any write."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from tallybridge.billing.plan import (
    Action,
    Change,
    Plan,
    PlanningInputs,
)
from tallybridge.billing.psa import Charge
from tests.billing.builders import (
    TODAY,
    our_line,
)


def in_order(planned: Plan) -> list[tuple[int, Change]]:
    given_up = {source[:2] for change in planned.changes if change.released is not None for source in change.moved_from}
    there = [(one.agreement, change) for one in planned.former for change in one.changes if (one.agreement, change.item) in given_up]
    here = [(planned.agreement, change) for change in planned.changes]
    writes = [(number, one) for number, one in (*there, *here) if one.action in (Action.CREATE, Action.UPDATE)]
    return sorted(writes, key=lambda write: (write[0] == planned.agreement, (write[1].to_quantity or 0) >= (write[1].from_quantity or 0)))


def carry_out(inputs: PlanningInputs, planned: Plan, *, writes: int | None = None) -> PlanningInputs:
    """The next day's inputs after so many of the plan's writes, or all of them: ended decisions are gone, lines stand as they were read back."""
    done = in_order(planned)[:writes]
    kept_lines = replace(_read(inputs, planned), decisions=tuple(one for one in inputs.decisions if one.id not in planned.ended))
    former = tuple(
        _written_to(_read(one, there), [change for number, change in done if number == there.agreement])
        for one, there in zip(inputs.former, planned.former, strict=True)
    )
    return _written_to(replace(kept_lines, former=former), [change for number, change in done if number == planned.agreement])


def _read(inputs: PlanningInputs, planned: Plan) -> PlanningInputs:
    settled = {resolution.key for resolution in planned.resolutions}
    return replace(inputs, lines=planned.lines, intents=tuple(one for one in inputs.intents if one.key not in settled))


def _written_to(inputs: PlanningInputs, changes: Iterable[Change]) -> PlanningInputs:
    charges = {charge.id: charge for charge in inputs.agreement.charges}
    lines = {line.item: line for line in inputs.lines}
    for change in changes:
        charge = change.charge if change.charge is not None else max(charges, default=0) + 10_000
        quantity = change.to_quantity or 0
        charges[charge] = Charge(id=charge, item=change.item, quantity=quantity)
        before = lines.get(change.item)
        line = our_line(quantity, charge=charge, item=change.item, agreement=inputs.agreement.number, parts=change.parts)
        lines[change.item] = replace(line, since=before.since if before is not None else TODAY)
    agreement = replace(inputs.agreement, charges=tuple(charges.values()))
    seen = tuple(sorted({*inputs.seen, *charges}))
    return replace(inputs, agreement=agreement, lines=tuple(lines[item] for item in sorted(lines)), seen=seen, now=inputs.now + timedelta(days=1))


def billed(inputs: PlanningInputs) -> int:
    """Units that are billed, on all agreements together."""
    return sum(charge.quantity for one in (inputs, *inputs.former) for charge in one.agreement.charges)
