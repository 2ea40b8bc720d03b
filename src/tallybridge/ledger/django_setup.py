"""Sets Django up once per process, without a database; `opening.open_ledger` adds the database."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import django
from django.apps import apps as installed
from django.conf import settings

from tallybridge.ledger import settings as ledger_settings

_lock = threading.RLock()


def prepare(*, apps: Sequence[str] = (), **more: object) -> None:
    """Configures Django with the ledger's settings, `apps` beside the ledger's own, and any further settings. A second call changes nothing.

    Until a ledger is opened, every query fails with Django's `ImproperlyConfigured`.

    Raises:
        RuntimeError: Django is already set up and lacks one of `apps`.
    """
    with _lock:
        if not settings.configured:
            names = (name for name in dir(ledger_settings) if name.isupper() and name != "LEDGER_APPS")
            values: dict[str, Any] = {name: getattr(ledger_settings, name) for name in names}
            values["INSTALLED_APPS"] = [*ledger_settings.LEDGER_APPS, *apps]
            values["DATABASES"] = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ""}}
            settings.configure(**(values | more))
        missing = [app for app in apps if app not in settings.INSTALLED_APPS]
        if missing:
            raise RuntimeError(
                f"Django was set up before {', '.join(missing)} could be added: call prepare before other modules of the ledger are imported."
            )
        if not installed.ready:
            django.setup()
