"""Verifies the ledger: the chain of manifests, and that the evidence behind each quantity still adds up to it (L9)."""

from __future__ import annotations

from dataclasses import replace

from tallybridge.billing.counting import RULES_VERSION, count
from tallybridge.billing.model import Usage
from tallybridge.ledger import manifests
from tallybridge.ledger import runs as ledger_runs
from tallybridge.ledger.errors import EvidencePruned
from tallybridge.ledger.manifests import VerifyReport
from tallybridge.ledger.run_records import StoredTenantRun
from tallybridge.runs.explaining import evidence_of


def verify_ledger(*, kept_head: str | None = None) -> VerifyReport:
    """Walks the chain, then counts the seats of every tenant run and compares them with its usage lines.

    Args:
        kept_head: a chain head that was kept elsewhere and must be in the chain.

    Runs whose evidence was pruned, and runs of an older rules version, are checked by the chain alone: this program may rightly count the latter
    differently.
    """
    report = manifests.verify(kept_head=kept_head)
    if not report.ok:
        return report
    for run_id in ledger_runs.run_ids():
        for tenant_run in ledger_runs.tenant_runs(run_id):
            if (broken := _disagreement(tenant_run)) is not None:
                return replace(report, ok=False, first_broken=broken)
    return report


def _disagreement(tenant_run: StoredTenantRun) -> str | None:
    if tenant_run.evidence is None or tenant_run.usage is None or tenant_run.run.rules_version != str(RULES_VERSION):
        return None
    try:
        observation, rules = evidence_of(tenant_run)
    except EvidencePruned:
        return None
    usage = count(observation, rules, now=tenant_run.run.started)
    if usage.quantities == tenant_run.quantities and _adds_up(usage):
        return None
    return f"Run {tenant_run.run.id}, {tenant_run.tenant_name}: the seats in the evidence do not add up to the quantities that were recorded."


def _adds_up(usage: Usage) -> bool:
    """Each seat is one unit, and whatever has no seat was stated by a person (L9)."""
    stated = sum(one.quantity for one in usage.stated)
    return len(usage.seats) + stated == sum(quantity.quantity for quantity in usage.quantities)
