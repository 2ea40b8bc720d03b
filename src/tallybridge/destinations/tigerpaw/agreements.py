"""Agreements and their Additional Charges, as REST shows them; REST cannot write them (Tigerpaw reference 0, 1.7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tallybridge.billing.psa import Agreement, Charge
from tallybridge.billing.reasons import Reason
from tallybridge.destinations.base import ReadFailed
from tallybridge.destinations.tigerpaw.models import AdditionalCharge, AgreementDetail, AgreementFields, AgreementPage, local_date
from tallybridge.destinations.tigerpaw.paging import read_to_the_end

if TYPE_CHECKING:
    from tallybridge.destinations.tigerpaw.rest import RestDoor


class Agreements:
    """The agreements of one Tigerpaw. Every method raises ReadFailed and DestinationFailed."""

    def __init__(self, rest: RestDoor) -> None:
        self._rest = rest

    def of_account(self, account: int) -> tuple[Agreement, ...]:
        """The agreements of an account, ended ones included, without charges.

        The operation publishes no paging parameters: where its reply announces more rows than it holds, the read fails (L1).
        """
        what = f"the agreements of account {account}"
        page = self._rest.find(f"/api/agreements/account/{account}/false", AgreementPage, what=what)
        if page is None:
            return ()
        rows = read_to_the_end(lambda _: page, identity=lambda row: row.agreement_number, first_row=0, what=what)
        return tuple(_agreement(row.agreement_number, row.agreement, ()) for row in rows)

    def one(self, number: int) -> Agreement | None:
        """One agreement with its charges, in one call; None where there is none."""
        detail = self._rest.find(f"/api/agreements/{number}/details", AgreementDetail, what=f"agreement {number}")
        if detail is None:
            return None
        if detail.agreement_number != number:
            raise _malformed(f"asked for agreement {number}, Tigerpaw sent agreement {detail.agreement_number}")
        lines = detail.additional_charges
        # Null may mean "none" or "not read", so the list is asked for by itself (L1).
        charges = self.charges(number) if lines is None else _charges(number, lines)
        return _agreement(number, detail.agreement, charges)

    def charges(self, number: int) -> tuple[Charge, ...]:
        """The charges of an agreement at this moment."""
        what = f"the charges of agreement {number}"
        return _charges(number, self._rest.read(f"/api/agreements/{number}/additionalcharges", list[AdditionalCharge], what=what))


def _agreement(number: int, fields: AgreementFields, charges: tuple[Charge, ...]) -> Agreement:
    try:
        return Agreement(
            number=number,
            account=fields.account_number,
            type=fields.type or "",
            start=local_date(fields.start_date),
            end=local_date(fields.end_date),
            last_billed=local_date(fields.last_billed_date),
            next_billing=local_date(fields.next_billing_period),
            charges=charges,
        )
    except ValueError as error:
        raise _malformed(f"agreement {number} has a date that cannot be read ({error})") from error


def _charges(number: int, lines: list[AdditionalCharge]) -> tuple[Charge, ...]:
    if len({line.detail_id for line in lines}) != len(lines):
        raise _malformed(f"agreement {number} shows a line id twice")
    return tuple(
        Charge(
            id=line.detail_id,
            item=line.special_item_id or "",
            quantity=line.quantity,
            description=line.item_description or "",
            price=line.price,
            delete_after_invoicing=bool(line.delete_after_invoicing),
        )
        for line in lines
    )


def _malformed(what: str) -> ReadFailed:
    return ReadFailed(Reason.PSA_UNREACHABLE, f"Tigerpaw's reply contradicts itself: {what}. It was not used; asking wrote nothing.")
