"""What became of a mutant."""

from __future__ import annotations

from enum import StrEnum

PLAIN = ["-q", "-s", "-p", "no:cacheprovider", "-p", "no:xdist", "--noconftest"]
"""How pytest is asked wherever mutants are tried: the rules need nothing that conftest.py sets up."""


class Verdict(StrEnum):
    KILLED = "killed"
    """A test has failed."""
    ENDLESS = "endless"
    """Stopped after its processor time."""
    NO_PROGRAM = "no program"
    """The change cannot be compiled."""
    SURVIVED = "survived"
    UNREACHED = "unreached"
    """No test comes along the line."""
