"""Lines that wait, on the plan page: the five decisions with a reason, shown before they are made, for one or for many; and their end."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from tallybridge.console.models import AuditEntry, Role
from tallybridge.ledger import decisions, holds
from tallybridge.ledger.prepared import models
from tests.console.conftest import Desk
from tests.console.working import HUB, KSC, body, changed_world, charges, ended, fewer_devices

WHY = "agreed with the customer"


@pytest.fixture
def held(desk: Desk) -> Desk:
    """Wingtip's line was entered by hand before Tallybridge came, and waits."""
    desk.text(f"/plan/?integration={KSC}", Role.OPERATE)
    return desk


def ask(desk: Desk, *, sure: bool = False, role: Role = Role.OPERATE, **values: Any) -> Any:
    form = {"scope": "chosen", "reason": WHY, **values} | ({"sure": "yes"} if sure else {})
    return desk.post("/plan/decide/", form, role)


def open_ids() -> list[str]:
    return [one.id for one in holds.open_holds(KSC)]


def test_what_waits_is_told_with_its_numbers_and_what_can_be_decided(held: Desk) -> None:
    text = held.text("/plan/", Role.OPERATE)
    assert 'id="hold-H1"' in text
    assert "The agreement already holds a line for this item that Tallybridge did not make." in text
    plain = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))
    assert "Wingtip Insurance KES-WKS · agreement 2045 30 never 31 The agreement already holds" in plain
    assert "can be decided: keep, adopt, take-over, pin" in plain
    assert 'value="release"' not in text


def test_who_may_only_view_sees_it_without_a_form(held: Desk) -> None:
    text = held.text("/plan/", Role.VIEW)
    assert 'id="hold-H1"' in text
    assert 'name="reason"' not in text
    assert ask(held, kind="keep", hold=["H1"], sure=True, role=Role.VIEW).status_code == 403
    assert open_ids() == ["H1"]


def test_an_address_leads_to_one_hold(held: Desk) -> None:
    assert 'id="hold-H1"' in held.text("/plan/?hold=H1", Role.VIEW)
    gone = held.text("/plan/?hold=H99", Role.VIEW)
    assert "H99 does not wait any more" in gone
    assert 'id="hold-H1"' not in gone


def test_what_would_be_decided_is_shown_first(held: Desk) -> None:
    text = body(ask(held, kind="keep", hold=["H1"]))
    assert "Keep 1 line?" in text
    assert "Wingtip Insurance" in text
    assert WHY in text
    assert open_ids() == ["H1"]
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    ("values", "stands", "after"),
    [
        ({"kind": "keep"}, True, "stays as it is until somebody changes it in Tigerpaw"),
        ({"kind": "adopt"}, False, "line 9001 with quantity 30 is ours from now on"),
        ({"kind": "take-over"}, True, "the next run writes what was counted, up to 31"),
        ({"kind": "pin", "quantity": "40", "until": "2035-12-31"}, True, "is 40 from the next run on"),
    ],
    ids=lambda value: value.get("kind", "") if isinstance(value, dict) else "",
)
def test_a_decision_is_made_in_the_name_of_who_made_it(held: Desk, values: dict[str, Any], stands: bool, after: str) -> None:
    answer = ask(held, hold=["H1"], sure=True, **values)
    assert (answer.status_code, answer["Location"]) == (302, "/plan/")
    assert open_ids() == []
    made = models.HoldDecision.objects.get()
    assert (made.decision, made.author, made.reason, made.stands) == (values["kind"], "operate person", WHY, stands)
    entry = AuditEntry.objects.get()
    assert (entry.who, entry.action) == ("operate person", f"decided: {values['kind']}")
    assert entry.subject == "KES-WKS of Wingtip Insurance, agreement 2045 (H1)"
    assert entry.before == "line_not_ours; Tigerpaw shows 30, last written no line, wanted 31"
    assert entry.after == f"{after}; because: {WHY}"
    text = held.text("/plan/", Role.OPERATE)
    assert "Decided for 1 line. The next run goes on from there; nothing was written to Tigerpaw." in text
    assert ("Decisions that stand" in text) is stands


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"hold": ["H1"]}, "Choose what shall be done"),
        ({"hold": ["H1"], "kind": "keep", "reason": "  "}, "Say why."),
        ({"kind": "keep"}, "Choose at least one line above"),
        ({"hold": ["H1"], "kind": "pin", "quantity": "-3", "until": "2035-12-31"}, "Give a whole number"),
        ({"hold": ["H1"], "kind": "pin", "quantity": "", "until": "2035-12-31"}, "Give a whole number"),
        ({"hold": ["H1"], "kind": "pin", "quantity": "3", "until": "soon"}, "Give the last day"),
    ],
)
def test_what_is_missing_is_said_at_its_field(held: Desk, values: dict[str, Any], said: str) -> None:
    answer = ask(held, sure=True, **values)
    assert answer.status_code == 400
    assert said in body(answer)
    assert open_ids() == ["H1"]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"kind": "release", "hold": ["H1"]}, "H1 waits for line_not_ours; what can be decided on it is: keep, adopt, take-over, pin"),
        ({"kind": "keep", "hold": ["H99"]}, "No hold H99 is open"),
        ({"kind": "release", "scope": "fitting"}, "No line fits"),
        ({"kind": "keep", "scope": "equal"}, "No line fits"),
    ],
)
def test_what_cannot_be_decided_is_told_and_nothing_is(held: Desk, values: dict[str, Any], said: str) -> None:
    answer = ask(held, sure=True, **values)
    assert answer.status_code == 400
    text = body(answer)
    assert said in text
    assert "Nothing was decided" in text
    assert open_ids() == ["H1"]


