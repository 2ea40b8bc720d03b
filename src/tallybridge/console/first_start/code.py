"""The one-time code of the first start: shown on the server's terminal, so that whoever makes the first administrator can reach the server itself."""

from __future__ import annotations

import hmac
import secrets
import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from tallybridge.console.access import administrator_exists

_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Without those that are easily mistaken for one another."""
_GROUPS, _LETTERS_OF_A_GROUP = 3, 4
WRONG_AT_ONCE = 5
PAUSE = timedelta(minutes=1)


@dataclass(slots=True)
class _Expected:
    hashed: bytes
    wrong: int = 0
    paused_until: datetime | None = None


_lock = threading.Lock()
_expected: _Expected | None = None


class CodeRefused(Exception):
    """The code was not accepted; the text says why. Nothing was changed."""


def fresh_code() -> str:
    """Makes a new code and forgets the one before; only its hash is kept, in memory. Such as "7KQF-2MXP-9RTD", about 59 bits."""
    global _expected  # noqa: PLW0603 - one console per process, as there is one ledger
    groups = ("".join(secrets.choice(_LETTERS) for _ in range(_LETTERS_OF_A_GROUP)) for _ in range(_GROUPS))
    code = "-".join(groups)
    with _lock:
        _expected = _Expected(_hash(code))
    return code


def code_for_first_administrator() -> str | None:
    """A fresh code to be shown on the terminal; None where there is an administrator already. The ledger must be open."""
    return None if administrator_exists() else fresh_code()


def confirm(code: str, now: datetime) -> None:
    """Compares a code with the one that was shown. After every few wrong ones nobody is listened to for a while.

    Raises:
        CodeRefused: it is another one, or too many were wrong.
    """
    with _lock:
        if _expected is None:
            raise CodeRefused("The server has shown no code. Start it again with “tallybridge serve”: it prints one.")
        if _expected.paused_until is not None and now < _expected.paused_until:
            raise CodeRefused("Too many wrong codes. Wait a minute and try again.")
        if hmac.compare_digest(_expected.hashed, _hash(code)):
            return
        _expected.wrong += 1
        if _expected.wrong % WRONG_AT_ONCE == 0:
            _expected.paused_until = now + PAUSE
        raise CodeRefused("This is not the code that the server's terminal shows. A server that was started again shows another one.")


def spend() -> None:
    """Forgets the code: it has made its administrator."""
    global _expected  # noqa: PLW0603 - see fresh_code
    with _lock:
        _expected = None


def _hash(code: str) -> bytes:
    letters = "".join(letter for letter in code.upper() if letter.isalnum())
    return sha256(letters.encode()).digest()
