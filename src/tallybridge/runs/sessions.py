"""The source's sessions of a spread run, shared by all of its processes: `max_sessions` tenants at a time, wherever they are carried out."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from time import monotonic

from tallybridge.billing.model import Observation, Tenant
from tallybridge.billing.reasons import Reason
from tallybridge.ledger import at_work, leases
from tallybridge.runs.recording import PartGivenBack
from tallybridge.sources.base import Source, SourceError, TenantBlocked, TenantListing
from tallybridge.wire.checks import Check

_LOOK_AGAIN = 0.1
_ASK_AGAIN = 10.0
"""Seconds."""
_REFUSALS_IN_A_ROW = 3
"""As within one process: repeated refusals lock the account (KSC Open API reference 1.4, SPL 2013)."""


@contextmanager
def one_of_the_sessions(integration: str, most: int, *, stop: threading.Event, still_wanted: Callable[[], object] = lambda: None) -> Iterator[None]:
    """Waits until fewer than `most` sessions of the integration are in use, and keeps one for the length of a `with` block.

    However long that takes: other customers may need their whole time limit, and this one's has not begun.

    Args:
        still_wanted: asked now and then meanwhile; what it raises ends the waiting.

    Raises:
        PartGivenBack: this process was stopped.
    """
    with ExitStack() as stack:
        ask = monotonic() + _ASK_AGAIN
        while not any(stack.enter_context(leases.hold_lease(key)) for key in _keys(integration, most)):
            if stop.wait(_LOOK_AGAIN):
                raise PartGivenBack("This process was stopped while it waited for a session. Nothing was read or written; another one goes on.")
            if monotonic() >= ask:
                still_wanted()
                ask = monotonic() + _ASK_AGAIN
        yield


def _keys(integration: str, most: int) -> list[str]:
    """In another order each time, so that few processes ask for the same one."""
    return [f"session:{integration}:{number}" for number in random.sample(range(most), most)]


class SignInsTogether:
    """A source whose refused sign-ins are counted over all processes of a run: after three in a row none of them tries another."""

    def __init__(self, source: Source, run_id: str) -> None:
        self._source = source
        self._run_id = run_id

    def tenants(self) -> TenantListing:
        """The source's own."""
        return self._source.tenants()

    def observe(self, tenant: Tenant, *, deadline: Callable[[], float]) -> Observation:
        """What the source reads, unless too many sign-ins were refused.

        Raises:
            TenantNotObserved: as the source does; or it was not tried.
        """
        refused = at_work.refused_reads(self._run_id)
        if refused >= _REFUSALS_IN_A_ROW:
            raise TenantBlocked(Reason.SIGN_INS_STOPPED, Reason.SIGN_INS_STOPPED.sentence)
        try:
            observation = self._source.observe(tenant, deadline=deadline)
        except SourceError as failed:
            if failed.reason in (Reason.SIGN_IN_REFUSED, Reason.NO_ACCESS):
                at_work.count_refused_read(self._run_id)
            raise
        if refused:
            at_work.forget_refused_reads(self._run_id)
        return observation

    def checks(self) -> tuple[Check, ...]:
        """The source's own."""
        return self._source.checks()

    def close(self) -> None:
        """Closes the source."""
        self._source.close()
