"""The TSI scheme: who signed a REST request, and whether the signature still holds (Tigerpaw reference 1.2)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class KeyPair(Protocol):
    """A rep's REST keys; the private one is used as text exactly as issued."""

    @property
    def public(self) -> str: ...
    @property
    def private(self) -> str: ...


Keys = TypeVar("Keys", bound=KeyPair)


class SignatureRefusedError(Exception):
    """The request is not authenticated; the text says why and never holds a key."""


def sign(method: str, path: str, timestamp: str, private_key: str) -> str:
    """The base64 signature of a request. `path` has no host and no query string; neither query nor body is signed."""
    to_sign = f"{method}|{path}|{timestamp}".lower()
    digest = hmac.new(private_key.encode(), to_sign.encode(), hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def authorization(method: str, path: str, timestamp: str, keys: KeyPair) -> str:
    """The value of the Authorization header that a rep with `keys` sends."""
    signature = sign(method, path, timestamp, keys.private)
    return "TSI " + base64.b64encode(f"{keys.public}:{signature}".encode()).decode()


def check_signature(*, method: str, path: str, headers: Mapping[str, str], keys: Iterable[Keys], now: datetime, skew: timedelta) -> Keys:
    """Returns the key pair that signed the request; raises SignatureRefusedError otherwise.

    `headers` has lower-case names, `now` is aware. X-TSI-Date wins over Date when both are there (reference 1.2).
    our choice: the window of the clock is `skew` to either side, both ends included, and nothing guards against replays.
    """
    public, signature = _token(headers.get("authorization", ""))
    timestamp = headers["x-tsi-date"] if "x-tsi-date" in headers else headers.get("date", "")
    pair = next((pair for pair in keys if pair.public == public), None)
    if pair is None:
        raise SignatureRefusedError("The public key is unknown.")
    if abs(now - _instant(timestamp)) > skew:
        raise SignatureRefusedError("The date of the request is too far from the time of the server.")
    if not hmac.compare_digest(sign(method, path, timestamp, pair.private).encode(), signature.encode()):
        raise SignatureRefusedError("The signature does not match the request.")
    return pair


def _token(header: str) -> tuple[str, str]:
    scheme, _, token = header.strip().partition(" ")
    if scheme.upper() != "TSI":
        raise SignatureRefusedError("The Authorization header does not use the scheme TSI.")
    try:
        public, colon, signature = base64.b64decode(token.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise SignatureRefusedError("The token is not base64 text.") from error
    if not colon:
        raise SignatureRefusedError("The token does not hold a public key and a signature.")
    return public, signature


def _instant(timestamp: str) -> datetime:
    try:
        instant = parsedate_to_datetime(timestamp)
    except (TypeError, ValueError) as error:
        raise SignatureRefusedError("The request has no date in the form of RFC 1123.") from error
    # "-0000" parses to a naive time; RFC 1123 dates are in GMT either way
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
