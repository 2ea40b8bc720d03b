"""How the bill stands, told by the ledger: who belongs to the fleet, what counts as overdue, and in how many statements."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from tallybridge.billing.agreement_ends import EndStage
from tallybridge.billing.linking import Link
from tallybridge.billing.model import Notice
from tallybridge.billing.plan import Action, Change, DecisionKind, OurLine, PlanningInputs
from tallybridge.billing.planning import left_behind
from tallybridge.billing.psa import Agreement
from tallybridge.billing.reasons import Reason
from tallybridge.billing.wanting import NotBilled
from tallybridge.configuration import Configuration, read_configuration
from tallybridge.configuration.canonical import to_canonical
from tallybridge.configuration.records import ApplyMode, LinkSettings
from tallybridge.ledger import canonical, configurations, decisions, destinations, evidence, holds, leases, lines, runs
from tallybridge.ledger.decisions import DecisionMade
from tallybridge.ledger.opening import close_ledger, open_ledger
from tallybridge.ledger.processes import Owner, this_process
from tallybridge.ledger.run_records import StoredRun
from tallybridge.ledger.standing_queries import LastHeard, TenantRecord
from tallybridge.runs.standing import IntegrationStanding, look
from tallybridge.runs.standing_document import standing_document
from tallybridge.runs.standing_fleet import fleet
from tallybridge.runs.standing_runs import LastRun
from tallybridge.runs.standing_verdict import verdict
from tests.configuration import builders
from tests.databases.homes import copy_home
from tests.ledger.examples import INTEGRATION, begin, statements, tenant_run

TODAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
"""The run of the day, at 02:30 in Berlin, has long been due."""


TAIL = {"problems", "accounts_not_linked", "prescribed", "of"}
PRESCRIBED = {"what": "revert", "author": "someone", "because": "", "run": "r1"}


class Clock:
    """Gives the same instant until it is moved."""

    def __init__(self, now: datetime = NOON) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
def _empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home that has just been made; to be copied, because making one takes longer than a test."""
    home = tmp_path_factory.mktemp("empty") / "home"
    open_ledger(home, clock=Clock())
    close_ledger()
    return home


@pytest.fixture(autouse=True)
def _ledger(_empty_home: Path, tmp_path: Path, clock: Clock) -> Iterator[None]:
    copy_home(_empty_home, tmp_path / "home")
    open_ledger(tmp_path / "home", clock=clock)
    yield
    close_ledger()


@pytest.fixture
def psa() -> int:
    """The ledger's id of the PSA."""
    return destinations.identify("tigerpaw", "http://127.0.0.1:8085", "public")


@pytest.fixture
def configuration(tmp_path: Path) -> Configuration:
    """One integration that links Contoso Dental."""
    return read_configuration(builders.write(tmp_path))


def finish(
    run: str, outcome: str = "done", *, tenants: int = 1, reason: str | None = None, only: str | None = None, at: datetime = NOON, **more: Any
) -> None:
    """Ends a run; the names in TAIL belong to the tail of its manifest, the rest to its totals."""
    tail = {"reason": reason} | ({"only": only} if only else {}) | {name: more.pop(name) for name in TAIL & more.keys()}
    runs.finish(run, outcome, {"tenants": tenants, **more}, at, tail)


def one_run(run: str, psa: int, *tenants: dict[str, Any], on: date = TODAY, kind: str = "run", outcome: str = "done", **ended: Any) -> None:
    """A run that met these tenants."""
    started = datetime.combine(on, time(1, 30), tzinfo=UTC)
    begin(run, on=on, kind=kind, started=started)
    for number, members in enumerate(tenants):
        given: dict[str, Any] = {"outcome": "unchanged", "changes": (), "notices": (), "not_billed": (), "inputs": None, "plan": None}
        document = f'{{"changes":[],"run":"{run}","number":{number}}}'.encode()
        runs.record_tenant(run, tenant_run(psa, mark=run, **({"document": document} | given | members)))
    finish(run, outcome, at=started + timedelta(minutes=1), **{"tenants": len(tenants), **ended})


def standing(configuration: Configuration, clock: Clock) -> IntegrationStanding:
    (found,) = look([configuration], clock)
    return found


def agreement_inputs(number: int, end: date | None) -> str:
    """Planning inputs, as far as status asks for them."""
    inputs = PlanningInputs(agreement=Agreement(number=number, account=1, end=end), wanted=(), now=NOON, today=TODAY)
    return evidence.put(canonical.encode_inputs(inputs), "inputs")


