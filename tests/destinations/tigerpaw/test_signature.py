"""The TSI signature, held to the two test vectors of the Tigerpaw reference, 1.2."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tallybridge.destinations.tigerpaw.signature import authorization, date_text, text_to_sign
from tallybridge.wire.secret import Secret

PUBLIC = "00000000-0000-4000-8000-00000000AAAA"
PRIVATE = Secret("00000000-0000-4000-8000-00000000BBBB")


@pytest.mark.parametrize(
    ("method", "path", "instant", "signed", "token"),
    [
        (
            "GET",
            "/api/diagnostics/validate/user",
            datetime(2015, 6, 18, 7, 25, 43, tzinfo=UTC),
            "get|/api/diagnostics/validate/user|thu, 18 jun 2015 07:25:43 gmt",
            "MDAwMDAwMDAtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDBBQUFBOjNRYVlsZGc4NW9DOTBQTEFvaVpQVzgzbEFlWTIxeGdLeXVEWDNBcU1yMlE9",
        ),
        (
            "POST",
            "/api/ServiceOrders",
            datetime(2026, 3, 3, 2, 15, tzinfo=UTC),
            "post|/api/serviceorders|tue, 03 mar 2026 02:15:00 gmt",
            "MDAwMDAwMDAtMDAwMC00MDAwLTgwMDAtMDAwMDAwMDBBQUFBOnYrU2NpQVNOMnpzYUplVDdWaFVETFRxa20vck9TM3JCK0t6cnErUWNza1k9",
        ),
    ],
)
def test_vectors_of_the_reference(method: str, path: str, instant: datetime, signed: str, token: str) -> None:
    date = date_text(instant)
    assert text_to_sign(method, path, date) == signed
    assert authorization(method, path, date, public_key=PUBLIC, private_key=PRIVATE) == f"TSI {token}"


def test_the_query_string_is_not_signed() -> None:
    date = "Tue, 03 Mar 2026 02:15:00 GMT"
    with_query = authorization("POST", "/api/x?PageSize=5", date, public_key=PUBLIC, private_key=PRIVATE)
    assert with_query == authorization("POST", "/api/x", date, public_key=PUBLIC, private_key=PRIVATE)


def test_the_case_of_the_private_key_matters() -> None:
    date = "Tue, 03 Mar 2026 02:15:00 GMT"
    lower = Secret(PRIVATE.reveal().lower())
    assert authorization("GET", "/api/x", date, public_key=PUBLIC, private_key=lower) != authorization(
        "GET", "/api/x", date, public_key=PUBLIC, private_key=PRIVATE
    )


def test_the_date_is_rfc_1123_in_gmt() -> None:
    assert date_text(datetime(2026, 11, 1, 2, 5, 9, tzinfo=UTC)) == "Sun, 01 Nov 2026 02:05:09 GMT"
