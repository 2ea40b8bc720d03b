"""Django settings of the ledger: the tables alone, without web pages.

`django_setup.prepare` takes them over; `python -m django … --settings tallybridge.ledger.settings` and mypy read them directly, with an
empty database in memory.
"""

from __future__ import annotations

from typing import Any

LEDGER_APPS = ["tallybridge.ledger.apps.LedgerConfig"]
INSTALLED_APPS = list(LEDGER_APPS)
DATABASES: dict[str, dict[str, Any]] = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
TIME_ZONE = "UTC"
LOGGING_CONFIG = None
"""Logging is set up by the program, not by Django."""
