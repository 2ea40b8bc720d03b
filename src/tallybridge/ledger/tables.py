"""The tables of a ledger: which belong to it, whether they are up to date, and how they become so."""

from __future__ import annotations

from django.apps import apps
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.models import Model

from tallybridge.ledger.database import Database
from tallybridge.ledger.errors import LedgerNewer
from tallybridge.ledger.prepared import models

_OWN = models.Run._meta.app_label  # noqa: SLF001 - Django documents `_meta` as public


def labels_of(*, whole: bool) -> frozenset[str]:
    """The Django applications whose tables are kept up to date: the ledger's own, or all that are installed."""
    return frozenset(config.label for config in apps.get_app_configs()) if whole else frozenset({_OWN})


def models_of(labels: frozenset[str]) -> list[type[Model]]:
    """The tables of these applications, those between two others too."""
    found = apps.get_models(include_auto_created=True)
    return [model for model in found if model._meta.app_label in labels and model._meta.managed]  # noqa: SLF001 - as above


def lack_migrations(labels: frozenset[str]) -> bool:
    """Whether the program has migrations that the ledger lacks. Raises LedgerNewer for the reverse."""
    loader = MigrationLoader(connection)
    unknown = sorted(name for label, name in loader.applied_migrations if label in labels and (label, name) not in loader.disk_migrations)
    if unknown:
        raise LedgerNewer(
            f"This ledger was written by a newer Tallybridge (it knows {unknown[-1]}, this program does not). Nothing was changed. "
            "Update the program, or name another home with --home."
        )
    return any(node not in loader.applied_migrations for node in loader.disk_migrations if node[0] in labels)


def migrate(database: Database, labels: frozenset[str]) -> None:
    """Brings the tables up to date, within `Database.upgrading`."""
    own = [_OWN] if labels == {_OWN} else []
    call_command("migrate", *own, interactive=False, verbosity=0)
    database.free_of_limits(map(models.table_of, models_of(frozenset({_OWN}))))
    database.guard(models.append_only_tables(labels))
