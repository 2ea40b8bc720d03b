"""Replies are typed: what a decision rests on must be there and be what it says."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import msgspec
import pytest

from tallybridge.destinations.tigerpaw.models import AdditionalCharge, AgreementDetail, local_date


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2026-03-01T02:10:00", date(2026, 3, 1)),
        ("2026-03-01T23:59:59.9999999", date(2026, 3, 1)),
        ("2026-03-01T23:59:59Z", date(2026, 3, 1)),
        ("2026-03-01T00:30:00+02:00", date(2026, 3, 1)),
        ("2026-03-01", date(2026, 3, 1)),
        (None, None),
        ("", None),
        ("0001-01-01T00:00:00", None),
        ("1900-01-01T00:00:00", None),
    ],
)
def test_a_date_is_the_day_that_tigerpaw_shows(text: str | None, day: date | None) -> None:
    assert local_date(text) == day


def test_a_text_that_is_no_date_is_an_error() -> None:
    with pytest.raises(ValueError, match="Invalid isoformat"):
        local_date("next month")


@pytest.mark.parametrize(
    ("price", "expected"),
    [("4.5", "4.5"), ("0.1", "0.1"), ("3", "3"), ("1234567890.123456789", "1234567890.123456789"), ("4.10", "4.10")],
)
def test_a_price_keeps_its_digits(price: str, expected: str) -> None:
    line = msgspec.json.decode(f'{{"DetailId":1,"Quantity":2,"Price":{price}}}', type=AdditionalCharge)
    assert line.price == Decimal(expected)
    assert str(line.price) == expected


@pytest.mark.parametrize("quantity", ["42.5", "42.0", '"42"', "null", "1e2"])
def test_a_quantity_is_an_integer_or_the_reply_is_refused(quantity: str) -> None:
    with pytest.raises(msgspec.ValidationError, match="Quantity"):
        msgspec.json.decode(f'{{"DetailId":1,"Quantity":{quantity}}}', type=AdditionalCharge)


def test_unknown_members_are_passed_over() -> None:
    line = msgspec.json.decode('{"DetailId":1,"Quantity":2,"New":{"Deep":[1]}}', type=AdditionalCharge)
    assert (line.detail_id, line.quantity, line.special_item_id) == (1, 2, None)


@pytest.mark.parametrize("missing", ["DetailId", "Quantity"])
def test_l1_a_line_without_id_or_quantity_is_no_line(missing: str) -> None:
    members = {"DetailId": 1, "Quantity": 2}
    del members[missing]
    with pytest.raises(msgspec.ValidationError, match=missing):
        msgspec.json.decode(msgspec.json.encode(members), type=AdditionalCharge)


def test_l1_an_agreement_without_its_list_of_charges_is_malformed() -> None:
    with pytest.raises(msgspec.ValidationError, match="AdditionalCharges"):
        msgspec.json.decode('{"AgreementNumber":1,"Agreement":{"AccountNumber":2}}', type=AgreementDetail)
