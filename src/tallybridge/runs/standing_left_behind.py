"""Which lines of ours still bill and are wanted nowhere any more: one selection for `status` and `left-behind` (design 6.3, 6.4; decision 0019)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from tallybridge.billing.linking import Link
from tallybridge.billing.model import Tenant
from tallybridge.billing.plan import OurLine, Part
from tallybridge.billing.planning import left_behind as left_behind_notice
from tallybridge.billing.reasons import Reason
from tallybridge.configuration.catalog import rules_of
from tallybridge.configuration.records import Configuration
from tallybridge.ledger import standing_queries, written_lines
from tallybridge.ledger import tenants as ledger_tenants
from tallybridge.ledger.standing_queries import LastHeard, TenantRecord
from tallybridge.ledger.written_lines import BillingLine, KnownTenant
from tallybridge.runs.doors import links_of
from tallybridge.runs.reports import TenantOutcome
from tallybridge.runs.standing_agreements import ended_agreements


@dataclass(frozen=True, slots=True, kw_only=True)
class LineLeftBehind:
    """A line of ours that bills and should not. What it bills is what was last read back."""

    integration: str
    tenant_id: str
    tenant: KnownTenant
    agreement: int
    item: str
    charge: int | None
    quantity: int
    reason: Reason
    """Why nobody wants it: the link is gone or off, the tenant is, no mapping bills on the item, or the link names another agreement."""
    parts: tuple[Part, ...]
    on_ended_agreement: bool
    """Whether its agreement had ended when it was last read: it is never written, and bills nothing any more."""
    told: TenantRecord | None
    """The newest record of its tenant that tells of it; None where the configuration alone does."""


def select_left_behind(configuration: Configuration, fleet: Iterable[LastHeard], today: date) -> tuple[LineLeftBehind, ...]:
    """What is left behind in one integration, the most units first. Reads the ledger only.

    A line of a tenant without billing is left behind from the moment at which the configuration says so. Of a tenant that is billed, the newest run
    has the word: it knows what moves, and a line whose move waits for its release is not left behind.

    Args:
        fleet: the tenants as they are now, by the runs that counted.
        today: today's billing date.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    name, settings = configuration.integration.name, configuration.destination
    psa = standing_queries.known_destination(settings.kind, settings.url, settings.public_key)
    lines = written_lines.billing_lines(name, psa) if psa is not None else ()
    if psa is None or not lines:
        return ()
    told = _told(fleet, lines)
    wishes = _Wishes(configuration)
    # Nearly every line is billed where it should be. What is asked beside is asked of the others alone.
    chosen = [(line, record) for line in lines if (record := told.get((line.agreement, line.item))) is not None or not wishes.billed_so(line)]
    if not chosen:
        return ()
    wishes.meet({line.tenant_id for line, _ in chosen})
    unwanted = [(line, record, reason) for line, record in chosen if (reason := wishes.reason(line, record)) is not None]
    concerned = {line.agreement for line, _, _ in unwanted}
    ended = ended_agreements(psa, concerned, today)
    parts = written_lines.parts_of(name, psa, concerned)
    found = [
        LineLeftBehind(
            integration=name,
            tenant_id=line.tenant_id,
            tenant=wishes.tenant(line.tenant_id),
            agreement=line.agreement,
            item=line.item,
            charge=line.charge,
            quantity=line.written,
            reason=reason,
            parts=parts[line.agreement, line.item],
            on_ended_agreement=line.agreement in ended,
            told=record,
        )
        for line, record, reason in unwanted
    ]
    return tuple(sorted(found, key=lambda one: (-one.quantity, one.tenant.name, one.agreement, one.item)))


def _told(fleet: Iterable[LastHeard], lines: Collection[BillingLine]) -> Mapping[tuple[int, str], TenantRecord]:
    """The records that tell of a line left behind, by its agreement and item."""
    said = [
        (record, notice.subject)
        for record in map(_speaks_of_lines, fleet)
        for notice in record.notices
        if notice.reason is Reason.LEFT_BEHIND and notice.received
    ]
    elsewhere = {_subject(line): (line.agreement, line.item) for line in lines} if said else {}
    return {elsewhere.get(subject, (record.agreement or 0, subject)): record for record, subject in said}


def _subject(line: BillingLine) -> str:
    """What a notice calls a line on another agreement, or of a tenant without billing."""
    return left_behind_notice(OurLine(agreement=line.agreement, item=line.item, charge=line.charge, written=line.written)).subject


def _speaks_of_lines(one: LastHeard) -> TenantRecord:
    """The newest record that could tell of lines left behind: a tenant that was not read today has still left behind what it had yesterday."""
    newest = one.newest
    tells = newest.observed or any(notice.reason is Reason.LEFT_BEHIND for notice in newest.notices)
    return newest if tells or one.observed is None else one.observed


class _Wishes:
    """What the configuration wants billed, and on which lines."""

    def __init__(self, configuration: Configuration) -> None:
        self._name = configuration.integration.name
        self._links = links_of(configuration)
        self._billed_on = {link.agreement for link in self._links if link.billing}
        self._items = {item for mapping in rules_of(configuration).mappings for item in mapping.items()}
        self._bound: Mapping[int, Tenant] = {}
        self._tenants: Mapping[str, KnownTenant] = {}

    def billed_so(self, line: BillingLine) -> bool:
        """Whether the line's agreement is billed and its item is mapped."""
        return line.agreement in self._billed_on and line.item in self._items

    def meet(self, tenants: Collection[str]) -> None:
        """Reads who these tenants are, and which links are bound: before anything is asked of their lines."""
        self._bound = ledger_tenants.all_bound(self._name)
        self._tenants = written_lines.known_tenants(self._name, tenants)

    def tenant(self, tenant_id: str) -> KnownTenant:
        """How a tenant is called; by its id where no run has met it."""
        return self._tenants.get(tenant_id, KnownTenant(tenant_id, None, None))

    def reason(self, line: BillingLine, told: TenantRecord | None) -> Reason | None:
        """Why a line is left behind; None where it is not.

        Args:
            told: the newest record of the line's tenant that tells of it.
        """
        if told is not None and told.outcome == TenantOutcome.BLOCKED and told.reason is not None:
            return told.reason
        if self.billed_so(line):
            return None
        link = self._link(line.tenant_id)
        if link is None:
            return Reason.NOT_LINKED
        if not link.billing:
            return Reason.BILLING_OFF
        if told is None:
            return None
        return Reason.LEFT_BEHIND if line.item in self._items else Reason.NO_MAPPING

    def _link(self, tenant_id: str) -> Link | None:
        """The tenant's link today: by its id, or by the account that its link was bound to, or was last recorded with."""
        named = next((link for link in self._links if link.tenant_id == tenant_id), None)
        return named or next((link for link in self._links if self._means(link, tenant_id)), None)

    def _means(self, link: Link, tenant_id: str) -> bool:
        bound: Tenant | None = self._bound.get(link.account)
        if bound is not None:
            return bound.id == tenant_id
        known = self._tenants.get(tenant_id)
        return known is not None and known.account == link.account
