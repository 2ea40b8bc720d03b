"""The tables and functions of Procrastinate, on PostgreSQL alone: on SQLite there is nothing to spread.

They are made whole, as the installed library has them; its own steps towards them cannot be taken in one transaction. A comment on the table of jobs
names the last of those steps that they hold, so that a migration for a later version of the library knows which ones are left.
"""

from __future__ import annotations

from importlib import resources

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps


def make(_: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor != "postgresql":
        return
    library = resources.files("procrastinate.sql")
    last = max(step.name for step in library.joinpath("migrations").iterdir() if step.name.endswith(".sql"))
    schema_editor.execute(library.joinpath("schema.sql").read_text(encoding="utf-8"), params=None)
    schema_editor.execute(f"COMMENT ON TABLE procrastinate_jobs IS 'up to {last}'", params=None)


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0005_runs_of_several_processes"),
    ]

    operations = [
        migrations.RunPython(make, migrations.RunPython.noop),
    ]
