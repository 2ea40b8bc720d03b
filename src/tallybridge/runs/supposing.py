"""What would another setting have billed? A past run's evidence, counted under other rules beside its own (design 7; `replay --with`).

Only reads, and needs no connection. Both sides are counted at the run's instant by this program, so that a difference comes from the rules
alone. Counts that people had stated for that day stay in force, because they are part of its evidence.

What the evidence can answer: another key scope, both ways, because the uses of a key are read whatever the key scope is; other applications
and mappings; leaving OEM licenses out. Of OEM licenses that did not count, Security Center was never asked for the uses
(`sources/ksc/observing.py`), so with them a quantity is only known to be at least what was read (L1: unread is not zero).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tallybridge.billing.catalog import catalog_of
from tallybridge.billing.counting import RULES_VERSION, count
from tallybridge.billing.eligibility import license_reason, usability_reason
from tallybridge.billing.model import Observation, Rules, Unit
from tallybridge.billing.wanting import NotBilled, not_billed, wanted_items
from tallybridge.configuration.canonical import from_canonical
from tallybridge.configuration.records import BusinessHubSourceSettings
from tallybridge.ledger import canonical, evidence
from tallybridge.ledger import runs as ledger_runs
from tallybridge.ledger.run_records import StoredRun, StoredTenantRun
from tallybridge.runs.explaining import evidence_of
from tallybridge.runs.other_rules import OtherRules


@dataclass(frozen=True, slots=True, kw_only=True)
class SupposedLine:
    """One item of a tenant's agreement, in units; 0 where a set of rules bills nothing on it."""

    item: str
    then: int
    """What the run wanted."""
    supposed: int
    """What the other rules would have wanted."""
    at_least: bool
    """Whether `supposed` lacks licenses whose uses were not read."""

    @property
    def difference(self) -> int:
        """How many units more; where `at_least` holds, at least so many."""
        return self.supposed - self.then

    @property
    def same(self) -> bool:
        """Whether the evidence shows that the other rules would have changed nothing."""
        return self.difference == 0 and not self.at_least


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadLicense:
    """A license that would count under the other rules and whose uses are not in the evidence."""

    license: str
    name: str | None
    application: str | None
    """The application of the other rules that claims it, or None."""
    reported_devices: int | None
    """How many devices the source itself said use it: a hint, never a quantity. None: it did not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SupposedTenant:
    """A tenant that the run observed."""

    tenant_run: StoredTenantRun
    lines: tuple[SupposedLine, ...] = ()
    """Sorted by item; empty for a tenant that was not billed."""
    not_billed_then: tuple[NotBilled, ...] = ()
    not_billed: tuple[NotBilled, ...] = ()
    """What the other rules would have counted and billed on no item."""
    unread: tuple[UnreadLicense, ...] = ()

    @property
    def billed(self) -> bool:
        """Whether the run planned this tenant's charges. Where it did not, no other rules would have: links and the PSA decide that."""
        return self.tenant_run.inputs is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Supposed:
    """A past run beside what other rules would have billed."""

    run: StoredRun
    other: OtherRules
    rules: Rules | None
    """What was counted with instead; None where the run kept no rules, so that nothing can be counted again."""
    differing: tuple[str, ...]
    """What of the rules is not as the run had it."""
    tenants: tuple[SupposedTenant, ...]
    not_observed: tuple[StoredTenantRun, ...]
    rules_version: str

    @property
    def total_difference(self) -> int:
        """Units of all lines together, whatever their items."""
        return sum(line.difference for tenant in self.tenants for line in tenant.lines)

    @property
    def at_least(self) -> bool:
        """Whether the evidence lacks uses that the other rules would have counted."""
        return any(line.at_least for tenant in self.tenants for line in tenant.lines)


def suppose(run: StoredRun, other: OtherRules) -> Supposed:
    """Counts each tenant that a run observed under other rules. Writes nothing.

    Raises:
        EvidenceDamaged, EvidenceUnknown: the evidence is not what it was; `verify` says where.
    """
    recorded = ledger_runs.tenant_runs(run.id)
    own = canonical.decode_rules(evidence.get(run.rules)) if run.rules is not None else None
    rules = other.in_place_of(own) if own is not None else None
    observed = tuple(one for one in recorded if rules is not None and one.evidence is not None and one.usage is not None)
    every_use_read = own is not None and rules is not None and (own.count_oem or not rules.count_oem or _reads_every_use(run))
    return Supposed(
        run=run,
        other=other,
        rules=rules,
        differing=_differing(own, rules) if own is not None and rules is not None else (),
        tenants=tuple(_suppose(one, rules, every_use_read=every_use_read) for one in observed if rules is not None),
        not_observed=tuple(one for one in recorded if one not in observed),
        rules_version=str(RULES_VERSION),
    )


