"""Agreements and charges as REST shows them (Tigerpaw reference 1.7, 1.8)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tallybridge.billing.psa import Agreement, Charge
from tallybridge.destinations.base import ReadFailed
from tests.destinations.tigerpaw.scripted_door import page, raw, reply, tigerpaw

DETAILS = "GET /api/agreements/2041/details"
CHARGES = "GET /api/agreements/2041/additionalcharges"
FIELDS = {
    "AccountNumber": 1053145,
    "ExternalProduct": "Kaspersky MSP",
    "StartDate": "2026-01-01T00:00:00",
    "EndDate": None,
    "Type": "Managed Services",
    "LastBilledDate": "2026-03-01T00:00:00.123",
    "NextBillingPeriod": "2026-04-01T00:00:00",
}
LINE = {
    "DetailId": 9001,
    "SpecialItemId": "KAV-WKS",
    "ItemDescription": "Endpoint security, workstation",
    "Quantity": 42,
    "Price": 4.5,
    "DeleteAfterInvoicing": False,
    "DateAdded": "2026-03-01T02:10:00",
}
CHARGE = Charge(id=9001, item="KAV-WKS", quantity=42, description="Endpoint security, workstation", price=Decimal("4.5"))


def details(**changes: Any) -> dict[str, Any]:
    return {"AgreementNumber": 2041, "Agreement": FIELDS, "AdditionalCharges": [LINE]} | changes


def test_an_agreement_with_its_charges_is_one_call() -> None:
    destination, door = tigerpaw({DETAILS: reply(details())})
    assert destination.agreement(2041) == Agreement(
        number=2041,
        account=1053145,
        type="Managed Services",
        start=date(2026, 1, 1),
        end=None,
        last_billed=date(2026, 3, 1),
        next_billing=date(2026, 4, 1),
        charges=(CHARGE,),
    )
    assert door.calls() == [DETAILS]


def test_charges_are_read_at_this_moment() -> None:
    destination, _ = tigerpaw({CHARGES: [reply([LINE]), reply([LINE | {"Quantity": 43}])]})
    assert [destination.charges(2041)[0].quantity for _ in range(2)] == [42, 43]


def test_a_line_typed_in_freely_has_no_item() -> None:
    destination, _ = tigerpaw({CHARGES: reply([LINE | {"SpecialItemId": None, "ItemDescription": None, "Price": None}])})
    assert destination.charges(2041) == (Charge(id=9001, item="", quantity=42),)


def test_l1_null_instead_of_the_charges_is_asked_again_not_taken_as_none() -> None:
    destination, door = tigerpaw({DETAILS: reply(details(AdditionalCharges=None)), CHARGES: reply([LINE])})
    agreement = destination.agreement(2041)
    assert agreement is not None
    assert agreement.charges == (CHARGE,)
    assert door.calls() == [DETAILS, CHARGES]


@pytest.mark.parametrize("answer", [reply(None), reply({"Message": "no"}, 404), raw(b"[{]"), reply([LINE, LINE])])
def test_l1_charges_that_are_not_shown_are_not_no_charges(answer: Any) -> None:
    destination, _ = tigerpaw({CHARGES: answer})
    with pytest.raises(ReadFailed):
        destination.charges(2041)


def test_a_date_that_cannot_be_read_is_no_open_end() -> None:
    destination, _ = tigerpaw({DETAILS: reply(details(Agreement=FIELDS | {"EndDate": "soon"}))})
    with pytest.raises(ReadFailed, match="date"):
        destination.agreement(2041)


def test_agreements_of_an_account_include_ended_ones() -> None:
    rows = [{"AgreementNumber": 2041, "Agreement": FIELDS, "AdditionalCharges": 2}]
    rows.append({"AgreementNumber": 2042, "Agreement": FIELDS | {"EndDate": "2026-02-01T00:00:00"}, "AdditionalCharges": 0})
    destination, door = tigerpaw({"GET /api/agreements/account/1053145/false": page("Agreements", rows)})
    agreements = destination.agreements(1053145)
    assert [(each.number, each.end, each.charges) for each in agreements] == [(2041, None, ()), (2042, date(2026, 2, 1), ())]
    assert len(door.sent) == 1


def test_l1_agreements_that_are_announced_but_not_sent_are_missed() -> None:
    rows = [{"AgreementNumber": 2041, "Agreement": FIELDS, "AdditionalCharges": 2}]
    destination, _ = tigerpaw({"GET /api/agreements/account/1053145/false": page("Agreements", rows, total=2, next_row=2)})
    with pytest.raises(ReadFailed, match="announced 2"):
        destination.agreements(1053145)
