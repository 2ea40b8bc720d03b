"""Every fault that the sandbox can rehearse on Tigerpaw's two doors, at every call of a create and of an update (contracts 4; L5, L7, L8).

Whatever happens: the other customer is billed, no line is ever doubled, and the next runs bring every line to what is counted,
or hold it for a person.
"""

from __future__ import annotations

import time
from typing import Any, NamedTuple

import pytest

from tests.end_to_end.conftest import Bench
from tests.end_to_end.worlds import CONTOSO, FABRIKAM, WORKSTATION

Json = dict[str, Any]
SUBMIT = "SubmitAgreementAdditionalCharges"
ONLY_CONTOSO_WRITES = {"on": "tigerpaw_soap", "call": SUBMIT, "nth": 1}
"""Contoso comes first, and one session at a time keeps it so: the first write is its first line's."""


def grow(bench: Bench, number: int, serial: str) -> None:
    """One more workstation uses the application."""

    def change(server: Json) -> None:
        server["hosts"].append({"id": f"new-{number}", "name": "new", "os_name": WORKSTATION[0], "ctype": WORKSTATION[1]})
        server["uses"].append({"serial": serial, "host": f"new-{number}"})

    bench.edit_server(number, change)


class Write(NamedTuple):
    """A fault on the write of one line, and what it comes to."""

    fault: Json
    reached: bool
    """The PSA holds the line after the run."""
    outcome: str
    reason: str | None
    code: int


WRITES = {
    "http_500": Write({"do": "http_500"}, reached=False, outcome="failed", reason="write_unresolved", code=1),
    "http_503": Write({"do": "http_503"}, reached=False, outcome="failed", reason="write_unresolved", code=1),
    "success_false": Write({"do": "success_false", "message": "Rehearsed refusal"}, reached=False, outcome="failed", reason="write_refused", code=1),
    "soap_fault": Write({"do": "soap_fault", "message": "Rehearsed fault"}, reached=False, outcome="failed", reason="write_refused", code=1),
    "close": Write({"do": "close"}, reached=False, outcome="failed", reason="write_unresolved", code=1),
    "lose_reply": Write({"do": "lose_reply"}, reached=True, outcome="applied", reason=None, code=0),
    "truncate": Write({"do": "truncate"}, reached=True, outcome="applied", reason=None, code=0),
    "not_json": Write({"do": "not_json"}, reached=True, outcome="applied", reason=None, code=0),
    "delay": Write({"do": "delay", "ms": 60}, reached=True, outcome="applied", reason=None, code=0),
}


SAID = {"write_unresolved": "Nothing is repeated; the next run reads again and goes on.", "write_refused": "Rehearsed", None: ""}


@pytest.mark.parametrize("name", WRITES)
@pytest.mark.parametrize("kind", ["create", "update"])
def test_a_fault_on_a_write(bench: Bench, name: str, kind: str) -> None:
    """L5: the truth is read from the PSA; a write is never blindly repeated."""
    fault, reached, outcome, reason, code = WRITES[name]
    bench.declare(source={"max_sessions": 1}, destination={"settle": 30})
    before: list[tuple[str, int]] = []
    after = [("KES-SRV", 1), ("KES-WKS", 3)]
    if kind == "update":
        bench.run()
        before, after = after, [("KES-SRV", 1), ("KES-WKS", 4)]
        grow(bench, 1, "S001-1")
        grow(bench, 2, "S002-1")
    spoiled = "KES-SRV" if kind == "create" else "KES-WKS"
    bench.faults(ONLY_CONTOSO_WRITES | fault)
    bench.forget_calls()

    done = bench.run()

    assert done.code == code, done.words
    assert (done.tenant("Contoso Dental")["outcome"], done.tenant("Contoso Dental")["reason"]) == (outcome, reason)
    assert SAID[reason] in (done.tenant("Contoso Dental")["detail"] or "")
    assert done.outcome("Fabrikam") == ("applied", None)
    assert bench.quantities(FABRIKAM) == [("KES-SELECT", 2 if kind == "create" else 3)]
    # After a write whose end is not known, nothing more is written for that customer in the same run; a clear refusal stops its own line only.
    goes_on = kind == "create" and reason != "write_unresolved"
    without = [one for one in after if one[0] != spoiled] if goes_on else before
    assert bench.quantities(CONTOSO) == (after if reached else without)
    assert len(bench.calls("tigerpaw_soap", SUBMIT)) == (3 if goes_on else 2), "a write was repeated within the run"
    if reason == "write_unresolved":
        waiting = bench.run()
        assert (waiting.code, waiting.change(spoiled)["reason"]) == (3, "write_unresolved"), "before it has settled, nothing is repeated"
        assert bench.quantities(CONTOSO) == ([one for one in after if one[0] != spoiled] if kind == "create" else before)
        bench.wait(seconds=31)

    assert bench.run().code == 0
    assert bench.quantities(CONTOSO) == after
    assert bench.run().writes == 0
    bench.require_proof()


