"""`worker`: carries out what other processes hand out, on any number of machines."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from typing import TYPE_CHECKING, Annotated

import typer

from tallybridge.cli.frame import CommandFailed, ConfigOption, HomeOption, JsonOption, frame, utc_now

if TYPE_CHECKING:
    from tallybridge.runs.reports import TenantReport


def add_to(app: typer.Typer) -> None:
    """Adds this group's commands."""
    app.command("worker", rich_help_panel="The day's bill")(worker)


def worker(
    concurrency: Annotated[
        int, typer.Option("--concurrency", min=1, max=64, metavar="N", help="Tenants that this worker carries out at the same time.")
    ] = 2,
    as_json: JsonOption = False,
    config: ConfigOption = None,
    home: HomeOption = None,
) -> None:
    """Carry out tenants of daily runs, beside other workers, until stopped. Needs a ledger in PostgreSQL: TALLYBRIDGE_DATABASE_URL.

    “serve” hands the day's run to the workers when its time has come, and “run --by-workers” does at once. What a worker was at when it died is taken
    over within a minute. All workers together keep to the max_sessions of each source. With --json, a line of JSON is printed per tenant.

    Example: tallybridge worker --concurrency 4
    """
    from django.db import connection

    if sys.platform == "win32":
        # The one that Windows chooses by itself cannot wait for a database.
        asyncio.set_event_loop_policy(asyncio.WindowsSelectorEventLoopPolicy())
    call = frame(as_json, config, home)
    call.open_ledger()
    if connection.vendor != "postgresql":
        raise CommandFailed(
            "Workers share a ledger in PostgreSQL, and this one is a file of this machine. Nothing was started. "
            "Name the database in TALLYBRIDGE_DATABASE_URL, or make the run here: tallybridge run"
        )
    from tallybridge.runs.doors import require_secrets
    from tallybridge.runs.workers.process import WorkerProcess, WorkerUnfit

    for configured in call.read_if_configured():
        require_secrets(configured.configuration)
    try:
        WorkerProcess(clock=utc_now, concurrency=concurrency, stop=threading.Event(), progress=_tell if as_json else lambda _: None).work()
    except WorkerUnfit as unfit:
        raise CommandFailed(f"{unfit} This worker has stopped; others go on.") from unfit


def _tell(report: TenantReport) -> None:
    from tallybridge.runs.reports import tenant_document

    sys.stdout.write(json.dumps(tenant_document(report), ensure_ascii=False) + "\n")
    sys.stdout.flush()
