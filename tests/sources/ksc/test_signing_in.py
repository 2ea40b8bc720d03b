"""Sign-ins: the main server first, never repeated after a refusal, and stopped after three refusals in a row."""

from __future__ import annotations

import traceback
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from tallybridge.billing.model import Tenant
from tallybridge.billing.reasons import Reason
from tallybridge.sources.base import SourceFailed, TenantBlocked, TenantNotObserved
from tallybridge.sources.ksc.errors import SignInRefused, SignInsStopped
from tallybridge.sources.ksc.sign_in import SignInGate
from tallybridge.wire.checks import Check
from tallybridge.wire.http import HttpReply
from tallybridge.wire.transport import TransportFailed, TransportKind
from tests.sources.ksc.contoso import CONTOSO, contoso, observed, source_of
from tests.sources.ksc.hand_made_server import HandMadeServer, Spoiling, altered, answer, body, params, pxg_error, raising, status

START, INFO, LIST = "Session.StartSession", "HostGroup.GetStaticInfo", "VServers.GetVServers"
REFUSED = status(401, "Authentication failure")


def fleet(count: int = 6) -> HandMadeServer:
    return HandMadeServer(*(contoso(number, f"Customer {number}", f"vs-{number}") for number in range(1, count + 1)))


def customer(number: int) -> Tenant:
    return Tenant(id=f"vs-{number}", number=number, name=f"Customer {number}")


def test_every_virtual_server_is_listed_with_its_identity() -> None:
    server = HandMadeServer(contoso(2, "Zahnärzte", None), contoso(1))
    source = source_of(server)

    listing = source.tenants()

    assert listing.tenants == (Tenant(id="vs-1", number=1, name="Contoso Dental"), Tenant(id="2", number=2, name="Zahnärzte"))
    assert listing.version == "15.1.0.20748"
    assert listing.unassigned == Tenant(id="main", number=0, name="Main server")
    assert server.calls() == [START, INFO, LIST, "Session.EndSession"]
    assert server.headers[0]["X-KSC-VServer"] == ""
    assert not server.sessions


def test_a_disabled_virtual_server_is_listed_as_such_and_never_signed_in_to() -> None:
    server = HandMadeServer(contoso())
    server.spoil(LIST, altered(lambda reply: reply["PxgRetVal"][0]["value"].update(KLVSRV_ENABLED=False)))
    source = source_of(server)
    (tenant,) = source.tenants().tenants

    with pytest.raises(TenantBlocked) as caught:
        source.observe(tenant, deadline=lambda: 60.0)

    assert not tenant.enabled
    assert caught.value.reason is Reason.TENANT_DISABLED
    assert server.calls().count(START) == 1


SOURCE_FAILURES: list[tuple[str, str, Spoiling, Reason, str]] = [
    ("wrong password", START, REFUSED, Reason.SIGN_IN_REFUSED, "'tallybridge' was refused"),
    ("refused with 403", START, status(403), Reason.SIGN_IN_REFUSED, "'tallybridge' was refused"),
    ("two-step", START, status(401, "", WWW_Authenticate="KSCMFA"), Reason.SIGN_IN_REFUSED, "exclude this account"),
    ("account blocked", START, answer(pxg_error(2013, "SPL")), Reason.SIGN_IN_REFUSED, "unblock it"),
    ("log-on failed", START, answer(pxg_error(1453, "KLWAT", "Logon failed")), Reason.SIGN_IN_REFUSED, "Logon failed"),
    ("no right to sign in", START, answer(pxg_error(1184, "KLSTD")), Reason.SIGN_IN_REFUSED, "Basic functionality"),
    ("not JSON", START, body(lambda sent: b"<html>"), Reason.OBSERVATION_INCOMPLETE, "Session.StartSession"),
    ("it is virtual", INFO, answer({"PxgRetVal": {"KLADMSRV_IS_VIRTUAL": True, "KLADMSRV_VSID": 4}}), Reason.TENANT_REPLACED, "virtual server 4"),
    ("it does not say", INFO, answer({"PxgRetVal": {}}), Reason.OBSERVATION_INCOMPLETE, "KLADMSRV_IS_VIRTUAL"),
    ("no right to list", LIST, answer(pxg_error(1184, "KLSTD")), Reason.NO_ACCESS, "Basic functionality"),
    ("no list", LIST, answer({}), Reason.OBSERVATION_INCOMPLETE, "PxgRetVal"),
    ("no number", LIST, answer({"PxgRetVal": [params(KLVSRV_DN="A")]}), Reason.OBSERVATION_INCOMPLETE, "KLVSRV_ID"),
    ("number 0", LIST, answer({"PxgRetVal": [params(KLVSRV_ID=0, KLVSRV_DN="A")]}), Reason.OBSERVATION_INCOMPLETE, "number above 0"),
    ("no name", LIST, answer({"PxgRetVal": [params(KLVSRV_ID=1, KLVSRV_DN="")]}), Reason.OBSERVATION_INCOMPLETE, "no name"),
    (
        "one number twice",
        LIST,
        answer({"PxgRetVal": [params(KLVSRV_ID=1, KLVSRV_DN=name) for name in "AB"]}),
        Reason.OBSERVATION_INCOMPLETE,
        "same number",
    ),
    (
        "one unique id twice",
        LIST,
        answer({"PxgRetVal": [params(KLVSRV_ID=number, KLVSRV_DN=f"{number}", KLVSRV_UID="u") for number in (1, 2)]}),
        Reason.OBSERVATION_INCOMPLETE,
        "same unique id",
    ),
    ("unreachable", START, raising(TransportFailed(TransportKind.UNREACHABLE, "It could not be reached.")), Reason.SOURCE_UNREACHABLE, "reached"),
    ("certificate", START, raising(TransportFailed(TransportKind.CERTIFICATE, "Another certificate.")), Reason.SOURCE_UNREACHABLE, "certificate"),
    ("busy", START, status(503), Reason.SOURCE_UNREACHABLE, "HTTP 503"),
]


