"""A ledger with 2,000 customers and a month of runs, written beside the demo's: what lists must answer quickly from."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from tallybridge.billing.model import Category, Quantity, Unit
from tallybridge.configuration import to_canonical
from tallybridge.configuration.records import Configuration, LinkSettings
from tallybridge.ledger import configurations, plain_sql
from tallybridge.ledger import runs as ledger_runs
from tallybridge.ledger.prepared import models
from tallybridge.ledger.run_records import NewRun, TenantRunRecord

NAME = "Two thousand"
CUSTOMERS = 2000
DAYS = 30
APPLICATIONS = ("Kaspersky Endpoint Security for Business - Select", "Kaspersky Endpoint Security for Business Advanced")


def write_large_fleet(like: Configuration, now: datetime) -> None:
    """Writes an integration that the ledger rules: its links, its newest run whole, and the tenant runs of the days before."""
    settings = replace(like.integration, name=NAME)
    links = tuple(LinkSettings(tenant=f"Customer {n:04}", account=50_000 + n, agreement=90_000 + n) for n in range(CUSTOMERS))
    configuration = replace(like, integration=settings, links=links, destination=replace(like.destination, url="http://127.0.0.1:9"))
    address = configurations.take(NAME, to_canonical(configuration), origin=configurations.OWN, at=now)
    newest = NewRun(id="large-run", integration=NAME, kind="run", date=now.date(), started=now, configuration=address, rules_version="1")
    ledger_runs.begin(newest)
    for number in range(CUSTOMERS):
        ledger_runs.record_tenant(newest.id, _tenant(number, now))
    ledger_runs.finish(newest.id, "done", {"tenants": CUSTOMERS}, now, {"only": None, "accounts_not_linked": []})
    for back in range(1, DAYS):
        _copy(newest.id, back)


def _tenant(number: int, now: datetime) -> TenantRunRecord:
    quantities = tuple(Quantity(application, Category.WINDOWS_WORKSTATION, Unit.DEVICE, _units(number), True) for application in APPLICATIONS)
    return TenantRunRecord(
        tenant_id=f"vs-{number:04}",
        tenant_name=f"Customer {number:04}",
        number=number,
        account=50_000 + number,
        agreement=90_000 + number,
        outcome=("unchanged", "applied", "held", "blocked")[number % 4],
        document=b'{"changes": [], "not_billed": []}',
        observed_at=now if number % 10 else None,
        quantities=quantities if number % 10 else (),
    )


def _units(number: int) -> int:
    """One customer has as many digits as a column must have room for."""
    return 123_456_789 if number == 7 else 10 + number % 40


def _copy(run: str, back: int) -> None:
    """The same tenant runs some days before; in few statements, because only their number matters."""
    copied = f"{run}-{back}"
    row = models.Run.objects.get(id=run)
    row.id, row.date, row.started, row._state.adding = copied, row.date - timedelta(days=back), row.started - timedelta(days=back), True
    row.save()
    columns = "tenant_id, tenant_name, number, account, destination, agreement, outcome, reason, detail, observed_at, facts_id"
    plain_sql.change(f"INSERT INTO ledger_tenantrun (run_id, {columns}) SELECT %s, {columns} FROM ledger_tenantrun WHERE run_id = %s", copied, run)
