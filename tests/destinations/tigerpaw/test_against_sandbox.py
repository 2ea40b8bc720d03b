"""The client against the simulated Tigerpaw, which was written from the same reference by others: reading, writing, and every fault at the write.

Each REST request made here is also held against the published operations of Tigerpaw 18.2.1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec
import pytest

from tallybridge.billing.psa import Account, Agreement, Charge, Item
from tallybridge.billing.reasons import Reason
from tallybridge.destinations.base import ChargeWrite, Destination, DestinationFailed, ReadFailed, WriteRefused
from tallybridge.destinations.tigerpaw import TigerpawDestination
from tallybridge.sandbox import Sandbox
from tallybridge.wire.http import HttpDoor, HttpReply
from tallybridge.wire.secret import Secret
from tests.destinations.tigerpaw.scripted_door import PASSWORD, PRIVATE_KEY, PRODUCT, settings
from tests.openapi_contract import assert_request_is_published

LINE = {"detail_id": 9001, "item_id": "KES-WKS", "description": "Endpoint security, workstation", "quantity": 42, "price": 4.5}
CREATE = ChargeWrite(agreement=2041, item="KES-SRV", quantity=7, charge=None)
UPDATE = ChargeWrite(agreement=2041, item="KES-WKS", quantity=90, charge=9001)
SUBMIT = "SubmitAgreementAdditionalCharges"


def item(number: int, item_id: str, **more: Any) -> dict[str, Any]:
    return {"number": number, "item_id": item_id, "description": f"About {item_id}", "type": "S", "inactive": False, "price": 4.5} | more


def scenario() -> dict[str, Any]:
    agreement = {"number": 2041, "type": "Managed Services", "start": "2026-01-01", "next_billing_period": "2026-12-01", "charges": [LINE]}
    ended = {"number": 2040, "type": "Managed Services", "start": "2025-01-01", "end": "2025-12-31", "charges": []}
    fleet = [{"number": 3000 + n, "name": f"Customer {n}", "external_products": [PRODUCT] if n % 2 else [], "agreements": []} for n in range(9)]
    return {
        "tigerpaw": {
            "rest_keys": [{"public": "00000000-0000-4000-8000-00000000AAAA", "private": PRIVATE_KEY, "rep": 68}],
            "soap_users": [{"name": "kaspersky", "password": PASSWORD, "external_product": PRODUCT, "active": True}],
            "external_products": [PRODUCT, "Kaspersky MSP Legacy"],
            "price_book": [item(1, "KES-WKS"), item(2, "KES-SRV"), item(3, "KES"), item(4, "OLD", inactive=True, type="M")],
            "accounts": [
                {"number": 1053145, "name": "Contoso Dental", "external_products": [PRODUCT], "agreements": [agreement, ended]},
                {"number": 2000, "name": "Left behind", "external_products": ["Kaspersky MSP Legacy"], "agreements": []},
                *fleet,
            ],
        }
    }


class CheckedDoor(HttpDoor):
    """A real door that holds each REST request against the published operations before sending it."""

    def send(self, method: str, path: str, *, headers: Mapping[str, str], body: bytes | None = None, timeout: float | None = None) -> HttpReply:
        parts = urlsplit(path)
        if not parts.path.startswith("/api/rmm/"):
            query_names = [name for name, _ in parse_qsl(parts.query)]
            assert_request_is_published(method, parts.path, query_names, None if body is None else msgspec.json.decode(body))
        return super().send(method, path, headers=headers, body=body, timeout=timeout)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(scenario()) as running:
        yield running


def connected(sandbox: Sandbox, *, behind: timedelta = timedelta(0), **changes: Any) -> TigerpawDestination:
    members = settings(url=sandbox.tigerpaw_url, **{"page_size": 3, "read_timeout": 0.5} | changes)
    door = CheckedDoor(members.url, read_timeout=members.read_timeout)
    return TigerpawDestination(members, clock=lambda: datetime.now(UTC) - behind, door=door)


@pytest.fixture
def tigerpaw(sandbox: Sandbox) -> Iterator[Destination]:
    destination: Destination = connected(sandbox)
    yield destination
    destination.close()


def psa_quantities(sandbox: Sandbox) -> dict[str, list[int]]:
    agreement = sandbox.state()["tigerpaw"]["accounts"][0]["agreements"][0]
    found: dict[str, list[int]] = {}
    for charge in agreement["charges"]:
        found.setdefault(charge["item_id"], []).append(charge["quantity"])
    return found


def submits(sandbox: Sandbox) -> int:
    return sum(entry["call"] == SUBMIT for entry in sandbox.log())


def test_everything_can_be_read(tigerpaw: Destination) -> None:
    assert set(tigerpaw.accounts()) == {1053145, 3001, 3003, 3005, 3007}
    assert tigerpaw.account(1053145) == Account(number=1053145, name="Contoso Dental", cross_referenced=True)
    assert tigerpaw.account(2000) == Account(number=2000, name="Left behind", cross_referenced=False)
    assert tigerpaw.account(9) is None
    assert len(tigerpaw.all_accounts()) == 11
    assert [(each.number, each.end) for each in tigerpaw.agreements(1053145)] == [(2041, None), (2040, date(2025, 12, 31))]
    charge = Charge(id=9001, item="KES-WKS", quantity=42, description="Endpoint security, workstation", price=Decimal("4.5"))
    assert tigerpaw.agreement(2041) == Agreement(
        number=2041,
        account=1053145,
        type="Managed Services",
        start=date(2026, 1, 1),
        next_billing=date(2026, 12, 1),
        charges=(charge,),
    )
    assert tigerpaw.agreement(9) is None
    assert tigerpaw.charges(2041) == (charge,)
    assert tigerpaw.items(["KES", "OLD", "KES-", "GONE"]) == {
        "KES": Item(id="KES", description="About KES", price=Decimal("4.5")),
        "OLD": Item(id="OLD", description="About OLD", inactive=True, price=Decimal("4.5")),
    }
    assert [each.id for each in tigerpaw.search_items("")] == ["KES", "KES-SRV", "KES-WKS", "OLD"]
    assert [each.id for each in tigerpaw.search_items("srv")] == ["KES-SRV"]


def test_all_checks_pass(tigerpaw: Destination) -> None:
    assert not [check for check in tigerpaw.checks() if check.ok is False]


def test_a_line_is_made_and_changed_in_its_quantity_alone(tigerpaw: Destination) -> None:
    before = {line.id: line for line in tigerpaw.charges(2041)}
    created = tigerpaw.write(CREATE)
    changed = tigerpaw.write(UPDATE)
    after = {line.id: line for line in tigerpaw.charges(2041)}
    assert created.answered
    assert created.charge is not None
    assert (after[created.charge].item, after[created.charge].quantity) == ("KES-SRV", 7)
    assert changed.charge == 9001
    assert after[9001].quantity == 90
    assert (after[9001].price, after[9001].description) == (before[9001].price, before[9001].description), "L6"


def test_an_item_with_characters_of_markup_arrives_as_it_is() -> None:
    odd = 'A&B "<x>" {quantity}'
    world = scenario()
    world["tigerpaw"]["price_book"].append(item(5, odd))
    with Sandbox(world) as sandbox:
        tigerpaw = connected(sandbox)
        assert set(tigerpaw.items([odd])) == {odd}
        tigerpaw.write(ChargeWrite(agreement=2041, item=odd, quantity=3, charge=None))
        assert psa_quantities(sandbox)[odd] == [3]
        tigerpaw.close()


@pytest.mark.parametrize(
    ("fault", "answered", "done"),
    [
        ({"do": "lose_reply"}, False, True),
        ({"do": "truncate"}, False, True),
        ({"do": "not_json"}, False, True),
        ({"do": "delay", "ms": 900}, False, None),
        ({"do": "close"}, False, False),
        ({"do": "http_500"}, False, False),
        ({"do": "http_503"}, False, False),
        ({"do": "wrong_quantity"}, True, False),
    ],
    ids=lambda value: value["do"] if isinstance(value, dict) else None,
)
def test_l5_after_any_fault_the_write_was_sent_once_and_the_reply_tells_no_more_than_is_known(
    sandbox: Sandbox,
    fault: dict[str, Any],
    answered: bool,
    done: bool | None,
) -> None:
    tigerpaw = connected(sandbox)
    sandbox.set_faults([{"on": "tigerpaw_soap", "call": SUBMIT, "nth": 1, "times": 1} | fault])
    reply = tigerpaw.write(UPDATE)
    assert reply.answered is answered
    if done is not None:
        assert (tigerpaw.charges(2041)[0].quantity == 90) is done
        assert submits(sandbox) == 1
    tigerpaw.close()


@pytest.mark.parametrize("fault", [{"do": "soap_fault"}, {"do": "success_false", "message": "The agreement is locked."}])
def test_a_refusal_changes_nothing(sandbox: Sandbox, tigerpaw: Destination, fault: dict[str, Any]) -> None:
    sandbox.set_faults([{"on": "tigerpaw_soap", "call": SUBMIT, "nth": 1, "times": 1} | fault])
    with pytest.raises(WriteRefused) as caught:
        tigerpaw.write(UPDATE)
    assert caught.value.reason == Reason.WRITE_REFUSED
    assert fault.get("message", "") in str(caught.value)
    assert psa_quantities(sandbox) == {"KES-WKS": [42]}
    assert submits(sandbox) == 1


@pytest.mark.parametrize(
    "change",
    [
        ChargeWrite(agreement=9, item="KES-WKS", quantity=1, charge=None),
        ChargeWrite(agreement=2041, item="GONE", quantity=1, charge=None),
        ChargeWrite(agreement=2041, item="KES-WKS", quantity=1, charge=4711),
    ],
    ids=["agreement", "item", "line"],
)
def test_what_does_not_exist_is_refused(tigerpaw: Destination, change: ChargeWrite) -> None:
    with pytest.raises(WriteRefused):
        tigerpaw.write(change)


@pytest.mark.parametrize("wrong", [{"soap_password": Secret("wrong")}, {"soap_user": "nobody"}], ids=["password", "user"])
def test_a_wrong_soap_user_fails_the_run(sandbox: Sandbox, wrong: dict[str, Any]) -> None:
    tigerpaw = connected(sandbox, **wrong)
    with pytest.raises(DestinationFailed, match="tsiWS Users") as caught:
        tigerpaw.write(UPDATE)
    assert caught.value.reason == Reason.SIGN_IN_REFUSED
    assert psa_quantities(sandbox) == {"KES-WKS": [42]}
    tigerpaw.close()


@pytest.mark.parametrize(
    "wrong",
    [{"private_key": Secret(PRIVATE_KEY.lower())}, {"public_key": "unknown"}, {"behind": timedelta(minutes=20)}],
    ids=["private key", "public key", "clock"],
)
def test_wrong_rest_keys_fail_the_run(sandbox: Sandbox, wrong: dict[str, Any]) -> None:
    tigerpaw = connected(sandbox, **wrong)
    with pytest.raises(DestinationFailed, match="REST API Security") as caught:
        tigerpaw.accounts()
    assert caught.value.reason == Reason.SIGN_IN_REFUSED
    tigerpaw.close()


@pytest.mark.parametrize("do", ["http_500", "http_503", "close", "lose_reply", "truncate"])
def test_a_read_outlives_a_passing_fault(sandbox: Sandbox, tigerpaw: Destination, do: str) -> None:
    sandbox.set_faults([{"on": "tigerpaw_rest", "call": "/api/agreements/2041/*", "nth": 1, "times": 2, "do": do}])
    assert tigerpaw.charges(2041)[0].quantity == 42


@pytest.mark.parametrize("do", ["http_500", "http_503", "close", "truncate", "not_json", "success_false"])
def test_l1_a_lasting_fault_is_an_error_and_never_no_charges(sandbox: Sandbox, tigerpaw: Destination, do: str) -> None:
    sandbox.set_faults([{"on": "tigerpaw_rest", "call": "/api/agreements/2041/*", "nth": 1, "times": 0, "do": do}])
    with pytest.raises(ReadFailed):
        tigerpaw.charges(2041)
    with pytest.raises(ReadFailed):
        tigerpaw.agreement(2041)


def test_several_threads_share_one_destination(sandbox: Sandbox) -> None:
    tigerpaw = connected(sandbox, read_timeout=10)
    changes = [ChargeWrite(agreement=2041, item="KES-SRV", quantity=100 + n, charge=None) for n in range(16)]
    with ThreadPoolExecutor(8) as threads:
        replies = list(threads.map(tigerpaw.write, changes))
        agreements = list(threads.map(lambda _: tigerpaw.agreement(2041), changes))
    assert len({reply.charge for reply in replies}) == 16
    assert sorted(psa_quantities(sandbox)["KES-SRV"]) == list(range(100, 116))
    assert {len(agreement.charges) for agreement in agreements if agreement} == {17}
    tigerpaw.close()


def test_a_server_that_is_gone_fails_the_run() -> None:
    with Sandbox(scenario()) as sandbox:
        tigerpaw = connected(sandbox)
    with pytest.raises(DestinationFailed) as caught:
        tigerpaw.accounts()
    assert caught.value.reason == Reason.PSA_UNREACHABLE
    with pytest.raises(DestinationFailed, match="was not sent"):
        tigerpaw.write(UPDATE)
    tigerpaw.close()


def test_few_calls_are_made_for_many_customers(sandbox: Sandbox) -> None:
    tigerpaw = connected(sandbox, external_product="Kaspersky MSP Legacy", page_size=200)
    tigerpaw.accounts()
    tigerpaw.agreement(2041)
    assert len(sandbox.log()) == 3, "accounts by one search and the master table; an agreement with its charges by one call"
    tigerpaw.close()
