"""Lines of ours that still bill and are wanted nowhere any more, and the one action that sets them to 0 (design 6.3, 6.4; decision 0019)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from tallybridge.billing.linking import Link
from tallybridge.billing.model import Tenant
from tallybridge.billing.plan import Part
from tallybridge.billing.reasons import Reason
from tallybridge.configuration.catalog import rules_of
from tallybridge.configuration.records import Configuration
from tallybridge.ledger import tenants as ledger_tenants
from tallybridge.ledger import written_lines
from tallybridge.ledger.written_lines import KnownTenant, OwnedLine
from tallybridge.runs.day import destination_id
from tallybridge.runs.doors import links_of
from tallybridge.runs.prescriptions import PrescribedItem, Prescription
from tallybridge.runs.reports import TenantOutcome
from tallybridge.runs.reverting import nothing_of
from tallybridge.runs.standing import LeftBehind, look
from tallybridge.sources.base import Clock

WHAT = "left_behind"


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


def lines_left_behind(configuration: Configuration, clock: Clock) -> tuple[LineLeftBehind, ...]:
    """What is left behind in one integration, the most units first. Reads the ledger only.

    A line of a tenant without billing is left behind from the moment at which the configuration says so. Of a tenant that is billed, the newest run
    has the word: it knows what moves, and a line whose move waits for its release is not left behind.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    (standing,) = look((configuration,), clock)
    told = {(one.agreement, one.item): one for one in standing.left_behind}
    psa = destination_id(configuration)
    lines = [one for one in written_lines.standing_lines(configuration.integration.name).values() if one.destination == psa and one.written > 0]
    tenants = written_lines.known_tenants(configuration.integration.name, {one.tenant_id for one in lines})
    wishes = _Wishes(configuration, tenants)
    found = []
    for line in lines:
        if (reason := wishes.reason(line, told.get((line.agreement, line.item)))) is not None:
            found.append(
                LineLeftBehind(
                    integration=configuration.integration.name,
                    tenant_id=line.tenant_id,
                    tenant=tenants.get(line.tenant_id, KnownTenant(line.tenant_id, None, None)),
                    agreement=line.agreement,
                    item=line.item,
                    charge=line.charge,
                    quantity=line.written,
                    reason=reason,
                    parts=line.parts,
                )
            )
    return tuple(sorted(found, key=lambda one: (-one.quantity, one.tenant.name, one.agreement, one.item)))


def chosen(lines: Iterable[LineLeftBehind], *, agreements: Collection[int], items: Collection[str]) -> tuple[LineLeftBehind, ...]:
    """Those on the named agreements and of the named items; without a name, all."""
    return tuple(one for one in lines if (not agreements or one.agreement in agreements) and (not items or one.item in items))


def to_zero(lines: Iterable[LineLeftBehind]) -> tuple[tuple[Prescription, ...], ...]:
    """What has to be prescribed so that these lines bill nothing: in as many steps as one tenant has agreements, because a run records it once."""
    places: dict[tuple[str, int], list[LineLeftBehind]] = defaultdict(list)
    for line in lines:
        places[line.tenant_id, line.agreement].append(line)
    steps: list[list[Prescription]] = []
    agreements_of: dict[str, int] = defaultdict(int)
    for (tenant_id, agreement), there in sorted(places.items()):
        step = agreements_of[tenant_id]
        agreements_of[tenant_id] += 1
        if step == len(steps):
            steps.append([])
        tenant = there[0].tenant
        steps[step].append(
            Prescription(
                tenant_id=tenant_id,
                tenant=tenant.name,
                number=tenant.number,
                account=tenant.account,
                agreement=agreement,
                items=tuple(PrescribedItem(item=one.item, quantity=0, parts=nothing_of(one.parts)) for one in there),
            )
        )
    return tuple(tuple(step) for step in steps)


class _Wishes:
    """What the configuration wants billed, and on which lines."""

    def __init__(self, configuration: Configuration, tenants: Mapping[str, KnownTenant]) -> None:
        self._links = links_of(configuration)
        self._billed_on = {link.agreement for link in self._links if link.billing}
        self._items = {item for mapping in rules_of(configuration).mappings for item in mapping.items()}
        self._bound = ledger_tenants.all_bound(configuration.integration.name)
        self._tenants = tenants

    def reason(self, line: OwnedLine, told: LeftBehind | None) -> Reason | None:
        """Why a line is left behind; None where it is not.

        Args:
            told: what the newest run of the line's tenant has said of it.
        """
        if told is not None and told.record.outcome == TenantOutcome.BLOCKED and told.record.reason is not None:
            return told.record.reason
        if line.agreement in self._billed_on and line.item in self._items:
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
