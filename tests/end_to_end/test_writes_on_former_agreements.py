"""A write whose end was not known when its customer moved to another agreement comes to an end, too, and is asked for no more (L5; decision 0021)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.databases import past_the_program
from tests.end_to_end.conftest import Bench
from tests.end_to_end.hands import require_every_proof
from tests.end_to_end.worlds import FABRIKAM, SELECT, WORKSTATION, account, agreement, charge, customer, link, world

Json = dict[str, Any]
ELSEWHERE = 3000
NEVER_ARRIVED: Json = {"do": "close"}
ARRIVED_WRONG: Json = {"do": "wrong_quantity"}


def moves_after_a_broken_write(bench: Bench, fault: Json) -> None:
    """Fabrikam's first line is sent and its end is not known; from then on it is billed on another agreement."""
    agreements = [agreement(FABRIKAM), agreement(ELSEWHERE)]
    bench.load(world([customer(2, "Fabrikam", {SELECT: [WORKSTATION] * 2})], [account(1042, "Fabrikam", agreements)]))
    bench.declare(links=[link("Fabrikam", 1042, FABRIKAM)], destination={"settle": 30})
    bench.faults({"on": "tigerpaw_soap", "call": "*", "nth": 1} | fault)
    assert bench.run().code == 1
    bench.faults()
    bench.declare(links=[link("Fabrikam", 1042, ELSEWHERE)], destination={"settle": 30})


def ended(state: Json) -> None:
    state["tigerpaw"]["accounts"][0]["agreements"][0].update(end="2026-01-31")


def gone(state: Json) -> None:
    del state["tigerpaw"]["accounts"][0]["agreements"][0]


def ends(bench: Bench) -> list[tuple[str, str]]:
    """How the writes on the former agreement ended, and why that is believed."""
    said = "select outcome, detail from ledger_intentresult join ledger_intent on intent_id = key where agreement = "
    return past_the_program.rows(bench.home, f"{said}{FABRIKAM}")


def reads_of_the_former(bench: Bench) -> int:
    """How often one more run reads it."""
    bench.forget_calls()
    assert bench.run().writes == 0
    return len(bench.calls("tigerpaw_rest", f"/api/agreements/{FABRIKAM}/details"))


def test_while_it_may_still_arrive_it_holds_its_successor(bench: Bench) -> None:
    moves_after_a_broken_write(bench, NEVER_ARRIVED)

    held = bench.run()

    assert (held.code, held.writes, held.change("KES-SELECT")["reason"]) == (3, 0, "moved")
    assert ends(bench) == []


def test_once_it_is_known_not_to_have_arrived_it_is_closed_and_never_read_again(bench: Bench) -> None:
    moves_after_a_broken_write(bench, NEVER_ARRIVED)
    bench.wait(seconds=31)

    assert (bench.run().code, bench.quantities(ELSEWHERE), bench.lines(FABRIKAM)) == (0, [("KES-SELECT", 2)], [])

    assert ends(bench) == [("not_written", "Read after the customer was billed on another agreement.")]
    assert reads_of_the_former(bench) == 0
    require_every_proof(bench)


def test_one_that_arrived_after_all_is_a_line_of_ours_whose_seats_move(bench: Bench) -> None:
    moves_after_a_broken_write(bench, NEVER_ARRIVED)
    bench.edit_charges(FABRIKAM, lambda charges: charges.append(charge(900, "KES-SELECT", 2)))

    assert bench.run().change("KES-SELECT")["action"] == "move"

    assert ends(bench) == [("applied", "Read after the customer was billed on another agreement.")]
    assert bench.call("holds", "release", "--all", "--reason", "agreed").code == 0
    assert bench.run().code == 0
    assert (bench.quantities(ELSEWHERE), bench.quantities(FABRIKAM)) == ([("KES-SELECT", 2)], [("KES-SELECT", 0)])
    require_every_proof(bench)


@pytest.mark.parametrize(
    ("fault", "happens", "outcome"),
    [(NEVER_ARRIVED, ended, "not_written"), (NEVER_ARRIVED, gone, "not_written"), (ARRIVED_WRONG, ended, "not_as_written")],
    ids=["never arrived, ended", "never arrived, gone", "arrived wrong, ended"],
)
def test_on_an_agreement_that_is_over_nothing_stays_open(bench: Bench, fault: Json, happens: Any, outcome: str) -> None:
    """Design 6.3: nothing is ever written there again, and it does not hold its successor."""
    moves_after_a_broken_write(bench, fault)
    bench.edit(happens)
    bench.wait(seconds=31)

    assert (bench.run().code, bench.quantities(ELSEWHERE)) == (0, [("KES-SELECT", 2)])

    assert ends(bench) == [(outcome, "Read after the agreement had ended or was gone.")]
    assert reads_of_the_former(bench) == 0
    require_every_proof(bench)
