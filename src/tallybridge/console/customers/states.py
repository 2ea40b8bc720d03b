"""What stands in the column "State" of a customer, and what the filters of the list are."""

from __future__ import annotations

from enum import StrEnum

from tallybridge.billing.reasons import Reason
from tallybridge.configuration.records import LinkSettings
from tallybridge.ledger.customer_queries import TenantInRun
from tallybridge.runs.reports import TenantOutcome


class State(StrEnum):
    """How a customer's bill stands, by its link as it is now and the newest run that met it."""

    BILLED = "billed"
    TO_APPLY = "to_apply"
    WAITING = "waiting"
    HELD = "held"
    BLOCKED = "blocked"
    FAILED = "failed"
    NOT_RUN = "not_run"
    NOT_LINKED = "not_linked"
    BILLING_OFF = "billing_off"

    @property
    def word(self) -> str:
        """For people."""
        return _WORDS.get(self, self.value.replace("_", " "))

    @property
    def outcome(self) -> str:
        """The outcome whose tone and shape it is shown with."""
        return _OUTCOMES.get(self, self.value)


_WORDS = {State.WAITING: "to be entered", State.NOT_RUN: "not run yet"}
_OUTCOMES = {State.BILLED: "applied", State.TO_APPLY: "planned"}
_OF_OUTCOME = {
    TenantOutcome.APPLIED: State.BILLED,
    TenantOutcome.UNCHANGED: State.BILLED,
    TenantOutcome.PLANNED: State.TO_APPLY,
    TenantOutcome.WAITING: State.WAITING,
    TenantOutcome.HELD: State.HELD,
    TenantOutcome.BLOCKED: State.BLOCKED,
    TenantOutcome.FAILED: State.FAILED,
}
CHANGED_SINCE = "The link was made or changed after the newest run; the next one bills it so."


def state_of(link: LinkSettings | None, record: TenantInRun | None) -> tuple[State, str]:
    """The state of a customer, and the sentence that explains it.

    Args:
        link: as it is configured now; None for a tenant without.
        record: what the newest run that met the tenant made of it; None where none has.
    """
    if link is None:
        return State.NOT_LINKED, Reason.NOT_LINKED.sentence
    if not link.billing:
        return State.BILLING_OFF, Reason.BILLING_OFF.sentence
    if link.agreement is None:
        return State.BLOCKED, Reason.NO_AGREEMENT.sentence
    found = _OF_OUTCOME.get(TenantOutcome(record.outcome)) if record is not None else None
    if record is None or found is None or (record.account, record.agreement) != (link.account, link.agreement):
        return State.NOT_RUN, CHANGED_SINCE
    return found, record.sentence