def test_a_refused_sign_in_ends_the_writing_of_this_run(bench: Bench) -> None:
    """Repeated refusals may lock the account, so none is provoked; the next run goes on."""
    bench.declare(source={"max_sessions": 1})
    bench.faults({"on": "tigerpaw_soap", "call": SUBMIT, "nth": 2, "do": "refuse_login"})

    done = bench.run()

    assert done.code == 1
    assert done.outcome("Contoso Dental") == done.outcome("Fabrikam") == ("failed", "sign_in_refused")
    assert len(bench.calls("tigerpaw_soap")) == 2
    assert (bench.quantities(CONTOSO), bench.lines(FABRIKAM)) == ([("KES-SRV", 1)], [])
    assert bench.run().code == 0
    assert bench.quantities(CONTOSO) == [("KES-SRV", 1), ("KES-WKS", 3)]
    assert bench.quantities(FABRIKAM) == [("KES-SELECT", 2)]
    bench.require_proof()


def test_a_refused_sign_in_of_an_update_changes_nothing_and_the_next_run_goes_on(bench: Bench) -> None:
    bench.declare(source={"max_sessions": 1})
    bench.run()
    grow(bench, 1, "S001-1")
    bench.faults(ONLY_CONTOSO_WRITES | {"do": "refuse_login"})

    done = bench.run()

    assert (done.code, done.outcome("Contoso Dental")) == (1, ("failed", "sign_in_refused"))
    assert bench.quantities(CONTOSO) == [("KES-SRV", 1), ("KES-WKS", 3)]
    assert (bench.run().code, bench.quantities(CONTOSO)) == (0, [("KES-SRV", 1), ("KES-WKS", 4)])
    bench.require_proof()


@pytest.mark.parametrize("kind", ["create", "update"])
def test_a_write_that_arrives_after_the_run_is_found_by_the_next(bench: Bench, kind: str) -> None:
    """L5: an unanswered write may still arrive; the line is not made a second time."""
    bench.declare(source={"max_sessions": 1}, destination={"settle": 30})
    if kind == "update":
        bench.run()
        grow(bench, 1, "S001-1")
    after = [("KES-SRV", 1), ("KES-WKS", 4 if kind == "update" else 3)]
    bench.faults(ONLY_CONTOSO_WRITES | {"do": "act_late", "ms": 700})

    done = bench.run()
    assert (done.code, done.outcome("Contoso Dental")) == (1, ("failed", "write_unresolved"))
    assert done.outcome("Fabrikam")[0] in ("applied", "unchanged")
    deadline = time.monotonic() + 5
    arrived = after if kind == "update" else after[:1]
    while bench.quantities(CONTOSO) != arrived and time.monotonic() < deadline:
        time.sleep(0.02)

    healed = bench.run()
    assert (healed.code, healed.writes) == (0, 1 if kind == "create" else 0), "only the line that was not tried is written"
    assert bench.quantities(CONTOSO) == after
    bench.require_proof()


