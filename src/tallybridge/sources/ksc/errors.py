"""How a call to Kaspersky Security Center can fail once there is a reply (KSC Open API reference 1.4).

These stay inside the package; `source.py` turns them into the errors of `sources.base`. Transport failures are `wire.transport.TransportFailed`.
"""

from __future__ import annotations

NO_ACCESS_CODES = frozenset({("KLSTD", 1184), ("KLSTD", 1193)})
BUSY_CODES = frozenset({("KLSTD", 1195), ("KLSTD", 1229)})
ACCOUNT_BLOCKED = ("SPL", 2013)
SIGN_IN_CODES = frozenset({("KLWAT", 1445), ("KLWAT", 1453), ("KLWAT", 1454), ACCOUNT_BLOCKED})
NOT_FOUND = ("KLSTD", 1186)
BAD_FORMAT = ("KLSTD", 1192)


class KscTrouble(Exception):
    """Base of this package's errors; the text is for a person."""


class SignInRefused(KscTrouble):
    """User and password were refused, or another condition of signing in; repeating it may lock the account."""

    def __init__(self, sentence: str, *, account_blocked: bool = False) -> None:
        super().__init__(sentence)
        self.account_blocked = account_blocked


class SignInsStopped(KscTrouble):
    """Too many sign-ins in a row were refused, so this one was not tried."""


class SessionEnded(KscTrouble):
    """The server does not know the session (HTTP 401 or 403): in the middle of the work it has ended."""

    def __init__(self, sentence: str, *, two_step: bool = False) -> None:
        super().__init__(sentence)
        self.two_step = two_step


class NotThatServer(KscTrouble):
    """The session is another server's than the one that was asked for."""


class OutOfTime(KscTrouble):
    """The time for this tenant is used up (L7)."""


class ServerBusy(KscTrouble):
    """HTTP 503: nothing was done, and a later attempt may succeed."""


class ServerFailed(KscTrouble):
    """An HTTP status that is no answer to the call."""

    def __init__(self, sentence: str, *, passing: bool) -> None:
        super().__init__(sentence)
        self.passing = passing


class Unreadable(KscTrouble):
    """A reply that is not what the reference describes, or that cannot be proved whole (L1)."""

    def __init__(self, call: str, what: str) -> None:
        super().__init__(f"The reply to {call} cannot be used: {what}.")


class ApiRefusal(KscTrouble):
    """A `PxgError` inside HTTP 200."""

    def __init__(self, call: str, *, module: str, code: int, message: str) -> None:
        super().__init__(f"{call} was answered with error {code} of {module or 'an unnamed module'}: {message or 'without a message'}.")
        self.identity = (module, code)

    @property
    def no_access(self) -> bool:
        """A right is missing."""
        return self.identity in NO_ACCESS_CODES

    @property
    def busy(self) -> bool:
        """A later attempt may succeed."""
        return self.identity in BUSY_CODES

    @property
    def not_found(self) -> bool:
        """An iterator or accessor has expired, or was never there."""
        return self.identity == NOT_FOUND
