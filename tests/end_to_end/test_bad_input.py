"""The table of bad input, row by row, through the command line.

Each row: the exit code, a sentence that names the thing and the way out, no traceback, and what must not have happened. That no secret appears in any
output or file of the ledger is checked for every test of this folder (`conftest.py`, L11).
"""

from __future__ import annotations

import re
import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import timedelta
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from tallybridge.ledger import postgresql
from tallybridge.ledger.opening import close_ledger
from tests.databases import past_the_program
from tests.databases.homes import on_postgresql
from tests.end_to_end.conftest import Bench, Called, recorded_intents
from tests.end_to_end.tampering import before_answer, spoil, tamper
from tests.end_to_end.worlds import (
    ADVANCED,
    BY_CATEGORY,
    CONTOSO,
    FABRIKAM,
    KSC_PASSWORD,
    ONE_ITEM,
    SELECT,
    SOAP_PASSWORD,
    TWO_LINKS,
    WORKSTATION,
    account,
    agreement,
    customer,
    declaration,
    link,
    two_customers,
    world,
)

Json = dict[str, Any]
SIGN_IN = "Session.StartSession"
CONTACTING = ["run", "plan", "doctor", "tenants"]


def require_sentence(failed: Called, *words: str, code: int = 1) -> None:
    """It ends in words for a person that name the thing."""
    assert failed.code == code, failed.words
    assert "Traceback" not in failed.words
    assert "error of its own" not in failed.words
    for word in words:
        assert word in failed.words, f"{word!r} is not in: {failed.words}"


def require_untouched(bench: Bench) -> None:
    """Nobody was contacted."""
    assert bench.calls() == []


# --- configuration ------------------------------------------------------------------------------------------------------------------------------


def unknown_key(bench: Bench) -> None:
    bench.declare(source={"colour": "red"})


def unknown_table(bench: Bench) -> None:
    bench.write_config(declaration(bench.sandbox) + "\n[sauce]\nkind = 'ksc'\n")


def wrong_type(bench: Bench) -> None:
    bench.declare(source={"max_sessions": "two"})


def wrong_choice(bench: Bench) -> None:
    bench.declare(source={"key_scope": "all"})


def plain_http_abroad(bench: Bench) -> None:
    bench.declare(destination={"url": "http://tigerpaw.example"})


def missing_secret(bench: Bench) -> None:
    bench.declare(source={"password": "env:NOT_SET_ANYWHERE"}, destination={"soap_password": "file:/nowhere/soap.txt"})


def readable_secret(bench: Bench) -> None:
    bench.declare(source={"password": KSC_PASSWORD})
    bench.config.chmod(0o644)


def account_twice(bench: Bench) -> None:
    bench.declare(links=[*TWO_LINKS, link("Another", 1041, 3000)])


def tenant_twice(bench: Bench) -> None:
    bench.declare(links=[*TWO_LINKS, link("Fabrikam", 1043, 3000)])


def categories_per_user(bench: Bench) -> None:
    bench.declare(mappings=[{**BY_CATEGORY, "application": "Kaspersky Endpoint Security Cloud Plus"}])


def mapped_twice(bench: Bench) -> None:
    bench.declare(mappings=[BY_CATEGORY, ONE_ITEM, {"application": ADVANCED, "item": "KES-NIX"}])


def malformed(bench: Bench) -> None:
    bench.write_config("[integration\nname = ")


def not_text(bench: Bench) -> None:
    bench.config.write_bytes(b"\xff\xfe\x00")
    bench.config.chmod(0o600)


def unknown_zone(bench: Bench) -> None:
    bench.declare(integration={"time_zone": "Europe/Berlim"})


def no_file(bench: Bench) -> None:
    bench.config.unlink()


CONFIGURATIONS: list[tuple[Callable[[Bench], None], tuple[str, ...]]] = [
    (unknown_key, ("source.colour", "tallybridge.toml")),
    (unknown_table, ("sauce", "tallybridge.toml")),
    (wrong_type, ("source.max_sessions", "whole number")),
    (wrong_choice, ("source.key_scope", "used", "installed")),
    (plain_http_abroad, ("destination.url", "https", "insecure")),
    (missing_secret, ("source.password", "NOT_SET_ANYWHERE", "destination.soap_password", "/nowhere/soap.txt")),
    (readable_secret, ("source.password", "env:", "chmod 600")),
    (account_twice, ("1041", "[[link]] number 1", "[[link]] number 3")),
    (tenant_twice, ("Fabrikam", "[[link]] number 2", "[[link]] number 3")),
    (categories_per_user, ("Kaspersky Endpoint Security Cloud Plus", "[[mapping]] number 1", "catalog", "item")),
    (mapped_twice, (ADVANCED, "[[mapping]] number 1", "[[mapping]] number 3")),
    (malformed, ("tallybridge.toml", "line 1")),
    (not_text, ("tallybridge.toml", "UTF-8")),
    (unknown_zone, ("integration.time_zone", "Europe/Berlim", "Europe/Berlin")),
    (no_file, ("tallybridge.toml", "TALLYBRIDGE_CONFIG", "--config")),
]


