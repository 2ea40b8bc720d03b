"""The simulated Security Center: takes requests apart, signs in, finds the method, and does the faults that need its knowledge."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from tallybridge.sandbox.http import Call
from tallybridge.sandbox.http_messages import Reply, Request
from tallybridge.sandbox.ksc.calls import Answer, Context, Method
from tallybridge.sandbox.ksc.errors import KLSTD_NOTFOUND, HttpError, PxgError, no_such_call, not_found, session_ended, sign_in_refused
from tallybridge.sandbox.ksc.event_calls import EVENT_CALLS
from tallybridge.sandbox.ksc.fleet import Fleet
from tallybridge.sandbox.ksc.host_calls import HOST_CALLS
from tallybridge.sandbox.ksc.license_calls import LICENSE_CALLS
from tallybridge.sandbox.ksc.server_calls import SERVER_CALLS
from tallybridge.sandbox.ksc.sessions import Session, SessionTable
from tallybridge.sandbox.ksc.signing_in import named_server, permitted_server, signed_in_user
from tallybridge.sandbox.ksc.values import Arguments

if TYPE_CHECKING:
    from tallybridge.sandbox.ksc.fleet import Server
    from tallybridge.sandbox.scenario_records import Fault
    from tallybridge.sandbox.world import World

_PREFIX = "/api/v1.0/"
_METHODS: dict[str, Method] = {**LICENSE_CALLS, **HOST_CALLS, **SERVER_CALLS, **EVENT_CALLS}
_LOGIN, _START, _END = "login", "Session.StartSession", "Session.EndSession"
_SIGN_IN_CALLS = {_LOGIN, _START}
_RESULT_ARGUMENTS = ("szwIterator", "strAccessor", "strIteratorId")
_NAME = re.compile(r"(?:[^./]+\.)?([^./]+\.[^./]+)")


class KscSimulator:
    """Answers `/api/v1.0/<Class>.<Method>` and `/api/v1.0/login` (reference 1.1)."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._epoch = world.epoch
        self._fleet = Fleet(world.scenario.ksc)
        self._sessions = SessionTable(world.session_idle)

    def open_sessions(self) -> int:
        """Number of sessions that are alive."""
        with self._world.lock:
            self._follow_world()
            return self._sessions.open_sessions(self._world.now())

    def open_objects(self) -> int:
        """Number of iterators and accessors that were neither released nor expired, over all sessions."""
        with self._world.lock:
            self._follow_world()
            return self._sessions.open_objects(self._world.now())

    def identify(self, request: Request) -> Call:
        """The call's name, without a remote instance's prefix (our choice), and the virtual server as far as it is known."""
        with self._world.lock:
            self._follow_world()
            name = _call_name(request.path)
            return Call("ksc", name, self._server_id(request, name))

    def answer(self, request: Request, call: Call, fault: Fault | None) -> Reply:
        """Does the call. Errors of the API are HTTP 200 with `PxgError`, all others plain text (reference 1.4)."""
        with self._world.lock:
            self._follow_world()
            try:
                result = self._result(request, call, fault)
            except PxgError as error:
                result = error.as_reply()
            except HttpError as error:
                return Reply(error.status, str(error).encode(), "text/plain", error.headers)
            return Reply(200, msgspec.json.encode(result), "application/json")

    def connection_closed(self, connection: int) -> None:
        """Ends the session that `login` bound to this connection."""
        with self._world.lock:
            self._sessions.connection_closed(connection)

    def _result(self, request: Request, call: Call, fault: Fault | None) -> Answer:
        _check_form(request)
        do = None if fault is None else fault.do
        if do == "refuse_login":
            assert fault is not None
            raise _refusal(fault)
        arguments = _arguments(request.body)
        if call.name in _SIGN_IN_CALLS:
            if do == "pxg_error":
                raise _rehearsed_error(fault)
            return self._signed_in(request, call.name)
        session = self._sessions.use(_token(request), request.connection, self._world.now())
        if do == "pxg_error":
            raise _rehearsed_error(fault)
        if do == "end_session":
            self._sessions.end(session)
            raise session_ended()
        if do == "expire_iterator":
            raise _forgotten(session, arguments)
        if call.name == _END:
            self._sessions.end(session)
            return {}
        result = self._called(call.name, session, arguments, fault)
        if do == "drop_attribute" and fault is not None and fault.name is not None:
            return dict(_without(result, fault.name))
        return result

    def _called(self, name: str, session: Session, arguments: dict[str, Any], fault: Fault | None) -> Answer:
        method = _METHODS.get(name)
        if method is None:
            raise no_such_call(name)
        context = Context(
            session=session,
            arguments=Arguments(arguments),
            fleet=self._fleet,
            now=self._world.now(),
            session_idle=self._world.session_idle,
            fault=fault,
        )
        return method(context)

    def _signed_in(self, request: Request, name: str) -> Answer:
        user_name, server = self._who_and_where(request)
        session = Session(user=user_name, server=server, used=self._world.now())
        if name == _START:
            return {"PxgRetVal": self._sessions.start_token(session)}
        self._sessions.bind(request.connection, session)
        # Our choice: the reply's content is not documented (reference 1.5).
        return {}

    def _who_and_where(self, request: Request) -> tuple[str, Server]:
        """Our choice: a connection that has signed in by `login` may start a token session without repeating its credentials."""
        signed_in = self._sessions.known(None, request.connection)
        if signed_in is not None and "authorization" not in request.headers:
            return signed_in.user, signed_in.server
        server = named_server(request.headers, self._fleet)
        user = signed_in_user(request.headers, self._world.scenario.ksc.users)
        return user.name, permitted_server(user, server)

    def _server_id(self, request: Request, name: str) -> int | None:
        if name in _SIGN_IN_CALLS:
            try:
                server = named_server(request.headers, self._fleet)
            except HttpError:
                return None
            return None if server is None else server.id
        session = self._sessions.known(_token(request), request.connection)
        return None if session is None else session.server.id

    def _follow_world(self) -> None:
        """Forgets everything when the scenario was replaced."""
        if self._epoch != self._world.epoch:
            self._epoch = self._world.epoch
            self._fleet = Fleet(self._world.scenario.ksc)
            self._sessions.end_all()


