"""`replay --with` for people: what other rules would have billed, where that differs, and what the evidence cannot tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tallybridge.cli.frame import Frame
    from tallybridge.runs.supposing import Supposed, SupposedTenant

_DIFFERING = {"key_scope": "key scope", "count_oem": "OEM setting", "applications": "applications", "mappings": "mappings"}


def show_supposed(call: Frame, supposed: Supposed) -> None:
    """Prints the lines that would have been billed differently, what would have been billed to nobody, and what is not known."""
    if supposed.rules is None or not supposed.tenants:
        call.say("No tenant was observed in this run, so there is nothing to count by other rules. Name the run that read them.")
        return
    _show_rules(call, supposed)
    _show_lines(call, supposed)
    _show_not_billed(call, supposed)
    _show_unread(call, supposed)
    _show_unanswered(call, supposed)
    _summarize(call, supposed)


def _show_rules(call: Frame, supposed: Supposed) -> None:
    if supposed.differing:
        call.say(f"Not as in that run: {', '.join(_DIFFERING[one] for one in supposed.differing)}.")
    else:
        call.say("These are the very rules of that run, so nothing can differ.")
    if supposed.run.rules_version != supposed.rules_version:
        call.say(
            f"The run was counted by rules version {supposed.run.rules_version}; both sides are counted by this program's, {supposed.rules_version}, "
            "so “Then” may differ from what was billed."
        )


def _show_lines(call: Frame, supposed: Supposed) -> None:
    rows = [
        (
            tenant.tenant_run.tenant_name,
            tenant.tenant_run.agreement,
            line.item,
            line.then,
            _bounded(f"{line.supposed}", at_least=line.at_least),
            _bounded(f"{line.difference:+}", at_least=line.at_least),
        )
        for tenant in supposed.tenants
        for line in tenant.lines
        if not line.same
    ]
    if rows:
        columns = ("Tenant", "Agreement", "Item", "Then", "With these rules", "Difference")
        title = f"Run {supposed.run.id} of {supposed.run.date}, with other rules"
        call.show(columns, rows, title=title, numbers=("Agreement", "Then", "With these rules", "Difference"))
    same = sum(line.same and line.then > 0 for tenant in supposed.tenants for line in tenant.lines)
    call.say(f"{_counted(same, 'line with units is', 'lines with units are')} the same by both.")


def _show_not_billed(call: Frame, supposed: Supposed) -> None:
    rows = [
        (
            tenant.tenant_run.tenant_name,
            leak.application,
            leak.category.value if leak.category is not None else "all",
            leak.quantity,
            leak.reason.value,
        )
        for tenant in supposed.tenants
        for leak in tenant.not_billed
        if leak not in tenant.not_billed_then
    ]
    if rows:
        call.show(("Tenant", "Application", "Category", "Units", "Why"), rows, title="Not billed with these rules", numbers=("Units",))
    same = sum(leak in tenant.not_billed_then for tenant in supposed.tenants for leak in tenant.not_billed)
    if same:
        call.say(f"{_counted(same, 'use was', 'uses were')} billed to nobody then, and would be the same with these rules.")


def _show_unread(call: Frame, supposed: Supposed) -> None:
    rows = [
        (
            tenant.tenant_run.tenant_name,
            one.license,
            one.application or one.name,
            "not said" if one.reported_devices is None else one.reported_devices,
        )
        for tenant in supposed.tenants
        for one in tenant.unread
    ]
    if not rows:
        return
    columns = ("Tenant", "License", "Application", "Reported devices")
    call.show(columns, rows, title="Not in the evidence: who used these licenses", numbers=("Reported devices",))
    call.say(
        "These licenses would count with these rules, but did not count that day, so their uses were not read and are missing above. The number of "
        "devices that the source reported with a license is a hint and no quantity. To know: let “tallybridge plan” read once with these rules in "
        "the configuration file."
    )


def _show_unanswered(call: Frame, supposed: Supposed) -> None:
    unanswered = [one.tenant_run for one in supposed.tenants if not one.billed] + list(supposed.not_observed)
    rows = [(one.tenant_name, one.outcome, one.reason.value if one.reason is not None else "") for one in unanswered]
    if rows:
        call.show(("Tenant", "Outcome", "Why"), rows, title="Not billed in that run, and so by no other rules")


def _summarize(call: Frame, supposed: Supposed) -> None:
    billed = sum(_differs(one) for one in supposed.tenants)
    total = _bounded(f"{supposed.total_difference:+}", at_least=supposed.at_least)
    call.say(f"{_counted(billed, 'tenant', 'tenants')} would be billed otherwise; all lines together: {total} units. Nothing was written.")


def _differs(tenant: SupposedTenant) -> bool:
    return any(not line.same for line in tenant.lines)


def _bounded(number: str, *, at_least: bool) -> str:
    return f"at least {number}" if at_least else number


def _counted(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}"
