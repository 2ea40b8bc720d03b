"""Sessions: signing in to one server, proving which one it is, and always ending it (KSC Open API reference 1.5 to 1.9)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager

from msgspec.json import Decoder

from tallybridge.billing.model import Tenant
from tallybridge.sources.ksc import calls
from tallybridge.sources.ksc.errors import ACCOUNT_BLOCKED, SIGN_IN_CODES, ApiRefusal, NotThatServer, SessionEnded, SignInRefused, Unreadable
from tallybridge.sources.ksc.line import Line
from tallybridge.sources.ksc.replies import StaticInfo, Text
from tallybridge.sources.ksc.settings import KscSettings
from tallybridge.sources.ksc.sign_in import SignInGate

MAIN_SERVER = Tenant(id="main", name="Main server", number=0)
"""Stands for the devices that are connected directly to the main server."""

_text_decoder = Decoder(Text)
_NOTHING = b"{}"

_ACCOUNT_ADVICE = (
    "In Kaspersky Security Center, check the password of this internal user and that it is not blocked (Users and roles, Users), "
    "and its rights to this server (properties of the server, Security): Basic functionality, Read."
)
_TWO_STEP_ADVICE = (
    "The server demands two-step verification for this user. In Kaspersky Security Center, exclude this account from it "
    "(properties of the Administration Server, Two-step verification, exclusions)."
)
_BLOCKED_ADVICE = (
    "The account is blocked after too many wrong passwords. In Kaspersky Security Center, unblock it (Users and roles, Users), "
    "and set the right password here."
)


def is_main(tenant: Tenant) -> bool:
    """Whether a tenant stands for the main server; virtual servers have numbers above 0."""
    return tenant.number == MAIN_SERVER.number


def _base64(text: str) -> str:
    return b64encode(text.encode()).decode("ascii")


@contextmanager
def session(line: Line, settings: KscSettings, tenant: Tenant, *, gate: SignInGate) -> Iterator[Line]:
    """Signs in to a tenant's server and gives a line within the session, which is ended whatever happens.

    Raises:
        SignInRefused: the server refused the user.
        SignInsStopped: the gate let no further sign-in pass.
        KscTrouble, TransportFailed: the call failed otherwise.
    """
    token = gate.pass_through(lambda: _start(line, settings, tenant), seconds_left=line.seconds_left)
    within = line.with_headers({"X-KSC-Session": token})
    try:
        yield within
    finally:
        within.close_quietly("Session.EndSession", _NOTHING)


def _start(line: Line, settings: KscSettings, tenant: Tenant) -> str:
    call = "Session.StartSession"
    virtual_server = "" if is_main(tenant) else _base64(tenant.name)
    user, password = _base64(settings.user), _base64(settings.password.reveal())
    signing_in = line.with_headers({"Authorization": f'KSCBasic user="{user}", pass="{password}", internal="1"', "X-KSC-VServer": virtual_server})
    try:
        reply = signing_in.ask(call, _NOTHING, _text_decoder)
    except SessionEnded as refused:
        # The statuses of an ended session are, before there is one, those of a refusal.
        if refused.two_step:
            raise SignInRefused(_TWO_STEP_ADVICE) from refused
        raise SignInRefused(f"User {settings.user!r} was refused. {_ACCOUNT_ADVICE}") from refused
    except ApiRefusal as refusal:
        if refusal.identity == ACCOUNT_BLOCKED:
            raise SignInRefused(_BLOCKED_ADVICE, account_blocked=True) from refusal
        if refusal.identity in SIGN_IN_CODES or refusal.no_access:
            raise SignInRefused(f"User {settings.user!r} was refused. {refusal} {_ACCOUNT_ADVICE}") from refusal
        raise
    if not reply.value:
        raise Unreadable(call, "it holds no session")
    return reply.value


def confirm(line: Line, tenant: Tenant) -> StaticInfo:
    """Proves that a session belongs to the tenant's server.

    Raises:
        NotThatServer: it belongs to another one.
        Unreadable: the server does not say to which.
    """
    info = calls.static_info(line)
    if info.is_virtual is None:
        raise Unreadable("HostGroup.GetStaticInfo", "`KLADMSRV_IS_VIRTUAL` is missing, so it is not sure which server this is")
    if is_main(tenant):
        if info.is_virtual:
            raise NotThatServer(
                f"The sign-in led to virtual server {info.number} instead of the main server. "
                "Use an internal user that was created on the main server."
            )
        return info
    _confirm_virtual(info, tenant)
    return info


def _confirm_virtual(info: StaticInfo, tenant: Tenant) -> None:
    if not info.is_virtual:
        raise NotThatServer(f"The sign-in to virtual server {tenant.name!r} led to the main server.")
    if info.number is None:
        raise Unreadable("HostGroup.GetStaticInfo", "`KLADMSRV_VSID` is missing, so it is not sure which virtual server this is")
    if info.number != tenant.number:
        raise NotThatServer(f"Under the name {tenant.name!r} stands virtual server {info.number}, not {tenant.number}.")
    listed_without_uid = tenant.id == str(tenant.number)
    if info.uid and not listed_without_uid and info.uid != tenant.id:
        raise NotThatServer(f"Virtual server {tenant.number} ({tenant.name!r}) has the unique id {info.uid}, not {tenant.id}.")
