"""The control requests of the sandbox (contracts 4), over HTTP and from Python."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tallybridge.sandbox import Sandbox, ScenarioError
from tests.sandbox.ksc_caller import basic, encoded, server
from tests.sandbox.ksc_wire import Connection, get, ksc_connection, post, tigerpaw_connection

if TYPE_CHECKING:
    from collections.abc import Iterator

CHARGES = [
    {"detail_id": 1, "item_id": "KES-WKS", "quantity": 5, "delete_after_invoicing": True},
    {"detail_id": 2, "item_id": "KES-SRV", "quantity": 6},
]
AGREEMENT = {"number": 2041, "next_billing_period": "2026-12-01", "charges": CHARGES}
SCENARIO: dict[str, Any] = {
    "ksc": {"virtual_servers": [server(1, "Contoso")]},
    "tigerpaw": {"accounts": [{"number": 1, "name": "Contoso", "agreements": [AGREEMENT]}]},
}


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A running sandbox with one customer."""
    with Sandbox(SCENARIO) as running:
        yield running


@pytest.fixture(params=["ksc", "tigerpaw"])
def connection(request: pytest.FixtureRequest, sandbox: Sandbox) -> Iterator[Connection]:
    """Each of the two simulators: either answers for both, without credentials."""
    with ksc_connection(sandbox) if request.param == "ksc" else tigerpaw_connection(sandbox) as opened:
        yield opened


def send(connection: Connection, path: str, content: Any = None, method: str = "POST") -> tuple[int, str]:
    """Status and text of a control request."""
    connection.request(method, path, content if isinstance(content, bytes | None) else json.dumps(content).encode())
    response = connection.getresponse()
    return response.status, response.read().decode()


def test_the_announcement_names_both_urls_the_fingerprint_and_the_certificate(sandbox: Sandbox) -> None:
    assert set(sandbox.announcement) == {"ksc_url", "fingerprint", "ca_file", "tigerpaw_url"}
    assert sandbox.ksc_url.startswith("https://127.0.0.1:")
    assert sandbox.tigerpaw_url.startswith("http://127.0.0.1:")


def test_the_state_is_the_scenario_in_its_format(connection: Connection, sandbox: Sandbox) -> None:
    state = get(connection, "/_sandbox/state")
    assert state == sandbox.state()
    assert state["tigerpaw"]["accounts"][0]["agreements"][0]["charges"][0]["price"] == 4.5
    assert send(connection, "/_sandbox/replace", state)[0] == 200
    assert get(connection, "/_sandbox/state") == state


def test_the_log_is_shown_and_control_requests_are_not_in_it(connection: Connection, sandbox: Sandbox) -> None:
    with ksc_connection(sandbox) as client:
        post(client, "Session.Ping")
    log = get(connection, "/_sandbox/log")
    assert [entry["call"] for entry in log] == ["Session.Ping"]
    assert log == sandbox.log()


def test_faults_are_replaced_and_their_counts_restart(connection: Connection, sandbox: Sandbox) -> None:
    fault = {"on": "ksc", "call": "login", "do": "refuse_login", "nth": 2}
    with ksc_connection(sandbox) as client:
        statuses = []
        for _ in range(2):
            assert send(connection, "/_sandbox/faults", [fault])[0] == 200
            statuses += [post(client, "login", authorization=basic())[0] for _ in range(3)]
        assert send(connection, "/_sandbox/faults", [])[0] == 200
        statuses += [post(client, "login", authorization=basic())[0] for _ in range(2)]
    assert statuses == [200, 401, 200, 200, 401, 200, 200, 200]
    assert get(connection, "/_sandbox/state")["faults"] == []


def test_faults_of_the_scenario_are_in_force_from_the_start() -> None:
    with Sandbox({"faults": [{"on": "ksc", "call": "*", "do": "http_503", "times": 0}]}) as sandbox, ksc_connection(sandbox) as client:
        assert [post(client, "login", authorization=basic())[0] for _ in range(2)] == [503, 503]


def test_an_invoice_run_removes_lines_and_advances_the_period(connection: Connection, sandbox: Sandbox) -> None:
    assert send(connection, "/_sandbox/invoice-run")[0] == 200
    agreement = sandbox.state()["tigerpaw"]["accounts"][0]["agreements"][0]
    assert [charge["detail_id"] for charge in agreement["charges"]] == [2]
    assert agreement["next_billing_period"] == "2027-01-01"


def test_replacing_the_scenario_changes_everything_and_ends_sessions(connection: Connection, sandbox: Sandbox) -> None:
    with ksc_connection(sandbox) as client:
        post(client, "login", authorization=basic())
        assert send(connection, "/_sandbox/replace", {"ksc": {"virtual_servers": [server(9, "Fabrikam")]}})[0] == 200
        assert post(client, "Session.Ping")[0] == 403
        assert post(client, "login", authorization=basic(), x_ksc_vserver=encoded("Contoso"))[0] == 401
        assert post(client, "login", authorization=basic(), x_ksc_vserver=encoded("Fabrikam"))[0] == 200
    assert sandbox.state()["tigerpaw"]["accounts"] == []


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("/_sandbox/replace", {"ksc": {"color": 1}}),
        ("/_sandbox/replace", b"{"),
        ("/_sandbox/replace", b"\xff"),
        ("/_sandbox/faults", [{"on": "ksc"}]),
        ("/_sandbox/faults", {"on": "ksc"}),
    ],
)
def test_what_cannot_be_used_is_400_with_the_reason_and_changes_nothing(connection: Connection, sandbox: Sandbox, path: str, content: Any) -> None:
    before = sandbox.state()
    status, reason = send(connection, path, content)
    assert status == 400
    assert reason.startswith(("The scenario ", "The list of faults "))
    assert sandbox.state() == before


def test_other_paths_and_methods_are_refused(connection: Connection) -> None:
    assert send(connection, "/_sandbox/nothing")[0] == 404
    assert send(connection, "/_sandbox/state")[0] == 405
    assert send(connection, "/_sandbox/replace", method="GET")[0] == 405


def test_the_same_from_python(sandbox: Sandbox) -> None:
    sandbox.set_faults([{"on": "ksc", "call": "*", "do": "close"}])
    assert sandbox.state()["faults"][0]["do"] == "close"
    assert sandbox.invoice_run()["removed"] == 1
    sandbox.replace({})
    assert sandbox.state()["ksc"]["virtual_servers"] == []
    for wrong in ({"ksc": 1}, {"color": 1}):
        with pytest.raises(ScenarioError):
            sandbox.replace(wrong)