@pytest.mark.parametrize("kind", ["create", "update"])
def test_another_quantity_than_was_sent_is_an_error_and_then_waits_for_a_person(bench: Bench, kind: str) -> None:
    """Design 2, verify: a difference is an error of that customer, loudly."""
    bench.declare(source={"max_sessions": 1})
    if kind == "update":
        bench.run()
        grow(bench, 1, "S001-1")
    spoiled = "KES-SRV" if kind == "create" else "KES-WKS"
    bench.faults(ONLY_CONTOSO_WRITES | {"do": "wrong_quantity"})

    done = bench.run()

    assert (done.code, done.outcome("Contoso Dental")) == (1, ("failed", "write_not_verified"))
    assert done.outcome("Fabrikam")[0] in ("applied", "unchanged")
    wrong = bench.lines(CONTOSO)
    again = bench.run()
    assert (again.code, again.change(spoiled)["reason"]) == (3, "not_as_written")
    assert [one for one in bench.lines(CONTOSO) if one[1] == spoiled] == [one for one in wrong if one[1] == spoiled]
    hold = again.change(spoiled)["hold"]
    assert bench.call("holds", "adopt", hold, "--reason", "it is ours").code == 0
    assert bench.run().code == 0
    assert bench.quantities(CONTOSO) == [("KES-SRV", 1), ("KES-WKS", 4 if kind == "update" else 3)]
    assert bench.run().writes == 0
    bench.require_proof()


READS = {
    "http_500": {"do": "http_500"},
    "http_503": {"do": "http_503"},
    "success_false": {"do": "success_false", "message": "Rehearsed refusal"},
    "close": {"do": "close"},
    "lose_reply": {"do": "lose_reply"},
    "truncate": {"do": "truncate"},
    "not_json": {"do": "not_json"},
    "refuse_login": {"do": "refuse_login"},
}
DETAILS = f"/api/agreements/{CONTOSO}/details"


@pytest.mark.parametrize("name", READS)
def test_a_fault_on_reading_one_agreement_fails_that_customer_alone(bench: Bench, name: str) -> None:
    """L1, L7: what could not be read is not planned; nothing is written for that customer."""
    bench.faults({"on": "tigerpaw_rest", "call": DETAILS, "nth": 1, "times": 0} | READS[name])

    done = bench.run()

    assert done.code == 1
    assert done.tenant("Contoso Dental")["outcome"] == "failed"
    assert done.outcome("Fabrikam") == ("applied", None)
    assert bench.lines(CONTOSO) == []
    bench.faults()
    assert bench.run().code == 0
    assert bench.quantities(CONTOSO) == [("KES-SRV", 1), ("KES-WKS", 3)]
    bench.require_proof()


@pytest.mark.parametrize("name", ["http_503", "close", "lose_reply", "truncate", "delay"])
def test_a_passing_fault_on_reading_is_got_over(bench: Bench, name: str) -> None:
    bench.faults({"on": "tigerpaw_rest", "call": DETAILS, "nth": 1, "times": 1, "ms": 50} | READS.get(name, {"do": "delay"}))

    assert bench.run().code == 0
    assert bench.quantities(CONTOSO) == [("KES-SRV", 1), ("KES-WKS", 3)]


@pytest.mark.parametrize(("name", "kind"), [*((name, "create") for name in READS), ("close", "update"), ("success_false", "update")])
def test_a_fault_on_reading_back_leaves_the_write_to_the_next_run(bench: Bench, name: str, kind: str) -> None:
    """L5: what was written but not seen is found by reading, not written again."""
    bench.declare(source={"max_sessions": 1})
    if kind == "update":
        bench.run()
        grow(bench, 1, "S001-1")
    after = [("KES-SRV", 1), ("KES-WKS", 4 if kind == "update" else 3)]
    # The run reads the agreement, reads the lines again before the first write, and from then on after each write.
    bench.forget_calls()
    bench.faults({"on": "tigerpaw_rest", "call": f"/api/agreements/{CONTOSO}/*", "nth": 3, "times": 0} | READS[name])

    done = bench.run()

    assert done.code == 1
    assert done.outcome("Contoso Dental") == ("failed", "write_not_verified")
    assert done.outcome("Fabrikam")[0] in ("applied", "unchanged")
    bench.faults()
    assert bench.run().code == 0
    assert bench.quantities(CONTOSO) == after
    assert bench.run().writes == 0
    bench.require_proof()


@pytest.mark.parametrize("call", ["/api/accounts/search*", "/api/pricebook/items*"])
@pytest.mark.parametrize("name", READS)
def test_a_fault_on_what_all_customers_need_fails_the_run_and_writes_nothing(bench: Bench, call: str, name: str) -> None:
    """L1: unread accounts or items are no empty lists."""
    bench.faults({"on": "tigerpaw_rest", "call": call, "nth": 1, "times": 0} | READS[name])

    done = bench.run()

    assert bench.calls("tigerpaw_rest", call.rstrip("*")), "the call was not made, so nothing was rehearsed"
    assert done.code == 1
    assert done.json["run"]["outcome"] == "failed"
    assert done.json["run"]["detail"]
    assert bench.calls("tigerpaw_soap") == []
    assert (bench.lines(CONTOSO), bench.lines(FABRIKAM)) == ([], [])
    bench.faults()
    assert bench.run().code == 0
    bench.require_proof()


