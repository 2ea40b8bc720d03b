"""Hands out the tables with Django set up: `from tallybridge.ledger.prepared import models` is safe wherever and whenever it is imported."""

from __future__ import annotations

from tallybridge.ledger.django_setup import prepare

prepare()

from tallybridge.ledger import models  # noqa: E402 - tables can be defined only after Django is set up

__all__ = ["models"]
