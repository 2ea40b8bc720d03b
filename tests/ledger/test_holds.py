"""Holds: what waits for a person keeps its number while it waits (design 6.3, 6.6)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tallybridge.billing.plan import Action, Change
from tallybridge.billing.reasons import Reason
from tallybridge.ledger import decisions, destinations, holds
from tallybridge.ledger.prepared import models
from tests.ledger.examples import AGREEMENT, INTEGRATION, START, TENANT, change, decision, statements

LATER = START + timedelta(days=1)


@pytest.fixture
def psa(ledger: Path) -> int:
    return destinations.identify("tigerpaw", "http://127.0.0.1:8085", "public")


def _held(item: str = "KES-WKS", reason: Reason | None = Reason.LINE_NOT_OURS, **members: object) -> Change:
    given: dict[str, object] = {
        "action": Action.HOLD,
        "item": item,
        "reason": reason,
        "from_quantity": 42,
        "charge": 9007,
        "known": (9007, 9008),
        "last_written": 40,
    }
    return change(**(given | members))


def _keep_up(psa: int, *changes: Change, agreement: int = AGREEMENT, integration: str = INTEGRATION, days: int = 0) -> dict[str, str]:
    return holds.keep_up(psa, integration, TENANT.id, TENANT.name, agreement, changes, START + timedelta(days=days))


def test_a_held_line_waits_with_everything_a_person_needs_to_know(psa: int) -> None:
    ids = _keep_up(psa, _held(), change(item="KES-SRV"))
    (waiting,) = holds.open_holds()
    assert ids == {"KES-WKS": waiting.id}
    assert waiting == holds.StoredHold(
        id="H1",
        destination=psa,
        integration=INTEGRATION,
        tenant_id=TENANT.id,
        tenant=TENANT.name,
        agreement=AGREEMENT,
        item="KES-WKS",
        reason=Reason.LINE_NOT_OURS,
        psa=42,
        last_written=40,
        wanted=90,
        since=START,
        decisions=("keep", "adopt", "take-over", "pin"),
        charge=9007,
        charges=(9007, 9008),
    )


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_can_be_held(psa: int, reason: Reason) -> None:
    _keep_up(psa, _held(reason=reason))
    assert holds.open_holds()[0].reason is reason


def test_a_move_waits_as_moved(psa: int) -> None:
    _keep_up(psa, _held(action=Action.MOVE, reason=None))
    assert holds.open_holds()[0].reason is Reason.MOVED


def test_a_hold_without_a_reason_is_a_defect(psa: int) -> None:
    with pytest.raises(ValueError, match="KES-WKS"):
        _keep_up(psa, _held(reason=None))


def test_a_hold_that_persists_keeps_its_id_and_its_age_and_shows_the_new_numbers(psa: int) -> None:
    first = _keep_up(psa, _held())
    assert _keep_up(psa, _held(to_quantity=95), days=1) == first
    (waiting,) = holds.open_holds()
    assert (waiting.since, waiting.wanted) == (START, 95)


def test_a_hold_that_has_not_changed_is_not_written(psa: int) -> None:
    """L8."""
    _keep_up(psa, _held())
    with statements() as sql:
        _keep_up(psa, _held(), days=1)
    assert not [statement for statement in sql if statement.startswith(("INSERT", "UPDATE", "DELETE"))]


def test_another_reason_is_another_hold(psa: int) -> None:
    first = _keep_up(psa, _held())
    second = _keep_up(psa, _held(reason=Reason.DUPLICATE_LINES), days=1)
    assert first != second
    (waiting,) = holds.open_holds()
    assert (waiting.id, waiting.since) == (second["KES-WKS"], LATER)


def test_a_hold_whose_cause_is_gone_is_closed(psa: int) -> None:
    _keep_up(psa, _held(), _held("KES-SRV"))
    _keep_up(psa, _held("KES-SRV"), change(), days=1)
    assert [waiting.item for waiting in holds.open_holds()] == ["KES-SRV"]
    assert models.Hold.objects.get(item="KES-WKS").closed == LATER


def test_only_holds_of_the_same_agreement_and_integration_are_closed(psa: int) -> None:
    _keep_up(psa, _held(), agreement=1)
    _keep_up(psa, _held(), integration="another")
    _keep_up(psa)
    assert len(holds.open_holds()) == 2
    assert [waiting.integration for waiting in holds.open_holds("another")] == ["another"]


def test_a_hold_that_a_decision_has_closed_is_another_one_if_it_comes_back(psa: int) -> None:
    """Its decision stays with the hold that it was made on."""
    first = _keep_up(psa, _held())
    decisions.record(first["KES-WKS"], decision())
    assert holds.open_holds() == ()
    again = _keep_up(psa, _held(), days=1)
    assert again != first
    assert holds.open_holds()[0].since == LATER


@pytest.mark.parametrize("reason", [Reason.FALL_UNPROVED, Reason.RUN_BOUND])
def test_the_numbers_of_a_guard_are_kept_and_follow_the_newest_plan(psa: int, reason: Reason) -> None:
    _keep_up(psa, _held(reason=reason, detail="90 → 30"))
    _keep_up(psa, _held(reason=reason, detail="90 → 31"), days=1)
    assert [(waiting.detail, waiting.since) for waiting in holds.open_holds()] == [("90 → 31", START)]


def test_holds_on_agreements_that_are_billed_no_more_are_closed(psa: int) -> None:
    _keep_up(psa, _held(), agreement=1)
    _keep_up(psa, _held(), agreement=2)
    _keep_up(psa, _held(), agreement=3, integration="another")
    holds.close_others(INTEGRATION, [2], LATER)
    assert [waiting.agreement for waiting in holds.open_holds()] == [2, 3]
