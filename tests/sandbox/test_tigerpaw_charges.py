"""What a submission does to the simulated Tigerpaw (contracts 4; Tigerpaw reference 4.3, 4.4)."""

from __future__ import annotations

from typing import Any

import pytest

from tallybridge.sandbox.scenario import Fault
from tests.sandbox.tigerpaw_caller import Caller, usual_tigerpaw, world_of

CREATE = '<Charge action="upsert" itemId="KES-WKS" quantity="7"/>'


@pytest.fixture
def caller() -> Caller:
    return Caller(world_of(usual_tigerpaw()))


def outcome(caller: Caller, charges: str, agreement: int = 2041) -> list[tuple[str | None, ...]]:
    result = caller.submit(charges, agreement)
    assert result.get("success") == "true"
    assert result.get("message") is None
    return [(each.get("itemId"), each.get("detailId"), each.get("status")) for each in result]


def lines(caller: Caller, agreement: int = 2041) -> list[tuple[Any, ...]]:
    return [(each["DetailId"], each["SpecialItemId"], each["Quantity"]) for each in caller.charges(agreement)]


def test_a_charge_without_a_detail_id_adds_a_line_even_where_the_item_has_one(caller: Caller) -> None:
    assert outcome(caller, CREATE) == [("KES-WKS", "9011", "created")]
    assert outcome(caller, CREATE) == [("KES-WKS", "9012", "created")]
    assert lines(caller) == [(9001, "KES-WKS", 42), (9011, "KES-WKS", 7), (9012, "KES-WKS", 7)]


def test_a_new_line_takes_text_and_price_from_the_price_book(caller: Caller) -> None:
    outcome(caller, '<Charge action="upsert" itemId="KES-WKS-PLUS" quantity="0"/>')
    new = caller.charges()[-1]
    assert (new["ItemDescription"], new["Price"], new["Quantity"]) == ("About KES-WKS-PLUS", 7.25, 0)
    assert new["DateAdded"] == "2026-11-22T00:00:00"
    assert new["DeleteAfterInvoicing"] is False


def test_a_new_line_takes_text_and_price_that_were_sent(caller: Caller) -> None:
    outcome(caller, '<Charge action="upsert" itemId="KES-WKS" quantity="1" description="Ours" price="3.10"/>')
    new = caller.charges()[-1]
    assert (new["ItemDescription"], new["Price"]) == ("Ours", 3.1)


def test_a_charge_with_a_detail_id_changes_that_line_and_its_quantity_alone(caller: Caller) -> None:
    (before,) = caller.charges()
    assert outcome(caller, '<Charge action="upsert" detailId="9001" itemId="KES-WKS" quantity="90"/>') == [("KES-WKS", "9001", "updated")]
    assert caller.charges() == [{**before, "Quantity": 90}]


def test_text_and_price_change_when_they_are_sent(caller: Caller) -> None:
    outcome(caller, '<Charge action="upsert" detailId="9001" quantity="42" description="" price="5"/>')
    (after,) = caller.charges()
    assert (after["ItemDescription"], after["Price"], after["Quantity"]) == ("", 5.0, 42)


def test_a_line_may_hold_zero(caller: Caller) -> None:
    outcome(caller, '<Charge action="upsert" detailId="9001" quantity="0"/>')
    assert lines(caller) == [(9001, "KES-WKS", 0)]


def test_a_line_can_be_deleted(caller: Caller) -> None:
    assert outcome(caller, '<Charge action="delete" detailId="9001"/>') == [("KES-WKS", "9001", "deleted")]
    assert lines(caller) == []


def test_detail_ids_grow_over_the_whole_system_and_never_come_back(caller: Caller) -> None:
    outcome(caller, CREATE)
    outcome(caller, '<Charge action="delete" detailId="9011"/>')
    assert outcome(caller, CREATE) == [("KES-WKS", "9012", "created")]


def test_several_charges_in_one_submission(caller: Caller) -> None:
    sent = f'{CREATE}<Charge action="upsert" detailId="9001" itemId="KES-WKS" quantity="1"/>'
    assert outcome(caller, sent) == [("KES-WKS", "9011", "created"), ("KES-WKS", "9001", "updated")]


def test_the_state_shows_what_was_written(caller: Caller) -> None:
    outcome(caller, CREATE)
    charges = caller.world.state()["tigerpaw"]["accounts"][0]["agreements"][0]["charges"]
    assert [(each["detail_id"], each["quantity"], each["price"], each["date_added"]) for each in charges] == [
        (9001, 42, 4.5, None),
        (9011, 7, 4.5, "2026-11-22"),
    ]


