"""Decisions of people: kept with reason and author, standing until they end, never edited (design 6.6)."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tallybridge.billing.decisions import POSSIBLE, possible_for
from tallybridge.billing.plan import Action, DecisionKind, StandingDecision
from tallybridge.billing.reasons import Reason
from tallybridge.ledger import decisions, destinations, errors, holds
from tallybridge.ledger.prepared import models
from tests.ledger.examples import AGREEMENT, INTEGRATION, START, TENANT, change, decision, statements

LATER = START + timedelta(days=1)
UNTIL = date(2026, 12, 31)


@pytest.fixture
def psa(ledger: Path) -> int:
    return destinations.identify("tigerpaw", "http://127.0.0.1:8085", "public")


def held(
    psa: int, *items: str, reason: Reason = Reason.FALL_BOUND, agreement: int = AGREEMENT, integration: str = INTEGRATION, days: int = 0
) -> list[str]:
    """Holds on these items; their ids."""
    changes = tuple(
        change(action=Action.HOLD, item=item, reason=reason, from_quantity=90, to_quantity=30, charge=9001, known=(9001,), last_written=90)
        for item in items
    )
    ids = holds.keep_up(psa, integration, TENANT.id, TENANT.name, agreement, changes, START + timedelta(days=days))
    return [ids[item] for item in items]


def standing_keep(**members: Any) -> decisions.DecisionMade:
    return decision(
        **({"kind": DecisionKind.KEEP, "stands": True, "shown": ((9001, 90),), "written": 90, "charge": None, "quantity": None} | members)
    )


class TestRecorded:
    def test_it_is_kept_with_reason_and_author_and_closes_the_hold(self, psa: int) -> None:
        (hold,) = held(psa, "KES-WKS")

        number = decisions.record(hold, decision(reason="agreed with the customer", at=LATER))

        assert holds.open_holds() == ()
        row = models.HoldDecision.objects.get(pk=number)
        assert (row.decision, row.reason, row.author, row.at) == ("adopt", "agreed with the customer", "someone", LATER)
        assert (row.charge, row.quantity, row.stands) == (9007, 42, False)
        assert models.Hold.objects.get().closed == LATER

    def test_a_hold_is_decided_once(self, psa: int) -> None:
        (hold,) = held(psa, "KES-WKS")
        decisions.record(hold, decision())

        with pytest.raises(errors.HoldUnknown):
            decisions.record(hold, decision(reason="again"))
        assert models.HoldDecision.objects.count() == 1

    @pytest.mark.parametrize("hold", ["H99", "", "H", "Hx", "H-1", "H²"])
    def test_a_hold_that_nobody_knows_is_said_to_be_unknown(self, psa: int, hold: str) -> None:
        held(psa, "KES-WKS")
        with pytest.raises(errors.HoldUnknown, match="holds list"):
            decisions.record(hold, decision())
        assert models.HoldDecision.objects.count() == 0

    @pytest.mark.parametrize("reason", ["", "  ", "\n"])
    def test_it_needs_a_reason(self, psa: int, reason: str) -> None:
        (hold,) = held(psa, "KES-WKS")
        with pytest.raises(errors.LedgerError, match="needs a reason"):
            decisions.record(hold, decision(reason=reason))
        assert models.HoldDecision.objects.count() == 0
        assert [one.id for one in holds.open_holds()] == [hold]


class TestStanding:
    def test_it_is_what_the_next_plan_is_made_under(self, psa: int) -> None:
        (hold,) = held(psa, "KES-WKS")

        number = decisions.record(hold, decision(kind=DecisionKind.PIN, stands=True, quantity=40, until=UNTIL, shown=((9001, 90),), written=90))

        assert decisions.standing(psa, AGREEMENT) == (
            StandingDecision(
                id=number,
                item="KES-WKS",
                kind=DecisionKind.PIN,
                reason=Reason.FALL_BOUND,
                shown=((9001, 90),),
                written=90,
                quantity=40,
                until=UNTIL,
            ),
        )

    def test_an_adoption_does_not_stand(self, psa: int) -> None:
        """It has changed what is ours, and that is all."""
        (hold,) = held(psa, "KES-WKS")
        decisions.record(hold, decision())
        assert decisions.standing(psa, AGREEMENT) == ()

    def test_each_line_has_one_and_the_newest_takes_the_place_of_the_one_before(self, psa: int) -> None:
        first, other = held(psa, "KES-WKS", "KES-SRV")
        earlier = decisions.record(first, standing_keep())
        kept = decisions.record(other, standing_keep())
        (again,) = held(psa, "KES-WKS", reason=Reason.EDITED_IN_PSA, days=1)

        newer = decisions.record(again, standing_keep(at=LATER))

        assert [(one.item, one.id) for one in decisions.standing(psa, AGREEMENT)] == [("KES-SRV", kept), ("KES-WKS", newer)]
        assert [(row.decision_id, row.at, row.run) for row in models.DecisionEnd.objects.all()] == [(earlier, LATER, "")]

    def test_an_adoption_ends_what_stood_on_the_line(self, psa: int) -> None:
        (first,) = held(psa, "KES-WKS")
        decisions.record(first, standing_keep())
        (again,) = held(psa, "KES-WKS", reason=Reason.LINE_NOT_OURS, days=1)

        decisions.record(again, decision(at=LATER))

        assert decisions.standing(psa, AGREEMENT) == ()

    def test_of_another_agreement_it_is_none_of_this_plans_business(self, psa: int) -> None:
        (hold,) = held(psa, "KES-WKS", agreement=1)
        decisions.record(hold, standing_keep())
        assert decisions.standing(psa, AGREEMENT) == ()
        assert len(decisions.standing(psa, 1)) == 1

    def test_all_of_them_are_listed_with_who_and_why(self, psa: int) -> None:
        (hold,) = held(psa, "KES-WKS")
        (other,) = held(psa, "KES-WKS", integration="another", agreement=7)
        decisions.record(hold, standing_keep(reason="until the contract ends", at=LATER))
        decisions.record(other, standing_keep())

        assert [one.hold.integration for one in decisions.all_standing()] == [INTEGRATION, "another"]
        (mine,) = decisions.all_standing(INTEGRATION)
        assert (mine.hold.id, mine.hold.reason, mine.because, mine.author, mine.at) == (
            hold,
            Reason.FALL_BOUND,
            "until the contract ends",
            "someone",
            LATER,
        )


class TestEnded:
    def test_by_a_run_that_found_its_end(self, psa: int) -> None:
        (hold,) = held(psa, "KES-WKS")
        number = decisions.record(hold, standing_keep())

        decisions.end([number], at=LATER, run="r7")

        assert (decisions.standing(psa, AGREEMENT), decisions.all_standing()) == ((), ())
        end = models.DecisionEnd.objects.get()
        assert (end.decision_id, end.at, end.run) == (number, LATER, "r7")

    def test_once(self, psa: int) -> None:
        """L8: a second run finds nothing new, and writes nothing."""
        (hold,) = held(psa, "KES-WKS")
        number = decisions.record(hold, standing_keep())
        decisions.end([number], at=START, run="r1")

        decisions.end([number, number], at=LATER, run="r2")

        assert models.DecisionEnd.objects.get().run == "r1"

    def test_nothing_to_end_asks_the_ledger_nothing(self, psa: int) -> None:
        with statements() as sql:
            decisions.end([], at=LATER)
        assert sql == []

    def test_by_a_person_whose_word_is_kept(self, psa: int) -> None:
        (hold,) = held(psa, "KES-WKS")
        number = decisions.record(hold, standing_keep())

        decisions.release(number, "the contract has ended", "another", LATER)

        assert decisions.standing(psa, AGREEMENT) == ()
        said = models.HoldDecision.objects.order_by("-pk")[0]
        assert (said.decision, said.reason, said.author, said.at, said.stands) == ("release", "the contract has ended", "another", LATER, False)
        assert models.HoldDecision.objects.get(pk=number).reason == "agreed with the customer"

    def test_a_person_cannot_end_what_has_ended(self, psa: int) -> None:
        (hold,) = held(psa, "KES-WKS")
        number = decisions.record(hold, standing_keep())
        decisions.release(number, "enough", "someone", LATER)

        with pytest.raises(errors.LedgerError, match="does not stand any more"):
            decisions.release(number, "again", "someone", LATER)
        assert models.HoldDecision.objects.count() == 2

    def test_a_person_cannot_end_an_adoption(self, psa: int) -> None:
        (hold,) = held(psa, "KES-WKS")
        number = decisions.record(hold, decision())
        with pytest.raises(errors.LedgerError, match="does not stand any more"):
            decisions.release(number, "enough", "someone", LATER)

    def test_a_person_needs_a_reason(self, psa: int) -> None:
        (hold,) = held(psa, "KES-WKS")
        number = decisions.record(hold, standing_keep())
        with pytest.raises(errors.LedgerError, match="needs a reason"):
            decisions.release(number, " ", "someone", LATER)
        assert len(decisions.standing(psa, AGREEMENT)) == 1


HOLDING = {
    "line_not_ours": "keep adopt take-over pin",
    "duplicate_lines": "keep adopt take-over pin",
    "entered_differently": "keep adopt take-over pin",
    "not_as_written": "keep adopt take-over pin",
    "line_removed": "keep take-over pin",
    "edited_in_psa": "keep take-over pin",
    "moved": "keep release",
    "item_missing": "keep",
    "item_inactive": "keep",
    "fall_unproved": "keep pin release",
    "fall_bound": "keep pin release",
    "rise_bound": "keep pin release",
    "tenant_bound": "keep pin release",
    "run_bound": "keep pin release",
    "write_unresolved": "",
}


@pytest.mark.parametrize(("reason", "possible"), HOLDING.items())
def test_what_can_be_decided_depends_on_the_reason(psa: int, reason: str, possible: str) -> None:
    held(psa, "KES-WKS", reason=Reason(reason))
    assert holds.open_holds()[0].decisions == tuple(possible.split())


def test_no_reason_is_forgotten() -> None:
    assert {reason.value for reason in POSSIBLE} == HOLDING.keys() - {"write_unresolved"}
    assert possible_for(Reason.RESERVE_KEY) == ()
