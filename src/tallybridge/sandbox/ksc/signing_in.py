"""Who signs in, and to which server: the Authorization and X-KSC-VServer headers (reference 1.5, 1.6)."""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from typing import TYPE_CHECKING

from tallybridge.sandbox.ksc.errors import HttpError, sign_in_refused
from tallybridge.sandbox.ksc.fleet import MAIN_SERVER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tallybridge.sandbox.ksc.fleet import Fleet, Server
    from tallybridge.sandbox.scenario_records import KscUser

_PARAMETER = re.compile(r'(\w+)\s*=\s*"([^"]*)"')
_SCHEME = "kscbasic "


def signed_in_user(headers: Mapping[str, str], users: Sequence[KscUser]) -> KscUser:
    """The user whose name and password the request carries; raises 401.

    Our choices: `domain` and `internal` are not looked at, other schemes are refused like a wrong password, and wrong passwords never block a user.
    """
    authorization = headers.get("authorization", "")
    if not authorization.lower().startswith(_SCHEME):
        raise sign_in_refused()
    parameters = dict(_PARAMETER.findall(authorization[len(_SCHEME) :]))
    try:
        name, password = _decoded(parameters["user"]), _decoded(parameters["pass"])
    except (KeyError, ValueError):
        raise sign_in_refused() from None
    user = next((user for user in users if user.name == name), None)
    if user is None or not hmac.compare_digest(user.password.encode(), password.encode()):
        raise sign_in_refused()
    return user


def named_server(headers: Mapping[str, str], fleet: Fleet) -> Server | None:
    """The server that X-KSC-VServer names, None when there is none of that name.

    Empty and `x` are the main server (reference 1.6); missing is too, and anything that is not base64 is 400 (our choices, reference 10).
    """
    value = headers.get("x-ksc-vserver", "").strip()
    if value in {"", "x"}:
        return fleet.main
    try:
        name = _decoded(value)
    except ValueError:
        raise HttpError(400, "X-KSC-VServer is not base64 of UTF-8") from None
    return fleet.named(name) if name else fleet.main


def permitted_server(user: KscUser, server: Server | None) -> Server:
    """The server if this user may sign in to it; raises 401 for an unknown, disabled or forbidden one.

    Our choice: a user that is limited to some virtual servers may still sign in to the main server.
    """
    if server is None or not server.record.enabled:
        raise sign_in_refused()
    if user.virtual_servers is not None and server.id != MAIN_SERVER and server.id not in user.virtual_servers:
        raise sign_in_refused()
    return server


def _decoded(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise ValueError("not base64 of UTF-8") from error
