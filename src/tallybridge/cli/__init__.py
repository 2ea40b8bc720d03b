"""The command line: `tallybridge COMMAND`. One file per group of commands; `main` is the entry point and ends every error in a sentence."""

from __future__ import annotations

from tallybridge.cli.entry import main

__all__ = ["main"]
