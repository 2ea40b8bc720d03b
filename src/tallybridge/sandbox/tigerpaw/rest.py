"""The REST side of the simulated Tigerpaw: authentication, routing, bodies, and its faults (Tigerpaw reference 1)."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

from tallybridge.sandbox.http import Reply
from tallybridge.sandbox.tigerpaw import accounts, agreements, master_tables, price_book
from tallybridge.sandbox.tigerpaw.index import index_of
from tallybridge.sandbox.tigerpaw.paging import PagingError
from tallybridge.sandbox.tigerpaw.representation import BodyError, accepted_type, read_body, write_body
from tallybridge.sandbox.tigerpaw.routing import BusinessError, RestCall, RestError, Route, Router
from tallybridge.sandbox.tigerpaw.search import SearchError
from tallybridge.sandbox.tigerpaw.signature import SignatureRefusedError, check_signature

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tallybridge.sandbox.http import Request
    from tallybridge.sandbox.scenario import Fault
    from tallybridge.sandbox.world import World

_ROUTER = Router([*accounts.ROUTES, *agreements.ROUTES, *price_book.ROUTES, *master_tables.ROUTES])
_MADE_FAILURE = "The sandbox was told to refuse this call."
_PLAIN_RESPONSE = "Response"


def call_name(request: Request) -> str:
    """The call as logs and faults name it: the path in lower case, without query."""
    return request.path.lower()


def answer(world: World, request: Request, fault: Fault | None) -> Reply:
    """Answers one REST request; the caller holds the world's lock. Faults done here: refuse_login and success_false."""
    media_type = accepted_type(request.headers.get("accept", ""))
    deed = fault.do if fault else None
    try:
        _require_length(request)
        _authenticate(world, request, refuse=deed == "refuse_login")
        route, values = _ROUTER.find(request.method, request.path)
        if fault is not None and deed == "success_false":
            return _failure(route, fault.message or _MADE_FAILURE, media_type)
        try:
            value = route.handler(_call(world, request, route, values))
        except (BusinessError, SearchError) as error:
            return _failure(route, str(error), media_type)
        return _reply(200, value, route.model, media_type)
    except (RestError, BodyError) as error:
        return _reply(error.status, {"Message": str(error)}, "Error", media_type)
    except PagingError as error:
        return _reply(400, {"Message": str(error)}, "Error", media_type)


def _require_length(request: Request) -> None:
    # reference 1.3: POST and PUT need Content-Length, chunked bodies have none
    if request.method in {"POST", "PUT"} and "content-length" not in request.headers:
        raise RestError(411, "A POST or PUT request needs a Content-Length.")


def _authenticate(world: World, request: Request, *, refuse: bool) -> None:
    # our choice: the signature is checked before anything else is looked at, so an unknown path also answers 401 without one
    denied = "Authorization has been denied for this request."
    if refuse:
        raise RestError(401, f"{denied} {_MADE_FAILURE}")
    try:
        check_signature(
            method=request.method,
            path=request.path,
            headers=request.headers,
            keys=world.scenario.tigerpaw.rest_keys,
            now=world.now(),
            skew=world.clock_skew,
        )
    except SignatureRefusedError as error:
        raise RestError(401, f"{denied} {error}") from error


def _call(world: World, request: Request, route: Route, values: Sequence[str]) -> RestCall:
    body = None
    if route.method in {"POST", "PUT"}:
        body = read_body(request.body, request.headers.get("content-type", ""))
    return RestCall(
        tigerpaw=world.scenario.tigerpaw,
        index=index_of(world),
        today=world.now().astimezone(UTC).date(),
        numbers=[int(value) for value in values if value.isdecimal()],
        flags=[value.lower() == "true" for value in values if not value.isdecimal()],
        query={name.lower(): value for name, value in request.query},
        body=body,
    )


def _failure(route: Route, message: str, media_type: str) -> Reply:
    # our choice: a bare object or list gives way to the plain response
    root = route.model if route.model.endswith(_PLAIN_RESPONSE) else _PLAIN_RESPONSE
    return _reply(200, {"Success": False, "Message": message}, root, media_type)


def _reply(status: int, value: Any, root: str, media_type: str) -> Reply:
    extra = (("WWW-Authenticate", "TSI"),) if status == 401 else ()
    return Reply(status, write_body(value, root, media_type), f"{media_type}; charset=utf-8", extra)
