"""A line that was changed behind the ledger's back is named by `verify` after later runs have taken it for granted, too (design 7)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tallybridge.billing.plan import Bounds, OurLine
from tallybridge.ledger import destinations, evidence, lines, manifests, runs
from tallybridge.ledger.canonical import encode
from tallybridge.ledger.prepared import models
from tests.ledger.examples import AGREEMENT, INTEGRATION, START, TENANT, TODAY, begin, line, tenant_run

OTHER = "Integration of the other office"
GUARDED = Bounds()


def _day(number: int) -> datetime:
    return START + timedelta(days=number)


def _open(number: int, *, kind: str = "run", integration: str = INTEGRATION) -> str:
    run = f"r{number}"
    begin(run, on=TODAY + timedelta(days=number), started=_day(number), kind=kind, integration=integration)
    return run


def _plan(run: str, *, tenant_id: str = TENANT.id, found: tuple[OurLine, ...] | None = None, bounds: Bounds | None = GUARDED) -> None:
    """The run's part for the tenant: what it finds in the ledger is kept as its inputs."""
    known = lines.lines_of(1, AGREEMENT) if found is None else found
    inputs = evidence.put(encode({"bounds": bounds, "lines": known, "wanted": (run,)}), "inputs")
    runs.record_tenant(run, tenant_run(1, mark=run, tenant_id=tenant_id, inputs=inputs, changes=()))


def _close(run: str, number: int, outcome: str = "done") -> None:
    runs.finish(run, outcome, {}, _day(number) + timedelta(minutes=5), {})


def _whole_day(number: int, *, written: int | None = None, kind: str = "run", tenant_id: str = TENANT.id) -> None:
    run = _open(number, kind=kind)
    _plan(run, tenant_id=tenant_id)
    if written is not None:
        lines.take_over(1, INTEGRATION, tenant_id, (line(written=written),), [])
    _close(run, number)


@pytest.fixture
def begun(ledger: Path) -> None:
    """A day that leaves a line of 90."""
    destinations.identify("tigerpaw", "http://127.0.0.1:8085", "public")
    _whole_day(0, written=90)


def _tamper(**values: object) -> None:
    models.Line.objects.update(**values)


@pytest.mark.usefixtures("begun")
def test_days_on_which_runs_alone_change_the_line_are_right() -> None:
    for number, written in enumerate((91, 90, 91, 200), start=1):
        _whole_day(number, written=written)
    assert manifests.verify().first_broken is None


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"written": 91}, "its written was 91, not 90"),
        ({"charge": 7}, "its charge was 7, not 9001"),
        ({"closed": True}, "its closed was true, not false"),
        ({"left": "[3]"}, "its left was [3], not “[]”"),
        ({"last_billed": TODAY}, "its last billed was “2026-11-22”, not nothing"),
    ],
)
@pytest.mark.usefixtures("begun")
def test_what_a_run_found_must_be_what_the_one_before_left(values: dict[str, object], said: str) -> None:
    _tamper(**values)
    _whole_day(1, written=90)
    _whole_day(2)
    report = manifests.verify()
    assert report.runs == 1
    assert report.first_broken == (
        "Run r1: our line for KES-WKS on agreement 2041 of Contoso Dental was found otherwise by the run than the run before had left it: "
        f"{said}, and nothing recorded explains it."
    )


@pytest.mark.usefixtures("begun")
def test_a_line_of_a_tenant_that_the_run_did_not_deal_with_must_stay_as_it_was() -> None:
    _tamper(written=91)
    _close(_open(1), 1)
    assert manifests.verify().first_broken == (
        "Run r1: our line for KES-WKS on agreement 2041 of Contoso Dental stood otherwise when the run was closed than the run before had left it: "
        "its written was 91, not 90, and nothing recorded explains it."
    )


def _add_a_line() -> None:
    lines.take_over(1, INTEGRATION, TENANT.id, (line(item="KES-SRV"),), [])


@pytest.mark.parametrize(("change", "word"), [(lambda: models.Line.objects.all().delete(), "removed"), (_add_a_line, "added")])
@pytest.mark.parametrize("dealt_with", [True, False])
@pytest.mark.usefixtures("begun")
def test_a_line_that_came_or_went_between_two_runs_is_named(change: Callable[[], object], word: str, dealt_with: bool) -> None:
    change()
    run = _open(1)
    if dealt_with:
        _plan(run)
    _close(run, 1)
    assert f"was {word} after the run before was closed, and nothing recorded explains it." in str(manifests.verify().first_broken)


