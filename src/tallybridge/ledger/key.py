"""The key of the ledger's secrets: a file that its owner alone can read, or the environment (L11)."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from tallybridge.ledger.errors import KeyChanged, KeyExposed, KeyLost

KEY_VARIABLE = "TALLYBRIDGE_KEY"
_CHECK_VALUE = b"tallybridge ledger"


def find_key(path: Path) -> Fernet | None:
    """The key from the environment, else from the file; None where there is neither.

    Raises:
        KeyExposed: others than the owner can read the file.
        KeyChanged: what is there is no key.
    """
    given = os.environ.get(KEY_VARIABLE, "").strip()
    if given:
        return _as_key(given.encode(), f"the environment variable {KEY_VARIABLE}")
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return None
    if os.name == "posix" and stat.S_IMODE(mode) & 0o077:
        raise KeyExposed(f"Others than its owner can read the key file {path}. Nothing was changed. Type: chmod 600 {path}")
    return _as_key(path.read_bytes().strip(), f"the key file {path}")


def _as_key(text: bytes, where: str) -> Fernet:
    try:
        return Fernet(text)
    except ValueError:
        raise KeyChanged(f"What stands in {where} is not a key of Tallybridge. Nothing was changed. Restore the key from a backup.") from None


def make_key(path: Path) -> Fernet:
    """Makes the key file in one step: it is either there whole or not at all, and one that is there is never replaced.

    To be called under the home's lock, after `discard_unfinished`.
    """
    temporary = _unfinished(path)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(Fernet.generate_key() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, path)
        except FileExistsError:
            pass  # another process was first; its key is the key
    finally:
        temporary.unlink(missing_ok=True)
    _sync_folder(path.parent)
    key = find_key(path)
    if key is None:
        raise KeyLost(f"The key file {path} vanished while it was being made. Nothing was changed. Run the command again.")
    return key


def discard_unfinished(path: Path) -> None:
    """Removes what a process that was killed while it made the key file has left, a second name of the key perhaps. Needs the home's lock."""
    _unfinished(path).unlink(missing_ok=True)


def _unfinished(path: Path) -> Path:
    return path.with_name(f".{path.name}.new")


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def check_value(key: Fernet) -> str:
    """A known value sealed with the key, to be kept in the ledger."""
    return key.encrypt(_CHECK_VALUE).decode()


def confirm_key(key: Fernet | None, sealed: str | None, path: Path, *, shared: bool = False) -> None:
    """Compares the key with the ledger's sealed value; None for a ledger that has none yet.

    Args:
        shared: other machines may work on this ledger; the key may then be missing here because it was never brought here.

    Raises:
        KeyLost: the ledger has secrets, and there is no key.
        KeyChanged: the key is another one.
    """
    if sealed is None:
        return
    if key is None and shared:
        raise KeyLost(
            f"This ledger was made with a key that is not on this machine, and its secrets cannot be opened without it. Nothing was changed. "
            f"Copy the file “{path.name}” from the data folder of a machine that works on this ledger to {path}, readable by its owner alone, "
            f"or put what stands in it into {KEY_VARIABLE}."
        )
    if key is None:
        raise KeyLost(
            f"The key file {path} is gone, and without it the ledger's secrets cannot be opened. Nothing was changed. "
            f"Restore the file from a backup, or put the key into {KEY_VARIABLE}."
        )
    try:
        key.decrypt(sealed.encode())
    except InvalidToken:
        where = KEY_VARIABLE if os.environ.get(KEY_VARIABLE, "").strip() else str(path)
        advice = "Copy that key from a machine that works on this ledger." if shared else "Restore that key from a backup."
        raise KeyChanged(f"The key in {where} is not the one this ledger was made with. Nothing was changed. {advice}") from None
