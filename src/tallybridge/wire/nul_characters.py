"""U+0000 in texts from outside: JSON may carry it, PostgreSQL keeps no text with it and XML cannot say it (decision 0026)."""

from __future__ import annotations

import re

_ESCAPED = b"\\u0000"
_REAL_ESCAPE = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")
"""Not the `u0000` behind an escaped backslash, which is text."""


def without_nul(body: bytes) -> bytes:
    """The same JSON with U+FFFD, the sign for what cannot be shown, in the place of each U+0000.

    It is not left out: two names that differ by nothing else would become one, and a reader would see nothing amiss. A NUL that is not escaped is no
    JSON, and stays for the decoder to refuse.
    """
    return _REAL_ESCAPE.sub(rb"\1\\ufffd", body) if _ESCAPED in body else body