def hundreds(psa: int, number: int) -> tuple[dict[str, Any], ...]:
    """So many tenants, each with a leak, a line left behind, changes to write and an agreement that ends."""
    found = []
    for one in range(number):
        line = OurLine(agreement=9000 + one, item="KES-WKS", charge=one, written=3)
        lines.take_over(psa, INTEGRATION, f"vs-{one}", (line,), [])
        found.append(
            {
                "tenant_id": f"vs-{one}",
                "tenant_name": f"Customer {one}",
                "account": 1000 + one,
                "agreement": 2000 + one,
                "outcome": "planned",
                "document": f'{{"changes":[{{"action":"create","reason":null}}],"number":{one}}}'.encode(),
                "not_billed": (NotBilled("Mail", None, 1, Reason.NO_MAPPING),),
                "notices": (left_behind(line),),
                "inputs": agreement_inputs(2000 + one, TODAY + timedelta(days=5)),
            }
        )
    return tuple(found)


def test_the_number_of_statements_does_not_grow_with_the_tenants(configuration: Configuration, clock: Clock, psa: int) -> None:
    asked = {}
    for number in (5, 50):
        linked = replace(
            configuration, links=tuple(LinkSettings(tenant=f"Customer {one}", account=1000 + one, agreement=2000 + one) for one in range(50))
        )
        one_run(f"plan of {number}", psa, *hundreds(psa, number), kind="plan")
        with statements() as seen:
            found = standing(linked, clock)
        asked[number] = len(seen)
        shown = (found.not_billed, found.left_behind, found.to_apply, found.agreements)
        assert [len(one) for one in shown] == [number] * 4
    assert asked[5] == asked[50] < 24


def test_what_is_left_behind_names_its_agreement_and_line(configuration: Configuration, clock: Clock, psa: int) -> None:
    here, elsewhere = OurLine(agreement=2041, item="OLD", charge=7, written=4), OurLine(agreement=99, item="KES-SRV", charge=8, written=6)
    lines.take_over(psa, INTEGRATION, "vs-1", (here, elsewhere), [])
    one_run("r1", psa, {"notices": (replace(left_behind(here), subject="OLD"), left_behind(elsewhere))})
    found = standing(configuration, clock).left_behind
    assert [(one.agreement, one.item, one.charge, one.quantity) for one in found] == [(99, "KES-SRV", 8, 6), (2041, "OLD", 7, 4)]


@pytest.mark.parametrize("now", [{"written": 0}, {"closed": True}], ids=["set to 0", "closed"])
def test_a_line_that_bills_nothing_any_more_is_not_left_behind_whatever_the_last_run_said(
    configuration: Configuration, clock: Clock, psa: int, now: dict[str, Any]
) -> None:
    line = OurLine(agreement=99, item="KES-SRV", charge=8, written=6)
    lines.take_over(psa, INTEGRATION, "vs-1", (line,), [])
    one_run("r1", psa, {"notices": (left_behind(line),)})
    assert len(standing(configuration, clock).left_behind) == 1
    lines.take_over(psa, INTEGRATION, "vs-1", (replace(line, **now),), [])
    assert standing(configuration, clock).left_behind == ()


def test_a_line_of_a_tenant_that_nothing_links_and_no_run_meets_any_more_is_left_behind(configuration: Configuration, clock: Clock, psa: int) -> None:
    line = OurLine(agreement=99, item="KES-SRV", charge=8, written=6)
    lines.take_over(psa, INTEGRATION, "vs-9", (line,), [])
    one_run("r1", psa, {"tenant_id": "vs-9", "tenant_name": "Woodgrove", "account": 9, "agreement": 99}, on=TODAY - timedelta(days=90))
    one_run("r2", psa, {})
    found = standing(configuration, clock)
    assert [(one.tenant.name, one.item, one.quantity, one.reason, one.told) for one in found.left_behind] == [
        ("Woodgrove", "KES-SRV", 6, Reason.NOT_LINKED, None)
    ]
    assert verdict([found]).exit_code == 3
    shown = standing_document(verdict([found]), [found], NOON)["integrations"][0]["left_behind"]
    assert [(one["tenant"], one["account"], one["date"], one["run"]) for one in shown] == [("Woodgrove", 9, None, None)]


UNLINKED = {"tenant_id": "vs-9", "tenant_name": "Woodgrove", "account": 9, "agreement": 99}
YESTERDAY = TODAY - timedelta(days=1)


