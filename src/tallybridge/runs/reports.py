"""What came of a tenant and of a run, as values, and the documents that other programs read (contracts 2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from tallybridge.billing.model import Notice, Tenant, Usage
from tallybridge.billing.plan import Action, Change, Plan
from tallybridge.billing.psa import Account
from tallybridge.billing.reasons import Reason
from tallybridge.billing.wanting import NotBilled
from tallybridge.ledger.run_records import LeftOutCount


class Mode(StrEnum):
    """What a run does: look only, the whole day, or carry out a saved plan."""

    PLAN = "plan"
    RUN = "run"
    APPLY = "apply"


class TenantOutcome(StrEnum):
    """What came of one tenant (contracts 2)."""

    APPLIED = "applied"
    PLANNED = "planned"
    UNCHANGED = "unchanged"
    HELD = "held"
    WAITING = "waiting"
    BLOCKED = "blocked"
    FAILED = "failed"
    NOT_LINKED = "not_linked"
    BILLING_OFF = "billing_off"


class RunOutcome(StrEnum):
    """What came of a run: everything done, something waits for a person, or something failed."""

    DONE = "done"
    ATTENTION = "attention"
    FAILED = "failed"


_NEEDS_A_PERSON = frozenset({TenantOutcome.HELD, TenantOutcome.BLOCKED, TenantOutcome.WAITING})


@dataclass(frozen=True, slots=True, kw_only=True)
class LineReport:
    """One line of a plan and what became of it."""

    change: Change
    agreement: int | None = None
    """The agreement that the line stands on: the tenant's own, or a former one that a released move leaves."""
    hold: str | None = None
    """Id of the hold that stands for this line."""
    charge: int | None = None
    """The line's id in the PSA, once known."""
    written: bool = False
    """The PSA has been read back and shows the wanted quantity through a write of this run."""
    waiting: bool = False
    """A person has to enter it."""
    failed: Reason | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantReport:
    """One tenant run: what was read, counted, planned and done."""

    name: str
    outcome: TenantOutcome
    tenant: Tenant | None = None
    account: int | None = None
    agreement: int | None = None
    reason: Reason | None = None
    detail: str = ""
    """A sentence for a person about this very case; "" where the reason's own sentence says it all."""
    observed: datetime | None = None
    evidence: str | None = None
    usage: Usage | None = None
    """Without its seats once the tenant run has been recorded: a run must not need more memory the more tenants it has."""
    left_out: tuple[LeftOutCount, ...] = ()
    empty: bool = False
    """Read whole, and there was neither a device nor a seat."""
    inputs: str | None = None
    """Address of the planning inputs."""
    plan: Plan | None = None
    plan_address: str | None = None
    lines: tuple[LineReport, ...] = ()
    not_billed: tuple[NotBilled, ...] = ()
    notices: tuple[Notice, ...] = ()
    psa_writes: int = 0
    contents: tuple[tuple[bytes, str], ...] = ()
    """Evidence, inputs and plan as bytes, each with its kind, until they are recorded."""
    recorded: Mapping[str, Any] | None = None
    """The document that another process has recorded; it tells what the seats told, which are no longer at hand."""

    @property
    def sentence(self) -> str:
        """What happened, in words."""
        return self.detail or (self.reason.sentence if self.reason is not None else "")


class TenantLeak(NamedTuple):
    """What is billed to nobody of one tenant, by its name."""

    tenant: str
    not_billed: NotBilled


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """One run over an integration, or over some of its tenants."""

    id: str
    integration: str
    mode: Mode
    date: date
    started: datetime
    finished: datetime
    tenants: tuple[TenantReport, ...] = ()
    reason: Reason | None = None
    detail: str = ""
    head: str | None = None
    problems: tuple[str, ...] = ()
    """What of the source could not be read and concerns no one tenant."""
    accounts_not_linked: tuple[Account, ...] | None = None
    """Cross-referenced to the External Product and linked to no tenant; None where the run does not tell, because it was for one tenant or
    has not read the accounts. They change neither outcome nor exit code."""
    not_billed_beside: tuple[TenantLeak, ...] = ()
    """Of an applied plan: what is billed to nobody of the tenants that it saw and did not plan for, such as those without a link."""

    @property
    def not_billed(self) -> tuple[TenantLeak, ...]:
        """Everything that is billed to nobody, of all tenants; rows without a unit left out."""
        of_tenants = (TenantLeak(tenant.name, leak) for tenant in self.tenants for leak in tenant.not_billed)
        return tuple(one for one in (*of_tenants, *self.not_billed_beside) if one.not_billed.quantity > 0)

    @property
    def outcome(self) -> RunOutcome:
        """The worst that holds."""
        if self.reason is Reason.BUSY:
            return RunOutcome.ATTENTION
        if self.reason is not None or any(tenant.outcome is TenantOutcome.FAILED for tenant in self.tenants):
            return RunOutcome.FAILED
        attention = any(tenant.outcome in _NEEDS_A_PERSON for tenant in self.tenants)
        return RunOutcome.ATTENTION if attention or self.problems else RunOutcome.DONE

    @property
    def changes_pending(self) -> bool:
        """Whether a plan would change a line."""
        return any(tenant.outcome is TenantOutcome.PLANNED for tenant in self.tenants)

    @property
    def exit_code(self) -> int:
        """1 a tenant failed; 3 something is held, blocked or waiting; 2 (plan only) changes; 0 (contracts 2)."""
        if self.outcome is RunOutcome.FAILED:
            return 1
        if self.outcome is RunOutcome.ATTENTION:
            return 3
        return 2 if self.mode is Mode.PLAN and self.changes_pending else 0


