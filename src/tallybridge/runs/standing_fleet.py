"""Who belongs to the fleet now, by what the ledger last heard of each tenant."""

from __future__ import annotations

from collections.abc import Sequence

from tallybridge.ledger.run_records import StoredRun
from tallybridge.ledger.standing_queries import LastHeard
from tallybridge.runs.reports import Mode
from tallybridge.runs.standing_runs import went_through


def fleet(heard: Sequence[LastHeard], runs: Sequence[StoredRun]) -> tuple[LastHeard, ...]:
    """The tenants as they are now: of two that were recorded for one account the newer, and none that a later run over the whole fleet has not met.

    Args:
        heard: what was last heard of each tenant, former ones too.
        runs: the runs that they were heard by, oldest first.
    """
    order = {run.id: place for place, run in enumerate(runs)}
    whole = next((order[run.id] for run in reversed(runs) if _met_everybody(run)), -1)
    present: dict[int | str, LastHeard] = {}
    for one in sorted(heard, key=lambda one: one.newest.id, reverse=True):
        account = one.newest.account
        key = one.newest.tenant_id if account is None else account
        newer = present.get(key)
        if newer is None:
            present[key] = one
        elif not newer.newest.listed and newer.planned is None:
            # The link's tenant is not listed any more; what its agreement is, was told while it was.
            present[key] = LastHeard(newest=newer.newest, observed=newer.observed, planned=one.planned)
    return tuple(one for one in present.values() if order.get(one.newest.run, -1) >= whole)


def since_everybody_was_met(runs: Sequence[StoredRun]) -> tuple[str, ...] | None:
    """The ids of the newest run over the whole fleet and of those after it; None where there is none. `runs` are oldest first."""
    whole = next((place for place in range(len(runs) - 1, -1, -1) if _met_everybody(runs[place])), None)
    return tuple(run.id for run in runs[whole:]) if whole is not None else None


def _met_everybody(run: StoredRun) -> bool:
    """Whether a run took in all tenants. An old one that met a single tenant and does not say for whom it was, may have been for that one alone."""
    of_all = run.tail.get("only") is None and ("only" in run.tail or run.totals.get("tenants", 0) > 1)
    return run.kind in (Mode.RUN, Mode.PLAN) and went_through(run) and of_all