@pytest.mark.parametrize(
    ("earlier", "newest", "ended"),
    [
        ({"inputs": YESTERDAY}, {}, True),
        ({"inputs": TODAY}, {}, False),
        ({"inputs": None}, {}, False),
        ({}, {}, False),
        ({"inputs": None}, {"outcome": "blocked", "reason": Reason.AGREEMENT_ENDED}, True),
        ({"notices": (Notice(reason=Reason.AGREEMENT_ENDS, subject="99", expected=0),)}, {}, True),
        ({"notices": (Notice(reason=Reason.AGREEMENT_ENDS, subject="99", expected=60),)}, {}, False),
        ({"inputs": YESTERDAY}, {"inputs": None}, False),
    ],
    ids=["has ended since", "ends today", "never ends", "never read", "found ended by setting to 0", "told before", "told early", "was put off"],
)
def test_a_line_on_an_ended_agreement_is_shown_and_is_nobodys_task(
    configuration: Configuration, clock: Clock, psa: int, earlier: dict[str, Any], newest: dict[str, Any], ended: bool
) -> None:
    """It is never written and bills nothing, so it must not ask for attention for ever."""
    lines.take_over(psa, INTEGRATION, "vs-9", (OurLine(agreement=99, item="KES-SRV", charge=8, written=6),), [])
    for name, members, back in (("r1", earlier, 50), ("r2", newest, 40)):
        read = {"inputs": agreement_inputs(99, members["inputs"])} if "inputs" in members else {}
        told: dict[str, Any] = {"kind": "plan", "prescribed": PRESCRIBED} if name == "r2" else {}
        one_run(name, psa, UNLINKED | members | read, on=TODAY - timedelta(days=back), **told)
    one_run("r3", psa, {})
    found = standing(configuration, clock)
    assert [(one.item, one.on_ended_agreement) for one in found.left_behind] == [("KES-SRV", ended)]
    assert verdict([found]).exit_code == (0 if ended else 3)
    assert ("left behind" in verdict([found]).sentence) is not ended


def test_a_day_without_a_reading_does_not_make_a_leak_go_away(configuration: Configuration, clock: Clock, psa: int) -> None:
    """Silent leakage is a defect (design 6.4)."""
    leak = NotBilled("Mail", None, 3, Reason.NO_MAPPING)
    line = OurLine(agreement=99, item="KES-SRV", charge=8, written=6)
    lines.take_over(psa, INTEGRATION, "vs-1", (line,), [])
    one_run("r1", psa, {"not_billed": (leak,), "notices": (left_behind(line),)}, on=TODAY - timedelta(days=1))
    one_run("r2", psa, {"evidence": None, "outcome": "failed", "reason": Reason.OBSERVATION_INCOMPLETE}, outcome="failed")
    found = standing(configuration, clock)
    assert [(one.record.date, one.not_billed) for one in found.not_billed] == [(TODAY - timedelta(days=1), leak)]
    assert len(found.left_behind) == 1
    assert verdict([found]).exit_code == 1


def test_a_tenant_that_is_gone_is_blocked_and_no_leak_any_more(configuration: Configuration, clock: Clock, psa: int) -> None:
    line = OurLine(agreement=2041, item="KES-WKS", charge=7, written=4)
    lines.take_over(psa, INTEGRATION, "vs-1", (line,), [])
    known = {"not_billed": (NotBilled("Mail", None, 3, Reason.NO_MAPPING),), "inputs": agreement_inputs(2041, TODAY)}
    one_run("r1", psa, known, on=TODAY - timedelta(days=1))
    gone = {"tenant_id": "", "evidence": None, "outcome": "blocked", "reason": Reason.TENANT_GONE, "notices": (left_behind(line),)}
    one_run("r2", psa, gone, outcome="attention", blocked=1)
    found = standing(configuration, clock)
    assert [(one.tenant, one.listed, one.sentence) for one in found.stopped] == [("Contoso Dental", False, Reason.TENANT_GONE.sentence)]
    assert found.not_billed == ()
    assert [(one.item, one.quantity) for one in found.left_behind] == [("KES-WKS", 4)]
    assert [one.days_left for one in found.agreements] == [0], "what was read of its agreement while it was listed still holds"


def test_a_tenant_that_is_disabled_is_no_leak_any_more(configuration: Configuration, clock: Clock, psa: int) -> None:
    unlinked = {"account": None, "agreement": None, "outcome": "not_linked"}
    one_run("r1", psa, unlinked | {"not_billed": (NotBilled("Mail", None, 3, Reason.NOT_LINKED),)}, on=TODAY - timedelta(days=1))
    one_run("r2", psa, unlinked | {"evidence": None, "reason": Reason.TENANT_DISABLED})
    assert standing(configuration, clock).not_billed == ()


def test_of_a_plan_with_holds_the_changes_that_nobody_is_to_enter_wait_to_be_applied(configuration: Configuration, clock: Clock, psa: int) -> None:
    changes = (
        b'{"action":"create","reason":null},{"action":"update","reason":null},{"action":"update","reason":"to_be_entered"},'
        b'{"action":"hold","reason":"line_not_ours"},{"action":"unchanged","reason":null}'
    )
    one_run("r1", psa, {"outcome": "held", "document": b'{"changes":[' + changes + b"]}"}, kind="plan")
    assert [one.changes for one in standing(configuration, clock).to_apply] == [2]


def test_failed_tenants_come_before_blocked_ones(configuration: Configuration, clock: Clock, psa: int) -> None:
    blocked = {"outcome": "blocked", "reason": Reason.NO_AGREEMENT}
    failed = {"outcome": "failed", "reason": Reason.TIME_LIMIT, "tenant_id": "vs-2", "tenant_name": "Fabrikam", "account": 2}
    one_run("r1", psa, blocked, failed, outcome="failed", failed=1, blocked=1)
    assert [one.tenant for one in standing(configuration, clock).stopped] == ["Fabrikam", "Contoso Dental"]