@pytest.mark.parametrize(("call", "spoiling", "reason", "named"), [row[1:] for row in SOURCE_FAILURES], ids=[row[0] for row in SOURCE_FAILURES])
def test_the_main_server_must_be_signed_in_to_confirmed_and_listed(call: str, spoiling: Spoiling, reason: Reason, named: str) -> None:
    server = HandMadeServer(contoso())
    server.spoil(call, spoiling, nth=tuple(range(1, 20)), before_acting=True)

    with pytest.raises(SourceFailed, match=named) as caught:
        source_of(server).tenants()

    assert caught.value.reason is reason
    assert "nothing was written" in str(caught.value).lower()
    if reason is Reason.SIGN_IN_REFUSED or named == "certificate":
        assert server.calls() == [START]
    assert len(server.calls()) <= 9
    assert not server.sessions


def test_a_passing_fault_of_the_list_changes_nothing() -> None:
    for spoiling in (status(500), status(503), status(403), raising(TransportFailed(TransportKind.BROKEN, "lost"))):
        server = HandMadeServer(contoso())
        server.spoil(LIST, spoiling, before_acting=True)

        assert len(source_of(server).tenants().tenants) == 1
        assert not server.sessions


def test_a_refusal_at_one_virtual_server_blocks_that_tenant_alone() -> None:
    server = fleet()
    server.refused_names = {"Customer 2"}
    source = source_of(server)

    with pytest.raises(TenantBlocked, match="'Customer 2' refused the sign-in") as caught:
        source.observe(customer(2), deadline=lambda: 60.0)

    assert caught.value.reason is Reason.NO_ACCESS
    assert server.calls().count(START) == 1
    assert source.observe(customer(3), deadline=lambda: 60.0).seats


def test_three_refusals_in_a_row_stop_further_sign_ins_of_the_run() -> None:
    server = fleet()
    server.refused_names = {"Customer 1", "Customer 2", "Customer 4", "Customer 5", "Customer 6"}
    source = source_of(server)

    def reason(number: int) -> Reason | None:
        try:
            source.observe(customer(number), deadline=lambda: 60.0)
        except TenantBlocked as blocked:
            return blocked.reason
        return None

    refused = Reason.NO_ACCESS
    assert [reason(number) for number in (1, 2, 3, 4, 5, 6)] == [refused, refused, None, refused, refused, refused]
    assert reason(3) is Reason.SIGN_INS_STOPPED
    assert server.calls().count(START) == 6
    source.tenants()
    assert reason(3) is None, "a new run tries again"


def test_a_blocked_account_stops_further_sign_ins_at_once() -> None:
    server = fleet()
    server.spoil(START, answer(pxg_error(2013, "SPL")))
    source = source_of(server)

    reasons = []
    for number in (1, 2):
        with pytest.raises(TenantBlocked) as caught:
            source.observe(customer(number), deadline=lambda: 60.0)
        reasons.append(caught.value.reason)

    assert reasons == [Reason.NO_ACCESS, Reason.SIGN_INS_STOPPED]
    assert server.calls() == [START]


def test_many_threads_together_are_never_refused_more_than_three_times() -> None:
    gate, tried, released = SignInGate(), [], Event()

    def refused() -> None:
        tried.append(1)
        released.wait(5)
        raise SignInRefused("no")

    def attempt(_: int) -> type[Exception] | None:
        try:
            gate.pass_through(refused, seconds_left=lambda: 5.0)
        except (SignInRefused, SignInsStopped) as error:
            return type(error)
        return None

    with ThreadPoolExecutor(8) as threads:
        outcomes = [threads.submit(attempt, number) for number in range(8)]
        released.set()
        kinds = [outcome.result() for outcome in outcomes]

    assert len(tried) == 3
    assert kinds.count(SignInRefused) == 3
    assert kinds.count(SignInsStopped) == 5


