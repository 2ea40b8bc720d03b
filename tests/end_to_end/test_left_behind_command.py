"""`left-behind`: which lines are chosen, what is asked before anything is written, and what is kept of it (decision 0019)."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable

import pytest

from tallybridge.ledger import runs as ledger_runs
from tests.end_to_end.companies import HUB, HubBench
from tests.end_to_end.conftest import Bench
from tests.end_to_end.test_left_behind import OFF, ZERO, zero
from tests.end_to_end.test_several_integrations import HUB_LINES, KSC_LINES, Both
from tests.end_to_end.worlds import CONTOSO, FABRIKAM


@pytest.mark.parametrize(
    ("choice", "set_to_0"),
    [
        (("--agreement", CONTOSO, "--item", "KES-WKS"), {(CONTOSO, "KES-WKS")}),
        (("--agreement", CONTOSO), {(CONTOSO, "KES-WKS"), (CONTOSO, "KES-SRV")}),
        (("--item", "KES-SRV", "--item", "KES-SELECT"), {(CONTOSO, "KES-SRV"), (FABRIKAM, "KES-SELECT")}),
        (("--agreement", 4711), set()),
    ],
)
def test_only_the_named_lines(bench: Bench, choice: Iterable[object], set_to_0: set[tuple[int, str]]) -> None:
    bench.run()
    bench.declare(links=())

    done = bench.call("left-behind", "zero", *choice, "--reason", "gone", "--json")

    assert done.code == 0, done.words
    found = {(number, item) for number in (CONTOSO, FABRIKAM) for item, quantity in bench.quantities(number) if quantity == 0}
    assert found == set_to_0


@pytest.mark.parametrize(("arguments", "word"), [(("--reason", "x"), "--all"), (("--all",), "--reason"), (("--all", "--reason", " "), "--reason")])
def test_without_a_choice_or_a_reason_it_is_refused(bench: Bench, arguments: tuple[str, ...], word: str) -> None:
    bench.run()
    bench.declare(links=())
    bench.forget_calls()

    refused = bench.call("left-behind", "zero", *arguments)

    assert (refused.code, bench.calls()) == (1, [])
    assert word in refused.err
    assert "Nothing was written" in refused.err


def test_a_dry_run_shows_and_does_nothing(bench: Bench) -> None:
    bench.run()
    bench.declare(links=OFF)
    bench.forget_calls()

    shown = bench.call("left-behind", "zero", "--all", "--dry-run")

    assert (shown.code, bench.calls()) == (0, [])
    assert "KES-SELECT" in shown.out
    assert "1 line would be set to 0. Nothing was written." in shown.err


@pytest.mark.parametrize(("answer", "more", "quantity"), [("n\n", (), 2), ("y\n", (), 0), ("", ("--yes",), 0)])
def test_on_a_terminal_it_asks_first(bench: Bench, monkeypatch: pytest.MonkeyPatch, answer: str, more: tuple[str, ...], quantity: int) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    bench.run()
    bench.declare(links=OFF)
    monkeypatch.setattr(sys, "stdin", Terminal(answer))

    bench.call(*ZERO, *more)

    assert bench.quantities(FABRIKAM) == [("KES-SELECT", quantity)]


def test_who_did_it_and_why_is_in_the_chain(bench: Bench) -> None:
    bench.run()
    bench.declare(links=OFF)
    zero(bench)
    plan = ledger_runs.latest_run("Integration with Tigerpaw", ("plan",))
    assert plan is not None
    assert plan.tail["prescribed"]["because"] == "the customer has left"
    assert plan.tail["prescribed"]["author"]


def test_of_two_integrations_on_one_agreement_only_the_lines_of_the_unlinked_one_are_set_to_0(bench: Bench) -> None:
    """L6: each integration has its own items."""
    both = Both(HubBench(bench))
    both.run()
    both.write(hub={"links": []})
    listed = both.call("left-behind", "list", "--json").json
    assert {(one["integration"], one["item"], one["quantity"]) for one in listed} == {(HUB, item, quantity) for item, quantity in HUB_LINES}

    done = both.call("left-behind", "zero", "--all", "--reason", "no cloud any more", "--json")

    assert done.code == 0, done.words
    assert both.lines() == sorted(KSC_LINES + [(item, 0) for item, _ in HUB_LINES])
    assert both.call("left-behind", "list").code == 0
    assert both.call("verify").code == 0
