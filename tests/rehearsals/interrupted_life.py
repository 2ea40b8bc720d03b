"""An MSP's days with a run that is killed on each: the fleet changes, a run is killed, the next ones make it good, and everything is compared."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.rehearsals.growing_fleet import BY_HAND, CUSTOMERS, ITEMS, NOT_OURS, PRICE_BOOK, GrowingFleet, number_of_agreement
from tests.rehearsals.ledger_file import open_writes, recorded_runs
from tests.rehearsals.processes import Ended, Running, SandboxProcess, call

Json = dict[str, Any]

SETTLE = 2
"""Seconds (contracts 3). No fault below acts later than this after its call, and some act only after the next run has looked."""
RUNS_TO_SETTLE = 10
"""A run right after the kill, some until `settle` has passed, and one that has nothing to do."""

SLOWLY: list[Json] = [
    {"on": "tigerpaw_soap", "call": "*", "times": 0, "do": "delay", "ms": 40},
    {"on": "tigerpaw_rest", "call": "/api/agreements/*", "times": 0, "do": "delay", "ms": 10},
]
"""Both systems take as long as over a network, so that a kill finds calls under way."""

MAY_WAIT = frozenset({"line_not_ours", "write_unresolved", "earlier_write_failed"})
"""What a run right after a kill may give as a reason. Among those that it may not: `busy`, `duplicate_lines`, `not_as_written`, `edited_in_psa`."""

CALLS_OF_A_RUN = 150
"""About as many; a run that makes fewer is not killed."""
SECONDS_TO_START = 1.5
"""About as long as the program takes until its first call."""


class InterruptedLife:
    """One ledger over many days, each of which sees a kill."""

    def __init__(self, folder: Path, sandbox: SandboxProcess, fleet: GrowingFleet, *, days: random.Random, aim: random.Random) -> None:
        self._folder = folder
        self._home = folder / "home"
        self._sandbox = sandbox
        self._fleet = fleet
        self._days = days
        self._aim = aim
        self._killed: list[Running] = []
        self._terms = self._terms_shown()
        self.kills = 0
        self.landed: Counter[str] = Counter()

    def pass_a_day(self) -> None:
        """The fleet changes, and so does the price of a line; the PSA keeps what it holds. The faults are this day's."""
        self._fleet.pass_a_day()
        state = self._sandbox.state()
        state["ksc"]["virtual_servers"] = self._fleet.virtual_servers()
        lines = [line for account in state["tigerpaw"]["accounts"] for agreement in account["agreements"] for line in agreement["charges"]]
        agreed = self._days.choice(lines)
        agreed |= {"price": self._days.randint(100, 900) / 100, "description": f"As agreed on day {self.kills}"}
        self._terms[agreed["detail_id"]] = _terms(agreed)
        self._sandbox.replace(state | {"faults": self._faults()})

    def _faults(self) -> list[Json]:
        """Now and then some of the day's first writes go wrong in the PSA as well, whoever makes them."""
        spoiled: list[Json] = []
        for nth in sorted(self._days.sample(range(1, 16), self._days.choice([0, 1, 2, 3]))):
            do, most = self._days.choice([("lose_reply", 100), ("act_late", 1800), ("delay", 400)])
            spoiled.append({"on": "tigerpaw_soap", "call": "*", "nth": nth, "do": do, "ms": self._days.randint(100, most)})
        return spoiled + SLOWLY

    def kill_a_run(self) -> None:
        """Starts a run and kills it at some instant of its life, more often than not while it writes. One that ended before was not killed."""
        aim = self._aim
        if (writes := self._writes_due()) and aim.random() < 0.6:
            moment = self._calls_from_now(aim.randint(1, writes), "tigerpaw_soap")
            delay = aim.uniform(0, 0.15)
        elif aim.random() < 0.6:
            moment = self._calls_from_now(aim.randint(1, CALLS_OF_A_RUN))
            delay = aim.uniform(0, 0.02)
        else:
            moment = _at_once
            delay = aim.uniform(0, SECONDS_TO_START)
        run = Running(self._folder, self._run_words)
        if not run.kill(moment, delay):
            self._require_sound(run.end())
            return
        self.kills += 1
        self._killed.append(run)
        if aim.random() < 0.5:
            run.end()

    def _writes_due(self) -> int:
        """How many lines a run would write now."""
        charges = self._sandbox.charges()
        quantities = {(number, line["item_id"]): line["quantity"] for number, lines in charges.items() for line in lines}
        billed = [(customer, item) for customer in CUSTOMERS for item in ITEMS if (customer, item) != NOT_OURS]
        return sum(quantities.get((number_of_agreement(customer), item), 0) != self._fleet.wanted(customer, item) for customer, item in billed)

    def _calls_from_now(self, number: int, on: str = "") -> Callable[[], bool]:
        """Whether so many more calls have reached the sandbox, or one of its doors."""
        before = self._sandbox.calls(on)
        return lambda: self._sandbox.calls(on) >= before + number

    @property
    def _run_words(self) -> tuple[str, ...]:
        return "run", "--json", "--home", str(self._home)

    def make_good(self) -> None:
        """Runs until a run finds nothing to do any more, which has to be the one after the first that leaves nothing open."""
        settled = False
        for _ in range(RUNS_TO_SETTLE):
            calls = self._sandbox.calls("tigerpaw_soap")
            ran = call(self._folder, *self._run_words)
            self._require_sound(ran)
            if settled:
                assert ran.json["totals"]["psa_writes"] == self._sandbox.calls("tigerpaw_soap") - calls == 0, f"L8: {ran.words}"
                break
            settled = ran.code == 3 and _waiting(ran.json) == {(number_of_agreement(NOT_OURS[0]), NOT_OURS[1], "line_not_ours")}
        else:
            raise AssertionError(f"still not settled after {RUNS_TO_SETTLE} runs: {ran.words}")
        for run in self._killed:
            run.end()

    def _require_sound(self, ran: Ended) -> None:
        """What holds for every run that was not killed: nobody keeps it waiting, and nothing but an unanswered write keeps a line waiting."""
        assert ran.code in (0, 1, 3), ran.words
        assert "Traceback" not in ran.words
        run = ran.json["run"]
        assert run.get("reason") is None, f"a run was kept from its work: {ran.words}"
        strange = {reason for _, _, reason in _waiting(ran.json)} - MAY_WAIT
        assert not strange, f"{strange}: {ran.words}"

    def require_right(self) -> None:
        """The PSA bills what is in use, once, at the agreed terms; the ledger knows how each run and each write ended."""
        self._require_right_charges()
        self._require_the_same_terms()
        assert open_writes(self._home) == 0
        runs = recorded_runs(self._home)
        assert all(run.outcome is not None for run in runs), runs
        for process in self._killed:
            self.landed[self._landed(process, [run for run in runs if run.pid == process.pid])] += 1
        self._killed.clear()

    def _require_right_charges(self) -> None:
        charges = self._sandbox.charges()
        for customer in CUSTOMERS:
            lines = charges[number_of_agreement(customer)]
            items = Counter(line["item_id"] for line in lines)
            assert max(items.values()) == 1, f"a doubled line: {lines}"
            quantities = {line["item_id"]: line["quantity"] for line in lines}
            by_hand = {line["item_id"]: line["quantity"] for of, line in BY_HAND if of == customer}
            expected = {item: self._fleet.wanted(customer, item) for item in ITEMS} | by_hand
            assert {item: quantities.get(item, 0) for item in expected} == expected, f"customer {customer}"
            assert set(quantities) <= set(expected), f"customer {customer}"

    def _require_the_same_terms(self) -> None:
        """L6: we change the quantity of our own lines, nothing else; a new line has what the price book says."""
        shown = self._terms_shown()
        assert {number: shown.get(number) for number in self._terms} == self._terms
        for number in set(shown) - set(self._terms):
            item = next(one for one in PRICE_BOOK if one["item_id"] == shown[number]["item_id"])
            assert (shown[number]["description"], shown[number]["price"]) == (item["description"], item["price"])
        self._terms = shown

    def _terms_shown(self) -> dict[int, Json]:
        return {line["detail_id"]: _terms(line) for lines in self._sandbox.charges().values() for line in lines}

    def _landed(self, process: Running, runs: list[Any]) -> str:
        """Where a kill found its run; asserts that the ledger calls it interrupted, unless it had been closed by then."""
        if not runs:
            return "before the run was recorded"
        (run,) = runs
        if run.outcome != "interrupted":
            assert process.killed_at is not None
            assert run.finished <= process.killed_at, run
            return "after the run was closed"
        return "with a write under way" if run.left_to_others else "during the run"

    def require_proof(self) -> None:
        """The chain holds, the evidence adds up, and the last run can be counted again."""
        verified = call(self._folder, "verify", "--json", "--home", str(self._home))
        assert (verified.code, verified.json["ok"]) == (0, True), verified.words
        assert verified.json["runs"] == len(recorded_runs(self._home))
        replayed = call(self._folder, "replay", "latest", "--json", "--home", str(self._home))
        assert replayed.code == 0, replayed.words


def _terms(line: Json) -> Json:
    """Everything of a line but its quantity."""
    return {name: value for name, value in line.items() if name != "quantity"}


def _waiting(report: Json) -> set[tuple[int, str | None, str]]:
    """Agreement, item and reason of every line that was not brought to what is wanted, and of every tenant that has a reason."""
    tenants = [(one["agreement"], None, one["reason"]) for one in report["tenants"] if one["reason"] is not None]
    lines = [(one["agreement"], line["item"], line["reason"]) for one in report["tenants"] for line in one["changes"] if line["reason"] is not None]
    return {*tenants, *lines}


def _at_once() -> bool:
    return True