@pytest.mark.parametrize(
    ("agreement", "charges", "names"),
    [
        (7777, CREATE, "7777"),
        (2050, CREATE, "not cross-referenced"),
        (2060, CREATE, "ended on 2026-11-21"),
        (2041, '<Charge action="upsert" itemId="NOTHING" quantity="1"/>', "NOTHING"),
        (2041, '<Charge action="upsert" itemId="KES-OLD" quantity="1"/>', "inactive"),
        (2041, '<Charge action="upsert" detailId="5" itemId="KES-WKS" quantity="1"/>', "no additional charge 5"),
        (2041, '<Charge action="upsert" detailId="9010" itemId="KES-WKS" quantity="1"/>', "no additional charge 9010"),
        (2041, '<Charge action="delete" detailId="5"/>', "no additional charge 5"),
        (2041, '<Charge action="upsert" detailId="9001" itemId="KES-WKS-PLUS" quantity="1"/>', "holds the item KES-WKS"),
        (2041, '<Charge action="upsert" itemId="KES-WKS" quantity="-1"/>', "quantity"),
        (2041, '<Charge action="upsert" itemId="KES-WKS" quantity="1.5"/>', "quantity"),
        (2041, '<Charge action="upsert" itemId="KES-WKS" quantity="2147483648"/>', "quantity"),
        (2041, '<Charge action="upsert" itemId="KES-WKS" quantity=""/>', "quantity"),
        (2041, '<Charge action="upsert" itemId="KES-WKS"/>', "quantity is missing"),
        (2041, '<Charge action="upsert" quantity="1"/>', "itemId"),
        (2041, '<Charge action="delete" itemId="KES-WKS"/>', "detailId"),
        (2041, '<Charge action="merge" itemId="KES-WKS" quantity="1"/>', "action"),
        (2041, '<Charge itemId="KES-WKS" quantity="1"/>', "action"),
        (2041, '<Charge action="upsert" itemId="KES-WKS" quantity="1" price="free"/>', "price"),
        (2041, '<Charge action="upsert" itemId="KES-WKS" quantity="1" price="NaN"/>', "price"),
        (2041, '<Charge action="upsert" itemId="KES-WKS" quantity="1" tax="1"/>', "tax"),
        (2041, '<Item itemId="KES-WKS"/>', "Charge elements"),
        (2041, f'{CREATE}<Charge action="delete" detailId="5"/>', "no additional charge 5"),
        (2041, '<Charge action="delete" detailId="9001"/>' * 2, "named twice"),
    ],
    ids=[
        "unknown agreement",
        "account without the cross-reference",
        "agreement that ended yesterday",
        "unknown item",
        "inactive item",
        "unknown detail id",
        "detail id of another agreement",
        "unknown detail id to delete",
        "another item than the line's",
        "negative quantity",
        "broken quantity",
        "quantity beyond an integer",
        "empty quantity",
        "no quantity",
        "neither line nor item",
        "delete without a line",
        "unknown action",
        "no action",
        "price that is no number",
        "price that is not finite",
        "unknown attribute",
        "unknown element",
        "one good and one bad charge",
        "a line named twice",
    ],
)
def test_a_submission_is_refused_as_a_whole(caller: Caller, agreement: int, charges: str, names: str) -> None:
    assert names in caller.refused(charges, agreement)


def test_an_agreement_takes_charges_on_its_last_day() -> None:
    document = usual_tigerpaw()
    document["accounts"][2]["agreements"][0]["end"] = "2026-11-22"
    assert outcome(Caller(world_of(document)), CREATE, 2060) == [("KES-WKS", "9011", "created")]


def test_the_cross_reference_must_be_to_the_users_own_product() -> None:
    document = usual_tigerpaw()
    document["soap_users"][0]["external_product"] = "Other RMM"
    assert "Other RMM" in Caller(world_of(document)).refused(CREATE)


def test_fault_wrong_quantity_writes_one_more_than_was_sent(caller: Caller) -> None:
    caller.fault = Fault(on="tigerpaw_soap", call="*", do="wrong_quantity")
    sent = f'{CREATE}<Charge action="upsert" detailId="9001" quantity="90"/>'
    assert outcome(caller, sent) == [("KES-WKS", "9011", "created"), ("KES-WKS", "9001", "updated")]
    assert lines(caller) == [(9001, "KES-WKS", 91), (9011, "KES-WKS", 8)]


def test_fault_success_false_refuses_in_the_result_document(caller: Caller) -> None:
    caller.fault = Fault(on="tigerpaw_soap", call="*", do="success_false", message="Agreement is locked.")
    assert caller.refused(CREATE) == "Agreement is locked."
