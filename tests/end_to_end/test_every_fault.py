"""Every fault of contracts 4 at every call that a run reads by (L1, L7): one table of what each cell comes to.

In each cell one more workstation is due. A cell says the exit code, what is told of whom, what Tigerpaw holds and what the ledger has recorded;
the next run, without the fault, brings every line to what is counted. Faults of the writes themselves, of create and update, stand in
`test_faults.py`.

`make test` plays every seventh cell, so that each call and each fault has some; TALLYBRIDGE_EVERY_FAULT=1 plays all.
"""

from __future__ import annotations

import os
from typing import Any, NamedTuple, get_args

import pytest

from tallybridge.sandbox.scenario_records import Deed
from tests.databases import past_the_program
from tests.end_to_end.conftest import Bench, recorded_intents
from tests.end_to_end.worlds import CONTOSO, FABRIKAM, WORKSTATION

Json = dict[str, Any]
KSC, PSA = "ksc", "tigerpaw_rest"
RUN, CUSTOMER, READING_BACK, NOTHING = "the run", "the customer", "reading back", "nothing"
START, END = "Session.StartSession", "Session.EndSession"
AGREEMENT = f"/api/agreements/{CONTOSO}"


class Stage(NamedTuple):
    """A call of a run: from this one on, every call of its name meets the fault."""

    on: str
    call: str
    nth: int
    stops: str
    """What a fault stops that cannot be got over."""


STAGES = {
    "sign-in to the main server": Stage(KSC, START, 1, RUN),
    "confirming the main server": Stage(KSC, "HostGroup.GetStaticInfo", 1, RUN),
    "listing the virtual servers": Stage(KSC, "VServers.GetVServers", 1, RUN),
    "sign-in to a virtual server": Stage(KSC, START, 2, CUSTOMER),
    "confirming a virtual server": Stage(KSC, "HostGroup.GetStaticInfo", 2, CUSTOMER),
    "licenses": Stage(KSC, "LicenseKeys.EnumKeys", 1, CUSTOMER),
    "seats of a license": Stage(KSC, "LicenseKeys.AcquireKeyHosts", 1, CUSTOMER),
    "rows": Stage(KSC, "GroupSyncIterator.GetNextItems", 1, CUSTOMER),
    "devices": Stage(KSC, "HostGroup.FindHosts", 1, CUSTOMER),
    "rows of devices": Stage(KSC, "ChunkAccessor.GetItemsChunk", 1, CUSTOMER),
    "closing an iterator": Stage(KSC, "GroupSyncIterator.ReleaseIterator", 1, NOTHING),
    "signing out": Stage(KSC, END, 1, NOTHING),
    "accounts": Stage(PSA, "/api/accounts/search*", 1, RUN),
    "price book": Stage(PSA, "/api/pricebook/items*", 1, RUN),
    "agreement": Stage(PSA, f"{AGREEMENT}/details", 1, CUSTOMER),
    "reading before a write": Stage(PSA, f"{AGREEMENT}/*", 2, CUSTOMER),
    "reading back": Stage(PSA, f"{AGREEMENT}/*", 3, READING_BACK),
}
UNANSWERED = ("http_500", "http_503", "close", "lose_reply", "act_late", "truncate")
FAULTS: dict[str, Json] = {
    "refuse_login": {},
    **{name: {"ms": 5} for name in UNANSWERED},
    "not_json": {},
    "pxg_error": {"code": 1181, "module": "KLSTD"},
    "end_session": {},
    "expire_iterator": {},
    "success_false": {"message": "Rehearsed refusal"},
    "delay": {"ms": 5},
    "drop_attribute": {"name": "KLHST_WKS_COMMENT"},
    "reverse_eof": {},
    "short_chunks": {},
}
OF_ONE_DOOR = {KSC: {"pxg_error", "end_session", "expire_iterator", "drop_attribute", "reverse_eof", "short_chunks"}, PSA: {"success_false"}}
"""Deeds that the other door does not know; `soap_fault` and `wrong_quantity` are faults of writes."""
HARMLESS = {"delay", "drop_attribute", "reverse_eof", "short_chunks"}


class Cell(NamedTuple):
    """What a fault comes to."""

    code: int
    outcome: str
    reason: str | None
    whole_run: bool = False


