"""Facts of tenant runs are kept once (decision 0027), contents by number and as differences. What earlier runs recorded is taken over unchanged."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import django.db.models.deletion
import msgspec
from django.core.management.color import no_style
from django.db import migrations, models

import tallybridge.ledger.models.addresses

_AT_ONCE = 500
_ADDRESSES = ("evidence", "usage", "inputs", "plan", "document")
_TEXTS = ("not_billed", "left_out", "notices")
_USAGE = ("application", "category", "unit", "quantity", "matched")
_CHANGE = ("action", "item", "from_quantity", "to_quantity", "charge", "reason", "last_written", "counted")
_encoder = msgspec.json.Encoder(order="deterministic")


def _let_rows_change(_: Any, schema_editor: Any) -> None:
    """Takes away what refuses changes of the tables that are made anew; opening the ledger puts it back."""
    tables = ("ledger_blob", "ledger_tenantrun", "ledger_usageline", "ledger_plannedchange")
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        for table in tables:
            if connection.vendor == "sqlite":
                cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [table])
                drops = [f'DROP TRIGGER "{name}"' for (name,) in cursor.fetchall()]
            else:
                cursor.execute("SELECT tgname FROM pg_trigger WHERE tgrelid = %s::regclass AND NOT tgisinternal", [table])
                drops = [f'DROP TRIGGER "{name}" ON "{table}"' for (name,) in cursor.fetchall()]
            for drop in drops:
                cursor.execute(drop)


def _take_over_contents(apps: Any, schema_editor: Any) -> None:
    older, blobs = apps.get_model("ledger", "OlderBlob"), apps.get_model("ledger", "Blob")
    columns = ("address", "kind", "size", "data")
    after = ""
    while rows := list(older.objects.filter(address__gt=after).order_by("address").values_list(*columns)[:_AT_ONCE]):
        after = rows[-1][0]
        blobs.objects.bulk_create([blobs(**dict(zip(columns, row, strict=True))) for row in rows])
    _settle(apps, schema_editor, "Blob")


def _take_over_facts(apps: Any, schema_editor: Any) -> None:
    """A row of facts for each tenant run, under its number: the manifests so far vouch for usage lines and changes with that number."""
    runs, facts = apps.get_model("ledger", "TenantRun"), apps.get_model("ledger", "TenantFacts")
    after = 0
    while rows := list(runs.objects.filter(id__gt=after).order_by("id").values("id", *_ADDRESSES, *_TEXTS)[:_AT_ONCE]):
        after = rows[-1]["id"]
        ids = [row["id"] for row in rows]
        lines, changes = _of_each(apps, "UsageLine", _USAGE, ids), _of_each(apps, "PlannedChange", _CHANGE, ids)
        facts.objects.bulk_create(
            [facts(digest=_digest([row[name] for name in (*_ADDRESSES, *_TEXTS)], lines[row["id"]], changes[row["id"]]), **row) for row in rows]
        )
    with schema_editor.connection.cursor() as cursor:
        cursor.execute("UPDATE ledger_tenantrun SET facts_id = id")
    _settle(apps, schema_editor, "TenantFacts")


def _of_each(apps: Any, model: str, columns: Sequence[str], ids: Sequence[int]) -> Mapping[int, list[list[Any]]]:
    found: dict[int, list[list[Any]]] = defaultdict(list)
    rows = apps.get_model("ledger", model).objects.filter(tenant_run__in=ids).order_by("id")
    for tenant_run, *values in rows.values_list("tenant_run_id", *columns):
        found[tenant_run].append(values)
    return found


def _digest(columns: list[Any], lines: list[list[Any]], changes: list[list[Any]]) -> bytes:
    return hashlib.sha256(_encoder.encode([columns, lines, changes])).digest()


def _settle(apps: Any, schema_editor: Any, model: str) -> None:
    """Numbers given out later come after those taken over; references are checked now, because a table with open checks cannot be altered."""
    connection = schema_editor.connection
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [apps.get_model("ledger", model)]):
            cursor.execute(statement)
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def _address(**options: Any) -> Any:
    return tallybridge.ledger.models.addresses.AddressField(**options)


def _reference(to: str, **options: Any) -> Any:
    return models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to=to, **options)


class Migration(migrations.Migration):
    dependencies = [
        ("ledger", "0003_guards_and_decisions"),
    ]

    operations = [
        migrations.RunPython(_let_rows_change, elidable=True),
        migrations.RenameModel("Blob", "OlderBlob"),
        migrations.CreateModel(
            name="Blob",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("address", _address(unique=True)),
                ("kind", models.CharField(max_length=20)),
                ("size", models.PositiveBigIntegerField()),
                ("base", _reference("ledger.blob", null=True)),
                ("depth", models.PositiveSmallIntegerField(default=0)),
                ("data", models.BinaryField()),
            ],
            options={"abstract": False, "base_manager_name": "objects"},
        ),
        migrations.RunPython(_take_over_contents, elidable=True),
        migrations.DeleteModel("OlderBlob"),
        migrations.CreateModel(
            name="TenantFacts",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("digest", models.BinaryField(db_index=True, max_length=32)),
                ("evidence", _address(null=True)),
                ("usage", _address(null=True)),
                ("inputs", _address(null=True)),
                ("plan", _address(null=True)),
                ("document", _address()),
                ("not_billed", models.TextField()),
                ("left_out", models.TextField()),
                ("notices", models.TextField()),
            ],
            options={"abstract": False, "base_manager_name": "objects"},
        ),
        migrations.AddField("tenantrun", "facts", _reference("ledger.tenantfacts", null=True)),
        migrations.RunPython(_take_over_facts, elidable=True),
        migrations.AlterField("tenantrun", "facts", _reference("ledger.tenantfacts")),
        migrations.RenameField("usageline", "tenant_run", "facts"),
        migrations.AlterField("usageline", "facts", _reference("ledger.tenantfacts")),
        migrations.RenameField("plannedchange", "tenant_run", "facts"),
        migrations.AlterField("plannedchange", "facts", _reference("ledger.tenantfacts")),
        *(migrations.RemoveField("tenantrun", name) for name in (*_ADDRESSES, *_TEXTS)),
        migrations.RemoveConstraint("tenantrun", "one_tenant_run_per_run"),
        migrations.AddConstraint("tenantrun", models.UniqueConstraint(fields=("tenant_id", "run"), name="one_tenant_run_per_run")),
    ]
