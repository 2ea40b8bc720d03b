"""The guards as properties of random tenants (design 6.5): they let pass or hold, and a run lowers no more than it may."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from tallybridge.billing.guards import lowered_by
from tallybridge.billing.plan import Action, Bounds, Change, Plan, PlanningInputs, Proof
from tallybridge.billing.planning import plan
from tallybridge.billing.reasons import Reason
from tests.billing.builders import TODAY, a_charge, a_part, planning, wanting
from tests.billing.modest import at_most
from tests.billing.test_guards import OLD, stood

modest = at_most(120)

BOUNDS = st.builds(
    Bounds,
    fall_units=st.integers(0, 12),
    fall_percent=st.integers(0, 60),
    rise_units=st.integers(0, 60),
    rise_percent=st.integers(0, 150),
    new_days=st.integers(0, 60),
    tenant_units=st.integers(1, 10),
)


@st.composite
def tenants(draw: st.DrawFn) -> PlanningInputs:
    """Old and young lines that rise and fall, new items, proved and unproved falls, and a run that may still lower so much."""
    charges, lines, wanted, proofs = [], [], [], []
    for number, item in enumerate("ABCDE"):
        before, after = draw(st.integers(0, 40)), draw(st.integers(0, 40))
        if draw(st.integers(0, 4)):
            since = draw(st.sampled_from([None, OLD, TODAY - timedelta(days=20)]))
            lines.append(replace(stood(before, item=item, charge=100 + number, since=since), parts=(a_part(before, item),)))
            charges.append(a_charge(before, charge=100 + number, item=item))
        wanted.append(wanting(after, item, (a_part(after, item),) if after else ()))
        doubts = draw(st.sampled_from([None, (), (), ((Reason.KIND_MISSING, 1),)]))
        if doubts is not None:
            proofs.append(Proof(item=item, missing=1, doubts=doubts))
    return planning(
        charges=tuple(charges),
        wanted=tuple(wanted),
        lines=tuple(lines),
        proofs=tuple(proofs),
        bounds=draw(BOUNDS),
        may_fall=draw(st.sampled_from([None, 0, 3, 10, 40])),
    )


def written(planned: Plan) -> list[Change]:
    return [change for change in planned.changes if change.action in (Action.CREATE, Action.UPDATE)]


@modest
@given(tenants())
def test_a_plan_never_lowers_charges_by_more_than_its_run_may(inputs: PlanningInputs) -> None:
    planned = plan(inputs)
    falls = sum(max((change.last_written or 0) - (change.to_quantity or 0), 0) for change in written(planned))
    assert falls == lowered_by(planned.changes)
    assert inputs.may_fall is None or falls <= inputs.may_fall


@modest
@given(tenants())
def test_no_unproved_fall_is_ever_written(inputs: PlanningInputs) -> None:
    """L1."""
    proofs = {proof.item: not proof.doubts for proof in inputs.proofs}
    for change in written(plan(inputs)):
        assert (change.to_quantity or 0) >= (change.last_written or 0) or proofs.get(change.item, False)


@modest
@given(tenants())
def test_a_guard_lets_pass_or_holds_and_changes_nothing_else(inputs: PlanningInputs) -> None:
    guarded, free = plan(inputs), plan(replace(inputs, bounds=None))
    for one, other in zip(guarded.changes, free.changes, strict=True):
        assert one == other or one == replace(other, action=Action.HOLD, reason=one.reason, detail=one.detail)
    assert (guarded.lines, guarded.notices, guarded.resolutions) == (free.lines, free.notices, free.resolutions)


@modest
@given(tenants())
def test_whatever_is_held_says_why_with_its_numbers(inputs: PlanningInputs) -> None:
    guards = {Reason.FALL_UNPROVED, Reason.FALL_BOUND, Reason.RISE_BOUND, Reason.TENANT_BOUND, Reason.RUN_BOUND}
    for change in plan(inputs).changes:
        if change.action is Action.HOLD:
            assert change.reason in guards
            assert any(character.isdigit() for character in change.detail)
        else:
            assert change.detail == ""


@modest
@given(tenants(), st.randoms(use_true_random=False))
def test_the_order_of_the_input_changes_nothing(inputs: PlanningInputs, random: Random) -> None:
    turned = replace(
        inputs,
        wanted=tuple(random.sample(inputs.wanted, len(inputs.wanted))),
        lines=tuple(random.sample(inputs.lines, len(inputs.lines))),
        proofs=tuple(random.sample(inputs.proofs, len(inputs.proofs))),
        items=tuple(random.sample(inputs.items, len(inputs.items))),
        agreement=replace(inputs.agreement, charges=tuple(random.sample(inputs.agreement.charges, len(inputs.agreement.charges)))),
    )
    assert plan(turned) == plan(inputs)
