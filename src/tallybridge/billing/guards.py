"""When a change must wait for a person (design 6.5). Looks at creates and updates only, after the table has decided about each line.

A first charge passes at any size. Everything else is judged by what it changes: falls by their proof, then by the bounds of the line, of the tenant
and of the run; rises by the bounds of the line and of the tenant. A bound is passed where both its units and its percents are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from tallybridge.billing.plan import Action, Bounds, Change, DecisionKind, OurLine, PlanningInputs, Proof, StandingDecision, Wanted
from tallybridge.billing.reasons import Reason

_LETTING_PASS = frozenset({DecisionKind.RELEASE, DecisionKind.TAKE_OVER})
"""Taking a line over is to write our quantity on it once: the guards do not ask about it again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarded:
    """The plan's changes once the guards have looked at them."""

    changes: tuple[Change, ...]
    ended: tuple[int, ...]
    """Releases of a guard's hold that no longer let anything pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """A quantity that would change: from what was last written to what is wanted."""

    change: Change
    before: int
    after: int
    line: OurLine | None

    @property
    def fall(self) -> int:
        return max(self.before - self.after, 0)

    @property
    def rise(self) -> int:
        """0 for a first charge, which passes at any size."""
        return max(self.after - self.before, 0) if self.before else 0


def guard(inputs: PlanningInputs, changes: Iterable[Change], lines: Mapping[str, OurLine], wanted: Mapping[str, Wanted]) -> Guarded:
    """Holds the changes that must wait for a person; lets pass what a person has released.

    Args:
        inputs: bounds, proofs, standing decisions and how far this run may still lower charges.
        changes: what the table decided, sorted by item.
        lines: our lines by item, with what was last written.
        wanted: what each item should be, pins included.
    """
    changes = tuple(changes)
    releases = {one.item: one for one in inputs.decisions if one.kind in _LETTING_PASS}
    bounds = inputs.bounds
    if bounds is None:
        return Guarded(changes=changes, ended=())
    steps = {change.item: _step(change, lines.get(change.item)) for change in changes if _guarded(change)}
    # A line that a person keeps stays at what it was, whatever is counted for it.
    kept = {change.item: lines[change.item].written for change in changes if change.reason is Reason.KEPT and change.item in lines}
    tenant = _Tenant(bounds, inputs.today, steps, lines, {one.item: kept.get(one.item, one.quantity) for one in wanted.values()})
    lowered = 0
    done: list[Change] = []
    # A released write that may still arrive is still the one that was released.
    unanswered = {change.item for change in changes if change.reason is Reason.WRITE_UNRESOLVED}
    used = {one.id for one in releases.values() if one.item in unanswered}
    for change in changes:
        step = steps.get(change.item)
        if step is None:
            done.append(change)
            continue
        release = releases.get(change.item)
        if release is not None and _lets_pass(release, step):
            used.add(release.id)
            done.append(replace(change, released=release.id))
            continue
        found = _line_reason(bounds, inputs, step) or tenant.reason(step) or _run_reason(inputs.may_fall, lowered, step)
        if found is None:
            lowered += step.fall
            done.append(change)
        else:
            reason, detail = found
            done.append(replace(change, action=Action.HOLD, reason=reason, detail=detail))
    ended = (one.id for one in releases.values() if one.id not in used and one.reason is not Reason.MOVED)
    return Guarded(changes=tuple(done), ended=tuple(sorted(ended)))


def lowered_by(changes: Iterable[Change]) -> int:
    """Units by which the changes of a plan lower charges, as far as nobody has released or pinned them: what its run may lower less afterwards."""
    return sum(max((change.last_written or 0) - (change.to_quantity or 0), 0) for change in changes if _guarded(change))


def _guarded(change: Change) -> bool:
    """A pinned quantity and a released move are a person's word already; what stands on the worklist has passed the guards before."""
    decided = change.reason is Reason.PINNED or change.released is not None or change.entered is not None
    return change.action in (Action.CREATE, Action.UPDATE) and not decided


def _step(change: Change, line: OurLine | None) -> _Step:
    """A line that the PSA removed with an invoice is judged by what it was: it is made again, not for the first time."""
    standing = line if line is not None and not line.closed else None
    return _Step(change=change, before=standing.written if standing is not None else 0, after=change.to_quantity or 0, line=standing)


