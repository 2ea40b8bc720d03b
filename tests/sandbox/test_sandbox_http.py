"""The transport under the simulators: TLS, kept connections, compression, and the faults that break a connection (contracts 4)."""

from __future__ import annotations

import gzip
import http.client
import json
import socket
import ssl
import threading
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
import urllib3

from tallybridge.sandbox import Sandbox, SandboxPortInUse
from tests.sandbox.ksc_caller import Caller, basic, encoded, host, key, server, use
from tests.sandbox.ksc_wire import ksc_connection, post, tigerpaw_connection

if TYPE_CHECKING:
    from collections.abc import Iterator

CONTOSO = {"ksc": {"virtual_servers": [server(keys=[key()], hosts=[host(n) for n in range(40)], uses=[use(n) for n in range(40)])]}}


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A running sandbox with one virtual server."""
    with Sandbox(CONTOSO) as running:
        yield running


def faults(sandbox: Sandbox, do: str, call: str = "Session.Ping", **members: Any) -> None:
    """Sets one fault at the simulated Security Center."""
    sandbox.set_faults([{"on": "ksc", "call": call, "do": do, **members}])


def signed_in(connection: http.client.HTTPConnection) -> http.client.HTTPConnection:
    """The same connection after `login`."""
    assert post(connection, "login", authorization=basic(), x_ksc_vserver=encoded("Contoso"))[0] == 200
    return connection


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_the_certificate_names_the_loopback_address_and_can_be_verified(sandbox: Sandbox, name: str) -> None:
    with ksc_connection(sandbox, name) as connection:
        assert post(connection, "Session.Ping")[0] == 401


def test_the_fingerprint_can_be_pinned(sandbox: Sandbox) -> None:
    kind, _, digits = sandbox.fingerprint.partition(":")
    assert (kind, len(digits)) == ("sha256", 64)
    port = urlsplit(sandbox.ksc_url).port
    with urllib3.HTTPSConnectionPool("127.0.0.1", port, assert_fingerprint=digits, cert_reqs="CERT_NONE", retries=False) as pool:
        assert pool.request("POST", "/api/v1.0/Session.Ping").status == 401
    wrong = "00" + digits[2:]
    with (
        urllib3.HTTPSConnectionPool("127.0.0.1", port, assert_fingerprint=wrong, cert_reqs="CERT_NONE", retries=False) as pool,
        pytest.raises(urllib3.exceptions.SSLError),
    ):
        pool.request("POST", "/api/v1.0/Session.Ping")


def test_a_client_that_does_not_trust_the_certificate_does_no_harm(sandbox: Sandbox) -> None:
    address = ("127.0.0.1", urlsplit(sandbox.ksc_url).port)
    with socket.create_connection(address) as raw, pytest.raises(ssl.SSLCertVerificationError):
        ssl.create_default_context().wrap_socket(raw, server_hostname="localhost")
    with ksc_connection(sandbox) as connection:
        assert post(connection, "Session.Ping")[0] == 401


def test_login_is_bound_to_the_tcp_connection(sandbox: Sandbox) -> None:
    with ksc_connection(sandbox) as first, ksc_connection(sandbox) as second:
        assert post(signed_in(first), "Session.Ping")[0] == 200
        assert post(second, "Session.Ping")[0] == 401
        first.close()
        assert post(first, "Session.Ping")[0] == 401


def test_closing_the_connection_ends_its_session(sandbox: Sandbox) -> None:
    with ksc_connection(sandbox) as connection:
        signed_in(connection)
        assert sandbox.ksc.open_sessions() == 1
    deadline = time.monotonic() + 2
    while sandbox.ksc.open_sessions() and time.monotonic() < deadline:
        time.sleep(0.005)
    assert sandbox.ksc.open_sessions() == 0


@pytest.mark.parametrize(
    ("accepted", "compressed"),
    [
        (None, False),
        ("gzip", True),
        ("gzip, deflate, br", True),
        ("deflate;q=1, gzip;q=0.5", True),
        ("gzip;q=0", False),
        ("identity", False),
        ("*", True),
    ],
)
def test_replies_are_compressed_when_asked_for(sandbox: Sandbox, accepted: str | None, compressed: bool) -> None:
    with ksc_connection(sandbox) as connection:
        signed_in(connection)
        headers = {} if accepted is None else {"Accept-Encoding": accepted}
        body = json.dumps({"pValues": None})
        connection.putrequest("POST", "/api/v1.0/HostGroup.GetStaticInfo", skip_accept_encoding=True)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            connection.putheader(name, value)
        connection.endheaders(body.encode())
        response = connection.getresponse()
        content = response.read()
        assert (response.getheader("Content-Encoding") == "gzip") is compressed
        assert json.loads(gzip.decompress(content) if compressed else content)["PxgRetVal"]["KLADMSRV_VSID"] == 1


def test_a_request_may_come_in_chunks(sandbox: Sandbox) -> None:
    with ksc_connection(sandbox) as connection:
        signed_in(connection)
        pieces = [b'{"wstrFilter": "", ', b'"vecFieldsToReturn": ', b'["KLHST_WKS_DN"]}']
        connection.request("POST", "/api/v1.0/HostGroup.FindHosts", iter(pieces), {"Content-Type": "application/json"}, encode_chunked=True)
        assert json.loads(connection.getresponse().read())["PxgRetVal"] == 40
        assert post(connection, "Session.Ping")[0] == 200


@pytest.mark.parametrize(
    "request_",
    [
        b"nonsense\r\n\r\n",
        b"POST / HTTP/1.1\r\nno colon\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: many\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST / HTTP/1.1\r\n" + b"A: b\r\n" * 300 + b"\r\n",
        b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n",
    ],
)
def test_what_is_not_http_is_400_and_ends_the_connection(sandbox: Sandbox, request_: bytes) -> None:
    with socket.create_connection(("127.0.0.1", urlsplit(sandbox.tigerpaw_url).port), timeout=5) as connection:
        connection.sendall(request_)
        assert connection.recv(12) == b"HTTP/1.1 400"


def test_a_connection_ends_when_the_client_asks_for_it(sandbox: Sandbox) -> None:
    with ksc_connection(sandbox) as connection:
        signed_in(connection)
        assert post(connection, "Session.Ping", Connection="close")[0] == 200
        assert connection.sock is None
        assert post(connection, "Session.Ping")[0] == 401


def test_http_500_and_503_do_not_act(sandbox: Sandbox) -> None:
    for do, status in (("http_500", 500), ("http_503", 503)):
        with ksc_connection(sandbox) as connection:
            faults(sandbox, do, "login")
            assert post(connection, "login", authorization=basic())[0] == status
            assert sandbox.ksc.open_sessions() == 0


@pytest.mark.parametrize(("do", "acts"), [("close", False), ("lose_reply", True)])
def test_a_connection_dropped_before_or_after_acting(sandbox: Sandbox, do: str, acts: bool) -> None:
    faults(sandbox, do, "Session.StartSession")
    with ksc_connection(sandbox) as connection, pytest.raises((http.client.HTTPException, ConnectionError, ssl.SSLError)):
        post(connection, "Session.StartSession", authorization=basic())
    assert sandbox.ksc.open_sessions() == int(acts)
    assert [(entry["status"], entry["fault"]) for entry in sandbox.log()] == [(200 if acts else None, do)]


def test_act_late_drops_now_and_acts_later(sandbox: Sandbox) -> None:
    faults(sandbox, "act_late", "Session.StartSession", ms=80)
    with ksc_connection(sandbox) as connection, pytest.raises((http.client.HTTPException, ConnectionError, ssl.SSLError)):
        post(connection, "Session.StartSession", authorization=basic())
    assert sandbox.ksc.open_sessions() == 0
    deadline = time.monotonic() + 2
    while not sandbox.ksc.open_sessions() and time.monotonic() < deadline:
        time.sleep(0.005)
    assert sandbox.ksc.open_sessions() == 1


def test_stopping_forgets_what_was_to_act_later() -> None:
    with Sandbox(CONTOSO) as sandbox, ksc_connection(sandbox) as connection:
        faults(sandbox, "act_late", "Session.StartSession", ms=100)
        with pytest.raises((http.client.HTTPException, ConnectionError, ssl.SSLError)):
            post(connection, "Session.StartSession", authorization=basic())
    time.sleep(0.15)
    assert sandbox.ksc.open_sessions() == 0


def test_truncate_sends_half_of_what_it_announces(sandbox: Sandbox) -> None:
    faults(sandbox, "truncate", "HostGroup.GetStaticInfo")
    with ksc_connection(sandbox) as connection:
        signed_in(connection)
        with pytest.raises((http.client.IncompleteRead, ssl.SSLError)) as cut:
            post(connection, "HostGroup.GetStaticInfo", {"pValues": None})
    if isinstance(cut.value, http.client.IncompleteRead):
        assert len(cut.value.partial) > 0
        assert cut.value.expected


def test_not_json_acts_and_then_spoils_the_reply(sandbox: Sandbox) -> None:
    faults(sandbox, "not_json", "Session.StartSession")
    with ksc_connection(sandbox) as connection, pytest.raises(json.JSONDecodeError):
        post(connection, "Session.StartSession", authorization=basic())
    assert sandbox.ksc.open_sessions() == 1


def test_delay_answers_later(sandbox: Sandbox) -> None:
    faults(sandbox, "delay", ms=60)
    with ksc_connection(sandbox) as connection:
        signed_in(connection)
        started = time.monotonic()
        assert post(connection, "Session.Ping") == (200, {})
        assert time.monotonic() - started >= 0.06
    assert sandbox.log()[-1]["ms"] >= 60


def test_the_log_tells_every_call_and_its_virtual_server() -> None:
    scenario = {"ksc": {"virtual_servers": [server(5, "Contoso")]}}
    with Sandbox(scenario) as sandbox, ksc_connection(sandbox) as connection, tigerpaw_connection(sandbox) as tigerpaw:
        sandbox.set_faults([{"on": "ksc", "call": "Session.Ping", "do": "pxg_error", "nth": 2}])
        token = post(connection, "Session.StartSession", authorization=basic(), x_ksc_vserver=encoded("Contoso"))[1]["PxgRetVal"]
        for _ in range(2):
            post(connection, "Session.Ping", x_ksc_session=token)
        post(connection, "login", authorization=basic(), x_ksc_vserver="")
        post(connection, "HostGroup.GetStaticInfo")
        post(connection, "Session.Ping", x_ksc_session="unknown")
        tigerpaw.request("GET", "/API/Accounts/1?x=y")
        tigerpaw.getresponse().read()
        log = sandbox.log()
    assert [(entry["on"], entry["call"], entry["status"], entry["virtual_server"], entry["fault"]) for entry in log[:6]] == [
        ("ksc", "Session.StartSession", 200, 5, None),
        ("ksc", "Session.Ping", 200, 5, None),
        ("ksc", "Session.Ping", 200, 5, "pxg_error"),
        ("ksc", "login", 200, 0, None),
        ("ksc", "HostGroup.GetStaticInfo", 200, 0, None),
        ("ksc", "Session.Ping", 403, None, None),
    ]
    assert (log[6]["on"], log[6]["call"], log[6]["virtual_server"]) == ("tigerpaw_rest", "/api/accounts/1", None)
    assert set(log[0]) == {"at", "on", "call", "status", "ms", "virtual_server", "fault"}
    assert log[0]["at"].endswith("Z")


def test_many_connections_are_served_side_by_side(sandbox: Sandbox) -> None:
    answers: list[int] = []

    def work() -> None:
        with ksc_connection(sandbox) as connection:
            signed_in(connection)
            answers.extend(post(connection, "Session.Ping")[0] for _ in range(10))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 80


@pytest.mark.parametrize("which", ["ksc_port", "tigerpaw_port"])
def test_a_port_in_use_is_named_and_nothing_is_left_running(sandbox: Sandbox, which: str) -> None:
    port = urlsplit(sandbox.tigerpaw_url).port
    assert port is not None
    ports: dict[str, Any] = {which: port}
    second = Sandbox(CONTOSO, **ports)
    threads = threading.active_count()
    with pytest.raises(SandboxPortInUse, match=f"Port {port} "):
        second.start()
    assert (threading.active_count(), second.announcement) == (threads, {})


def test_a_stopped_sandbox_answers_nothing_and_can_be_stopped_again() -> None:
    with Sandbox(CONTOSO) as sandbox, ksc_connection(sandbox) as connection:
        signed_in(connection)
        sandbox.stop()
        with pytest.raises((http.client.HTTPException, OSError)):
            post(connection, "Session.Ping")
    with pytest.raises(OSError, match="refused"):
        socket.create_connection(("127.0.0.1", urlsplit(sandbox.tigerpaw_url).port), timeout=1)


def test_the_simulator_can_be_used_without_a_network() -> None:
    assert Caller(server()).session()("Session.Ping") == {}
