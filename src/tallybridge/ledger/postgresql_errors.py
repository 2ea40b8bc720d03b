"""PostgreSQL's errors in sentences for a person, told apart by their SQLSTATE: its own words are in the language of the server."""

from __future__ import annotations

DAMAGED = "The database that holds the ledger is damaged. Restore it from a backup."
_LOST = "The connection to the database that holds the ledger was lost. See that its server runs and can be reached, and run the command again."
_LOCKED = "Another process kept the ledger locked for too long. Wait for it to end, or stop it, and run the command again."
_FULL = "The disk that holds the ledger is full. Free some space on the database's server and run the command again."
_FORBIDDEN = "This user may not do what is needed in the ledger's database. Make the user the database's owner, and run the command again."

_BY_STATE = {
    "25006": "The database that holds the ledger can only be read, as a standby can. Name the one that can be written, and run the command again.",
    "25P03": _LOST,  # idle in a transaction for too long: the process had been stopped
    "40001": _LOCKED,
    "40P01": _LOCKED,
    "42501": _FORBIDDEN,
    "53100": _FULL,
    "53200": "The database that holds the ledger is out of memory. Run the command again later.",
    "53300": "The database that holds the ledger has no connection left. Stop what uses it, or raise max_connections, and run the command again.",
    "55P03": _LOCKED,
    "57014": _LOCKED,
    "57P01": _LOST,
    "57P02": _LOST,
    "57P03": _LOST,
    "57P05": _LOST,
    "58030": "The disk that holds the ledger reported an error. Check the database's server and run the command again.",
    "XX001": DAMAGED,
    "XX002": DAMAGED,
}

_OF_CONNECTING = ("connection to server", "failed to resolve", "timeout expired")


def sentence_for(error: BaseException) -> str | None:
    """What happened and what to do, for an error of Django or psycopg; None where it is none of PostgreSQL's, or a defect of the program."""
    original = error if _is_psycopg(error) else error.__cause__
    if original is None or not _is_psycopg(original):
        return None
    state: str | None = getattr(original, "sqlstate", None)
    if state is not None:
        return _LOST if state.startswith("08") else _BY_STATE.get(state)
    if type(original).__name__ not in {"OperationalError", "ConnectionTimeout"}:
        return None
    said = " ".join(str(original).split())
    if not any(sign in said for sign in _OF_CONNECTING):
        return _LOST
    return f"The database that holds the ledger does not let us in ({said}). See that its server runs and that TALLYBRIDGE_DATABASE_URL is right."


def _is_psycopg(error: BaseException) -> bool:
    """Told without loading psycopg, which a ledger in SQLite does not need."""
    return any(base.__module__.startswith("psycopg") for base in type(error).__mro__)
