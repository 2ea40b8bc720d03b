"""A billed fleet, and every page of the console asked for some times. Imported once Django knows the console's tables: see `console_pages`."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tallybridge.console import integrations
from tallybridge.console.models import Person, Role
from tallybridge.console.serving import Listening, configure_pages
from tallybridge.ledger import configurations, plain_sql
from tallybridge.ledger import runs as ledger_runs
from tallybridge.ledger.opening import close_ledger, open_ledger
from tallybridge.ledger.prepared import models
from tallybridge.ledger.run_queries import tenant_runs
from tallybridge.runs.configuring import Configured, from_ledger, take_files
from tallybridge.runs.day import Order, run_day
from tallybridge.runs.reports import Mode
from tallybridge.sandbox import Sandbox, write_declaration

NAME = "Integration with Tigerpaw"
FILE = "tallybridge.toml"


def bill(home: Path, customers: int, hosts: int, days: int) -> None:
    """Bills the fleet yesterday, and plans it today after a few lines were changed by hand and a few devices left; then gives it a past.

    Args:
        days: of the past, on each of which the same was found as yesterday: what pages ask must not take longer as a ledger grows old.
    """
    ago = timedelta(days=1)

    def clock() -> datetime:
        return datetime.now(UTC) - ago

    generate = {"virtual_servers": customers, "hosts_each": hosts, "keys_each": 2, "seed": 7}
    world: dict[str, Any] = {"ksc": {"generate": generate}, "tigerpaw": {"generate": {"match_ksc": True}}}
    home.mkdir(parents=True, exist_ok=True)
    with Sandbox(world, now=clock) as sandbox, _opened(home, clock):
        files = write_declaration(home / FILE, sandbox.world.scenario, sandbox.announcement)
        (one,) = take_files(files, clock)
        run_day(Order(configuration=one.configuration, configuration_address=one.address, mode=Mode.RUN, clock=clock))
        ago = timedelta(0)
        _let_things_happen(sandbox)
        run_day(Order(configuration=one.configuration, configuration_address=one.address, mode=Mode.PLAN, clock=clock))
        _give_it_a_past(days)


_COLUMNS = "tenant_id, tenant_name, number, account, destination, agreement, outcome, reason, detail, observed_at, facts_id"
_FACTS = "integration, kind, configuration, rules, rules_version, host, pid, process_started"


def _give_it_a_past(days: int) -> None:
    """Copies the oldest run to the days before it, with smaller numbers, as if those had come first. Only its chain of manifests is not true."""
    oldest = models.Run.objects.order_by("started").first()
    assert oldest is not None
    room = models.TenantRun.objects.count() + 1
    for back in range(1, days + 1):
        copied = f"{oldest.id}-{back}"
        day, started = (plain_sql.day(oldest.date - timedelta(days=back)), plain_sql.instant(oldest.started - timedelta(days=back)))
        copy_run = f"INSERT INTO ledger_run (id, date, started, {_FACTS}) SELECT %s, %s, %s, {_FACTS} FROM ledger_run WHERE id = %s"
        plain_sql.change(copy_run, copied, day, started, oldest.id)
        copy_end = "INSERT INTO ledger_manifest (sequence, previous, head, outcome, finished, body, run_id)"
        copy_end += " SELECT sequence + %s, %s, %s, outcome, %s, body, %s FROM ledger_manifest WHERE run_id = %s"
        plain_sql.change(copy_end, 1_000_000 + back, f"before {back}", f"head {back}", started, copied, oldest.id)
        copy_parts = f"INSERT INTO ledger_tenantrun (id, run_id, {_COLUMNS}) SELECT id - %s, %s, {_COLUMNS} FROM ledger_tenantrun WHERE run_id = %s"
        plain_sql.change(copy_parts, back * room, copied, oldest.id)


def _let_things_happen(sandbox: Sandbox) -> None:
    world = sandbox.state()
    for number, server in enumerate(world["ksc"]["virtual_servers"]):
        if number % 3 == 0 and server["hosts"]:
            gone = server["hosts"].pop()["id"]
            server["uses"] = [use for use in server["uses"] if use["host"] != gone]
    for number, account in enumerate(world["tigerpaw"]["accounts"]):
        for charge in account["agreements"][0]["charges"][: number % 10 == 0]:
            charge["quantity"] += 1
    sandbox.replace(world)


@contextmanager
def _opened(home: Path, clock: Callable[[], datetime]) -> Iterator[None]:
    open_ledger(home, clock=clock, whole=True)
    try:
        yield
    finally:
        close_ledger()


def measure(home: Path, how: str, turns: int) -> None:
    """Asks for every page some times."""

    def clock() -> datetime:
        return datetime.now(UTC)

    def read() -> tuple[Configured, ...]:
        return take_files((home / FILE,), clock) if how == "file" else from_ledger()

    with _opened(home, clock):
        configure_pages(home, Listening(names=("testserver",)))
        integrations.use(read, clock)
        if how == "ledger":
            configurations.release(NAME)
        client = Client()
        user, _ = User.objects.get_or_create(username="measuring")
        Person.objects.get_or_create(user=user, defaults={"role": Role.ADMINISTER})
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        for address in addresses():
            client.get(address)
            wall, thread = [], []
            for _ in range(turns):
                begun = time.perf_counter(), time.thread_time()
                answer = client.get(address)
                wall.append((time.perf_counter() - begun[0]) * 1000)
                thread.append((time.thread_time() - begun[1]) * 1000)
            with CaptureQueriesContext(connection) as captured:
                client.get(address)
            figures = f"{statistics.median(thread):6.0f} {statistics.median(wall):6.0f} {len(captured):4}"
            print(f"{how:7} {figures}  {answer.status_code}  {address}", flush=True)


def addresses() -> list[str]:
    """Every page, of a customer in the middle where it is about one."""
    newest = ledger_runs.latest_run(NAME)
    assert newest is not None
    parts = tenant_runs(newest.id)
    one = next(part for part in parts[len(parts) // 2 :] if part.agreement is not None)
    item = one.document.split(b'"item":"')[1].split(b'"')[0].decode()
    day = newest.date
    return [
        "/",
        "/?days=90",
        "/not-billed.csv",
        "/customers/",
        "/customers/?q=1&state=held&sort=-billed",
        "/customers/?sort=-counted&page=7",
        "/customers/?sort=observed",
        f"/customers/one/{one.tenant_id}/",
        f"/customers/link/{one.tenant_id}/?q=1",
        "/customers/accounts/",
        "/customers/suggestions/",
        "/mapping/",
        "/mapping/?show=all",
        "/plan/",
        "/plan/?show=held",
        "/plan/?show=all&page=9",
        "/plan/worklist/",
        "/runs/",
        f"/runs/{newest.id}/",
        f"/runs/{newest.id}/changes.csv",
        f"/runs/compare/?from={day - timedelta(days=1)}&to={day}",
        f"/runs/compare.csv?from={day - timedelta(days=1)}&to={day}",
        f"/why/{one.agreement}/{item}/",
        f"/why-print/{one.agreement}/{item}/",
        "/settings/",
        "/settings/guards/",
        "/settings/export/",
        "/pending/",
        "/people/",
        "/audit/",
    ]
