"""Runs for people: the plan or the day as tables, and what needs a person in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tallybridge.billing.agreement_ends import EndStage, end_stage
from tallybridge.billing.model import Notice
from tallybridge.billing.plan import Action
from tallybridge.billing.reasons import Reason
from tallybridge.cli.frame import with_names
from tallybridge.runs.reports import LineReport, Mode, RunReport, TenantOutcome, TenantReport, totals

if TYPE_CHECKING:
    from tallybridge.cli.frame import Frame

_OUTCOMES = {
    TenantOutcome.APPLIED: "applied",
    TenantOutcome.PLANNED: "planned",
    TenantOutcome.UNCHANGED: "unchanged",
    TenantOutcome.HELD: "HELD",
    TenantOutcome.WAITING: "WAITING",
    TenantOutcome.BLOCKED: "BLOCKED",
    TenantOutcome.FAILED: "FAILED",
    TenantOutcome.NOT_LINKED: "not linked",
    TenantOutcome.BILLING_OFF: "billing off",
}

_OF_AGREEMENTS = (Reason.AGREEMENT_ENDS, Reason.AGREEMENT_SUCCESSOR)


def show_run(call: Frame, run: RunReport) -> None:
    """Prints one run: its lines, what is billed to nobody, what needs a person, and the totals."""
    title = {Mode.PLAN: "Plan", Mode.RUN: "Run", Mode.APPLY: "Applied plan"}[run.mode]
    if run.tenants:
        rows = [row for tenant in run.tenants for row in _tenant_rows(tenant)]
        columns = ("Tenant", "Agreement", "Outcome", "Item", "From", "To", "Line", "What")
        call.show(columns, rows, title=f"{title} for {run.date} · {run.integration}", numbers=("From", "To", "Line", "Agreement"))
    _show_not_billed(call, run)
    _show_accounts_not_linked(call, run)
    _show_worklist(call, run)
    for sentence in _sentences(run):
        call.say(sentence)
    call.say(_summary(run))


def _tenant_rows(tenant: TenantReport) -> list[tuple[object, ...]]:
    outcome = _OUTCOMES[tenant.outcome]
    if not tenant.lines:
        return [(tenant.name, tenant.agreement, outcome, None, None, None, None, tenant.reason.value if tenant.reason is not None else "")]
    return [
        (tenant.name, tenant.agreement, outcome, line.change.item, *_quantities(line), line.charge or line.change.charge, _what(line))
        for line in tenant.lines
    ]


def _quantities(line: LineReport) -> tuple[object, object]:
    absent = "several" if len(line.change.known) > 1 and line.change.action is not Action.CREATE else "none"
    return absent if line.change.from_quantity is None else line.change.from_quantity, line.change.to_quantity


def _what(line: LineReport) -> str:
    reason = line.failed or line.change.reason
    if reason is not None:
        return f"{line.change.action.value}: {reason.value}" + (f" [{line.hold}]" if line.hold else "")
    if line.waiting:
        return f"{line.change.action.value}: on the worklist"
    return line.change.action.value if not line.written else {Action.CREATE: "created", Action.UPDATE: "updated"}[line.change.action]


def _show_not_billed(call: Frame, run: RunReport) -> None:
    rows = [
        (tenant, leak.application, leak.category.value if leak.category is not None else "all", leak.quantity, leak.reason.value)
        for tenant, leak in run.not_billed
    ]
    if rows:
        call.show(("Tenant", "Application", "Category", "Units", "Why"), rows, title="Not billed", numbers=("Units",))


def _show_accounts_not_linked(call: Frame, run: RunReport) -> None:
    rows = [(one.number, one.name) for one in run.accounts_not_linked or ()]
    if rows:
        call.show(("Account", "Name"), rows, title=f"Cross-referenced, and linked to no tenant: {len(rows)}", numbers=("Account",))


def _show_worklist(call: Frame, run: RunReport) -> None:
    """What a person should enter; the next run reads it back (design 6.2)."""
    rows = [
        (tenant.name, tenant.account, tenant.agreement, line.change.item, *_quantities(line))
        for tenant in run.tenants
        for line in tenant.lines
        if line.waiting
    ]
    if rows:
        columns = ("Tenant", "Account", "Agreement", "Item", "Now", "Enter")
        call.show(columns, rows, title="Worklist: enter these quantities in Tigerpaw", numbers=("Account", "Agreement", "Now", "Enter"))
        call.say("The same as a file for a spreadsheet: tallybridge worklist --csv FILE. The next run reads back what was entered.")


def _sentences(run: RunReport) -> list[str]:
    """One sentence for whatever a person should look at."""
    urgent = [(tenant.name, notice) for tenant in run.tenants for notice in _of_a_near_end(tenant)]
    others = [(tenant.name, notice) for tenant in run.tenants for notice in tenant.notices if notice not in _of_a_near_end(tenant)]
    sentences = [with_names(run.detail or run.reason.sentence)] if run.reason is not None else []
    sentences += [f"{name}, {_subject(notice)}: {_notice(notice)}" for name, notice in urgent]
    sentences += run.problems
    worth_a_word = {TenantOutcome.BLOCKED, TenantOutcome.FAILED}
    sentences += [f"{tenant.name}: {with_names(tenant.sentence)}" for tenant in run.tenants if tenant.outcome in worth_a_word]
    held = [line.change.reason for tenant in run.tenants for line in tenant.lines if line.change.reason is not None]
    sentences += [f"{reason.value}: {with_names(reason.sentence)}" for reason in dict.fromkeys(held)]
    sentences += [f"{name}, {_subject(notice)}: {_notice(notice)}" for name, notice in others]
    if any(line.hold for tenant in run.tenants for line in tenant.lines):
        sentences.append("Lines that wait for a person: tallybridge holds list")
    return sentences


def _of_a_near_end(tenant: TenantReport) -> tuple[Notice, ...]:
    """What is told of an agreement that has ended, or whose last day is today or tomorrow; tomorrow may be too late."""
    told = tuple(notice for notice in tenant.notices if notice.reason in _OF_AGREEMENTS)
    near = (EndStage.ENDED, EndStage.WITHIN_1_DAY)
    return told if any(notice.expected is not None and end_stage(notice.expected) in near for notice in told) else ()


def _subject(notice: Notice) -> str:
    return f"agreement {notice.subject}" if notice.reason in _OF_AGREEMENTS else notice.subject


def _notice(notice: Notice) -> str:
    if notice.reason is Reason.AGREEMENT_ENDS and notice.expected is not None:
        return _end(notice.expected)
    if notice.expected is None or notice.received is None:
        return with_names(notice.reason.sentence)
    return f"{with_names(notice.reason.sentence)} (expected {notice.expected}, found {notice.received})"


def _end(days: int) -> str:
    """When an agreement ends, for so many days left: the nearer, the louder."""
    if days < 0:
        return f"THE AGREEMENT ENDED {_days(-days)} AGO, and nothing is billed on it any more. Link its successor now."
    if days <= 1:
        return f"{'TODAY' if days == 0 else 'TOMORROW'} IS THE AGREEMENT'S LAST DAY; nothing is billed on it afterwards. Link its successor in time."
    return f"The agreement ends in {days} days."


def _days(number: int) -> str:
    return "1 DAY" if number == 1 else f"{number} DAYS"


def _summary(run: RunReport) -> str:
    counts = totals(run.tenants)
    verbs = {"created": "to create", "updated": "to update"} if run.mode is Mode.PLAN else {}
    words = [f"{counts[name]} {verbs.get(name, name)}" for name in ("created", "updated", "unchanged", "held", "waiting") if counts[name]]
    words += [f"{_tenants(counts[name])} {name}" for name in ("blocked", "failed") if counts[name]]
    head = f"\nChain head {run.head}" if run.head else ""
    return f"Run {run.id}: {run.outcome.value}. {_tenants(counts['tenants'])}; {', '.join(words) or 'nothing to do'}.{head}"


def _tenants(count: int) -> str:
    return "1 tenant" if count == 1 else f"{count} tenants"
