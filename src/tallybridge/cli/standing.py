"""`status`: is the bill right? Told by the ledger alone, without a connection."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import typer

from tallybridge.billing.agreement_ends import EndStage
from tallybridge.cli.frame import ConfigOption, Finished, HomeOption, JsonOption, frame, utc_now, with_names

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from tallybridge.cli.frame import Frame
    from tallybridge.runs.configuring import Configured
    from tallybridge.runs.standing import IntegrationStanding
    from tallybridge.runs.workers.under_way import UnderWay

ROWS_SHOWN = 20
"""A table for people stops here; --json never does."""

_Row = tuple[object, ...]


def add_to(app: typer.Typer) -> None:
    """Adds this group's commands."""
    app.command("status", rich_help_panel="The day's bill")(status)


def status(as_json: JsonOption = False, config: ConfigOption = None, home: HomeOption = None) -> None:
    """Is the bill right? Shows what ran, what waits, what is billed to nobody, what was decided and what will end soon. Needs no connection.

    Exit code: 0 nothing to do; 3 something waits, is not billed or left behind, or an agreement or a stated count ends within 7 days, or an
    agreement has ended; 1 the last run or a tenant failed, or a run is overdue.

    Tables show the worst 20 rows; --json shows all.

    Example: tallybridge status
    """
    call = frame(as_json, config, home)
    configured = call.configured()
    from tallybridge.runs.standing import look
    from tallybridge.runs.standing_document import standing_document
    from tallybridge.runs.standing_verdict import verdict
    from tallybridge.runs.workers.under_way import under_way, under_way_document

    now = utc_now()
    standings = look([one.configuration for one in configured], lambda: now)
    answer = verdict(standings)
    if call.as_json:
        call.give(standing_document(answer, standings, now) | under_way_document(under_way(now)))
    else:
        _show_runs(call, configured, standings, answer.sentence)
        _show_workers(call, under_way(now))
        for title, columns, rows, numbers in _tables(standings):
            if rows:
                more = f" (the first {ROWS_SHOWN}; all with --json)" if len(rows) > ROWS_SHOWN else ""
                call.show(columns, rows[:ROWS_SHOWN], title=f"{title}: {len(rows)}{more}", numbers=numbers)
    raise Finished(answer.exit_code)


def _show_runs(call: Frame, configured: Sequence[Configured], standings: Sequence[IntegrationStanding], sentence: str) -> None:
    zones = {one.configuration.integration.name: ZoneInfo(one.configuration.integration.time_zone) for one in configured}
    rows = [_run_row(one, zones[one.integration]) for one in standings]
    call.show(("Integration", "Last run", "Kind", "Outcome", "Next run", "Chain head"), rows, title=sentence)
    for one in standings:
        if one.last_run is not None and one.last_run.sentence:
            call.say(f"{one.integration}: {with_names(one.last_run.sentence)}")
        for problem in one.problems:
            call.say(f"{one.integration}: {problem}")


def _show_workers(call: Frame, found: UnderWay) -> None:
    """Nothing where one process does everything."""
    for run in found.runs:
        call.say(f"{run.integration}: run {run.run} is under way by workers, {run.done} of {run.of} customers are done.")
    if found.workers:
        rows = [(one.host, one.pid, "alive" if one.alive else "GONE", f"{one.last_seen:%Y-%m-%d %H:%M:%S}", len(one.parts)) for one in found.workers]
        call.show(("Machine", "Process", "Worker", "Last seen (UTC)", "At work on"), rows, title="Workers", numbers=("Process", "At work on"))


def _run_row(standing: IntegrationStanding, zone: ZoneInfo) -> _Row:
    last, upcoming = standing.last_run, standing.next_run
    at = (upcoming.overdue_since or upcoming.at).astimezone(zone)
    due = f"{at:%Y-%m-%d %H:%M}{' OVERDUE' if upcoming.overdue_since is not None else ''}"
    if upcoming.under_way:
        due = "under way"
    if last is None:
        return standing.integration, "none", None, None, due, None
    outcome = last.outcome.upper() if last.failed else last.outcome
    return standing.integration, last.run.date, last.run.kind, outcome, due, last.run.head