def _decide() -> None:
    hold = models.Hold.objects.create(
        destination_id=1,
        integration=INTEGRATION,
        tenant_id=TENANT.id,
        tenant_name=TENANT.name,
        agreement=AGREEMENT,
        item="KES-WKS",
        reason="edited_in_psa",
        charges="[]",
        since=START,
        closed=START,
    )
    models.HoldDecision.objects.create(hold=hold, decision="take-over", reason="agreed", author="someone", at=START)


@pytest.mark.parametrize("dealt_with", [True, False])
@pytest.mark.usefixtures("begun")
def test_a_decision_explains_its_line(dealt_with: bool) -> None:
    _decide()
    _tamper(written=91)
    run = _open(1)
    if dealt_with:
        _plan(run)
    _close(run, 1)
    _whole_day(2)
    assert manifests.verify().first_broken is None


@pytest.mark.usefixtures("begun")
def test_nothing_is_concluded_where_another_run_was_at_work() -> None:
    first = _open(1)
    begin("other", on=TODAY, started=_day(1), integration=OTHER)
    _tamper(written=91)
    _plan("other")
    runs.finish("other", "done", {}, _day(1), {})
    _close(first, 1)
    _whole_day(2)
    assert manifests.verify().first_broken is None


@pytest.mark.usefixtures("begun")
def test_nothing_is_concluded_from_a_run_that_broke_off() -> None:
    _open(1)
    _tamper(written=91)
    _whole_day(2)
    assert manifests.verify().first_broken is None


@pytest.mark.usefixtures("begun")
def test_a_saved_plan_that_is_applied_has_read_the_lines_earlier() -> None:
    before = lines.lines_of(1, AGREEMENT)
    _whole_day(1, written=91, kind="plan")
    run = _open(2, kind="apply")
    _plan(run, found=before)
    _close(run, 2)
    assert manifests.verify().first_broken is None


@pytest.mark.usefixtures("begun")
def test_a_line_that_another_tenant_of_the_run_took_over_is_its_own_matter() -> None:
    """An agreement that is linked to another tenant: both look after its line on that day."""
    run = _open(1)
    _plan(run)
    lines.take_over(1, INTEGRATION, "vs-2", (line(written=0),), [])
    _plan(run, tenant_id="vs-2")
    _close(run, 1)
    assert manifests.verify().first_broken is None


@pytest.fixture
def two_lines(begun: None) -> None:
    """A second day that leaves a line for servers beside."""
    run = _open(1)
    _plan(run)
    _add_a_line()
    _close(run, 1)


def _prescribe(item: str) -> None:
    """A plan of prescribed quantities on the third day: it reads the line for one item alone."""
    run = _open(2, kind="plan")
    _plan(run, found=tuple(one for one in lines.lines_of(1, AGREEMENT) if one.item == item), bounds=None)
    _close(run, 2)


@pytest.mark.parametrize("item", ["KES-WKS", "KES-SRV"])
@pytest.mark.usefixtures("two_lines")
def test_a_plan_of_prescribed_quantities_reads_the_lines_it_prescribes_alone(item: str) -> None:
    _prescribe(item)
    _whole_day(3)
    report = manifests.verify()
    assert (report.first_broken, report.runs) == (None, 4)


@pytest.mark.parametrize(
    ("prescribed", "what"), [("KES-SRV", "stood otherwise when the run was closed"), ("KES-WKS", "was found otherwise by the run")]
)
@pytest.mark.usefixtures("two_lines")
def test_a_line_changed_before_quantities_were_prescribed_is_named_whether_it_was_among_them_or_not(prescribed: str, what: str) -> None:
    models.Line.objects.filter(item="KES-WKS").update(written=91)
    _prescribe(prescribed)
    assert f"our line for KES-WKS on agreement 2041 of Contoso Dental {what}" in str(manifests.verify().first_broken)


@pytest.mark.usefixtures("two_lines")
def test_a_line_that_went_before_quantities_were_prescribed_is_named() -> None:
    models.Line.objects.filter(item="KES-WKS").delete()
    _prescribe("KES-SRV")
    assert "our line for KES-WKS on agreement 2041 of Contoso Dental was removed" in str(manifests.verify().first_broken)
