"""Recounts a past run from its evidence and says whether usage and plan come out the same, byte for byte; needs no connection (design 7)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from tallybridge.billing.counting import RULES_VERSION, count
from tallybridge.billing.planning import plan as make_plan
from tallybridge.billing.wanting import wanted_items
from tallybridge.ledger import canonical, evidence
from tallybridge.ledger import runs as ledger_runs
from tallybridge.ledger.errors import EvidencePruned
from tallybridge.ledger.run_records import StoredRun, StoredTenantRun
from tallybridge.runs.explaining import evidence_of


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantReplay:
    """One tenant of a past run, counted and planned again. None: there was nothing to do again (not read, or not planned)."""

    name: str
    usage_same: bool | None
    plan_same: bool | None
    pruned: bool = False
    """The retention of its evidence has ended, so nothing can be counted again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """A past run, counted and planned again."""

    run: StoredRun
    tenants: tuple[TenantReplay, ...]
    rules_version: str

    @property
    def empty(self) -> bool:
        """Whether there was nothing to count again: an applied plan was counted by the run that made it."""
        return all(tenant.usage_same is None for tenant in self.tenants)

    @property
    def pruned(self) -> int:
        """Of how many tenants the retention of the evidence has ended."""
        return sum(tenant.pruned for tenant in self.tenants)

    @property
    def same(self) -> bool:
        """Whether everything that could be done again came out the same."""
        return all(tenant.usage_same is not False and tenant.plan_same is not False for tenant in self.tenants)


def replay(run: StoredRun) -> Replay:
    """Counts and plans each tenant of a run again.

    Raises:
        EvidenceDamaged, EvidenceUnknown: the evidence is not what it was; `verify` says where.
    """
    return Replay(run=run, tenants=tuple(_replay(one) for one in ledger_runs.tenant_runs(run.id)), rules_version=str(RULES_VERSION))


def _replay(tenant_run: StoredTenantRun) -> TenantReplay:
    if tenant_run.evidence is None or tenant_run.usage is None:
        return TenantReplay(name=tenant_run.tenant_name, usage_same=None, plan_same=None)
    try:
        observation, rules = evidence_of(tenant_run)
    except EvidencePruned:
        return TenantReplay(name=tenant_run.tenant_name, usage_same=None, plan_same=None, pruned=True)
    usage = count(observation, rules, now=tenant_run.run.started)
    usage_same = _address(canonical.encode_usage(usage)) == tenant_run.usage
    if tenant_run.inputs is None:
        return TenantReplay(name=tenant_run.tenant_name, usage_same=usage_same, plan_same=None)
    inputs = canonical.decode_inputs(evidence.get(tenant_run.inputs), now=tenant_run.run.started, today=tenant_run.run.date)
    same_wishes = wanted_items(usage, rules) == inputs.wanted
    plan_same = same_wishes and _address(canonical.encode_plan(make_plan(inputs))) == tenant_run.plan
    return TenantReplay(name=tenant_run.tenant_name, usage_same=usage_same, plan_same=plan_same)


def _address(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def replay_document(replayed: Replay) -> dict[str, Any]:
    """What `replay --json` prints."""
    return {
        "run": replayed.run.id,
        "date": replayed.run.date.isoformat(),
        "same": replayed.same,
        "rules_version": {"then": replayed.run.rules_version, "now": replayed.rules_version},
        "tenants": [{"tenant": one.name, "usage_same": one.usage_same, "plan_same": one.plan_same, "pruned": one.pruned} for one in replayed.tenants],
    }