def test_a_price_that_cannot_be_read_stops_nobodys_bill(bench: Bench) -> None:
    """L7: a price is shown to people and never written."""
    bench.faults({"on": "tigerpaw_rest", "call": "/api/pricebook/items/1/details", "nth": 1, "times": 0, "do": "http_500"})

    done = bench.run()

    assert bench.calls("tigerpaw_rest", "/api/pricebook/items/1/details"), "the call was not made, so nothing was rehearsed"
    assert done.code == 0
    assert bench.lines(CONTOSO)
    assert "no_price" not in done.words
    bench.require_proof()


SOURCE_FAULTS: dict[str, Json] = {
    "http_500": {"do": "http_500"},
    "pxg_error": {"do": "pxg_error", "code": 1181, "module": "KLSTD"},
    "end_session": {"do": "end_session"},
    "expire_iterator": {"do": "expire_iterator"},
    "close": {"do": "close"},
    "truncate": {"do": "truncate"},
    "not_json": {"do": "not_json"},
}
SOURCE_CALLS = [
    "HostGroup.GetStaticInfo",
    "LicenseKeys.EnumKeys",
    "LicenseKeys.AcquireKeyHosts",
    "GroupSyncIterator.GetNextItems",
    "HostGroup.FindHosts",
    "ChunkAccessor.GetItemsChunk",
]


# Every call with the plainest failure, every failure at the call that reads rows.
SOURCE_ROWS = [(call, "http_500") for call in SOURCE_CALLS] + [
    ("GroupSyncIterator.GetNextItems", name) for name in SOURCE_FAULTS if name != "http_500"
]


@pytest.mark.parametrize(("call", "name"), SOURCE_ROWS)
def test_a_lasting_fault_at_the_source_is_never_a_smaller_bill(bench: Bench, call: str, name: str) -> None:
    """L1: unread is not zero."""
    bench.declare(source={"max_sessions": 1})
    bench.run()
    before = bench.sandbox.state()["tigerpaw"]
    # Not the main server's own confirmation, which the whole run stands on.
    first = 2 if call == "HostGroup.GetStaticInfo" else 1
    bench.faults({"on": "ksc", "call": call, "nth": first, "times": 0} | SOURCE_FAULTS[name])

    done = bench.run()

    assert done.code == 1, done.words
    assert (done.tenant("Contoso Dental")["outcome"], done.tenant("Fabrikam")["outcome"]) == ("failed", "failed")
    assert done.writes == 0
    assert bench.sandbox.state()["tigerpaw"] == before
    assert bench.sandbox.ksc.open_sessions() == 0


@pytest.mark.parametrize("quirk", ["reverse_eof", "short_chunks"])
def test_quirks_of_the_source_change_nothing(bench: Bench, quirk: str) -> None:
    """Neither bEOF nor a short chunk is believed (reference 2.2)."""
    bench.faults({"on": "ksc", "call": "*", "times": 0, "do": quirk})

    assert bench.run().code == 0
    assert bench.quantities(CONTOSO) == [("KES-SRV", 1), ("KES-WKS", 3)]
    bench.require_proof()


DROPPED = {
    "KLLIC_KEY_TYPE": "kind_missing",
    "KLLIC_LIMIT_DATE": "expiry_missing",
    "KLLICSRV_HOST_CURRENT": "active_flag_missing",
}


@pytest.mark.parametrize("attribute", DROPPED)
def test_a_missing_attribute_leaves_out_with_its_own_reason(bench: Bench, attribute: str) -> None:
    """Design 5: not said is not counted, and it is told why."""
    bench.faults({"on": "ksc", "call": "*", "times": 0, "do": "drop_attribute", "name": attribute})

    done = bench.run()

    assert done.code == 0
    assert DROPPED[attribute] in [one["reason"] for one in done.tenant("Fabrikam")["left_out"]]
    assert (bench.lines(CONTOSO), bench.lines(FABRIKAM)) == ([], [])
