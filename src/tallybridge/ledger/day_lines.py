"""What each line was counted and charged at on a day, or by a run: what two days are compared by. All of it only reads."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from django.db.models import Case, When

from tallybridge.billing.plan import Action
from tallybridge.ledger.errors import ledger_errors
from tallybridge.ledger.prepared import models


class LineOnDay(NamedTuple):
    """What became of one line, by the last run of the day that planned it."""

    tenant: str
    """The tenant's name."""
    agreement: int
    item: str
    counted: int | None
    """None where no run of the day has counted, for example where quantities were prescribed."""
    charged: int | None
    """What the PSA was last read to hold; None where it held no line."""
    run: str


@ledger_errors()
def lines_on(integration: str, day: date) -> Mapping[tuple[int, str], LineOnDay]:
    """The lines that the runs of a billing date planned, by agreement and item; two statements.

    A run that counted nothing itself leaves what was counted as it is: one that applied a plan, and one of prescribed quantities.
    """
    return _lines({"run__integration": integration, "run__date": day}, counting_alone=True)


@ledger_errors()
def lines_in(run: str, *, prescribed: bool = False) -> Mapping[tuple[int, str], LineOnDay]:
    """The lines that one run planned, by agreement and item; two statements.

    Args:
        prescribed: whether a person prescribed its quantities, so that none was counted.
    """
    return _lines({"run": run}, counting_alone=prescribed)


@ledger_errors()
def dates_with_runs(integration: str, most: int) -> tuple[date, ...]:
    """The newest billing dates on which a run was begun, newest first."""
    days = models.Run.objects.filter(integration=integration).order_by("-date").values_list("date", flat=True).distinct()
    return tuple(days[:most])


def _lines(of_runs: dict[str, Any], *, counting_alone: bool) -> dict[tuple[int, str], LineOnDay]:
    results = models.IntentResult.objects.filter(**of_runs).order_by("id")
    read_back = {
        (run, agreement, item): quantity
        for run, agreement, item, quantity in results.values_list("run_id", "intent__agreement", "intent__item", "quantity")
        if quantity is not None
    }
    planned = models.TenantRun.objects.filter(**of_runs, agreement__isnull=False, facts__plannedchange__isnull=False)
    changes = tuple(f"facts__plannedchange__{column}" for column in ("item", "action", "from_quantity", "to_quantity", "counted"))
    columns = ("run_id", "tenant_name", "agreement", "has_counted", *changes)
    # A number for yes or no, and no address: nothing of thousands of rows has to be converted.
    rows = planned.annotate(has_counted=Case(When(facts__usage__isnull=False, then=1), default=0)).order_by("id", "facts__plannedchange__id")
    found: dict[tuple[int, str], LineOnDay] = {}
    for run, tenant, agreement, has_counted, item, action, shown, wanted, counted in rows.values_list(*columns):
        charged = read_back.get((run, agreement, item), wanted if action == Action.UNCHANGED else shown)
        if counting_alone and not has_counted:
            before = found.get((agreement, item))
            quantity = before.counted if before is not None else None
        else:
            quantity = wanted if counted is None else counted
        found[agreement, item] = LineOnDay(tenant, agreement, item, quantity, charged, run)
    return found
