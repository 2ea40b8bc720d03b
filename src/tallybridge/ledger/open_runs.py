"""Only a run that has not been closed with its manifest can be added to."""

from __future__ import annotations

from tallybridge.ledger import plain_sql
from tallybridge.ledger.errors import RunClosed, RunUnknown
from tallybridge.ledger.opening import adding_to_a_run
from tallybridge.ledger.prepared import models

_OPEN = "SELECT 1 FROM ledger_run WHERE id = %s AND NOT EXISTS (SELECT 1 FROM ledger_manifest WHERE run_id = ledger_run.id)"


def require_open(run_id: str) -> models.Run:
    """The run, to be called within the transaction that adds to it. Raises RunUnknown, RunClosed."""
    adding_to_a_run(run_id)
    row = models.Run.objects.select_related("manifest").filter(id=run_id).first()
    if row is None:
        raise RunUnknown(f"The ledger knows no run {run_id}. Nothing was recorded.")
    if hasattr(row, "manifest"):
        raise RunClosed(f"Run {run_id} is closed as {row.manifest.outcome}; nothing can be added to it. Nothing was recorded.")
    return row


def require_still_open(run_id: str) -> None:
    """`require_open` for what every tenant run adds: the same, in less time, and without the run."""
    adding_to_a_run(run_id)
    if not plain_sql.rows(_OPEN, run_id):
        require_open(run_id)
