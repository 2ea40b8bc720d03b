"""Errors of the simulated Security Center: those inside an HTTP 200 reply and those that are an HTTP status (reference 1.4)."""

from __future__ import annotations

from typing import Any

KLSTD_NOACCESS = 1184
KLSTD_NOTFOUND = 1186
KLSTD_BADFORMAT = 1192
KLCONN_NO_SUCH_CALL = 1194


class PxgError(Exception):
    """An API error; the reply is HTTP 200 with `PxgError`."""

    def __init__(self, module: str, code: int, message: str, subcode: int = 0) -> None:
        super().__init__(message)
        self.module = module
        self.code = code
        self.subcode = subcode

    def as_reply(self) -> dict[str, Any]:
        """The reply's object. File and line are invented (our choice)."""
        return {
            "PxgError": {
                "code": self.code,
                "subcode": self.subcode,
                "module": self.module,
                "file": "sandbox",
                "line": 1,
                "message": str(self),
            }
        }


class HttpError(Exception):
    """A transport, sign-in or session error; the body is plain text (reference 1.4)."""

    def __init__(self, status: int, text: str, headers: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(text)
        self.status = status
        self.headers = headers


def not_found(what: str) -> PxgError:
    """STDE_NOTFOUND: an expired or unknown iterator, accessor, key, host or virtual server."""
    return PxgError("KLSTD", KLSTD_NOTFOUND, f"Object not found: {what}")


def bad_format(what: str) -> PxgError:
    """STDE_BADFORMAT: a filter or an argument that cannot be read."""
    return PxgError("KLSTD", KLSTD_BADFORMAT, f"Bad format: {what}")


def no_such_call(name: str) -> PxgError:
    """GCR_NO_SUCH_CALL: a method that this version does not have."""
    return PxgError("KLCONN", KLCONN_NO_SUCH_CALL, f"No such call: {name}")


def sign_in_refused(headers: tuple[tuple[str, str], ...] = ()) -> HttpError:
    """401 with the text of reference 1.4."""
    return HttpError(401, "Authentication failure", headers)


def session_ended() -> HttpError:
    """403: the session was ended, has expired or is unknown (reference 1.4; for expired and unknown ones inferred there)."""
    return HttpError(403, "Session has ended")