@pytest.mark.parametrize(("happens", "words"), CONFIGURATIONS, ids=[happens.__name__ for happens, _ in CONFIGURATIONS])
def test_a_wrong_configuration_is_told_before_anything_is_contacted(bench: Bench, happens: Callable[[Bench], None], words: tuple[str, ...]) -> None:
    happens(bench)
    ledger = past_the_program.ledger_as_it_is(bench.home)

    # `doctor` reports a missing secret among its checks and goes on to whatever can be checked without it.
    for command in [one for one in CONTACTING if (one, happens) != ("doctor", missing_secret)]:
        failed = bench.call(command)
        require_sentence(failed, *words)
        require_untouched(bench)
    if happens is not missing_secret:
        assert past_the_program.ledger_as_it_is(bench.home) == ledger


def test_every_problem_is_told_at_once(bench: Bench) -> None:
    bench.declare(source={"colour": "red", "max_sessions": "two"}, integration={"time_zone": "Nowhere/Land"})

    require_sentence(bench.run(), "source.colour", "source.max_sessions", "integration.time_zone")


def test_a_wrong_file_among_several_stops_all(bench: Bench) -> None:
    other = bench.folder / "other.toml"
    other.write_text("[integration", encoding="utf-8")

    require_sentence(bench.call("run", "--config", bench.config, "--config", other), "other.toml")
    require_untouched(bench)


@pytest.mark.parametrize("arguments", [["run", "--tenant"], ["rum"], ["explain"], ["holds", "adopt", "--charge", "many", "--reason", "x"]])
def test_a_wrong_command_line_ends_with_1_and_not_with_plans_2(bench: Bench, arguments: list[str]) -> None:
    require_sentence(bench.call(*arguments))
    require_untouched(bench)


def test_an_unknown_tenant_is_refused_and_those_there_are_named(bench: Bench) -> None:
    failed = bench.run("--tenant", "Kontoso")

    require_sentence(failed, "Kontoso", "Contoso Dental", "Fabrikam")
    assert (bench.lines(CONTOSO), bench.lines(FABRIKAM)) == ([], [])


def test_an_unknown_charge_or_run_is_one_sentence(bench: Bench) -> None:
    require_sentence(bench.call("explain", "--agreement", 1, "--item", "NONE"), "NONE")
    require_sentence(bench.call("replay", "20200101T000000Z-000000"), "20200101T000000Z-000000")


# --- this machine -------------------------------------------------------------------------------------------------------------------------------


def test_a_port_in_use(bench: Bench) -> None:
    scenario = bench.folder / "world.json"
    scenario.write_text("{}", encoding="utf-8")
    port = bench.sandbox.ksc_url.rsplit(":", 1)[1]

    require_sentence(bench.call("sandbox", "--scenario", scenario, "--ksc-port", port), port, "another")


def test_a_scenario_with_an_unknown_member(bench: Bench) -> None:
    scenario = bench.folder / "world.json"
    scenario.write_text('{"ksc": {"virtual_serfers": []}}', encoding="utf-8")

    require_sentence(bench.call("sandbox", "--scenario", scenario), "world.json", "virtual_serfers")


def newer(bench: Bench) -> None:
    past_the_program.change(
        bench.home, "insert into django_migrations (app, name, applied) values ('ledger', '9999_of_the_future', '2030-01-01T00:00:00Z')"
    )


def lost_key(bench: Bench) -> None:
    (bench.home / "key").unlink()


def changed_key(bench: Bench) -> None:
    (bench.home / "key").write_bytes(Fernet.generate_key())


def spoiled_key(bench: Bench) -> None:
    (bench.home / "key").write_bytes(b"not a key")


def exposed_key(bench: Bench) -> None:
    (bench.home / "key").chmod(0o644)


