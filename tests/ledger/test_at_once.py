"""What two processes do at the same moment: on every database, one of them comes after the other, and neither undoes what the other relied on.

SQLite lets one transaction write at a time; PostgreSQL lets them go on side by side, and the ledger itself makes those wait that must.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from tallybridge.billing.plan import Action, DecisionKind, IntentOutcome
from tallybridge.billing.reasons import Reason
from tallybridge.ledger import configurations, decisions, destinations, errors, evidence, holds, intents, leases, lines, manifests, opening, runs
from tallybridge.ledger.prepared import models
from tests.ledger.at_once import at_once
from tests.ledger.examples import AGREEMENT, INTEGRATION, START, TENANT, begin, change, decision, intent, tenant_run

URL = "http://127.0.0.1:8085"
LATER = START + timedelta(minutes=1)


@pytest.fixture
def psa(ledger: Path) -> int:
    return destinations.identify("tigerpaw", URL, "public")


def _finish(run: str) -> Callable[[], str]:
    return lambda: runs.finish(run, "done", {}, LATER, {})


def _hold(psa: int) -> str:
    waiting = (change(action=Action.HOLD, reason=Reason.FALL_BOUND, from_quantity=90, to_quantity=30, known=(9001,), charge=9001),)
    return holds.keep_up(psa, INTEGRATION, TENANT.id, TENANT.name, AGREEMENT, waiting, START)["KES-WKS"]


def _errors(outcomes: tuple[object, object]) -> list[type]:
    return [type(one) for one in outcomes if isinstance(one, Exception)]


def test_two_runs_that_finish_at_once_do_not_fork_the_chain(psa: int) -> None:
    begin("r1", integration="North")
    begin("r2", integration="South")

    heads = at_once(_finish("r1"), _finish("r2"), meeting_before='INTO "ledger_manifest"')

    assert _errors(heads) == []
    report = manifests.verify()
    assert (report.ok, report.runs, report.head) == (True, 2, heads[1])


def test_a_run_is_closed_once(psa: int) -> None:
    begin("r1")
    outcomes = at_once(_finish("r1"), _finish("r1"), meeting_before='INTO "ledger_manifest"')
    assert _errors(outcomes) == [errors.RunClosed]
    assert manifests.verify().runs == 1


def test_a_tenant_that_is_recorded_while_the_run_is_closed_is_refused(psa: int) -> None:
    begin("r1")
    outcomes = at_once(_finish("r1"), lambda: runs.record_tenant("r1", tenant_run(psa)), meeting_before='INTO "ledger_manifest"')
    assert _errors(outcomes) == [errors.RunClosed]
    assert manifests.verify().ok


def test_a_run_that_is_closed_while_a_tenant_is_recorded_vouches_for_it(psa: int) -> None:
    begin("r1")
    record = tenant_run(psa)
    outcomes = at_once(lambda: runs.record_tenant("r1", record), _finish("r1"), meeting_before="INTO ledger_plannedchange")
    assert _errors(outcomes) == []
    assert [one.tenant_id for one in runs.tenant_runs("r1")] == [TENANT.id]
    assert manifests.verify().ok


def test_an_adoption_while_a_run_is_closed_is_seen_by_its_manifest_whole_or_not_at_all(psa: int) -> None:
    """A line that has changed without the decision that changed it would be taken for a forgery."""
    begin("r0")
    hold = _hold(psa)
    _finish("r0")()
    begin("r1")

    def adopt() -> None:
        with opening.together():
            decisions.record(hold, decision(at=LATER))
            lines.adopt(psa, AGREEMENT, "KES-WKS", 9007, 42, (), integration=INTEGRATION, tenant_id=TENANT.id)

    outcomes = at_once(_finish("r1"), adopt, meeting_before='FROM "ledger_destination"')

    assert _errors(outcomes) == []
    assert manifests.verify().first_broken is None
    begin("r2")
    _finish("r2")()
    assert manifests.verify().first_broken is None


def test_one_hold_is_decided_once(psa: int) -> None:
    hold = _hold(psa)
    outcomes = at_once(
        lambda: decisions.record(hold, decision(author="one")),
        lambda: decisions.record(hold, decision(author="other")),
        meeting_before='INTO "ledger_holddecision"',
    )
    assert _errors(outcomes) == [errors.HoldUnknown]
    assert [one.author for one in models.HoldDecision.objects.all()] == ["one"]


def test_a_hold_that_is_decided_while_a_plan_keeps_it_up_is_decided_as_the_plan_left_it(psa: int) -> None:
    hold = _hold(psa)
    shown = change(action=Action.HOLD, reason=Reason.FALL_BOUND, from_quantity=90, to_quantity=25, known=(9001,), charge=9001)
    outcomes = at_once(
        lambda: holds.keep_up(psa, INTEGRATION, TENANT.id, TENANT.name, AGREEMENT, (shown,), LATER),
        lambda: decisions.record(hold, decision()),
        meeting_before='UPDATE "ledger_hold"',
    )
    assert _errors(outcomes) == []
    assert [(one.wanted, one.closed) for one in models.Hold.objects.all()] == [(25, START)]


def test_a_standing_decision_is_ended_once(psa: int) -> None:
    kept = decisions.record(_hold(psa), decision(kind=DecisionKind.KEEP, stands=True, shown=((9001, 90),)))
    outcomes = at_once(
        lambda: decisions.release(kept, "agreed", "one", LATER),
        lambda: decisions.release(kept, "agreed", "other", LATER),
        meeting_before='INTO "ledger_holddecision"',
    )
    assert _errors(outcomes) == [errors.LedgerError]
    assert models.DecisionEnd.objects.count() == 1


def test_two_that_end_the_same_decisions_in_other_orders_do_not_meet_head_on(psa: int) -> None:
    kept = decisions.record(_hold(psa), decision(kind=DecisionKind.KEEP, stands=True, shown=((9001, 90),)))
    outcomes = at_once(
        lambda: decisions.end([kept], at=LATER, run="r1"),
        lambda: decisions.end([kept], at=LATER, run="r2"),
        meeting_before='INTO "ledger_decisionend"',
    )
    assert _errors(outcomes) == []
    assert [one.run for one in models.DecisionEnd.objects.all()] == ["r1"]


def test_a_psa_that_two_runs_meet_for_the_first_time_is_one(ledger: Path) -> None:
    """Two would mean two lines for one item."""
    outcomes = at_once(
        lambda: destinations.identify("tigerpaw", URL, "public"),
        lambda: destinations.identify("tigerpaw", URL, "public"),
        meeting_before='INTO "ledger_destination"',
    )
    assert outcomes[0] == outcomes[1]
    assert models.Destination.objects.count() == 1


def test_of_two_intents_for_one_line_the_second_is_refused(psa: int) -> None:
    """L5."""
    begin("r1", integration="North")
    begin("r2", integration="South")

    def record(run: str) -> Callable[[], object]:
        return lambda: intents.record(intent(), destination=psa, integration=run, tenant_id=TENANT.id, run=run)

    outcomes = at_once(record("r1"), record("r2"), meeting_before='INTO "ledger_intent"')
    assert _errors(outcomes) == [errors.IntentStillOpen]
    assert [one.run_id for one in models.Intent.objects.all()] == ["r1"]


def test_an_intent_is_concluded_once(psa: int) -> None:
    begin("r1")
    key = intents.record(intent(), destination=psa, integration=INTEGRATION, tenant_id=TENANT.id, run="r1").key
    outcomes = at_once(
        lambda: intents.conclude(key, IntentOutcome.APPLIED, 9001, 90, "read back", LATER, "r1"),
        lambda: intents.conclude(key, IntentOutcome.NOT_WRITTEN, None, None, "not there", LATER, "r1"),
        meeting_before='INTO "ledger_intentresult"',
    )
    assert _errors(outcomes) == [errors.IntentConcluded]
    assert models.IntentResult.objects.get().outcome == IntentOutcome.APPLIED


def test_a_line_that_two_people_adopt_at_once_is_there_once(psa: int) -> None:
    def adopt(charge: int) -> Callable[[], None]:
        return lambda: lines.adopt(psa, AGREEMENT, "KES-WKS", charge, 42, (), integration=INTEGRATION, tenant_id=TENANT.id)

    outcomes = at_once(adopt(9001), adopt(9002), meeting_before='INTO "ledger_line"')
    assert _errors(outcomes) == []
    assert [one.charge for one in lines.lines_of(psa, AGREEMENT)] == [9002]


def test_a_lease_is_taken_by_one(ledger: Path) -> None:
    one, other = leases.this_process(), leases.this_process()
    outcomes = at_once(
        lambda: leases.acquire("agreement", owner=one, now=START),
        lambda: leases.acquire("agreement", owner=other, now=START),
        meeting_before="INTO ledger_lease",
    )
    assert sorted(map(bool, outcomes)) == [False, True]


def test_an_expired_lease_is_taken_over_by_one(ledger: Path) -> None:
    leases.acquire("agreement", owner=leases.this_process(), now=START)
    expired = START + 2 * leases.TTL
    one, other = leases.this_process(), leases.this_process()
    outcomes = at_once(
        lambda: leases.acquire("agreement", owner=one, now=expired),
        lambda: leases.acquire("agreement", owner=other, now=expired),
        meeting_before='UPDATE "ledger_lease"',
    )
    assert outcomes == (True, False)


def test_the_same_content_may_be_stored_twice_at_once(ledger: Path) -> None:
    outcomes = at_once(lambda: evidence.put(b"content", "kind"), lambda: evidence.put(b"content", "kind"), meeting_before="INTO ledger_blob")
    assert outcomes[0] == outcomes[1] == evidence.address_of(b"content")
    assert evidence.get(evidence.address_of(b"content")) == b"content"


def test_a_file_that_two_processes_take_is_one_version(ledger: Path) -> None:
    def take() -> object:
        return configurations.take(INTEGRATION, b"content", origin="file", at=START)

    assert _errors(at_once(take, take, meeting_before='INTO "ledger_configurationversion"')) == []
    assert models.ConfigurationVersion.objects.count() == 1
