"""Which process is at work, and whether another one still is; told apart by start time, because process ids are used again."""

from __future__ import annotations

import os
import secrets
import socket
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Who holds a lease or makes a run. Two owners in one process differ by their token."""

    host: str
    pid: int
    process_started: str
    """Boot and start time of the process as its system tells them; "" where the system does not."""
    token: str = field(default_factory=lambda: secrets.token_hex(16))


def this_process() -> Owner:
    """An owner for the calling process, with a token of its own."""
    pid = os.getpid()
    return Owner(host=_this_host(), pid=pid, process_started=_own_start(pid))


@cache
def _own_start(pid: int) -> str:
    return _start_of(pid) or ""


def is_gone(owner: Owner) -> bool | None:
    """Whether the owner's process has ended; None where that cannot be told from here: another host, or a system that does not say."""
    if owner.host != _this_host() or not sys.platform.startswith("linux"):
        return None
    return _start_of(owner.pid) != owner.process_started


@cache
def _this_host() -> str:
    """The machine's name, and on Linux the process-id space, within which a process id means something."""
    try:
        space = Path("/proc/self/ns/pid").readlink()
    except OSError:
        return socket.gethostname()
    return f"{socket.gethostname()} {space}"


def _start_of(pid: int) -> str | None:
    """On Linux: the boot's id and the start time in clock ticks since; None for a process that is not there or has ended."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        boot = _this_boot()
    except OSError:
        return None
    fields = status.rpartition(")")[2].split()
    state, started = fields[0], fields[19]
    return None if state in {"Z", "X"} else f"{boot} {started}"


@cache
def _this_boot() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