def _call_name(path: str) -> str:
    if not path.startswith(_PREFIX):
        return path
    name = path[len(_PREFIX) :]
    match = _NAME.fullmatch(name)
    return match.group(1) if match else name


def _token(request: Request) -> str | None:
    return request.headers.get("x-ksc-session") or None


def _check_form(request: Request) -> None:
    """Statuses 404, 405 and 400 here are our choice (reference 10)."""
    if not request.path.startswith(_PREFIX):
        raise HttpError(404, "Not found")
    if request.method != "POST":
        raise HttpError(405, "Only POST is accepted", (("Allow", "POST"),))
    content_type = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if content_type != "application/json":
        raise HttpError(400, "Content-Type must be application/json")


def _arguments(body: bytes) -> dict[str, Any]:
    """The named arguments; an empty body has none (reference 1.1). Anything but a JSON object is 400 (our choice)."""
    if not body.strip():
        return {}
    try:
        arguments = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise HttpError(400, "The body is not JSON") from None
    if not isinstance(arguments, dict):
        raise HttpError(400, "The body is not a JSON object")
    return arguments


def _refusal(fault: Fault) -> HttpError:
    """Our choice: `"name": "KSCMFA"` makes it the demand for two-step verification (reference 1.4)."""
    return sign_in_refused((("WWW-Authenticate", fault.name),) if fault.name else ())


def _rehearsed_error(fault: Fault | None) -> PxgError:
    assert fault is not None
    code = KLSTD_NOTFOUND if fault.code is None else fault.code
    return PxgError(fault.module or "KLSTD", code, fault.message or "Rehearsed error", fault.subcode)


def _forgotten(session: Session, arguments: dict[str, Any]) -> PxgError:
    name = next((arguments[argument] for argument in _RESULT_ARGUMENTS if isinstance(arguments.get(argument), str)), "")
    session.results.pop(name, None)
    return not_found(name)


def _without(value: Any, name: str) -> Any:
    """The same value without this member, at any depth."""
    if isinstance(value, dict):
        return {member: _without(inner, name) for member, inner in value.items() if member != name}
    if isinstance(value, list):
        return [_without(inner, name) for inner in value]
    return value
