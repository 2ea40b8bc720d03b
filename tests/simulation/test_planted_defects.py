"""The simulation sees it when a law is broken: each planted defect is found within few seeds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tallybridge.billing import moving, planning, resolving
from tallybridge.billing.guards import Guarded
from tallybridge.billing.model import Observation
from tallybridge.billing.plan import OurLine, PlanningInputs
from tallybridge.billing.resolving import KnownLines
from tallybridge.ledger import leases
from tallybridge.runs import prescribing, tenant_billing
from tallybridge.runs.applying import Applying
from tallybridge.sources.base import TenantNotObserved
from tests.simulation.playing import Player
from tests.simulation.steps import sequence_of
from tests.simulation.watching import WatchedSource

ENOUGH = 200
"""Within so many seeds each planted defect is found."""


def test_a_seed_always_plays_alike() -> None:
    assert sequence_of(7) == sequence_of(7)
    assert sequence_of(7) != sequence_of(8)


def edits_are_trampled(patch: pytest.MonkeyPatch) -> None:
    decide = planning._Draft._decide_ours
    patch.setattr(
        planning._Draft, "_decide_ours", lambda draft, want, line, charge: decide(draft, want, replace(line, written=charge.quantity), charge)
    )


def nothing_settles(patch: pytest.MonkeyPatch) -> None:
    not_there = resolving._not_there
    patch.setattr(resolving, "_not_there", lambda intent, line, *, settled: not_there(intent, line, settled=True))


def lost_replies_are_repeated(patch: pytest.MonkeyPatch) -> None:
    call = Applying._call

    def twice(applying: Applying, intent: Any) -> Any:
        refusal, answered = call(applying, intent)
        return (refusal, answered) if answered else call(applying, intent)

    patch.setattr(Applying, "_call", twice)


def dead_processes_keep_leases(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(leases, "is_gone", lambda owner: False)


def half_a_read_is_believed(patch: pytest.MonkeyPatch) -> None:
    """Nothing at all would be caught by the guards as well; of half a list each missing machine looks as if it were gone."""
    observe = WatchedSource.observe

    def half(source: WatchedSource, tenant: Any, *, deadline: Any) -> Observation:
        try:
            return observe(source, tenant, deadline=deadline)
        except TenantNotObserved:
            said = next(one for one in source._world.customers.values() if one.id == tenant.id).said_by_a_source()
            return source._source._observation(replace(said, devices=said.devices[: len(said.devices) // 2]))

    patch.setattr(WatchedSource, "observe", half)


def nothing_is_guarded(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(planning, "guard", lambda inputs, changes, lines, wanted: Guarded(changes=tuple(changes), ended=()))


def leaks_are_silent(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(tenant_billing, "not_billed", lambda usage, rules: ())


def moves_are_not_seen(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(planning, "moves_of", lambda *_: ())


def lines_entered_anew_are_not_seen(patch: pytest.MonkeyPatch) -> None:
    bill = moving.lines_that_bill

    def known_by_their_ids(inputs: PlanningInputs, known: KnownLines) -> tuple[OurLine, ...]:
        lines = {line.charge for line in known.lines.values()}
        return tuple(line for line in bill(inputs, known) if line.item in known.unresolved or line.charge in lines)

    patch.setattr(planning, "lines_that_bill", known_by_their_ids)


def a_way_back_swallows_hands(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(prescribing, "_touched", lambda inputs, plan: {})


PLANTED: dict[str, tuple[Callable[[pytest.MonkeyPatch], None], str, int]] = {
    "an edit by hand is overwritten": (edits_are_trampled, "L4", 7),
    "what is not there is believed at once": (nothing_settles, "L5", 66),
    "a write without an answer is repeated": (lost_replies_are_repeated, "L5", 5),
    "a dead process keeps its lease": (dead_processes_keep_leases, "L5", 14),
    "half a read is believed": (half_a_read_is_believed, "L1", 27),
    "guards let everything pass": (nothing_is_guarded, "design 6.5", 3),
    "a leak is not listed": (leaks_are_silent, "not billed", 14),
    "seats are billed on two lines": (moves_are_not_seen, "design 6.3", 14),
    "a way back takes what a hand has done for its own": (a_way_back_swallows_hands, "L6", 5),
    "our line, entered anew among others, is taken for somebody else's": (lines_entered_anew_are_not_seen, "design 6.3", 24),
}
"""How it is planted, the law that it breaks, and the first seed from 0 on that showed it: looking begins there, to be short."""


@pytest.mark.parametrize("defect", PLANTED)
def test_a_planted_defect_is_found(player: Player, monkeypatch: pytest.MonkeyPatch, defect: str) -> None:
    plant, law, first = PLANTED[defect]
    plant(monkeypatch)

    found = (player.broken_by(sequence, sequence.steps) for sequence in map(sequence_of, range(first, first + ENOUGH)))

    assert any(law in broken for broken in found if broken is not None)