def test_gaps_begin_with_the_links_first_observation_and_leave_today_out(configuration: Configuration, clock: Clock, psa: int) -> None:
    """L12: a past date is never observed afterwards; today still may be."""
    for back in (40, 4, 2):
        one_run(f"r{back}", psa, {"account": 1053145 if back != 40 else None}, on=TODAY - timedelta(days=back))
    one_run("r1", psa, {"evidence": None, "outcome": "failed", "reason": Reason.TIME_LIMIT}, on=TODAY - timedelta(days=1), outcome="failed")
    (gap,) = standing(configuration, clock).gaps
    assert gap.days == (TODAY - timedelta(days=3), TODAY - timedelta(days=1))


def test_a_link_that_was_never_observed_has_gaps_since_a_run_first_met_it(configuration: Configuration, clock: Clock, psa: int) -> None:
    """L12: days without an observation are listed for every link that runs have met, observed before or not."""
    unread = {"evidence": None, "outcome": "blocked", "reason": Reason.NO_ACCESS}
    one_run("r3", psa, unread, on=TODAY - timedelta(days=3))
    one_run("r1", psa, unread, on=TODAY - timedelta(days=1))
    (gap,) = standing(configuration, clock).gaps
    assert gap.days == tuple(TODAY - timedelta(days=back) for back in (3, 2, 1))
    assert gap.last_observed is None
    one_run("r0", psa, {})
    (gap,) = standing(configuration, clock).gaps
    assert (len(gap.days), gap.last_observed) == (3, TODAY), "a later observation fills no day before it"


def test_a_link_that_no_run_has_met_has_no_gaps(configuration: Configuration, clock: Clock, psa: int) -> None:
    """That it was not run is told by a list of its own."""
    one_run("r1", psa, {"tenant_id": "vs-2", "tenant_name": "Fabrikam", "account": 2}, on=TODAY - timedelta(days=9))
    assert standing(configuration, clock).gaps == ()


@pytest.mark.parametrize(
    ("now", "observed", "missing"),
    [
        (datetime(2026, 3, 29, 22, 30, tzinfo=UTC), (date(2026, 3, 27), date(2026, 3, 28)), (date(2026, 3, 29),)),
        (datetime(2026, 3, 29, 21, 30, tzinfo=UTC), (date(2026, 3, 27), date(2026, 3, 28)), ()),
        (datetime(2026, 3, 30, 11, 0, tzinfo=UTC), (date(2026, 3, 28), date(2026, 3, 29)), ()),
        (datetime(2026, 10, 25, 22, 30, tzinfo=UTC), (date(2026, 10, 24),), ()),
        (datetime(2026, 10, 25, 23, 30, tzinfo=UTC), (date(2026, 10, 24),), (date(2026, 10, 25),)),
        (datetime(2026, 10, 26, 11, 0, tzinfo=UTC), (date(2026, 10, 24), date(2026, 10, 25)), ()),
    ],
    ids=[
        "half past midnight after the 23 hours",
        "before midnight of the 23 hours",
        "23 hours, observed",
        "before midnight of the 25 hours",
        "half past midnight after the 25 hours",
        "25 hours, observed",
    ],
)
def test_l12_a_day_of_23_or_25_hours_is_one_day(
    configuration: Configuration, clock: Clock, psa: int, now: datetime, observed: tuple[date, ...], missing: tuple[date, ...]
) -> None:
    for day in observed:
        one_run(f"run of {day}", psa, {}, on=day)
    clock.now = now
    assert [day for gap in standing(configuration, clock).gaps for day in gap.days] == list(missing)


ENDS_IN_5 = Notice(reason=Reason.AGREEMENT_ENDS, subject="2041", expected=5)
ENDED_BEFORE_3 = Notice(reason=Reason.AGREEMENT_ENDS, subject="2041", expected=-3)
SUCCESSOR = Notice(reason=Reason.AGREEMENT_SUCCESSOR, subject="2041 → 2099", received=2099)
BLOCKED = {"agreement": 2041, "outcome": "blocked", "reason": Reason.AGREEMENT_ENDED}


