"""The ledger as a Django application."""

from __future__ import annotations

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """Tables are named `ledger_…`."""

    name = "tallybridge.ledger"
    label = "ledger"
    verbose_name = "Ledger"
