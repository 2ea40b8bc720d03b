"""Tigerpaw's destination over the sandbox: a world becomes a scenario, a breakage a fault or another password."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, date, datetime
from typing import Any

from tallybridge.billing.psa import Account, Agreement
from tallybridge.conformance import DestinationBreakage, PsaWorld
from tallybridge.destinations.base import Destination
from tallybridge.destinations.tigerpaw import TigerpawDestination, TigerpawSettings, load_dialect
from tallybridge.sandbox import Sandbox
from tallybridge.wire.certificate import Trust
from tallybridge.wire.retrying import IMPATIENT
from tallybridge.wire.secret import Secret

PRODUCT = "Kaspersky MSP"
PUBLIC_KEY, PRIVATE_KEY = "00000000-0000-4000-8000-00000000AAAA", "00000000-0000-4000-8000-00000000BBBB"
USER, PASSWORD = "kaspersky", "p4ss-of-tigerpaw"
_SUBMIT = {"on": "tigerpaw_soap", "call": "SubmitAgreementAdditionalCharges"}
_LASTING = {"call": "*", "times": 0, "do": "close"}
_FAULTS: dict[DestinationBreakage, list[dict[str, Any]]] = {
    DestinationBreakage.WRITE_REFUSED: [{**_SUBMIT, "do": "success_false", "message": "The agreement is locked."}],
    DestinationBreakage.REPLY_LOST: [{**_SUBMIT, "do": "lose_reply"}],
    DestinationBreakage.REPLY_UNREADABLE: [{**_SUBMIT, "do": "not_json"}],
    DestinationBreakage.WRITE_DROPPED: [{**_SUBMIT, "do": "close"}],
    DestinationBreakage.WRITE_DONE_LATE: [{**_SUBMIT, "do": "act_late", "ms": 200}],
    DestinationBreakage.WRONG_QUANTITY: [{**_SUBMIT, "do": "wrong_quantity"}],
    DestinationBreakage.SIGN_IN_REFUSED: [],
    DestinationBreakage.CHARGES_UNREADABLE: [{"on": "tigerpaw_rest", "call": "/api/agreements/*", "times": 0, "do": "http_500"}],
    DestinationBreakage.DOWN: [{"on": "tigerpaw_rest", **_LASTING}, {"on": "tigerpaw_soap", **_LASTING}],
}


class TigerpawStage:
    secrets = (PRIVATE_KEY, PASSWORD)
    breakages = tuple(_FAULTS)

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._sandbox.set_faults([])

    def build(self, world: PsaWorld) -> Destination:
        self._scenario = _scenario(world)
        self._sandbox.replace(deepcopy(self._scenario))
        settings = TigerpawSettings(
            url=self._sandbox.tigerpaw_url,
            public_key=PUBLIC_KEY,
            private_key=Secret(PRIVATE_KEY),
            soap_user=USER,
            soap_password=Secret(PASSWORD),
            external_product=PRODUCT,
            dialect=load_dialect("sandbox-0", beside=None),
            trust=Trust(),
            page_size=2,
            read_timeout=5,
            patience=IMPATIENT,
        )
        return TigerpawDestination(settings, clock=lambda: datetime.now(UTC))

    def break_(self, how: DestinationBreakage) -> None:
        if how is DestinationBreakage.SIGN_IN_REFUSED:
            scenario = deepcopy(self._scenario)
            scenario["tigerpaw"]["soap_users"][0]["password"] = "another"
            self._sandbox.replace(scenario)
        self._sandbox.set_faults(_FAULTS[how])

    def close(self) -> None:
        self._sandbox.set_faults([])


def _scenario(world: PsaWorld) -> dict[str, Any]:
    return {
        "tigerpaw": {
            "rest_keys": [{"public": PUBLIC_KEY, "private": PRIVATE_KEY, "rep": 68}],
            "soap_users": [{"name": USER, "password": PASSWORD, "external_product": PRODUCT, "active": True}],
            "external_products": [PRODUCT],
            "price_book": [
                {"number": number, "item_id": item.id, "description": item.description, "inactive": item.inactive, "price": item.price}
                for number, item in enumerate(world.items, start=1)
            ],
            "accounts": [_account(account, world) for account in world.accounts],
        }
    }


def _account(account: Account, world: PsaWorld) -> dict[str, Any]:
    return {
        "number": account.number,
        "name": account.name,
        "external_products": [PRODUCT] if account.cross_referenced else [],
        "agreements": [_agreement(one) for one in world.agreements if one.account == account.number],
    }


def _agreement(agreement: Agreement) -> dict[str, Any]:
    return {
        "number": agreement.number,
        "start": _text(agreement.start),
        "end": _text(agreement.end),
        "last_billed": _text(agreement.last_billed),
        "charges": [
            {
                "detail_id": line.id,
                "item_id": line.item,
                "description": line.description,
                "quantity": line.quantity,
                "price": line.price,
                "delete_after_invoicing": line.delete_after_invoicing,
            }
            for line in agreement.charges
        ],
    }


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