@pytest.mark.parametrize(
    ("earlier", "newest", "shown"),
    [
        (
            {"end": TODAY + timedelta(days=5)},
            {"end": TODAY + timedelta(days=5), "notices": (ENDS_IN_5, SUCCESSOR)},
            (5, EndStage.WITHIN_7_DAYS, 2099),
        ),
        ({"end": TODAY + timedelta(days=5), "notices": (SUCCESSOR,)}, {"evidence": None, "outcome": "failed"}, (5, EndStage.WITHIN_7_DAYS, 2099)),
        ({"end": None}, BLOCKED | {"notices": (ENDED_BEFORE_3, SUCCESSOR)}, (-3, EndStage.ENDED, 2099)),
        ({"end": TODAY - timedelta(days=1)}, BLOCKED, (-1, EndStage.ENDED, None)),
        (None, BLOCKED | {"notices": (ENDED_BEFORE_3,)}, (-3, EndStage.ENDED, None)),
        ({"end": TODAY, "notices": (ENDS_IN_5,)}, {"end": TODAY + timedelta(days=365)}, None),
    ],
    ids=[
        "ends, with its successor",
        "not read today",
        "its end was set behind its back",
        "has ended since it was read",
        "had ended before it was read first",
        "its end was put off",
    ],
)
def test_an_agreement_is_told_by_whatever_read_it_last(
    configuration: Configuration,
    clock: Clock,
    psa: int,
    earlier: dict[str, Any] | None,
    newest: dict[str, Any],
    shown: tuple[int, EndStage, int | None] | None,
) -> None:
    if earlier is not None:
        one_run("r1", psa, _reading(earlier), on=TODAY - timedelta(days=1))
    one_run("r2", psa, _reading(newest))
    assert [(one.days_left, one.stage, one.successor) for one in standing(configuration, clock).agreements] == ([shown] if shown else [])


def _reading(members: dict[str, Any]) -> dict[str, Any]:
    """A tenant run; with an `end`, one that read the agreement and planned."""
    given = {name: value for name, value in members.items() if name != "end"}
    return given | ({"inputs": agreement_inputs(2041, members["end"])} if "end" in members else {})


def test_accounts_without_a_link_are_those_of_the_newest_run_that_asked(configuration: Configuration, clock: Clock, psa: int) -> None:
    other = replace(configuration, integration=replace(configuration.integration, name="Other"), links=(LinkSettings(tenant="B", account=8),))
    elsewhere = replace(other.destination, url="http://127.0.0.1:9", public_key="another key")
    third = replace(other, integration=replace(other.integration, name="Third"), destination=elsewhere, links=(LinkSettings(tenant="C", account=9),))
    for one in (other, third):
        configurations.take(one.integration.name, to_canonical(one), origin="a test", at=NOON)
    one_run("r1", psa, {}, accounts_not_linked=[[1, "Gone since"]], on=TODAY - timedelta(days=1))
    one_run("r2", psa, {}, accounts_not_linked=[[8, "Linked by another"], [9, "Linked in another PSA"], [1053145, "Linked since"]])
    one_run("r3", psa, {}, accounts_not_linked=None, only="Contoso Dental")
    found = standing(configuration, clock)
    assert found.accounts_not_linked == ((9, "Linked in another PSA"),)
    assert verdict([found]).exit_code == 0


@pytest.mark.parametrize(
    ("later", "shown"),
    [
        ({"kind": "apply", "problems": []}, ("companies.csv was refused.",)),
        ({"kind": "plan", "problems": [], "prescribed": PRESCRIBED}, ("companies.csv was refused.",)),
        ({"outcome": "failed", "reason": "source_unreachable", "problems": []}, ("companies.csv was refused.",)),
        ({"problems": ["other.csv was refused."]}, ("other.csv was refused.",)),
        ({"problems": []}, ()),
        ({}, ()),
    ],
    ids=[
        "an applied plan reads no source",
        "nor does a plan of prescribed quantities",
        "refused at the door",
        "others",
        "put right",
        "a run of an older version",
    ],
)
def test_what_could_not_be_read_of_the_source_is_told_until_a_run_reads_it(
    configuration: Configuration, clock: Clock, psa: int, later: dict[str, Any], shown: tuple[str, ...]
) -> None:
    one_run("r1", psa, {}, outcome="attention", problems=["companies.csv was refused."])
    one_run("r2", psa, {}, **later)
    found = standing(configuration, clock)
    assert found.problems == shown
    assert ("something of the source could not be read" in verdict([found]).sentence) is bool(shown)
    assert (verdict([found]).exit_code == 0) is not bool(shown)


def prescribed(psa: int, *, applied: str | None = None, **tenant: Any) -> None:
    """A plan of prescribed quantities today, and with an outcome the run that applied it; both met the tenant on another agreement."""
    met = {"evidence": None, "agreement": 2050, "account": 1053145, "inputs": agreement_inputs(2041, TODAY), "outcome": "planned"} | tenant
    changes = {"document": b'{"changes":[{"action":"update","reason":null}]}'}
    one_run("r8-revert", psa, met | changes, kind="plan", only="Contoso Dental", prescribed=PRESCRIBED)
    if applied is not None:
        one_run("r9-applied", psa, met | {"outcome": applied}, kind="apply", of="r8-revert", outcome="failed" if applied == "failed" else "done")