def no_database(bench: Bench) -> None:
    (bench.home / "ledger.sqlite3").write_bytes(b"This is a letter to my mother." * 100)


WHERE_THE_KEY_IS = "machine that works on this ledger" if on_postgresql() else "backup"
HOMES = [
    (newer, ("newer",)),
    (lost_key, ("key", WHERE_THE_KEY_IS)),
    (changed_key, ("key", WHERE_THE_KEY_IS)),
    (spoiled_key, ("key", "backup")),
    (exposed_key, ("key", "chmod 600")),
    pytest.param(no_database, ("not a ledger", "--home"), marks=pytest.mark.sqlite_only("spoils the file"), id="no_database"),
]


@pytest.mark.parametrize(("happens", "words"), HOMES, ids=lambda one: getattr(one, "__name__", ""))
@pytest.mark.parametrize("command", [["run"], ["verify"], ["holds", "list"], ["explain", "--agreement", "1", "--item", "X"]], ids=lambda one: one[0])
def test_a_home_that_cannot_be_used(bench: Bench, happens: Callable[[Bench], None], words: tuple[str, ...], command: list[str]) -> None:
    bench.run()
    bench.forget_calls()
    close_ledger()
    happens(bench)
    before = past_the_program.ledger_as_it_is(bench.home)

    require_sentence(bench.call(*command), *words)

    require_untouched(bench)
    assert past_the_program.ledger_as_it_is(bench.home) == before
    assert (bench.home / "key").exists() == (happens is not lost_key)


@contextmanager
def full_disk(bench: Bench) -> Iterator[None]:
    """The ledger's file may not grow any more."""
    with closing(sqlite3.connect(bench.home / "ledger.sqlite3")) as database:
        # Without free pages within the file.
        database.execute("vacuum")
        (pages,) = database.execute("pragma page_count").fetchone()

    def limit(connection: BaseDatabaseWrapper, **_: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"pragma max_page_count = {pages}")

    connection_created.connect(limit)
    try:
        yield
    finally:
        connection_created.disconnect(limit)


@pytest.mark.sqlite_only("limits the pages of the file; what a server's full disk comes to is told in tests/ledger/test_postgresql.py")
def test_a_full_disk_is_said_and_nothing_is_sent_unrecorded(bench: Bench) -> None:
    """L5."""
    with full_disk(bench):
        require_sentence(bench.run(), "full")

    assert len(bench.calls("tigerpaw_soap")) <= recorded_intents(bench)
    bench.wait(minutes=2)
    assert bench.run().code == 0
    assert bench.quantities(CONTOSO) == [("KES-SRV", 1), ("KES-WKS", 3)]
    bench.require_proof()


