"""Django is set up once per process, so it is set up whole: tests of pages and tests of the ledger may meet in one process."""

from __future__ import annotations

from tallybridge.console.serving import prepare_console

prepare_console()