def _lets_pass(release: StandingDecision, step: _Step) -> bool:
    """A release is good for the quantity that it was given on, up to the quantity that was shown.

    Of a released move that broke off after the old line fell, only the rise of the new one is left; the guards do not ask about it again.
    """
    if release.quantity is None or (release.written or 0) != step.before or (release.reason is Reason.MOVED and step.fall):
        return False
    return step.after >= release.quantity if step.fall else step.after <= release.quantity


def _line_reason(bounds: Bounds, inputs: PlanningInputs, step: _Step) -> tuple[Reason, str] | None:
    if step.fall:
        proof = next((one for one in inputs.proofs if one.item == step.change.item), None)
        if proof is None or proof.doubts:
            return Reason.FALL_UNPROVED, _unproved(step, proof)
        if _beyond(step.fall, step.before, bounds.fall_units, bounds.fall_percent):
            return Reason.FALL_BOUND, _numbers(step.before, step.after, "fall", bounds.fall_units, bounds.fall_percent)
    elif not _is_new(step.line, bounds, inputs.today) and _beyond(step.rise, step.before, bounds.rise_units, bounds.rise_percent):
        return Reason.RISE_BOUND, _numbers(step.before, step.after, "rise", bounds.rise_units, bounds.rise_percent)
    return None


class _Tenant:
    """All charges of a tenant together: many small changes must not do what one large change may not."""

    def __init__(self, bounds: Bounds, today: date, steps: Mapping[str, _Step], lines: Mapping[str, OurLine], wanted: Mapping[str, int]) -> None:
        standing = {item: line for item, line in lines.items() if not line.closed and item in wanted}
        before = sum(line.written for line in standing.values())
        after = sum(wanted.values())
        self._falls = self._rises = None
        if after == 0 and before >= bounds.tenant_units:
            self._falls = f"All charges of this tenant, {before} units, would fall to 0; tenants billed for {bounds.tenant_units} units or more wait."
        elif _beyond(before - after, before, bounds.fall_units, bounds.fall_percent):
            self._falls = "All charges of this tenant together: " + _numbers(before, after, "fall", bounds.fall_units, bounds.fall_percent)
        old = {item: line for item, line in standing.items() if not _is_new(line, bounds, today)}
        self._old = old.keys()
        was = sum(line.written for line in old.values())
        rise = sum(step.rise for item, step in steps.items() if item in old)
        if _beyond(rise, was, bounds.rise_units, bounds.rise_percent):
            self._rises = "All charges of this tenant together: " + _numbers(was, was + rise, "rise", bounds.rise_units, bounds.rise_percent)

    def reason(self, step: _Step) -> tuple[Reason, str] | None:
        if step.fall and self._falls is not None:
            return Reason.TENANT_BOUND, self._falls
        if step.rise and self._rises is not None and step.change.item in self._old:
            return Reason.TENANT_BOUND, self._rises
        return None


def _run_reason(may_fall: int | None, lowered: int, step: _Step) -> tuple[Reason, str] | None:
    if may_fall is None or not step.fall or lowered + step.fall <= may_fall:
        return None
    left = max(may_fall - lowered, 0)
    return Reason.RUN_BOUND, f"{step.before} → {step.after} is a fall of {step.fall} units; this run may lower charges by only {left} more."


def _beyond(units: int, of: int, bound_units: int, bound_percent: int) -> bool:
    """Whether a change passes a bound: absolutely and relatively."""
    return units > bound_units and units * 100 > bound_percent * of


def _is_new(line: OurLine | None, bounds: Bounds, today: date) -> bool:
    return line is not None and line.since is not None and today <= line.since + timedelta(days=bounds.new_days)


def _numbers(before: int, after: int, what: str, units: int, percent: int) -> str:
    by = abs(after - before)
    return f"{before} → {after} is a {what} of {by} units ({by * 100 // before} %); a {what} of more than {units} units and {percent} % waits."


def _unproved(step: _Step, proof: Proof | None) -> str:
    if proof is None:
        return f"{step.before} → {step.after}: nothing is known of the seats that are missing."
    doubts = ", ".join(f"{number} {reason.value}" if number else reason.value for reason, number in proof.doubts)
    of = f"of {proof.missing} missing seats" if proof.missing else "there is no earlier evidence of this line, and of today's seats"
    return f"{step.before} → {step.after}: {of} not all are shown to be gone ({doubts})."