def totals(tenants: Iterable[TenantReport]) -> dict[str, int]:
    """Counts of lines and tenants as contracts 2 defines them."""
    tenants = tuple(tenants)
    lines: Counter[str] = Counter(_counted_as(line) for tenant in tenants for line in tenant.lines)
    outcomes = Counter(tenant.outcome for tenant in tenants)
    return {
        "tenants": len(tenants),
        "created": lines["created"],
        "updated": lines["updated"],
        "unchanged": lines["unchanged"],
        "held": lines["held"],
        "waiting": lines["waiting"],
        "blocked": outcomes[TenantOutcome.BLOCKED],
        "failed": outcomes[TenantOutcome.FAILED],
        "psa_writes": sum(tenant.psa_writes for tenant in tenants),
    }


def _counted_as(line: LineReport) -> str:
    if line.failed is not None:
        return "failed"
    if line.waiting:
        return "waiting"
    words = {Action.CREATE: "created", Action.UPDATE: "updated", Action.UNCHANGED: "unchanged", Action.MOVE: "held", Action.HOLD: "held"}
    return words[line.change.action]


def run_document(run: RunReport) -> dict[str, Any]:
    """The document that `plan`, `run` and `apply` print with --json (contracts 2)."""
    return {
        "run": {
            "id": run.id,
            "integration": run.integration,
            "kind": run.mode.value,
            "date": run.date.isoformat(),
            "started": instant(run.started),
            "finished": instant(run.finished),
            "outcome": run.outcome.value,
            "reason": run.reason.value if run.reason is not None else None,
            "detail": run.detail or (run.reason.sentence if run.reason is not None else None),
            "head": run.head,
            "problems": list(run.problems),
            "accounts_not_linked": _accounts(run.accounts_not_linked),
            "not_billed_beside": [{"tenant": one.tenant, **_leak_document(one.not_billed)} for one in run.not_billed_beside],
        },
        "tenants": [tenant_document(tenant) for tenant in run.tenants],
        "totals": totals(run.tenants),
    }


def _accounts(accounts: tuple[Account, ...] | None) -> list[dict[str, Any]] | None:
    return [{"account": one.number, "name": one.name} for one in accounts] if accounts is not None else None


def tenant_document(tenant: TenantReport) -> dict[str, Any]:
    """One tenant's part of a run's document."""
    return {
        "tenant": tenant.name,
        "tenant_id": tenant.tenant.id if tenant.tenant is not None else None,
        "account": tenant.account,
        "agreement": tenant.agreement,
        "outcome": tenant.outcome.value,
        "reason": tenant.reason.value if tenant.reason is not None else None,
        "detail": tenant.sentence or None,
        "evidence": tenant.evidence,
        "changes": [_line_document(line) for line in tenant.lines],
        "not_billed": [_leak_document(leak) for leak in tenant.not_billed],
        "left_out": [{"reason": one.reason.value, "count": one.count} for one in tenant.left_out],
        "licenses_left_out": _licenses_left_out(tenant.usage) if tenant.recorded is None else tenant.recorded["licenses_left_out"],
        "other_scope": _other_scope(tenant.usage) if tenant.recorded is None else tenant.recorded["other_scope"],
        "notices": [
            {"reason": notice.reason.value, "subject": notice.subject, "expected": notice.expected, "received": notice.received}
            for notice in tenant.notices
        ],
    }


def _leak_document(leak: NotBilled) -> dict[str, Any]:
    return {
        "application": leak.application,
        "category": leak.category.value if leak.category is not None else None,
        "quantity": leak.quantity,
        "reason": leak.reason.value,
    }


def _line_document(line: LineReport) -> dict[str, Any]:
    change = line.change
    reason = line.failed or change.reason or (Reason.TO_BE_ENTERED if line.waiting else None)
    return {
        "action": change.action.value,
        "agreement": line.agreement,
        "item": change.item,
        "from": change.from_quantity,
        "to": change.to_quantity,
        "charge": line.charge if line.charge is not None else change.charge,
        "reason": reason.value if reason is not None else None,
        "detail": line.detail or change.detail or None,
        "hold": line.hold,
        "parts": [
            {
                "application": part.application,
                "category": part.category.value if part.category is not None else None,
                "quantity": part.quantity,
            }
            for part in change.parts
        ],
        "moved_from": [
            {"agreement": agreement, "item": item, "charge": charge, "quantity": quantity} for agreement, item, charge, quantity in change.moved_from
        ],
    }


def left_out_counts(usage: Usage) -> tuple[LeftOutCount, ...]:
    """Seats and devices that do not count, per reason; for a license that does not count, the devices that the source says use it (L3)."""
    counts: Counter[Reason] = Counter(seat.reason for seat in usage.left_out)
    for license in usage.left_out_licenses:
        counts[license.reason] += license.devices or 0
    return tuple(LeftOutCount(reason, count) for reason, count in sorted(counts.items()))


def _licenses_left_out(usage: Usage | None) -> list[dict[str, Any]]:
    licenses = usage.left_out_licenses if usage is not None else ()
    return [
        {"license": one.license, "name": one.name, "application": one.application, "reason": one.reason.value, "devices": one.devices}
        for one in licenses
    ]


def _other_scope(usage: Usage | None) -> list[dict[str, Any]]:
    quantities = usage.other_scope if usage is not None else ()
    return [
        {
            "application": one.application,
            "category": one.category.value if one.category is not None else None,
            "quantity": one.quantity,
        }
        for one in quantities
    ]


def instant(moment: datetime) -> str:
    """A UTC instant as RFC 3339, whole seconds."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
