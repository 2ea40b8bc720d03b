"""What can go wrong with the ledger, in sentences for a person.

LedgerError
├── LedgerNewer         written by a newer program
├── LedgerMoved, LedgerNotMoved     it is in another database, or not yet there
├── LedgerUnwritable    full disk, locked, read-only, not a database, out of reach
│   └── LedgerDamaged   something in it cannot be what was written there
├── KeyLost, KeyChanged, KeyExposed     the key file
├── RunClosed, RunUnknown, RunAmbiguous
├── IntentConcluded, IntentStillOpen, IntentUnknown
├── EvidenceUnknown, EvidenceDamaged
│   └── EvidencePruned  of EvidenceUnknown: it was there
└── HoldUnknown
"""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DataError, Error, IntegrityError, InternalError, NotSupportedError, ProgrammingError, connection

from tallybridge.ledger import postgresql_errors

_DEFECTS = (DataError, IntegrityError, InternalError, NotSupportedError, ProgrammingError)
"""Errors that no disk and no other process can cause: they are defects of the program and pass through."""
_SQLITE_DEFECTS = (sqlite3.DataError, sqlite3.IntegrityError, sqlite3.InternalError, sqlite3.NotSupportedError, sqlite3.ProgrammingError)

_FULL = "The disk that holds the ledger is full. Free some space and run the command again."
_LOCKED = "Another process kept the ledger locked for too long. Wait for it to end, or stop it, and run the command again."
_FORBIDDEN = "This user may not write the ledger's folder or file. Give the user that right, or name another home with --home."
_DAMAGED = "The ledger's file is damaged. Restore it from a backup."

_SQLITE_MESSAGES = (
    ("disk is full", _FULL),
    ("is locked", _LOCKED),
    ("readonly database", _FORBIDDEN),
    ("not a database", "The file is not a ledger. Move it away, or name another home with --home."),
    ("malformed", _DAMAGED),
    ("could not decode", _DAMAGED),
    ("unable to open", "The ledger's file cannot be opened. Check that this user may read and write it and its folder."),
    ("disk i/o", "The disk that holds the ledger reported an error. Check the disk and run the command again."),
)
_SYSTEM_ERRORS = {errno.ENOSPC: _FULL, errno.EDQUOT: _FULL, errno.EACCES: _FORBIDDEN, errno.EPERM: _FORBIDDEN, errno.EROFS: _FORBIDDEN}
_NOTHING = "Nothing of this step was recorded."


class LedgerError(Exception):
    """The ledger could not do what was asked; the text is a sentence for a person."""


class LedgerNewer(LedgerError):
    """The ledger was written by a newer program."""


class LedgerMoved(LedgerError):
    """The ledger has been moved from here to another database."""


class LedgerNotMoved(LedgerError):
    """The database that is named holds no ledger, and the home does."""


class LedgerUnwritable(LedgerError):
    """The ledger cannot be read or written now; what was under way was not recorded."""


class LedgerDamaged(LedgerUnwritable):
    """Something in the ledger's file cannot be what was written there."""


class KeyLost(LedgerError):
    """The key that opens the ledger's secrets is not there."""


class KeyChanged(LedgerError):
    """The key is not the one that the ledger's secrets were sealed with."""


class KeyExposed(LedgerError):
    """Others than its owner can read the key file."""


class RunUnknown(LedgerError):
    """No run has this id."""


class RunAmbiguous(LedgerError):
    """More than one run's id begins so."""


class RunClosed(LedgerError):
    """The run has been closed with its manifest: nothing can be added to it."""


class IntentUnknown(LedgerError):
    """No intent has this key."""


class IntentConcluded(LedgerError):
    """The intent has already been concluded."""


class IntentStillOpen(LedgerError):
    """An earlier intent for this line has not been concluded, so no other may be recorded (L5)."""


class EvidenceUnknown(LedgerError):
    """Nothing is stored under this address."""


class EvidencePruned(EvidenceUnknown):
    """What was stored under this address has been pruned, because its retention has ended."""


class EvidenceDamaged(LedgerError):
    """What is stored under this address is not what was put there."""


class HoldUnknown(LedgerError):
    """No open hold has this id."""


@contextmanager
def ledger_errors() -> Iterator[None]:
    """Turns errors of the database into `LedgerUnwritable`; usable as a decorator. Defects of the program pass through.

    A connection that was lost is let go, so that the next statement makes a new one.
    """
    try:
        yield
    except (Error, sqlite3.Error) as error:
        if isinstance(error, (*_DEFECTS, *_SQLITE_DEFECTS)) and postgresql_errors.sentence_for(error) is None:
            raise
        _let_go_of_a_lost_connection()
        raise unwritable(error) from error


def _let_go_of_a_lost_connection() -> None:
    if connection.errors_occurred and not connection.in_atomic_block and not connection.is_usable():
        connection.close()


def unwritable(error: Exception) -> LedgerUnwritable:
    """The sentence for a database's or an operating system's error."""
    if isinstance(error, OSError):
        sentence = _SYSTEM_ERRORS.get(error.errno or 0)
        return LedgerUnwritable(f"{sentence or f'The ledger cannot be used: {error.strerror} ({error.filename}).'} {_NOTHING}")
    if (told := postgresql_errors.sentence_for(error)) is not None:
        damaged = told == postgresql_errors.DAMAGED
        return (LedgerDamaged if damaged else LedgerUnwritable)(f"{told} {_NOTHING}")
    text = str(error).lower()
    for sign, sentence in _SQLITE_MESSAGES:
        if sign in text:
            return (LedgerDamaged if sentence is _DAMAGED else LedgerUnwritable)(f"{sentence} {_NOTHING}")
    return LedgerUnwritable(f"The ledger cannot be used ({error}). {_NOTHING}")
