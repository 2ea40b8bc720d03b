"""A process that stood still, an answer that came late, a crash between two notes: never a second line, never a line of ours disowned (L5)."""

from __future__ import annotations

from datetime import datetime

import pytest

from tallybridge.ledger import intents as ledger_intents
from tallybridge.ledger import leases, lines
from tallybridge.ledger.errors import LedgerUnwritable
from tallybridge.runs.applying import Applying
from tallybridge.runs.reports import LineReport
from tests.end_to_end.conftest import Bench
from tests.end_to_end.worlds import CONTOSO, FABRIKAM, charge, two_customers


def test_l5_a_process_that_has_lost_its_lease_while_it_stood_still_writes_nothing(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as lost:
        lost.setattr(leases.HeldLease, "confirm", lambda _: False)
        ran = bench.run()
    assert (ran.code, ran.writes) == (1, 0)
    assert ran.outcome("Contoso Dental") == ("failed", "busy")
    assert bench.lines(CONTOSO) == []

    healed = bench.run()

    assert healed.code == 0, healed.words
    assert bench.quantities(CONTOSO) == [("KES-SRV", 1), ("KES-WKS", 3)]
    bench.require_proof()


def test_l5_settle_counts_from_when_an_unanswered_call_was_given_up(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """The call was waited for a minute: half a minute of `settle` must not have passed with it."""
    bench.declare(destination={"settle": 30})
    bench.faults({"on": "tigerpaw_soap", "call": "*", "nth": 1, "times": 1, "do": "close"})
    given_up = ledger_intents.mark_called
    marked: list[str] = []

    def mark_a_minute_later(key: str, at: datetime) -> None:
        """The second mark of a call is made when it is given up: a minute after it was begun."""
        if key in marked:
            bench.wait(seconds=60)
        marked.append(key)
        given_up(key, bench.now())

    with monkeypatch.context() as once:
        once.setattr(ledger_intents, "mark_called", mark_a_minute_later)
        assert bench.run("--tenant", "Fabrikam").code == 1
    bench.faults()
    bench.wait(seconds=5)

    held = bench.run("--tenant", "Fabrikam")

    assert [change["reason"] for change in held.tenant("Fabrikam")["changes"]] == ["write_unresolved"]
    assert bench.lines(FABRIKAM) == []
    bench.wait(seconds=31)
    assert bench.run("--tenant", "Fabrikam").code == 0
    assert len(bench.lines(FABRIKAM)) == 1


def test_l5_a_crash_while_a_settled_write_is_noted_does_not_disown_our_line(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.faults({"on": "tigerpaw_soap", "call": "*", "nth": 1, "times": 1, "do": "act_late", "ms": 50})
    bench.run("--tenant", "Fabrikam")
    bench.wait(seconds=5)

    def crash(*_: object, **__: object) -> None:
        raise LedgerUnwritable("as if the process had been killed here")

    with monkeypatch.context() as crashing:
        crashing.setattr(lines, "take_over", crash)
        bench.call("plan", "--tenant", "Fabrikam")
    bench.wait(seconds=5)

    healed = bench.run()

    assert healed.code == 0, healed.words
    assert bench.quantities(FABRIKAM) == [("KES-SELECT", 2)]
    assert bench.holds() == []


def test_l4_a_plan_is_refused_once_a_person_has_decided_on_one_of_its_lines(bench: Bench) -> None:
    world = two_customers()
    world["tigerpaw"]["accounts"][0]["agreements"][0]["charges"] = [charge(9001, "KES-WKS", 2)]
    bench.load(world)
    bench.declare()
    file = bench.folder / "before.plan"
    bench.call("plan", "--out", file)
    assert bench.call("holds", "adopt", "--all", "--reason", "entered by hand").code == 0

    refused = bench.call("apply", file)

    assert refused.code == 1
    assert "decided or written" in refused.err
    assert bench.lines(FABRIKAM) == []
    assert bench.holds() == []


def test_l7_an_error_of_our_own_in_one_tenant_of_a_plan_costs_no_other_its_bill(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    file = bench.folder / "saved.plan"
    assert bench.call("plan", "--out", file).code == 2
    write = Applying._write

    def stumble(self: Applying, line: LineReport) -> LineReport:
        if self._plan.agreement == CONTOSO:
            raise LookupError("a mistake of ours")
        return write(self, line)

    monkeypatch.setattr(Applying, "_write", stumble)

    applied = bench.call("apply", "--json", file)

    assert applied.code == 1
    assert applied.outcome("Contoso Dental") == ("failed", "internal_error")
    assert bench.quantities(FABRIKAM) == [("KES-SELECT", 2)]