@pytest.mark.parametrize("applied", [None, "applied"], ids=["planned", "applied"])
@pytest.mark.parametrize("tenant", [{}, {"tenant_id": "vs-former", "tenant_name": "Former"}], ids=["the tenant's own", "a former tenant's"])
def test_prescribed_quantities_hide_nothing_of_what_was_counted(
    configuration: Configuration, clock: Clock, psa: int, applied: str | None, tenant: dict[str, Any]
) -> None:
    """Such a run reads no source and meets single lines: every list is what it was (decision 0019)."""
    counted = {
        "outcome": "blocked",
        "reason": Reason.NOT_CROSS_REFERENCED,
        "not_billed": (NotBilled("Mail", None, 3, Reason.NO_MAPPING),),
        "inputs": agreement_inputs(2041, TODAY + timedelta(days=5)),
        "document": b'{"changes":[{"action":"create","reason":null},{"action":"create","reason":null}]}',
    }
    one_run("r1", psa, counted, kind="plan", outcome="attention", problems=["companies.csv was refused."], accounts_not_linked=[[8, "Litware"]])
    approve = replace(configuration, integration=replace(configuration.integration, apply="approve"))
    before = standing(approve, clock)
    assert before.problems
    assert before.stopped
    assert before.not_billed
    assert [one.changes for one in before.to_apply] == [2]
    assert [one.days_left for one in before.agreements] == [5]
    prescribed(psa, applied=applied, **tenant)
    assert standing(approve, clock) == before


def test_a_prescribed_plan_is_no_reason_to_think_that_its_tenant_was_run_today(configuration: Configuration, clock: Clock, psa: int) -> None:
    """L12."""
    one_run("r1", psa, {}, on=TODAY - timedelta(days=1))
    one_run("r2", psa, {"tenant_id": "vs-2", "tenant_name": "Fabrikam", "account": 2})
    prescribed(psa)
    assert [one.link.label for one in standing(configuration, clock).not_run_today] == ["Contoso Dental"]


def test_a_prescribed_quantity_that_could_not_be_written_is_told_until_the_next_run(configuration: Configuration, clock: Clock, psa: int) -> None:
    one_run("r1", psa, {})
    prescribed(psa, applied="failed", reason=Reason.PSA_UNREACHABLE)
    found = standing(configuration, clock)
    assert found.last_run is not None
    assert (found.last_run.run.id, found.last_run.failed) == ("r9-applied", True)
    assert [(one.tenant, one.reason) for one in found.stopped] == [("Contoso Dental", Reason.PSA_UNREACHABLE)]
    assert verdict([found]).exit_code == 1
    one_run("rest of the day", psa, {})
    assert verdict([standing(configuration, clock)]).exit_code == 0


def test_a_prescribed_plan_after_a_long_outage_does_not_hide_the_last_run(configuration: Configuration, clock: Clock, psa: int) -> None:
    one_run("r1", psa, {"not_billed": (NotBilled("Mail", None, 3, Reason.NO_MAPPING),)}, on=TODAY - timedelta(days=60))
    prescribed(psa)
    found = standing(configuration, clock)
    assert found.last_run is not None
    assert found.last_run.run.id == "r1"
    assert len(found.not_billed) == 1
    assert found.next_run.overdue_since is not None


@pytest.mark.parametrize("first", [None, "r0"], ids=["nothing has run", "another integration has"])
def test_where_only_prescribed_quantities_were_planned_no_run_was_made(
    configuration: Configuration, clock: Clock, psa: int, first: str | None
) -> None:
    if first is not None:
        begin(first, on=TODAY, started=NOON, integration="Other")
        finish(first)
    prescribed(psa)
    found = standing(configuration, clock)
    assert found.last_run is None
    assert "no run has been made yet" in verdict([found]).sentence


def decide(psa: int, item: str, kind: DecisionKind, **members: Any) -> None:
    """Lets a line wait, and decides on it."""
    held = Change(action=Action.HOLD, item=item, from_quantity=2, to_quantity=5, charge=7, reason=Reason.EDITED_IN_PSA, known=(7,))
    number = holds.keep_up(psa, INTEGRATION, "vs-1", "Contoso Dental", len(item), (held,), NOON)[item]
    decisions.record(number, DecisionMade(kind=kind, reason="agreed", author="someone", at=NOON, shown=((7, 2),), stands=True, **members))


def test_what_was_decided_is_shown_with_the_nearest_end_first_and_changes_no_exit_code(configuration: Configuration, clock: Clock, psa: int) -> None:
    one_run("r1", psa, {})
    decide(psa, "keep", DecisionKind.KEEP)
    decide(psa, "release", DecisionKind.RELEASE, quantity=5)
    for item, back in (("pin in 8 days", 8), ("pin in a week", 7), ("pin until today", 0), ("pin that is over now", -1)):
        decide(psa, item, DecisionKind.PIN, quantity=4, until=TODAY + timedelta(days=back))
    found = standing(configuration, clock)
    assert [(one.stored.decision.item, one.days_left, one.ends_soon) for one in found.decisions] == [
        ("pin until today", 0, True),
        ("pin in a week", 7, True),
        ("pin in 8 days", 8, False),
        ("keep", None, False),
        ("release", None, False),
    ]
    answer = verdict([found])
    assert (answer.exit_code, answer.right, answer.sentence) == (0, True, "Today's bill is right. 2 pins end within 7 days.")


