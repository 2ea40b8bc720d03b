"""The SOAP side of the simulated Tigerpaw: tsiWS with its one public operation (Tigerpaw reference 2, 4.3)."""

from __future__ import annotations

import hmac
from datetime import UTC
from typing import TYPE_CHECKING

from tallybridge.sandbox.http import Reply
from tallybridge.sandbox.tigerpaw import service_pages
from tallybridge.sandbox.tigerpaw.charges import ChargeRefusedError, submit
from tallybridge.sandbox.tigerpaw.dialect import DialectError, failure, read_submission, success
from tallybridge.sandbox.tigerpaw.envelope import (
    BODY_NAMESPACE,
    SOAP_11,
    SoapFaultError,
    SoapRequest,
    read_envelope,
    version_of,
    write_fault,
    write_result,
)
from tallybridge.sandbox.tigerpaw.index import index_of

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from tallybridge.sandbox.http import Request
    from tallybridge.sandbox.scenario import Fault, SoapUser
    from tallybridge.sandbox.world import World

SERVICE_PATH = "/api/rmm/tsiws.asmx"
OPERATION = service_pages.OPERATION

_MADE_FAILURE = "The sandbox was told to refuse this call."
_WRONG_BY = 1


def is_for_soap(request: Request) -> bool:
    """Whether the request goes to tsiWS."""
    return request.path.lower().rstrip("/") == SERVICE_PATH


def call_name(request: Request) -> str:
    """The call as logs and faults name it: the operation of the body, else of SOAPAction; `Describe` for the pages (our choice)."""
    if request.method != "POST":
        return "Describe"
    try:
        return read_envelope(request.body).operation_name
    except SoapFaultError:
        return _action(request).rpartition("/")[2] or "Unknown"


def answer(world: World, request: Request, fault: Fault | None) -> Reply:
    """Answers one request; the caller holds the world's lock.

    Faults done here: refuse_login, soap_fault, success_false and wrong_quantity.
    """
    if request.method == "GET":
        return service_pages.page(request)
    version = version_of(request.headers.get("content-type", ""))
    if request.method != "POST" or version is None:
        status = 405 if request.method != "POST" else 415
        return Reply(status, b"tsiWS takes SOAP 1.1 or 1.2 by POST.", "text/plain; charset=utf-8")
    content_type = f"{version.media_type}; charset=utf-8"
    try:
        result = _operate(world, request, read_envelope(request.body), fault)
    except SoapFaultError as error:
        # reference 2 expects the faults of ASMX, which come with status 500 whoever is to blame
        return Reply(500, write_fault(version, error), content_type)
    return Reply(200, write_result(version, OPERATION, result), content_type)


def _operate(world: World, request: Request, call: SoapRequest, fault: Fault | None) -> Element:
    _check_action(request, call)
    deed = fault.do if fault else None
    if fault is not None and deed == "soap_fault":
        raise SoapFaultError(fault.message or _MADE_FAILURE, by_server=True)
    user = _authenticate(world, call, refuse=deed == "refuse_login")
    if fault is not None and deed == "success_false":
        return failure(fault.message or _MADE_FAILURE)
    params = call.operation.find(f"{{{BODY_NAMESPACE}}}Params")
    if params is None:
        return failure("Params is missing.")
    try:
        results = submit(
            read_submission(params),
            external_product=user.external_product,
            index=index_of(world),
            today=world.now().astimezone(UTC).date(),
            excess=_WRONG_BY if deed == "wrong_quantity" else 0,
        )
    except (DialectError, ChargeRefusedError) as error:
        return failure(str(error))
    return success(results)


def _check_action(request: Request, call: SoapRequest) -> None:
    if call.version is not version_of(request.headers.get("content-type", "")):
        raise SoapFaultError("Possible SOAP version mismatch: Content-Type and envelope differ.")
    expected = f"{BODY_NAMESPACE}/{OPERATION}"
    if call.version is SOAP_11 or "action" in request.headers.get("content-type", "").lower():
        action = _action(request)
        if action != expected:
            raise SoapFaultError(f"Server did not recognize the value of HTTP Header SOAPAction: {action}.")
    if call.operation.tag != f"{{{BODY_NAMESPACE}}}{OPERATION}":
        raise SoapFaultError(f"Server was unable to read request. The operation {call.operation.tag} is unknown.")


def _action(request: Request) -> str:
    """SOAPAction (SOAP 1.1) or the action parameter of Content-Type (SOAP 1.2), without quotes."""
    if "soapaction" in request.headers:
        return request.headers["soapaction"].strip().strip('"')
    for parameter in request.headers.get("content-type", "").split(";")[1:]:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "action":
            return value.strip().strip('"')
    return ""


def _authenticate(world: World, call: SoapRequest, *, refuse: bool) -> SoapUser:
    password = (call.password or "").encode()
    for user in world.scenario.tigerpaw.soap_users:
        if refuse or user.name != call.user_name or not hmac.compare_digest(user.password.encode(), password):
            continue
        if not user.active:
            raise SoapFaultError("The API user is not active.")
        return user
    raise SoapFaultError("The user name or the password is wrong.")
