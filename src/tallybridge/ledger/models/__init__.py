"""The ledger's tables. Import them through `tallybridge.ledger.prepared`; other packages use the functions of the ledger's modules instead."""

from __future__ import annotations

from collections.abc import Collection

from django.apps import apps
from django.db.models import Model

from tallybridge.ledger.models.append_only import AppendOnly, AppendOnlyViolation
from tallybridge.ledger.models.at_work import PartAtWork, SpreadRun
from tallybridge.ledger.models.given import ColumnName, ImportedExport, StatedCount
from tallybridge.ledger.models.people import DecisionEnd, Hold, HoldDecision, Lease, TenantBinding
from tallybridge.ledger.models.runs import Manifest, PlannedChange, Run, TenantFacts, TenantRun, TenantRunOutcome, UsageLine
from tallybridge.ledger.models.stored import Blob, ConfigurationVersion, KeyCheck, PrunedContent, Secret
from tallybridge.ledger.models.writes import Destination, Intent, IntentCall, IntentResult, Line, SeenCharge

__all__ = [
    "AppendOnly",
    "AppendOnlyViolation",
    "Blob",
    "ColumnName",
    "ConfigurationVersion",
    "DecisionEnd",
    "Destination",
    "Hold",
    "HoldDecision",
    "ImportedExport",
    "Intent",
    "IntentCall",
    "IntentResult",
    "KeyCheck",
    "Lease",
    "Line",
    "Manifest",
    "PartAtWork",
    "PlannedChange",
    "PrunedContent",
    "Run",
    "Secret",
    "SeenCharge",
    "SpreadRun",
    "StatedCount",
    "TenantBinding",
    "TenantFacts",
    "TenantRun",
    "TenantRunOutcome",
    "UsageLine",
    "append_only_tables",
    "columns_of",
    "table_of",
]


def append_only_tables(labels: Collection[str] = ("ledger",)) -> tuple[str, ...]:
    """Names of the database tables of these Django applications whose rows are only ever added."""
    found = (model for model in apps.get_models() if issubclass(model, AppendOnly))
    return tuple(table_of(model) for model in found if model._meta.app_label in labels)  # noqa: SLF001 - as below


def table_of(model: type[Model]) -> str:
    """Name of a model's database table."""
    return model._meta.db_table  # noqa: SLF001 - Django documents `_meta` as public


def columns_of(model: type[Model]) -> tuple[str, ...]:
    """Names of a model's columns, in the order of their definition."""
    return tuple(field.attname for field in model._meta.concrete_fields)  # noqa: SLF001 - as above