NOT_THAT_SERVER: list[tuple[str, dict[str, object], type[TenantNotObserved], Reason]] = [
    ("the main server", {"KLADMSRV_IS_VIRTUAL": False}, TenantBlocked, Reason.TENANT_REPLACED),
    ("another number", {"KLADMSRV_VSID": 8}, TenantBlocked, Reason.TENANT_REPLACED),
    ("another unique id", {"KLADMSRV_VSUID": "vs-8"}, TenantBlocked, Reason.TENANT_REPLACED),
    ("virtual or not is not said", {"KLADMSRV_IS_VIRTUAL": None}, TenantNotObserved, Reason.OBSERVATION_INCOMPLETE),
    ("no number", {"KLADMSRV_VSID": None}, TenantNotObserved, Reason.OBSERVATION_INCOMPLETE),
]


@pytest.mark.parametrize(("info", "kind", "reason"), [row[1:] for row in NOT_THAT_SERVER], ids=[row[0] for row in NOT_THAT_SERVER])
def test_another_server_under_the_name_gives_no_observation(info: dict[str, object], kind: type[TenantNotObserved], reason: Reason) -> None:
    server = HandMadeServer(contoso())
    server.static_info[1] = info

    with pytest.raises(TenantNotObserved) as caught:
        observed(server)

    assert type(caught.value) is kind
    assert caught.value.reason is reason
    assert "LicenseKeys.EnumKeys" not in server.calls()
    assert not server.sessions


@pytest.mark.parametrize("info", [{"KLADMSRV_VSUID": None}, {"KLADMSRV_VSUID": ""}])
def test_a_unique_id_that_is_not_sent_is_not_demanded(info: dict[str, object]) -> None:
    server = HandMadeServer(contoso())
    server.static_info[1] = info

    assert observed(server).tenant == CONTOSO


def test_a_tenant_listed_without_unique_id_is_known_by_its_number() -> None:
    server = HandMadeServer(contoso(uid=None))
    server.static_info[1] = {"KLADMSRV_VSUID": "now there is one"}

    assert observed(server, Tenant(id="1", number=1, name="Contoso Dental")).seats


def test_no_more_sessions_are_open_than_the_setting_allows() -> None:
    server = fleet(8)
    most = []
    send = server.send

    def counting(method: str, path: str, **rest: object) -> HttpReply:
        reply = send(method, path, **rest)  # type: ignore[arg-type]  # passed on as it came
        most.append(len(server.sessions))
        return reply

    server.send = counting  # type: ignore[method-assign]  # the door is watched from outside
    source = source_of(server, max_sessions=2)
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: source.observe(customer(number), deadline=lambda: 60.0), range(1, 9)))

    assert max(most) <= 2


def test_the_password_is_in_no_error_and_no_settings_shown() -> None:
    """L11."""
    server = HandMadeServer(contoso())
    server.spoil(START, REFUSED)
    source = source_of(server)

    with pytest.raises(SourceFailed) as caught:
        source.tenants()

    shown = "".join(traceback.format_exception(caught.value)) + repr(source._settings)
    assert "pa:ss" not in shown
    assert "cGE6c3M=" not in shown
    assert "***" in shown


def verdicts(checks: tuple[Check, ...]) -> dict[str, bool | None]:
    return {check.name.removeprefix("Kaspersky Security Center: "): check.ok for check in checks}


CHECKED = ["address", "certificate", "sign-in", "main server", "version", "virtual servers"]


def test_checks_pass_with_version_and_number_of_virtual_servers() -> None:
    checks = source_of(fleet(3)).checks()

    assert verdicts(checks) == dict.fromkeys(CHECKED, True)
    assert checks[4].detail == "15.1.0.20748"
    assert checks[5].detail == "3, of which 3 are enabled"


FAILED_CHECKS = [
    ("unreachable", START, raising(TransportFailed(TransportKind.UNREACHABLE, "no")), "address", 0),
    ("certificate", START, raising(TransportFailed(TransportKind.CERTIFICATE, "no")), "certificate", 1),
    ("password", START, REFUSED, "sign-in", 2),
    ("virtual", INFO, answer({"PxgRetVal": {"KLADMSRV_IS_VIRTUAL": True}}), "main server", 3),
    ("no right", LIST, answer(pxg_error(1184, "KLSTD")), "virtual servers", 3),
]


@pytest.mark.parametrize(("call", "spoiling", "failed", "passed"), [row[1:] for row in FAILED_CHECKS], ids=[row[0] for row in FAILED_CHECKS])
def test_a_check_that_fails_says_what_to_do_and_the_later_ones_are_not_checked(call: str, spoiling: Spoiling, failed: str, passed: int) -> None:
    server = HandMadeServer(contoso())
    server.spoil(call, spoiling, nth=tuple(range(1, 20)))

    checks = source_of(server).checks()

    found = verdicts(checks)
    assert list(found) == CHECKED
    assert [name for name, ok in found.items() if ok is False] == [failed]
    assert [name for name, ok in found.items() if ok] == CHECKED[:passed]
    assert next(check for check in checks if check.ok is False).advice


def test_closing_twice_is_allowed() -> None:
    server = HandMadeServer(contoso())
    source = source_of(server)

    source.close()
    source.close()

    assert server.closed == 2
