"""`verify` names what was changed among the rows that no run owns, and among those that change: the decisions, our lines, the holds (design 7)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from _pytest.mark import ParameterSet
from django.db import models as django_models

from tallybridge.billing.model import Stated, Tenant
from tallybridge.ledger import (
    added_rows,
    destinations,
    evidence,
    imports,
    lines,
    manifest_body,
    manifests,
    opening,
    present_rows,
    runs,
    stated_counts,
    tenants,
)
from tallybridge.ledger.key import KEY_VARIABLE
from tallybridge.ledger.prepared import models
from tests.databases.homes import copy_home
from tests.ledger.examples import AGREEMENT, INTEGRATION, START, TENANT, TODAY, StandingClock, begin, line, one_day, prune_one, statements
from tests.ledger.tampering import ROW, bytes_in_sql, changed, report_after

OTHER = "Integration of the other office"
ADDED = (
    models.ConfigurationVersion,
    models.DecisionEnd,
    models.HoldDecision,
    models.ImportedExport,
    models.PrunedContent,
    models.SeenCharge,
    models.StatedCount,
)
PRESENT = (models.Destination, models.Line, models.TenantBinding)
NOT_VOUCHED_FOR = {
    models.ColumnName: "how columns are spelled; what was read with them is vouched for",
    models.KeyCheck: "compared with the key whenever the ledger is opened",
    models.Lease: "of the moment",
    models.PartAtWork: "of the moment, while a run is carried out",
    models.Secret: "sealed: a changed one cannot be opened",
    models.SpreadRun: "of the moment, while a run is carried out by several processes",
}
OF_RUNS = (
    models.Run,
    models.TenantFacts,
    models.TenantRun,
    models.UsageLine,
    models.PlannedChange,
    models.TenantRunOutcome,
    models.Intent,
    models.IntentCall,
    models.IntentResult,
    models.Manifest,
    models.Blob,
)


def _hold(item: str, *, closed: bool = False, integration: str = INTEGRATION, agreement: int = AGREEMENT) -> models.Hold:
    return models.Hold.objects.create(
        destination_id=1,
        integration=integration,
        tenant_id=TENANT.id,
        tenant_name=TENANT.name,
        agreement=agreement,
        item=item,
        reason="line_not_ours",
        psa=10,
        wanted=10,
        charge=9007,
        charges="[9007]",
        detail="in words",
        since=START,
        closed=START if closed else None,
    )


def _decide(hold: models.Hold, author: str = "someone") -> models.HoldDecision:
    return models.HoldDecision.objects.create(
        hold=hold, decision="keep", reason="agreed with the customer", author=author, at=START, charge=9007, quantity=10, until=TODAY, stands=True
    )


def _fill() -> None:
    """A first day, then three rows of each kind, then two more days."""
    psa = destinations.identify("tigerpaw", "http://127.0.0.1:8085", "public")
    lines.take_over(psa, OTHER, "vs-other", (line(agreement=7, item="KES-OTHER", charge=9300),), [])
    one_day("r1", psa, on=TODAY, started=START, quantity=90)
    for number in range(3):
        ours = line(item=f"KES-{number}", charge=9001 + number, left=(9100 + number,), since=TODAY, last_billed=TODAY, next_billing=TODAY)
        lines.take_over(psa, INTEGRATION, TENANT.id, (ours,), [(9001 + number, f"KES-{number}")])
        tenants.bind(INTEGRATION, 1053145 + number, Tenant(id=f"vs-{number}", name=f"Customer {number}", number=number))
        imports.take(
            INTEGRATION, [imports.ImportedPart(company=f"c-{number}", exported=START, content=b"{%d}" % number)], file="export.json", at=START
        )
        stated_counts.state(INTEGRATION, TENANT.name, Stated(f"Application {number}", None, 3, "someone", "by telephone", TODAY), at=START)
        decision = _decide(_hold(f"DECIDED-{number}", closed=True))
        models.DecisionEnd.objects.create(decision=decision, at=START, run="r1")
        _hold(f"OPEN-{number}")
        prune_one(number)
    for day in (1, 2):
        one_day(f"r{day + 1}", psa, on=TODAY + timedelta(days=day), started=START + timedelta(days=day), quantity=90 + day)


@pytest.fixture(scope="module")
def _filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("filled") / "home"
    with pytest.MonkeyPatch.context() as environment:
        environment.delenv(KEY_VARIABLE, raising=False)
        opening.open_ledger(home, clock=StandingClock())
        _fill()
        opening.close_ledger()
    return home


@pytest.fixture
def filled(home: Path, clock: StandingClock, _filled: Path) -> Path:
    """An open ledger of three days: what no run owns was recorded between the first and the second, and nothing after the third."""
    copy_home(_filled, home)
    opening.open_ledger(home, clock=clock)
    return home


def _middle(model: type[django_models.Model], where: str = "TRUE") -> str:
    """The row in the middle, recorded between the first and the second run."""
    table = models.table_of(model)
    rows = f"FROM {table} WHERE {where}"
    return f" WHERE {ROW} = (SELECT {ROW} {rows} ORDER BY {ROW} LIMIT 1 OFFSET (SELECT COUNT(*) / 2 {rows}))"


def _columns(*tables: type[django_models.Model]) -> Iterator[ParameterSet]:
    for model in tables:
        for field in model._meta.concrete_fields:
            yield pytest.param(model, changed(field), id=f"{models.table_of(model)}.{field.attname}")


def test_every_table_is_vouched_for_or_has_a_reason_not_to_be() -> None:
    from django.apps import apps  # noqa: PLC0415 - ready once the ledger's models are

    known = {*ADDED, *PRESENT, *NOT_VOUCHED_FOR, *OF_RUNS, models.Hold}
    assert {model.__name__ for model in apps.get_app_config("ledger").get_models()} == {model.__name__ for model in known}


def test_an_untouched_ledger_is_right_and_fully_vouched_for(filled: Path) -> None:
    report = manifests.verify()
    assert (report.ok, report.first_broken, report.runs) == (True, None, 3)
    assert (report.not_yet_vouched, report.changed_since) == (0, 0)


@pytest.mark.parametrize(("model", "change"), list(_columns(*ADDED)))
def test_a_changed_byte_of_a_row_that_no_run_owns_is_named_by_the_run_that_vouches_for_it(
    filled: Path, clock: StandingClock, model: type[django_models.Model], change: str
) -> None:
    report = report_after(filled, clock, f"UPDATE {models.table_of(model)} SET {change}" + _middle(model))
    assert (report.ok, report.runs) == (False, 1)
    assert str(report.first_broken).startswith("Run r2: "), report.first_broken


@pytest.mark.parametrize(("model", "change"), list(_columns(models.Hold)))
@pytest.mark.parametrize(("which", "named", "what"), [("closed IS NOT NULL", "r2", "settled hold"), ("closed IS NULL", "r3", "the hold H")])
def test_a_changed_byte_of_a_hold_is_named(
    filled: Path, clock: StandingClock, model: type[django_models.Model], change: str, which: str, named: str, what: str
) -> None:
    report = report_after(filled, clock, f"UPDATE {models.table_of(model)} SET {change}" + _middle(model, which))
    assert not report.ok
    assert str(report.first_broken).startswith(f"Run {named}: "), report.first_broken
    assert what in str(report.first_broken) or "closed in ledger_hold is no date" in str(report.first_broken)


@pytest.mark.parametrize(("model", "change"), list(_columns(*PRESENT)))
def test_a_changed_byte_of_a_row_as_it_stands_is_named(filled: Path, clock: StandingClock, model: type[django_models.Model], change: str) -> None:
    report = report_after(filled, clock, f"UPDATE {models.table_of(model)} SET {change}" + _middle(model))
    assert not report.ok
    assert str(report.first_broken).startswith("Run r3: "), report.first_broken
    if model is models.Line:
        assert "our line for KES-1 on agreement 2041 of Contoso Dental" in str(report.first_broken)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("written = 91", "its written is 91 and was 90 when the run was closed."),
        ("charge = NULL", "its charge is nothing and was 9002 when the run was closed."),
        ("closed = TRUE", "its closed is true and was false when the run was closed."),
        ("\"left\" = '[]'", "its left is “[]” and was “[9101]” when the run was closed."),
        ("since = '2026-01-01'", "its since is “2026-01-01” and was “2026-11-22” when the run was closed."),
    ],
)
def test_a_changed_line_is_named_with_what_it_was(filled: Path, clock: StandingClock, change: str, said: str) -> None:
    report = report_after(filled, clock, f"UPDATE ledger_line SET {change} WHERE item = 'KES-1'")
    assert report.first_broken == f"Run r3: our line for KES-1 on agreement 2041 of Contoso Dental: {said}"


def test_the_author_of_a_decision_cannot_be_changed_unnoticed(filled: Path, clock: StandingClock) -> None:
    report = report_after(filled, clock, "UPDATE ledger_holddecision SET author = 'nobody' WHERE id = 2")
    assert report.first_broken == "Run r2: one of the 3 decisions with the ids 1 to 3 has been changed since the run was closed."


@pytest.mark.parametrize("model", [*ADDED, *PRESENT, models.Hold], ids=lambda model: model.__name__)
def test_a_removed_row_is_found(filled: Path, clock: StandingClock, model: type[django_models.Model]) -> None:
    report = report_after(filled, clock, f"DELETE FROM {models.table_of(model)}" + _middle(model))
    assert not report.ok
    assert "has been removed since the run was closed." in str(report.first_broken)


@pytest.mark.parametrize("model", [*PRESENT, models.Hold], ids=lambda model: model.__name__)
def test_an_added_row_is_found_where_rows_change(filled: Path, clock: StandingClock, model: type[django_models.Model]) -> None:
    table = models.table_of(model)
    copied = {field.attname: f'"{field.attname}"' for field in model._meta.concrete_fields} | {"id": "999"}
    copied |= {name: "4711" for name in ("agreement", "account") if name in copied}
    report = report_after(filled, clock, f"INSERT INTO {table} ({_list(copied)}) SELECT {', '.join(copied.values())} FROM {table}" + _middle(model))
    if model is models.Hold and models.Hold.objects.get(pk=999).closed is not None:
        assert report.not_yet_vouched == 1
        return
    assert not report.ok
    assert "was added after the run was closed" in str(report.first_broken)


def _list(columns: dict[str, str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


def test_a_row_put_among_older_ones_is_found(filled: Path, clock: StandingClock) -> None:
    columns = ", ".join(column for column in models.columns_of(models.StatedCount) if column != "id")
    report = report_after(filled, clock, f"INSERT INTO ledger_statedcount (id, {columns}) SELECT -1, {columns} FROM ledger_statedcount WHERE id = 1")
    assert report.first_broken == "Run r3: the stated count with the id -1 was put among older ones after the run was closed."


def test_rows_that_changed_places_are_found(filled: Path, clock: StandingClock) -> None:
    swap = [f"UPDATE ledger_statedcount SET id = {new} WHERE id = {old}" for old, new in ((1, 99), (2, 1), (99, 2))]
    report = report_after(filled, clock, *swap)
    assert report.first_broken == "Run r2: one of the 3 stated counts with the ids 1 to 3 has been changed since the run was closed."


@pytest.mark.parametrize(
    "change",
    [
        "ledger_statedcount SET until = 'garbage' WHERE id = 2",
        "ledger_statedcount SET reason = CAST(x'ff' AS TEXT) WHERE id = 2",
        "ledger_holddecision SET at = 'garbage' WHERE id = 2",
        "ledger_tenantrun SET observed_at = 'garbage' WHERE run_id = 'r2'",
    ],
)
@pytest.mark.sqlite_only("columns of PostgreSQL hold no values of another kind")
def test_values_that_can_no_longer_be_read_are_named_too(filled: Path, clock: StandingClock, change: str) -> None:
    report = report_after(filled, clock, f"UPDATE {change}")
    assert str(report.first_broken).startswith("Run r2: something recorded for it can no longer be read")


@pytest.mark.sqlite_only("columns of PostgreSQL hold no values of another kind")
@pytest.mark.parametrize("column", ["since", "last_billed", "next_billing"])
def test_a_line_that_can_no_longer_be_read_is_named_too(filled: Path, clock: StandingClock, column: str) -> None:
    report = report_after(filled, clock, f"UPDATE ledger_line SET {column} = 'garbage' WHERE item = 'KES-1'")
    assert str(report.first_broken).startswith("Run r3: something recorded for it can no longer be read")


@pytest.mark.parametrize(("kind", "named"), [("export", "r2"), ("configuration", "r1")])
def test_the_content_of_a_vouched_row_must_be_there(filled: Path, clock: StandingClock, kind: str, named: str) -> None:
    report = report_after(filled, clock, f"DELETE FROM ledger_blob WHERE kind = '{kind}'")
    assert str(report.first_broken).startswith(f"Run {named}: its ")
    assert "is missing from the ledger" in str(report.first_broken)


def test_the_record_of_how_the_lines_stood_must_be_there(filled: Path, clock: StandingClock) -> None:
    report = report_after(filled, clock, "DELETE FROM ledger_blob WHERE kind = 'present'")
    assert str(report.first_broken).startswith("Run r1: its record of the lines and holds as they stood is missing")


def test_a_decision_after_the_newest_run_is_no_broken_link(filled: Path) -> None:
    hold = models.Hold.objects.get(item="OPEN-1")
    _decide(hold)
    models.Hold.objects.filter(pk=hold.pk).update(closed=START)
    lines.adopt(1, AGREEMENT, "OPEN-1", 9007, 10, (), integration=INTEGRATION, tenant_id=TENANT.id)
    report = manifests.verify()
    assert (report.ok, report.first_broken) == (True, None)
    assert report.not_yet_vouched == 3, "the decision, its hold and the charge that was seen"
    assert report.changed_since == 2, "the hold and the line"


def test_the_end_of_a_decision_after_the_newest_run_explains_its_line_too(filled: Path) -> None:
    decision = _decide(models.Hold.objects.get(item="OPEN-1"))
    begin("r4", on=TODAY + timedelta(days=3), started=START + timedelta(days=3))
    runs.finish("r4", "done", {}, START + timedelta(days=3), {})
    models.DecisionEnd.objects.create(decision=decision, at=START)
    models.Hold.objects.filter(item="OPEN-1").update(closed=START)
    report = manifests.verify()
    assert (report.ok, report.changed_since) == (True, 1)


def test_a_decision_excuses_no_other_line(filled: Path, clock: StandingClock) -> None:
    _decide(models.Hold.objects.get(item="OPEN-1"))
    report = report_after(filled, clock, "UPDATE ledger_line SET written = 1 WHERE item = 'KES-1'")
    assert str(report.first_broken).startswith("Run r3: our line for KES-1")


def test_the_next_run_vouches_for_what_was_decided_before_it(filled: Path, clock: StandingClock) -> None:
    decision = _decide(models.Hold.objects.get(item="OPEN-1"))
    one_day("r4", 1, on=TODAY + timedelta(days=3), started=START + timedelta(days=3), quantity=93)
    assert manifests.verify().not_yet_vouched == 0
    report = report_after(filled, clock, f"UPDATE ledger_holddecision SET author = 'nobody' WHERE id = {decision.pk}")
    assert report.first_broken == f"Run r4: the decision with the id {decision.pk} has been changed since the run was closed."


def test_a_run_that_is_not_closed_yet_may_have_changed_its_integrations_lines_and_no_others(filled: Path, clock: StandingClock) -> None:
    begin("r4", integration=OTHER)
    lines.take_over(1, OTHER, "vs-other", (line(agreement=7, item="KES-OTHER", charge=9300, written=91),), [])
    report = manifests.verify()
    assert (report.ok, report.changed_since) == (True, 1)
    broken = report_after(filled, clock, "UPDATE ledger_line SET written = 1 WHERE item = 'KES-1'")
    assert str(broken.first_broken).startswith("Run r3: our line for KES-1")


def test_a_run_that_is_closed_while_verify_looks_is_checked_as_well(filled: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compare = present_rows.differences
    meanwhile = [lambda: one_day("r4", 1, on=TODAY + timedelta(days=3), started=START + timedelta(days=3), quantity=93)]

    def compare_late(kept: bytes) -> list[present_rows.Difference]:
        lines.take_over(1, INTEGRATION, TENANT.id, (line(item="KES-1", written=93),), [])
        found = compare(kept)
        if meanwhile:
            meanwhile.pop()()
        return found

    monkeypatch.setattr(present_rows, "differences", compare_late)
    report = manifests.verify()
    assert (report.ok, report.runs, report.changed_since) == (True, 4, 0)


def test_a_row_that_becomes_visible_late_is_awaited_and_vouched_for_by_a_later_run(filled: Path, clock: StandingClock) -> None:
    def state(number: int) -> None:
        models.StatedCount.objects.create(
            id=number, integration=INTEGRATION, tenant=TENANT.name, application="Late", quantity=1, author="a", reason="b", until=TODAY, at=START
        )

    def close(run: str, day: int) -> added_rows.Between:
        one_day(run, 1, on=TODAY + timedelta(days=day), started=START + timedelta(days=day), quantity=90 + day)
        return manifest_body.between_of(models.Manifest.objects.get(run_id=run))

    state(5)
    assert close("r4", 3).awaited["StatedCount"] == ((4, 4),)
    state(4)
    report = manifests.verify()
    assert (report.ok, report.not_yet_vouched) == (True, 1)
    assert "StatedCount" not in close("r5", 4).awaited
    assert manifests.verify().not_yet_vouched == 0
    named = report_after(filled, clock, "UPDATE ledger_statedcount SET quantity = 2 WHERE id = 4")
    assert named.first_broken == "Run r5: the stated count with the id 4 has been changed since the run was closed."


def test_a_hold_is_vouched_for_as_settled_by_the_run_that_first_finds_it_closed(filled: Path) -> None:
    models.Hold.objects.filter(item="OPEN-0").update(closed=START)
    before = manifests.verify()
    assert not before.ok, "nothing recorded says why it was closed"
    begin("r4", on=TODAY + timedelta(days=3), started=START + timedelta(days=3))
    assert manifests.verify().ok, "a run is at work on it"
    runs.finish("r4", "done", {}, START + timedelta(days=3), {})
    said = manifest_body.between_of(models.Manifest.objects.get(run_id="r4"))
    assert said.added["Hold"].rows == ((2, 2),)
    assert manifests.verify().ok


def _forget_what_no_run_owns(run: str) -> str:
    """SQL that turns the one manifest of a ledger into one of a program that did not vouch for such rows."""
    manifest = models.Manifest.objects.get(run_id=run)
    body = evidence.decompress(manifest.body)
    assert body is not None
    older = msgspec.json.encode({name: value for name, value in msgspec.json.decode(body).items() if name not in {"between", "present"}})
    return f"UPDATE ledger_manifest SET body = {bytes_in_sql(evidence.compress(older))}, head = '{evidence.address_of(older)}' WHERE run_id = '{run}'"


def test_a_chain_that_began_before_such_rows_were_vouched_for_stays_right_and_goes_on(ledger: Path, clock: StandingClock) -> None:
    psa = destinations.identify("tigerpaw", "http://127.0.0.1:8085", "public")
    stated_counts.state(INTEGRATION, TENANT.name, Stated("Anything", None, 3, "someone", "by telephone", TODAY), at=START)
    one_day("r1", psa, on=TODAY, started=START, quantity=90)
    older = report_after(ledger, clock, _forget_what_no_run_owns("r1"))
    assert (older.ok, older.not_yet_vouched) == (True, 2), "the stated count and the configuration version"
    one_day("r2", psa, on=TODAY + timedelta(days=1), started=START + timedelta(days=1), quantity=91)
    report = manifests.verify()
    assert (report.ok, report.not_yet_vouched) == (True, 0)
    found = report_after(ledger, clock, "UPDATE ledger_statedcount SET quantity = 4")
    assert str(found.first_broken).startswith("Run r2: the stated count with the id 1")


def test_a_column_that_a_later_version_adds_is_not_asked_of_older_rows(filled: Path, clock: StandingClock) -> None:
    """The columns are named in the manifest: rows that were recorded before a migration stay verifiable after it."""
    said = manifest_body.between_of(models.Manifest.objects.get(run_id="r2"))
    assert said.added["StatedCount"].columns == models.columns_of(models.StatedCount)
    assert added_rows.Walk().fault(said) is None


def test_a_day_without_anything_new_adds_a_few_numbers(filled: Path) -> None:
    said = manifest_body.between_of(models.Manifest.objects.get(run_id="r3"))
    assert set(said.added) == {"ConfigurationVersion"}, "each of these days has a configuration of its own"
    assert models.Blob.objects.filter(kind="present").count() == 2, "the first day's, and one for both others"


def test_closing_a_run_takes_as_many_statements_however_long_the_history_is(filled: Path) -> None:
    counted = []
    for number, added in ((4, 1), (5, 400)):
        for each in range(added):
            _hold(f"MORE-{number}-{each}", closed=True)
        begin(f"r{number}", on=TODAY + timedelta(days=number), started=START + timedelta(days=number))
        with statements() as sql:
            runs.finish(f"r{number}", "done", {}, START + timedelta(days=number), {})
        counted.append(len(sql))
    assert counted[0] == counted[1]