def _reads_every_use(run: StoredRun) -> bool:
    """Whether the run's source told the uses of licenses that do not count, too: an export holds them all."""
    return isinstance(from_canonical(evidence.get(run.configuration)).source, BusinessHubSourceSettings)


def _differing(own: Rules, rules: Rules) -> tuple[str, ...]:
    return tuple(name for name in ("key_scope", "count_oem", "applications", "mappings") if getattr(own, name) != getattr(rules, name))


def _suppose(tenant_run: StoredTenantRun, rules: Rules, *, every_use_read: bool) -> SupposedTenant:
    if tenant_run.inputs is None:
        return SupposedTenant(tenant_run=tenant_run)
    observation, own = evidence_of(tenant_run)
    now = tenant_run.run.started
    usage_then, usage = count(observation, own, now=now), count(observation, rules, now=now)
    then = {one.item: one.quantity for one in wanted_items(usage_then, own)}
    supposed = {one.item: one.quantity for one in wanted_items(usage, rules)}
    unread = () if every_use_read else _unread(observation, own, rules, now)
    lacking = _lacking(unread, observation, rules)
    return SupposedTenant(
        tenant_run=tenant_run,
        lines=tuple(
            SupposedLine(item=item, then=then.get(item, 0), supposed=supposed.get(item, 0), at_least=item in lacking)
            for item in sorted(then.keys() | supposed.keys())
        ),
        not_billed_then=not_billed(usage_then, own),
        not_billed=not_billed(usage, rules),
        unread=unread,
    )


def _unread(observation: Observation, own: Rules, rules: Rules, now: datetime) -> tuple[UnreadLicense, ...]:
    """The licenses that would count now and were not worth reading then."""
    read = {seat.license for seat in observation.seats}
    catalog = catalog_of(rules)
    found = []
    for one in observation.licenses:
        skipped = one.serial not in read and usability_reason(one, now=now, rules=own) is not None
        if skipped and license_reason(one, now=now, rules=rules) is None:
            application = catalog.match(one)
            name = application.name if application is not None else None
            found.append(UnreadLicense(license=one.serial, name=one.name, application=name, reported_devices=one.reported_devices))
    return tuple(found)


def _lacking(unread: tuple[UnreadLicense, ...], observation: Observation, rules: Rules) -> frozenset[str]:
    """The items whose quantity might be larger with the uses that were not read. More uses never make a quantity smaller."""
    stated = {one.application for one in observation.stated}
    catalog = catalog_of(rules)
    applications = {one.application for one in unread} - stated
    by_seats = {name for name in applications if name is not None and (known := catalog.named(name)) is not None and known.unit is not Unit.MAILBOX}
    return frozenset(item for mapping in rules.mappings if mapping.application in by_seats for item in mapping.items())


def supposed_document(supposed: Supposed) -> dict[str, Any]:
    """What `replay --with … --json` prints."""
    rules = supposed.rules
    return {
        "run": supposed.run.id,
        "date": supposed.run.date.isoformat(),
        "with": {
            "key_scope": rules.key_scope.value if rules is not None else None,
            "count_oem": rules.count_oem if rules is not None else None,
            "file": str(supposed.other.file) if supposed.other.file is not None else None,
            "differing": list(supposed.differing),
        },
        "rules_version": {"then": supposed.run.rules_version, "now": supposed.rules_version},
        "tenants": [_tenant_document(one) for one in supposed.tenants],
        "not_observed": [_standing_document(one) for one in supposed.not_observed],
        "total_difference": supposed.total_difference,
        "at_least": supposed.at_least,
    }


def _tenant_document(tenant: SupposedTenant) -> dict[str, Any]:
    return {
        **_standing_document(tenant.tenant_run),
        "billed": tenant.billed,
        "items": [
            {"item": line.item, "then": line.then, "with": line.supposed, "difference": line.difference, "at_least": line.at_least}
            for line in tenant.lines
        ],
        "not_billed": [
            {
                "application": one.application,
                "category": one.category.value if one.category is not None else None,
                "quantity": one.quantity,
                "reason": one.reason.value,
            }
            for one in tenant.not_billed
        ],
        "not_read": [
            {"license": one.license, "license_name": one.name, "application": one.application, "reported_devices": one.reported_devices}
            for one in tenant.unread
        ],
    }


def _standing_document(tenant_run: StoredTenantRun) -> dict[str, Any]:
    return {
        "tenant": tenant_run.tenant_name,
        "agreement": tenant_run.agreement,
        "outcome": tenant_run.outcome,
        "reason": tenant_run.reason.value if tenant_run.reason is not None else None,
    }