def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who waits for a lock of the ledger gives up soon."""
    monkeypatch.setattr("tallybridge.ledger.sqlite.BUSY_SECONDS", 0.1)
    monkeypatch.setitem(postgresql._SESSION, "lock_timeout", "100ms")
    close_ledger()


def test_a_locked_ledger_is_said_and_nothing_is_contacted(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.run()
    bench.forget_calls()
    impatient(monkeypatch)

    with past_the_program.locked(bench.home):
        require_sentence(bench.run(), "locked")

    assert bench.calls("tigerpaw_soap") == []
    assert bench.run().code == 0


@pytest.mark.parametrize("moment", [f"/api/agreements/{FABRIKAM}/details", f"/api/agreements/{FABRIKAM}/additionalcharges"])
def test_a_ledger_that_is_locked_in_the_middle_of_a_run_stops_it_before_the_next_write(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    """L5."""
    impatient(monkeypatch)
    bench.declare(links=TWO_LINKS[1:])
    with ExitStack() as locked:
        before_answer(monkeypatch, bench.sandbox, moment, lambda: locked.enter_context(past_the_program.locked(bench.home)))
        failed = bench.run()

    require_sentence(failed, "locked")
    assert bench.calls("tigerpaw_rest", moment), "the moment never came"
    assert bench.calls("tigerpaw_soap") == []
    # The lease could not be given back; it expires.
    bench.wait(minutes=2)
    assert bench.run().code == 0
    assert bench.quantities(FABRIKAM) == [("KES-SELECT", 2)]
    bench.require_proof()


# --- connections --------------------------------------------------------------------------------------------------------------------------------


def closed_port() -> int:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def wrong_password(bench: Bench, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("KSC_PASSWORD", "yesterdays-password")


def unknown_user(bench: Bench, patch: pytest.MonkeyPatch) -> None:
    bench.declare(source={"user": "nobody"})


def two_step(bench: Bench, patch: pytest.MonkeyPatch) -> None:
    bench.faults({"on": "ksc", "call": SIGN_IN, "do": "refuse_login", "name": "KSCMFA", "times": 0})


def certificate_changed(bench: Bench, patch: pytest.MonkeyPatch) -> None:
    bench.declare(source={"fingerprint": "sha256:" + "ab" * 32})


def source_unreachable(bench: Bench, patch: pytest.MonkeyPatch) -> None:
    bench.declare(source={"url": f"https://127.0.0.1:{closed_port()}"})


def psa_unreachable(bench: Bench, patch: pytest.MonkeyPatch) -> None:
    bench.declare(destination={"url": f"http://127.0.0.1:{closed_port()}"})


def clock_off(bench: Bench, patch: pytest.MonkeyPatch) -> None:
    patch.setattr(bench.sandbox.world, "now", lambda: bench.now() + timedelta(hours=1))


def wrong_private_key(bench: Bench, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("TIGERPAW_PRIVATE_KEY", "00000000-1111-4000-8000-000000000000")


def unknown_public_key(bench: Bench, patch: pytest.MonkeyPatch) -> None:
    bench.declare(destination={"public_key": "00000000-0000-4000-8000-00000000CCCC"})


CONNECTIONS: list[tuple[Callable[[Bench, pytest.MonkeyPatch], None], str, tuple[str, ...]]] = [
    (wrong_password, "sign_in_refused", ("'tallybridge'", "password")),
    (unknown_user, "sign_in_refused", ("'nobody'", "Users and roles")),
    (two_step, "sign_in_refused", ("two-step verification", "exclu")),
    (certificate_changed, "source_unreachable", ("certificate", "fingerprint")),
    (source_unreachable, "source_unreachable", ("127.0.0.1",)),
    (psa_unreachable, "psa_unreachable", ("127.0.0.1",)),
    (clock_off, "sign_in_refused", ("clock",)),
    (wrong_private_key, "sign_in_refused", ("private_key",)),
    (unknown_public_key, "sign_in_refused", ("public_key",)),
]


@pytest.mark.parametrize(("happens", "reason", "words"), CONNECTIONS, ids=[happens.__name__ for happens, _, _ in CONNECTIONS])
def test_a_connection_that_is_not_had_fails_the_run_and_nothing_is_written(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, happens: Callable[[Bench, pytest.MonkeyPatch], None], reason: str, words: tuple[str, ...]
) -> None:
    happens(bench, monkeypatch)

    failed = bench.run()

    require_sentence(failed, *words)
    assert failed.json["run"]["outcome"] == "failed"
    assert failed.json["run"]["reason"] == reason
    assert bench.calls("tigerpaw_soap") == []
    if reason == "sign_in_refused":
        door, name = (
            ("tigerpaw_rest", "") if "public" in happens.__name__ or "private" in happens.__name__ or happens is clock_off else ("ksc", SIGN_IN)
        )
        refused = [one for one in bench.calls(door, name) if one["status"] == 401]
        assert len(refused) == 1, "a refused sign-in is never repeated: it would lock the account"
    require_sentence(bench.call("doctor"), *words)


def test_a_wrong_soap_password_is_tried_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.declare(source={"max_sessions": 1})
    monkeypatch.setenv("TIGERPAW_SOAP_PASSWORD", "yesterdays-password")

    failed = bench.run()

    require_sentence(failed, "soap_user", "soap_password")
    assert {one["outcome"] for one in failed.json["tenants"]} == {"failed"}
    assert {one["reason"] for one in failed.json["tenants"]} == {"sign_in_refused"}
    assert len(bench.calls("tigerpaw_soap")) == 1, "a refused sign-in is never repeated: it would lock the account"
    monkeypatch.setenv("TIGERPAW_SOAP_PASSWORD", SOAP_PASSWORD)
    assert bench.run().code == 0
    assert bench.quantities(CONTOSO) == [("KES-SRV", 1), ("KES-WKS", 3)]
    bench.require_proof()


# --- the source's replies -----------------------------------------------------------------------------------------------------------------------


def contoso_key(**attributes: Any) -> Callable[[Bench, pytest.MonkeyPatch], None]:
    return lambda bench, _: bench.edit_server(1, lambda one: one["keys"][0].update(attributes=attributes))


def contoso_use(**attributes: Any) -> Callable[[Bench, pytest.MonkeyPatch], None]:
    return lambda bench, _: bench.edit_server(1, lambda one: one["uses"][0].update(attributes=attributes))


def contoso_host(**attributes: Any) -> Callable[[Bench, pytest.MonkeyPatch], None]:
    return lambda bench, _: bench.edit_server(1, lambda one: one["hosts"][0].update(attributes=attributes))


def spoiled(call: str, do: str) -> Callable[[Bench, pytest.MonkeyPatch], None]:
    return lambda bench, patch: spoil(patch, bench.sandbox, call, do, server=1)


def fewer_and_others(bench: Bench, patch: pytest.MonkeyPatch) -> None:
    """One row more is announced than comes, and the second reading lacks another one."""
    tamper(patch, bench.sandbox, "LicenseKeys.AcquireKeyHosts", lambda reply: reply.update(lKeyCount=reply["lKeyCount"] + 1), server=1)
    readings = []

    def shorten(reply: Json) -> None:
        rows = reply["pData"]["KLCSP_ITERATOR_ARRAY"]
        if rows and "KLLICSRV_HOSTNAME" in rows[0]["value"]:
            readings.append(1)
            del rows[: len(readings) - 1]
            reply["PxgRetVal"] = len(rows)

    tamper(patch, bench.sandbox, "GroupSyncIterator.GetNextItems", shorten, server=1)


def more_than_announced(bench: Bench, patch: pytest.MonkeyPatch) -> None:
    tamper(patch, bench.sandbox, "LicenseKeys.AcquireKeyHosts", lambda reply: reply.update(lKeyCount=reply["lKeyCount"] - 1), server=1)


def another_server(bench: Bench, patch: pytest.MonkeyPatch) -> None:
    tamper(patch, bench.sandbox, "HostGroup.GetStaticInfo", lambda reply: reply["PxgRetVal"].update(KLADMSRV_VSID=2), server=1)


MALFORMED: dict[str, Callable[[Bench, pytest.MonkeyPatch], None]] = {
    "a reply cut short": spoiled("GroupSyncIterator.GetNextItems", "truncate"),
    "not JSON": spoiled("GroupSyncIterator.GetNextItems", "not_json"),
    "hosts cut short": spoiled("ChunkAccessor.GetItemsChunk", "truncate"),
    "a key's type is a text": contoso_key(KLLIC_KEY_TYPE="six"),
    "a key's date is a number": contoso_key(KLLIC_LIMIT_DATE=20271231),
    "a key's date is no date": contoso_key(KLLIC_LIMIT_DATE={"type": "datetime", "value": "31.12.2027"}),
    "a key without serial": contoso_key(KLLIC_SERIAL=None),
    "a key with an empty serial": contoso_key(KLLIC_SERIAL=""),
    "a use without device id": contoso_use(KLLICSRV_HOSTNAME=None),
    "a use whose active flag is a text": contoso_use(KLLICSRV_HOST_CURRENT="true"),
    "a use whose date is no date": contoso_use(KLLICSRV_EXPIRATION_TIME={"type": "datetime", "value": "soon"}),
    "a device without id": contoso_host(KLHST_WKS_HOSTNAME=None),
    "a device whose type bits are a text": contoso_host(KLHST_WKS_CTYPE="0x1000"),
    "fewer rows than announced, others at the second reading": fewer_and_others,
    "more rows than announced": more_than_announced,
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_reply_is_no_observation(bench: Bench, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """L1, L7: that customer's charges stay untouched, the others are billed."""
    bench.run()
    before = bench.agreement(CONTOSO)

    def grow(server: Json) -> None:
        server["hosts"].append({"id": f"new-{server['id']}", "name": "new", "os_name": WORKSTATION[0], "ctype": WORKSTATION[1]})
        server["uses"].append({"serial": f"S00{server['id']}-1", "host": f"new-{server['id']}"})

    bench.edit_server(1, grow)
    bench.edit_server(2, grow)
    MALFORMED[name](bench, monkeypatch)

    done = bench.run()

    assert done.code == 1, done.words
    assert done.outcome("Contoso Dental") == ("failed", "observation_incomplete")
    assert done.tenant("Contoso Dental")["detail"]
    assert bench.agreement(CONTOSO) == before
    assert done.outcome("Fabrikam") == ("applied", None)
    assert bench.quantities(FABRIKAM) == [("KES-SELECT", 3)]
    bench.require_proof()