def test_a_decision_that_has_ended_is_in_force_no_more(configuration: Configuration, clock: Clock, psa: int) -> None:
    one_run("r1", psa, {})
    decide(psa, "keep", DecisionKind.KEEP)
    (kept,) = standing(configuration, clock).decisions
    decisions.end([kept.stored.decision.id], at=NOON)
    assert standing(configuration, clock).decisions == ()


def test_an_agreement_that_is_no_longer_linked_may_end(configuration: Configuration, clock: Clock, psa: int) -> None:
    one_run("r1", psa, {"agreement": 2041, "inputs": agreement_inputs(2041, TODAY)})
    assert len(standing(configuration, clock).agreements) == 1
    other = replace(configuration, links=(replace(configuration.links[0], agreement=2050),))
    assert standing(other, clock).agreements == ()
    off = replace(configuration, links=(replace(configuration.links[0], billing=False),))
    assert standing(off, clock).agreements == ()


def test_a_run_whose_process_has_ended_was_interrupted(configuration: Configuration, clock: Clock) -> None:
    begin("r1", on=TODAY, started=NOON - timedelta(hours=1))
    found = standing(configuration, clock)
    assert found.last_run is not None
    assert (found.last_run.outcome, found.last_run.failed) == ("interrupted", True)
    assert verdict([found]).exit_code == 1


@pytest.mark.parametrize(
    ("owner", "expires", "under_way"),
    [
        (this_process(), timedelta(seconds=60), True),
        (this_process(), timedelta(seconds=-1), False),
        (replace(this_process(), process_started="another boot"), timedelta(seconds=60), False),
        (Owner(host="elsewhere", pid=1, process_started=""), timedelta(seconds=60), True),
    ],
    ids=["at work", "lease expired", "process gone", "another machine"],
)
def test_a_run_under_way_is_not_overdue(
    configuration: Configuration, clock: Clock, psa: int, owner: Owner, expires: timedelta, under_way: bool
) -> None:
    one_run("r1", psa, {}, on=TODAY - timedelta(days=1))
    begin("r2", on=TODAY, started=NOON - timedelta(hours=1))
    assert leases.acquire(f"integration:{INTEGRATION}", owner=owner, now=NOON, ttl=expires)
    found = standing(configuration, clock)
    assert found.next_run.under_way is under_way
    assert (found.next_run.overdue_since is None) is under_way
    assert found.last_run is not None
    assert found.last_run.outcome == ("done" if under_way else "interrupted")


@pytest.mark.parametrize(
    ("now", "made_on", "overdue_since"),
    [
        (datetime(2026, 3, 29, 1, 4, tzinfo=UTC), date(2026, 3, 28), None),
        (datetime(2026, 3, 29, 1, 6, tzinfo=UTC), date(2026, 3, 28), datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),
        (datetime(2026, 10, 25, 0, 36, tzinfo=UTC), date(2026, 10, 24), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),
    ],
    ids=["02:30 does not exist: due at 03:00", "and overdue after it", "02:30 comes twice: the first"],
)
def test_l12_a_run_is_overdue_by_local_time(
    configuration: Configuration, clock: Clock, psa: int, now: datetime, made_on: date, overdue_since: datetime | None
) -> None:
    one_run("r1", psa, {}, on=made_on)
    clock.now = now
    assert standing(configuration, clock).next_run.overdue_since == overdue_since


@pytest.mark.parametrize(
    ("apply", "kind", "overdue"), [("automatic", "plan", True), ("approve", "plan", False), ("automatic", "run", False), ("approve", "run", False)]
)
def test_a_plan_is_the_days_run_only_where_a_person_applies_it(
    configuration: Configuration, clock: Clock, psa: int, apply: ApplyMode, kind: str, overdue: bool
) -> None:
    settings = replace(configuration.integration, apply=apply)
    one_run("r1", psa, {}, kind=kind)
    found = standing(replace(configuration, integration=settings), clock)
    assert (found.next_run.overdue_since is not None) is overdue


def test_tenants_of_a_broken_off_day_are_overdue_though_another_was_run(configuration: Configuration, clock: Clock, psa: int) -> None:
    one_run("r1", psa, {}, on=TODAY - timedelta(days=1))
    one_run("r2", psa, {"tenant_id": "vs-2", "tenant_name": "Fabrikam", "account": 2})
    found = standing(configuration, clock)
    assert [(one.link.label, one.last) for one in found.not_run_today] == [("Contoso Dental", TODAY - timedelta(days=1))]
    assert verdict([found]).exit_code == 1


