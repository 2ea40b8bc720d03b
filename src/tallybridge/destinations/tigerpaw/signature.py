"""The TSI signature that Tigerpaw's REST API wants on every request (Tigerpaw reference 1.2)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from email.utils import format_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from tallybridge.wire.secret import Secret


def date_text(instant: datetime) -> str:
    """The instant (aware, UTC) as an RFC 1123 date in GMT, as it is both signed and sent."""
    return format_datetime(instant, usegmt=True)


def text_to_sign(method: str, path: str, date: str) -> str:
    """What is signed: neither host, nor query string, nor body; all in lower case."""
    path_alone = path.partition("?")[0]
    return f"{method}|{path_alone}|{date}".lower()


def authorization(method: str, path: str, date: str, *, public_key: str, private_key: Secret) -> str:
    """The value of the Authorization header. The private key is used as text exactly as it was issued: its case matters."""
    key = private_key.reveal().encode()
    digest = hmac.new(key, text_to_sign(method, path, date).encode(), hashlib.sha256).digest()
    signature = base64.b64encode(digest).decode()
    token = base64.b64encode(f"{public_key}:{signature}".encode()).decode()
    return f"TSI {token}"