def test_a_session_that_is_another_virtual_servers_bills_nobody(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Design 6.4: another tenant under a known name."""
    another_server(bench, monkeypatch)

    done = bench.run()

    assert (done.code, done.outcome("Contoso Dental")) == (3, ("blocked", "tenant_replaced"))
    assert (bench.lines(CONTOSO), bench.quantities(FABRIKAM)) == ([], [("KES-SELECT", 2)])


def test_fewer_rows_than_announced_twice_the_same_are_taken_with_a_warning(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    tamper(monkeypatch, bench.sandbox, "LicenseKeys.AcquireKeyHosts", lambda reply: reply.update(lKeyCount=reply["lKeyCount"] + 1), server=1)

    done = bench.run()

    assert done.code == 0
    warnings = [one for one in done.tenant("Contoso Dental")["notices"] if one["reason"] == "count_differs"]
    assert [(one["expected"], one["received"]) for one in warnings] == [(5, 4)]
    assert bench.quantities(CONTOSO) == [("KES-SRV", 1), ("KES-WKS", 3)]
    assert len([one for one in bench.calls("ksc", "LicenseKeys.AcquireKeyHosts") if one["virtual_server"] == 1]) == 2
    bench.require_proof()


# --- rights -------------------------------------------------------------------------------------------------------------------------------------


def limited_world(count: int, permitted: list[int]) -> Json:
    """So many customers, of which the user may read some."""
    numbers = range(1, count + 1)
    scenario = world(
        [customer(number, f"Customer {number}", {SELECT: [WORKSTATION]}) for number in numbers],
        [account(1000 + number, f"Customer {number}", [agreement(2000 + number)]) for number in numbers],
    )
    scenario["ksc"]["users"][0]["virtual_servers"] = permitted
    return scenario


def limited(bench: Bench, count: int, permitted: list[int], *, sessions: int) -> None:
    bench.load(limited_world(count, permitted))
    links = [link(f"Customer {number}", 1000 + number, 2000 + number) for number in range(1, count + 1)]
    bench.declare(links=links, mappings=[ONE_ITEM], source={"max_sessions": sessions})


def test_a_virtual_server_without_right_is_blocked_and_the_others_are_billed(bench: Bench) -> None:
    limited(bench, 3, [1, 3], sessions=2)

    done = bench.run()

    assert done.code == 3
    assert done.outcome("Customer 2") == ("blocked", "no_access")
    assert "Security" in done.tenant("Customer 2")["detail"]
    assert [bench.quantities(2000 + number) for number in (1, 2, 3)] == [[("KES-SELECT", 1)], [], [("KES-SELECT", 1)]]
    assert len(bench.calls("ksc", SIGN_IN)) == 1 + 3 + 1, "the main server, three customers, and the main server's own devices"


@pytest.mark.parametrize("sessions", [1, 4])
def test_three_refusals_in_a_row_stop_further_sign_ins(bench: Bench, sessions: int) -> None:
    """A refused sign-in may lock the account, so a run never makes more than three in a row, however many threads read."""
    limited(bench, 9, [], sessions=sessions)

    done = bench.run()

    assert done.code in (1, 3)
    assert done.writes == 0
    reasons = [one["reason"] for one in done.json["tenants"] if one["account"]]
    assert (reasons.count("no_access"), reasons.count("sign_ins_stopped")) == (3, 6)
    assert len([one for one in bench.calls("ksc", SIGN_IN) if one["status"] == 401]) == 3


def test_an_accepted_sign_in_starts_the_count_anew(bench: Bench) -> None:
    limited(bench, 6, [3, 6], sessions=1)

    done = bench.run()

    assert [one["outcome"] for one in done.json["tenants"] if one["account"]] == ["blocked", "blocked", "applied", "blocked", "blocked", "applied"]


def test_words_are_for_people_and_not_for_terminals(bench: Bench) -> None:
    """A name from outside can neither break a table nor speak to the terminal."""
    scenario = two_customers()
    scenario["ksc"]["virtual_servers"][0]["name"] = "[bold]Contoso[/bold]\x1b[31m"
    bench.load(scenario)
    bench.declare(links=TWO_LINKS[1:])

    done = bench.call("run")

    assert done.code == 0
    assert "[bold]Contoso[/bold]" in done.words
    assert not re.search(r"\x1b", done.words)