@pytest.mark.parametrize(
    ("ended", "overdue"),
    [({}, False), ({"outcome": "failed"}, False), ({"outcome": "failed", "reason": "stopped"}, True), ({"only": "Contoso Dental"}, True)],
    ids=["done", "failed for a tenant", "stopped", "for one tenant"],
)
def test_the_days_run_is_made_once_it_went_through_all_tenants(
    configuration: Configuration, clock: Clock, psa: int, ended: dict[str, Any], overdue: bool
) -> None:
    one_run("r1", psa, {}, **ended)
    assert (standing(configuration, clock).next_run.overdue_since is not None) is overdue


def test_attention_that_no_tenant_explains_is_not_passed_over(configuration: Configuration, clock: Clock, psa: int) -> None:
    one_run("r1", psa, {}, outcome="attention")
    answer = verdict([standing(configuration, clock)])
    assert (answer.exit_code, answer.right) == (3, False)
    assert "concerns no one customer" in answer.sentence


def heard(number: int, run: str, tenant: str, account: int | None = None, *, planned: bool = False) -> LastHeard:
    """A tenant that was last heard of by a run; `number` grows with each record."""
    record = TenantRecord(
        id=number,
        run=run,
        kind="run",
        date=TODAY,
        tenant_id=tenant,
        tenant=tenant,
        account=account,
        agreement=None,
        outcome="unchanged",
        reason=None,
        detail="",
        document="",
        inputs="sha256:…" if planned else None,
        observed=True,
        not_billed=(),
        notices=(),
    )
    return LastHeard(newest=record, observed=record, planned=record if planned else None)


def run(name: str, *, tenants: int, kind: str = "run", outcome: str | None = "done", reason: str | None = None, **tail: str | None) -> StoredRun:
    """A run that took in so many tenants."""
    begun = StoredRun(id=name, integration=INTEGRATION, kind=kind, date=TODAY, started=NOON, configuration="", rules=None, rules_version="1")
    return replace(begun, outcome=outcome, totals={"tenants": tenants}, tail={"reason": reason, **tail})


FORMER = heard(1, "r1", "vs-1")


@pytest.mark.parametrize(
    ("later", "still_there"),
    [
        (run("r2", tenants=2), False),
        (run("r2", tenants=2, kind="plan"), False),
        (run("r2", tenants=2, outcome="failed"), False),
        (run("r2", tenants=1), True),
        (run("r2", tenants=1, only="vs-2"), True),
        (run("r2", tenants=1, only=None), False),
        (run("r2", tenants=2, kind="apply"), True),
        (run("r2", tenants=2, outcome="failed", reason="stopped"), True),
        (run("r2", tenants=0, outcome="failed", reason="source_unreachable"), True),
        (run("r2", tenants=0, outcome="interrupted"), True),
        (run("r2", tenants=0, outcome=None), True),
    ],
    ids=[
        "run",
        "plan",
        "failed for a tenant",
        "of one tenant",
        "for one tenant",
        "of all, which is one",
        "apply",
        "stopped",
        "refused at the door",
        "interrupted",
        "under way",
    ],
)
def test_only_a_later_run_over_the_whole_fleet_makes_a_tenant_a_former_one(later: StoredRun, still_there: bool) -> None:
    assert (FORMER in fleet((FORMER, heard(2, "r2", "vs-2")), (run("r1", tenants=2), later))) is still_there


def test_of_two_tenants_recorded_for_one_account_the_newer_is_the_links() -> None:
    before, after = heard(1, "r1", "vs-1", 7), heard(2, "r1", "vs-2", 7)
    assert fleet((before, after), (run("r1", tenants=2),)) == (after,)


def test_a_tenant_that_came_back_takes_the_place_of_its_absence() -> None:
    absent, back = heard(1, "r1", "account:7", 7), heard(2, "r1", "vs-1", 7)
    assert fleet((absent, back), (run("r1", tenants=2),)) == (back,)


def test_a_link_whose_tenant_is_absent_keeps_what_was_known_of_its_agreement() -> None:
    before, absent = heard(1, "r1", "vs-1", 7, planned=True), heard(2, "r1", "account:7", 7)
    (found,) = fleet((before, absent), (run("r1", tenants=2),))
    assert (found.newest, found.planned) == (absent.newest, before.planned)


def test_the_links_label_names_a_tenant_that_was_never_met(configuration: Configuration, clock: Clock, psa: int) -> None:
    one_run("r1", psa, {"tenant_id": "vs-2", "tenant_name": "Fabrikam", "account": 2})
    (missed,) = standing(configuration, clock).not_run_today
    assert missed.link == Link(account=1053145, tenant_name="Contoso Dental", agreement=2041)
    assert missed.last is None
    assert LastRun(run=run("r1", tenants=1), outcome="done").sentence == ""
