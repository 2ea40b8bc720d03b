"""What a tenant run tells of the end of its agreement. Successors are asked for only where an end is near: other tenants cost no call more."""

from __future__ import annotations

from tallybridge.billing.agreement_ends import is_to_be_told, notices_of_end
from tallybridge.billing.model import Notice
from tallybridge.billing.psa import Agreement
from tallybridge.destinations.base import DestinationError
from tallybridge.runs.context import RunContext


def end_notices(context: RunContext, agreement: Agreement) -> tuple[Notice, ...]:
    """The notices `agreement_ends` and `agreement_successor` of an agreement as it was just read; they change no quantity and no outcome.

    Raises nothing of the PSA: where its other agreements cannot be read, no successor is told.
    """
    if not is_to_be_told(agreement, context.date):
        return ()
    try:
        of_account = context.destination.agreements(agreement.account)
    except DestinationError:
        of_account = ()
    return notices_of_end(agreement, of_account, context.date)