def comes_to(stage: Stage, fault: str) -> Cell:
    """The table, by its rules."""
    fine = Cell(0, "applied", None)
    if fault in HARMLESS:
        return fine
    if stage.call == START and fault in ("end_session", "expire_iterator"):
        return fine  # There is nothing yet that could end.
    if stage.stops == NOTHING:
        # A session that has ended before its seats were read makes the whole read anew, and ends there each time.
        return Cell(1, "failed", "observation_incomplete") if fault == "end_session" and stage.call != END else fine
    if stage.stops == READING_BACK:
        return Cell(1, "failed", "write_not_verified")
    if stage.on == PSA:
        return Cell(1, "failed", "sign_in_refused" if fault == "refuse_login" else "psa_unreachable", stage.stops == RUN)
    if stage.stops == CUSTOMER:
        return Cell(3, "blocked", "no_access") if (stage.call, fault) == (START, "refuse_login") else Cell(1, "failed", "observation_incomplete")
    if stage.call == START and fault == "refuse_login":
        return Cell(1, "failed", "sign_in_refused", whole_run=True)
    unreadable = fault in ("pxg_error", "not_json", "expire_iterator")
    return Cell(1, "failed", "observation_incomplete" if unreadable else "source_unreachable", whole_run=True)


def cells_of(name: str) -> list[str]:
    """The faults that are played at a stage."""
    stage, place = STAGES[name], list(STAGES).index(name)
    of_the_other = OF_ONE_DOOR[PSA if stage.on == KSC else KSC]
    every = os.environ.get("TALLYBRIDGE_EVERY_FAULT") == "1"
    return [fault for number, fault in enumerate(FAULTS) if fault not in of_the_other and (every or (number + 2 * place) % 7 == 0)]


def one_more_workstation(bench: Bench, device: str) -> None:
    def change(server: Json) -> None:
        server["hosts"].append({"id": device, "name": device, "os_name": WORKSTATION[0], "ctype": WORKSTATION[1]})
        server["uses"].append({"serial": "S001-1", "host": device})

    bench.edit_server(1, change)


def without_end(bench: Bench) -> int:
    """Writes of which the ledger does not know how they ended."""
    ((number,),) = past_the_program.rows(
        bench.home, "select count(*) from ledger_intent where key not in (select intent_id from ledger_intentresult)"
    )
    return int(number)


@pytest.mark.parametrize("name", STAGES)
def test_a_fault_at_a_call_comes_to_what_the_table_says_and_the_next_run_heals(bench: Bench, name: str) -> None:
    stage = STAGES[name]
    bench.declare(source={"max_sessions": 1}, destination={"settle": 0})
    assert bench.run().code == 0
    workstations = 3
    for fault in cells_of(name):
        where = f"{fault} at {name}"
        one_more_workstation(bench, f"for-{fault}")
        intents, workstations = recorded_intents(bench), workstations + 1
        bench.faults({"on": stage.on, "call": stage.call, "nth": stage.nth, "times": 0, "do": fault, **FAULTS[fault]})
        bench.forget_calls()

        done = bench.run()

        code, outcome, reason, whole_run = comes_to(stage, fault)
        assert any(one["fault"] for one in bench.calls(stage.on)), f"{where}: nothing was rehearsed"
        told = done.json["run"] if whole_run else done.tenant("Contoso Dental")
        assert (done.code, told["outcome"], told["reason"]) == (code, outcome, reason), f"{where}: {done.words}"
        assert outcome == "applied" or told["detail"] or told["reason"] in done.words, f"{where}: nothing is told"
        written = outcome == "applied" or stage.stops == READING_BACK
        assert bench.quantities(CONTOSO) == [("KES-SRV", 1), ("KES-WKS", workstations if written else workstations - 1)], where
        assert bench.quantities(FABRIKAM) == [("KES-SELECT", 2)], where
        assert done.writes == recorded_intents(bench) - intents == int(written), where
        assert without_end(bench) == int(stage.stops == READING_BACK and code != 0), where
        if not whole_run and stage.on == PSA:
            assert done.outcome("Fabrikam") == ("unchanged", None), where

        bench.faults()
        healed = bench.run()
        assert healed.code == 0, f"{where}: {healed.words}"
        assert bench.quantities(CONTOSO) == [("KES-SRV", 1), ("KES-WKS", workstations)], where
        assert without_end(bench) == 0, where
    bench.require_proof()


def test_every_fault_of_a_reading_call_has_its_cell() -> None:
    """What the contract lists, without the two deeds that belong to writes."""
    assert set(FAULTS) == set(get_args(Deed)) - {"soap_fault", "wrong_quantity"}
