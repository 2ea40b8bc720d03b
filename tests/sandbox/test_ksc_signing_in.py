"""Signing in to the simulated Security Center (KSC Open API reference 1.5, 1.6)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.sandbox.ksc_caller import Caller, basic, encoded, host, server


def contoso(**ksc: Any) -> Caller:
    """Three virtual servers: one usual, one with a non-Latin name, one disabled; and the main server."""
    return Caller(
        server(0, "Main", hosts=[host(90)]),
        server(1, "Contoso", hosts=[host(1)]),
        server(2, "Контосо", hosts=[host(2)]),
        server(3, "Closed", enabled=False),
        **ksc,
    )


@pytest.mark.parametrize(
    ("name", "number"),
    [("Contoso", 1), ("Контосо", 2), ("", 0)],
)
def test_the_virtual_server_is_chosen_by_the_base64_of_its_name(name: str, number: int) -> None:
    info = contoso().session(name)("HostGroup.GetStaticInfo", pValues=None)["PxgRetVal"]
    assert info["KLADMSRV_VSID"] == number
    assert info["KLADMSRV_IS_VIRTUAL"] is (number != 0)
    assert info["KLADMSRV_VSUID"] == f"vs-{number}"


@pytest.mark.parametrize("headers", [{}, {"x_ksc_vserver": ""}, {"x_ksc_vserver": "x"}])
def test_empty_x_or_missing_is_the_main_server(headers: dict[str, Any]) -> None:
    caller = contoso()
    assert caller.send("login", authorization=basic(), **headers).status == 200
    reply = caller.send("HostGroup.GetStaticInfo", {"pValues": None})
    assert json.loads(reply.body)["PxgRetVal"]["KLADMSRV_IS_VIRTUAL"] is False


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": basic(password="wrong")},
        {"authorization": basic(user="nobody")},
        {"authorization": "Basic dXNlcjpwYXNz"},
        {"authorization": 'KSCBasic user="*", pass="*"'},
        {"authorization": 'KSCBasic user="dGFsbHlicmlkZ2U="'},
        {},
        {"authorization": basic(), "x_ksc_vserver": encoded("Unknown")},
        {"authorization": basic(), "x_ksc_vserver": encoded("Closed")},
        {"authorization": basic("limited"), "x_ksc_vserver": encoded("Contoso")},
    ],
)
@pytest.mark.parametrize("call", ["login", "Session.StartSession"])
def test_a_refused_sign_in_is_401_with_plain_text(call: str, headers: dict[str, Any]) -> None:
    users = [{"name": "tallybridge"}, {"name": "limited", "virtual_servers": [2]}]
    reply = contoso(users=users).send(call, **headers)
    assert (reply.status, reply.body, reply.content_type) == (401, b"Authentication failure", "text/plain")


def test_a_limited_user_may_sign_in_to_its_virtual_servers_and_to_the_main_server() -> None:
    caller = contoso(users=[{"name": "limited", "virtual_servers": [2]}])
    for name in ("Контосо", ""):
        caller.session(name, user="limited")("Session.Ping")


@pytest.mark.parametrize("value", ["%%%", "QQ", encoded("ok")[:-1] + "\x01", "/w=="])
def test_a_virtual_server_that_is_not_base64_of_utf8_is_400(value: str) -> None:
    assert contoso().send("login", authorization=basic(), x_ksc_vserver=value).status == 400


@pytest.mark.parametrize(
    "authorization",
    [
        f'KSCBasic user="{encoded("tallybridge")}", pass="{encoded("secret")}"',
        f'KSCBasic user="{encoded("tallybridge")}", pass="{encoded("secret")}", domain="", internal="0"',
        f'KSCBasic user="{encoded("tallybridge")}",pass="{encoded("secret")}", domain="x", internal=1',
    ],
)
def test_domain_and_internal_are_not_looked_at(authorization: str) -> None:
    assert contoso().send("login", authorization=authorization).status == 200


def test_login_signs_in_the_connection_alone() -> None:
    caller = contoso()
    assert caller.send("login", connection=1, authorization=basic()).body == b"{}"
    assert caller.send("Session.Ping", connection=1).status == 200
    assert caller.send("Session.Ping", connection=2).status == 401
    caller.simulator.connection_closed(1)
    assert caller.send("Session.Ping", connection=1).status == 401


def test_a_token_works_on_any_connection() -> None:
    caller = contoso()
    token = caller.session().token
    for connection in (7, 8, 9):
        assert caller.send("Session.Ping", connection=connection, x_ksc_session=token).status == 200


def test_a_connection_that_is_signed_in_may_start_a_token_session_without_credentials() -> None:
    caller = contoso()
    caller.send("login", authorization=basic(), x_ksc_vserver=encoded("Contoso"))
    token = json.loads(caller.send("Session.StartSession").body)["PxgRetVal"]
    reply = caller.send("HostGroup.GetStaticInfo", connection=5, x_ksc_session=token)
    assert json.loads(reply.body)["PxgRetVal"]["KLADMSRV_VSID"] == 1


def test_the_demand_for_two_step_verification_can_be_rehearsed() -> None:
    caller = contoso()
    caller.faults({"call": "Session.StartSession", "do": "refuse_login", "name": "KSCMFA"})
    reply = caller.send("Session.StartSession", authorization=basic())
    assert (reply.status, dict(reply.headers)) == (401, {"WWW-Authenticate": "KSCMFA"})


@pytest.mark.parametrize(
    ("name", "method", "body", "headers", "status"),
    [
        ("Session.Ping", "GET", b"", {}, 405),
        ("/elsewhere", "POST", b"", {}, 404),
        ("Session.Ping", "POST", b"{", {}, 400),
        ("Session.Ping", "POST", b"[]", {}, 400),
        ("Session.Ping", "POST", b"{}", {"content_type": "text/plain"}, 400),
        ("Session.Ping", "POST", b"{}", {"content_type": "application/json; charset=utf-8"}, 200),
        ("Session.Ping", "POST", b"", {}, 200),
        ("Session.Ping", "POST", b'{"extra": [1, null]}', {}, 200),
    ],
)
def test_the_form_of_a_request(name: str, method: str, body: bytes, headers: dict[str, Any], status: int) -> None:
    caller = contoso()
    caller.send("login", authorization=basic())
    reply = caller.send(name, body, method=method, **headers)
    assert reply.status == status
    assert reply.content_type == ("application/json" if status == 200 else "text/plain")


def test_an_unknown_method_is_an_api_error() -> None:
    session = contoso().session()
    assert session.error("LicenseKeys.Frobnicate") == ("KLCONN", 1194)


def test_a_remote_instances_prefix_is_accepted() -> None:
    assert contoso().session()("Server.Session.Ping") == {}