def _tables(standings: Sequence[IntegrationStanding]) -> Iterator[tuple[str, Sequence[str], Sequence[_Row], Sequence[str]]]:
    """Every list over all integrations: title, columns, rows with the worst first, columns of numbers; the worst list first."""
    at_once = (EndStage.ENDED, EndStage.WITHIN_1_DAY)
    yield "AGREEMENTS THAT HAVE ENDED, OR END BY TOMORROW", _AGREEMENT_COLUMNS, _agreement_rows(standings, at_once), _AGREEMENT_NUMBERS
    yield (
        "Failed and blocked",
        ("Tenant", "Agreement", "Outcome", "Date", "Why"),
        [
            (one.tenant, one.agreement, outcome.upper(), one.date, with_names(one.sentence))
            for outcome in ("failed", "blocked")
            for each in standings
            for one in each.stopped
            if one.outcome == outcome
        ],
        ("Agreement",),
    )
    yield (
        "Linked, and not run today",
        ("Tenant", "Account", "Agreement", "Last run"),
        [(one.link.label, one.link.account, one.link.agreement, one.last or "never") for each in standings for one in each.not_run_today],
        ("Account", "Agreement"),
    )
    yield (
        "Held, see: tallybridge holds list",
        ("Id", "Tenant", "Agreement", "Item", "Why", "Wanted"),
        [(one.id, one.tenant, one.agreement, one.item, one.reason.value, one.wanted) for each in standings for one in each.held],
        ("Agreement", "Wanted"),
    )
    yield (
        "To be entered, see: tallybridge worklist",
        ("Tenant", "Agreement", "Item", "Enter"),
        [(one.tenant, one.agreement, one.item, one.enter) for each in standings for one in each.worklist],
        ("Agreement", "Enter"),
    )
    yield (
        "Planned and not written",
        ("Tenant", "Agreement", "Changes", "Run"),
        _most_first(2, [(one.record.tenant, one.record.agreement, one.changes, one.record.run) for each in standings for one in each.to_apply]),
        ("Agreement", "Changes"),
    )
    yield (
        "Not billed",
        ("Tenant", "Application", "Category", "Quantity", "Why", "Date"),
        _most_first(
            3,
            [
                (
                    one.record.tenant,
                    leak.application,
                    leak.category.value if leak.category else "all",
                    leak.quantity,
                    leak.reason.value,
                    one.record.date,
                )
                for each in standings
                for one in each.not_billed
                for leak in (one.not_billed,)
            ],
        ),
        ("Quantity",),
    )
    yield (
        "Left behind: billed, and wanted nowhere any more",
        _LEFT_BEHIND_COLUMNS,
        _left_behind_rows(standings, on_ended_agreement=False),
        _LEFT_BEHIND_NUMBERS,
    )
    yield "Agreements that end within 7 days", _AGREEMENT_COLUMNS, _agreement_rows(standings, (EndStage.WITHIN_7_DAYS,)), _AGREEMENT_NUMBERS
    yield (
        "Stated counts that end within 7 days",
        ("Tenant", "Application", "Quantity", "Until", "Days left", "Stated by"),
        _least_first(
            4,
            [
                (one.stated.tenant, stated.application, stated.quantity, stated.until, one.days_left, stated.author)
                for each in standings
                for one in each.stated_counts
                for stated in (one.stated.stated,)
            ],
        ),
        ("Quantity", "Days left"),
    )
    yield (
        "Decided, and in force, see: tallybridge holds list --decided",
        ("Id", "Decision", "Tenant", "Agreement", "Item", "Quantity", "Until", "Days left", "By"),
        _decision_rows(standings),
        ("Agreement", "Quantity", "Days left"),
    )
    yield "Agreements that end within 30 days", _AGREEMENT_COLUMNS, _agreement_rows(standings, (EndStage.WITHIN_30_DAYS,)), _AGREEMENT_NUMBERS
    yield (
        "Cross-referenced to the External Product, and linked to no tenant",
        ("Account", "Name"),
        list(dict.fromkeys(account for each in standings for account in each.accounts_not_linked)),
        ("Account",),
    )
    yield (
        "On an agreement that has ended: never written, and bills nothing any more",
        _LEFT_BEHIND_COLUMNS,
        _left_behind_rows(standings, on_ended_agreement=True),
        _LEFT_BEHIND_NUMBERS,
    )
    yield (
        "Not observed on some of the last 31 days; those days stay without evidence",
        ("Tenant", "Agreement", "Days", "Last observed", "Which"),
        _most_first(
            2,
            [
                (one.link.label, one.link.agreement, len(one.days), one.last_observed or "never", ", ".join(f"{day:%m-%d}" for day in one.days))
                for each in standings
                for one in each.gaps
            ],
        ),
        ("Agreement", "Days"),
    )


_AGREEMENT_COLUMNS = ("Tenant", "Agreement", "Ends", "Days left", "Successor")
_AGREEMENT_NUMBERS = ("Agreement", "Days left", "Successor")


def _agreement_rows(standings: Sequence[IntegrationStanding], stages: Collection[EndStage]) -> Sequence[_Row]:
    found = [one for each in standings for one in each.agreements if one.stage in stages]
    return _least_first(3, [(one.link.label, one.link.agreement, one.agreement.end, one.days_left, one.successor) for one in found])


_LEFT_BEHIND_COLUMNS = ("Tenant", "Agreement", "Item", "Line", "Quantity", "Why")
_LEFT_BEHIND_NUMBERS = ("Agreement", "Line", "Quantity")


def _left_behind_rows(standings: Sequence[IntegrationStanding], *, on_ended_agreement: bool) -> Sequence[_Row]:
    found = [one for each in standings for one in each.left_behind if one.on_ended_agreement is on_ended_agreement]
    return _most_first(4, [(one.tenant.name, one.agreement, one.item, one.charge, one.quantity, one.reason.value) for one in found])


def _decision_rows(standings: Sequence[IntegrationStanding]) -> Sequence[_Row]:
    """Those that end first come first; the others keep their order."""
    found = [one for each in standings for one in each.decisions]
    return [
        (
            one.stored.hold.id,
            one.stored.decision.kind.value,
            one.stored.hold.tenant,
            one.stored.hold.agreement,
            one.stored.decision.item,
            one.stored.decision.quantity,
            one.stored.decision.until,
            one.days_left,
            one.stored.author,
        )
        for one in sorted(found, key=lambda one: (one.days_left is None, one.days_left or 0))
    ]


def _least_first(column: int, rows: Sequence[_Row]) -> Sequence[_Row]:
    """Rows in order of a column of numbers; equal ones keep their order."""
    return sorted(rows, key=lambda row: int(str(row[column])))


def _most_first(column: int, rows: Sequence[_Row]) -> Sequence[_Row]:
    return sorted(rows, key=lambda row: -int(str(row[column])))