def test_a_pin_until_a_day_that_is_over_is_refused_with_a_sentence(held: Desk) -> None:
    ask(held, kind="pin", hold=["H1"], quantity="3", until="2020-01-01", sure=True)
    assert "2020-01-01 is over. Nothing was decided." in held.text("/plan/", Role.OPERATE)
    assert open_ids() == ["H1"]


def test_all_that_fit_are_named_before_they_are_decided_and_never_those_of_another_integration(held: Desk) -> None:
    with changed_world(held) as world:
        next(one for one in charges(world, "Contoso Dental") if one["item_id"] == "KES-WKS")["quantity"] = 77
        charges(world, "Litware Studios")[0]["quantity"] = 5
    ended(held.post("/plan/preview/", role=Role.OPERATE))
    held.text(f"/plan/?integration={HUB}", Role.OPERATE)
    ended(held.post("/plan/preview/", role=Role.OPERATE))
    held.text(f"/plan/?integration={KSC}", Role.OPERATE)
    assert len(holds.open_holds()) == 3
    text = body(ask(held, kind="keep", scope="fitting"))
    assert "Keep 2 lines?" in text
    named = re.findall(r'name="hold" value="([^"]+)"', text)
    assert sorted(named) == sorted(open_ids())
    ask(held, kind="keep", hold=named, sure=True)
    assert open_ids() == []
    assert len(holds.open_holds(HUB)) == 1
    assert AuditEntry.objects.count() == 2


def test_of_several_lines_one_must_be_chosen_to_become_ours(held: Desk) -> None:
    with changed_world(held) as world:
        there = charges(world, "Wingtip Insurance")
        there.append({**there[0], "detail_id": 9902, "quantity": 1})
    ended(held.post("/plan/preview/", role=Role.OPERATE))
    (hold,) = holds.open_holds(KSC)
    text = held.text("/plan/", Role.OPERATE)
    assert "line 9001, 30 units" in text
    assert "line 9902, 1 unit" in text
    refused = ask(held, kind="adopt", hold=[hold.id], sure=True)
    assert refused.status_code == 400
    assert "choose at the line which of them is meant" in body(refused)
    chosen: dict[str, Any] = {f"charge-{hold.id}": "9902"}
    shown = body(ask(held, kind="adopt", hold=[hold.id], **chosen))
    assert f'name="charge-{hold.id}" value="9902"' in shown
    ask(held, kind="adopt", hold=[hold.id], sure=True, **chosen)
    assert models.HoldDecision.objects.get().charge == 9902
    assert "lines left alone: 9001" in AuditEntry.objects.get().after


def test_a_fall_that_a_guard_holds_can_be_released(held: Desk) -> None:
    with changed_world(held) as world:
        fewer_devices(world, "Contoso Dental", 60)
    ended(held.post("/plan/preview/", role=Role.OPERATE))
    waiting = next(one for one in holds.open_holds(KSC) if one.tenant == "Contoso Dental")
    text = held.text(f"/plan/?hold={waiting.id}", Role.OPERATE)
    assert 'value="release"' in text
    ask(held, kind="release", hold=[waiting.id], sure=True)
    assert models.HoldDecision.objects.get().decision == "release"
    assert f"because: {WHY}" in AuditEntry.objects.get().after


def test_a_keep_is_ended_with_a_reason(held: Desk) -> None:
    ask(held, kind="keep", hold=["H1"], sure=True)
    text = held.text("/plan/", Role.OPERATE)
    assert "Decisions that stand" in text
    shown = body(ask(held, kind="release", hold=["H1"], reason="the contract has ended"))
    assert "the keep by operate person ends" in shown
    ask(held, kind="release", hold=["H1"], reason="the contract has ended", sure=True)
    assert decisions.all_standing(KSC) == ()
    entry = AuditEntry.objects.get(action="decided: release")
    assert entry.before == f"keep by operate person: {WHY}"
    assert entry.after == "the keep has ended; because: the contract has ended"
    assert "Decisions that stand" not in held.text("/plan/", Role.OPERATE)


def test_what_was_decided_meanwhile_is_told(held: Desk) -> None:
    ask(held, kind="keep", hold=["H1"], sure=True)
    held.ahead = timedelta(minutes=1)
    answer = ask(held, kind="adopt", hold=["H1"], sure=True)
    assert answer.status_code == 400
    assert "No hold H1 is open. Nothing was decided." in body(answer)
