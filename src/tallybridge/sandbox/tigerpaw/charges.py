"""What a submission of additional charges does to an agreement (contracts 4; Tigerpaw reference 4.3).

A submission is carried out as a whole or not at all (our choice): everything is checked before anything is written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tallybridge.sandbox.scenario import Charge
from tallybridge.sandbox.tigerpaw.dialect import ChargeResult

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from tallybridge.sandbox.scenario import Agreement
    from tallybridge.sandbox.tigerpaw.dialect import Submission, SubmittedCharge
    from tallybridge.sandbox.tigerpaw.index import OwnedAgreement, TigerpawIndex


class ChargeRefusedError(Exception):
    """The submission is refused and nothing was written; the text becomes the result's message."""


def submit(submission: Submission, *, external_product: str, index: TigerpawIndex, today: date, excess: int = 0) -> Sequence[ChargeResult]:
    """Carries out a submission and returns what became of each charge. Raises ChargeRefusedError.

    `external_product` is the SOAP user's; `excess` is added to each submitted quantity (the fault `wrong_quantity`).
    """
    owned = index.agreements.get(submission.agreement)
    if owned is None:
        raise ChargeRefusedError(f"Agreement {submission.agreement} does not exist.")
    _check_agreement(owned, external_product, today)
    for charge in submission.charges:
        _check_charge(charge, owned.agreement, index)
    _check_no_line_twice(submission.charges)
    return [_carry_out(charge, owned.agreement, index, today, excess) for charge in submission.charges]


def _check_agreement(owned: OwnedAgreement, external_product: str, today: date) -> None:
    account, agreement = owned.account, owned.agreement
    if external_product not in account.external_products:
        raise ChargeRefusedError(f"Account {account.number} is not cross-referenced to the external product '{external_product}'.")
    # our choice: the reference does not say that an ended agreement is refused; its last day still counts
    if agreement.end is not None and agreement.end < today:
        raise ChargeRefusedError(f"Agreement {agreement.number} ended on {agreement.end.isoformat()}.")


def _check_charge(charge: SubmittedCharge, agreement: Agreement, index: TigerpawIndex) -> None:
    line = None
    if charge.detail_id is not None:
        line = _line(agreement, charge.detail_id)
        if line is None:
            raise ChargeRefusedError(f"Agreement {agreement.number} has no additional charge {charge.detail_id}.")
    # our choice: a line keeps its item
    if line is not None and charge.item_id is not None and charge.item_id != line.item_id:
        raise ChargeRefusedError(f"Additional charge {line.detail_id} holds the item {line.item_id}, not {charge.item_id}.")
    if charge.action == "delete" or charge.item_id is None:
        return
    item = index.item(charge.item_id)
    if item is None:
        raise ChargeRefusedError(f"The price book has no item {charge.item_id}.")
    if item.inactive:
        raise ChargeRefusedError(f"The price book item {charge.item_id} is inactive.")


def _check_no_line_twice(charges: Sequence[SubmittedCharge]) -> None:
    named = [charge.detail_id for charge in charges if charge.detail_id is not None]
    if len(named) != len(set(named)):
        raise ChargeRefusedError("An additional charge is named twice.")


def _carry_out(charge: SubmittedCharge, agreement: Agreement, index: TigerpawIndex, today: date, excess: int) -> ChargeResult:
    quantity = (charge.quantity or 0) + excess
    line = None if charge.detail_id is None else _line(agreement, charge.detail_id)
    if line is None:
        created = _new_line(charge, index, quantity, today)
        agreement.charges.append(created)
        return ChargeResult(created.item_id, created.detail_id, "created")
    if charge.action == "delete":
        agreement.charges.remove(line)
        return ChargeResult(line.item_id, line.detail_id, "deleted")
    line.quantity = quantity
    if charge.description is not None:
        line.description = charge.description
    if charge.price is not None:
        line.price = charge.price
    return ChargeResult(line.item_id, line.detail_id, "updated")


def _new_line(charge: SubmittedCharge, index: TigerpawIndex, quantity: int, today: date) -> Charge:
    item = index.item(charge.item_id or "")
    assert item is not None, "a line without its item passed the checks"
    return Charge(
        detail_id=index.new_detail_id(),
        item_id=item.item_id,
        description=item.description if charge.description is None else charge.description,
        quantity=quantity,
        price=item.price if charge.price is None else charge.price,
        date_added=today,
    )


def _line(agreement: Agreement, detail_id: int) -> Charge | None:
    return next((charge for charge in agreement.charges if charge.detail_id == detail_id), None)
