"""The way back to the quantities before a run: what it wrote, as prescribed quantities (L4; decision 0019).

A line is brought back only where it is still as that run has left it. One that the run made is not deleted, it goes to 0.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace

from tallybridge.billing.plan import Part
from tallybridge.ledger import written_lines
from tallybridge.ledger.run_records import StoredRun
from tallybridge.ledger.written_lines import KnownTenant, OwnedLine, WrittenLine
from tallybridge.runs.day import Order, RunRefused, destination_id
from tallybridge.runs.prescribing import prescribe
from tallybridge.runs.prescriptions import LeftAlone, Prescribed, PrescribedItem, Prescribing, Prescription

WHAT = "revert"


@dataclass(frozen=True, slots=True, kw_only=True)
class WayBack:
    """What a run's revert prescribes, as the ledger alone tells; nothing has been read."""

    run: StoredRun
    wrote: bool
    """Whether the run has written anything, or meant to."""
    prescriptions: tuple[Prescription, ...]
    later: tuple[Prescription, ...]
    """Further agreements of the same tenants: a plan deals with one agreement of a tenant, the one that falls furthest first."""
    left_alone: tuple[LeftAlone, ...]


def way_back(run: StoredRun, *, destination: int) -> WayBack:
    """What has to be prescribed so that the lines are what they were before a run.

    Args:
        run: any run of the integration, of whatever kind.
        destination: the ledger's id of the PSA that is configured now.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    written = written_lines.written_by(run.id)
    open_writes = written_lines.without_result(run.id)
    ids = {one.tenant_id for one in written} | {tenant_id for tenant_id, _, _ in open_writes}
    tenants = written_lines.known_tenants(run.integration, ids)
    standing = written_lines.standing_lines(run.integration)
    left = [LeftAlone(tenant=_name(tenants, tenant), agreement=agreement, item=item, sentence=_OPEN) for tenant, agreement, item in open_writes]
    back: dict[tuple[str, int], list[WrittenLine]] = defaultdict(list)
    for one in written:
        line = standing.get((one.destination, one.agreement, one.item))
        if (sentence := _changed_since(one, line, destination)) is not None:
            left.append(LeftAlone(tenant=_name(tenants, one.tenant_id), agreement=one.agreement, item=one.item, sentence=sentence))
        elif line is not None:
            # Whoever the line bills now: a tenant may have got another id since.
            back[line.tenant_id, one.agreement].append(one)
    falling_first = sorted(back, key=lambda key: (sum(one.before - one.after for one in back[key]), key))
    ordered = [_prescription(key, back[key], tenants.get(key[0]), standing) for key in falling_first]
    now = {one.tenant_id: one for one in reversed(ordered)}
    return WayBack(
        run=run,
        wrote=bool(written or open_writes),
        prescriptions=tuple(one for one in ordered if now[one.tenant_id] is one),
        later=tuple(one for one in ordered if now[one.tenant_id] is not one),
        left_alone=tuple(left),
    )


def plan_way_back(order: Order, back: WayBack, *, author: str) -> Prescribed:
    """Makes the plan of a revert from a fresh reading; writes nothing to the PSA.

    Raises:
        RunRefused: the run belongs to another integration; nothing was read.
        ConfigurationError, LedgerError: as `prescribe`.
    """
    if back.run.integration != order.integration:
        raise RunRefused(f"Run {back.run.id} belongs to the integration “{back.run.integration}”, not to “{order.integration}”. Nothing was read.")
    planned = prescribe(order, back.prescriptions, Prescribing(what=WHAT, author=author, run=back.run.id))
    return replace(planned, left_alone=(*back.left_alone, *planned.left_alone))


def way_back_of(order: Order, run: StoredRun) -> WayBack:
    """`way_back` in the PSA that the order is for."""
    return way_back(run, destination=destination_id(order.configuration))


_OPEN = "It is not known yet whether this write arrived. Type tallybridge run, which reads Tigerpaw first, and then this command again."


def _changed_since(one: WrittenLine, line: OwnedLine | None, destination: int) -> str | None:
    """Why a line is not as the run has left it, or None where it is."""
    if one.rewritten_by is not None:
        return f"Run {one.rewritten_by} has written it again since."
    if one.destination != destination:
        return "It stands in another PSA than the one that is configured now."
    if line is None:
        return "It is no line of this integration any more: it was removed in Tigerpaw, or another integration bills it."
    if line.written != one.after:
        return f"It was brought to {line.written} in Tigerpaw since, and taken over so; the run had left it at {one.after}."
    return None


def _prescription(
    key: tuple[str, int], lines: list[WrittenLine], tenant: KnownTenant | None, standing: Mapping[tuple[int, int, str], OwnedLine]
) -> Prescription:
    tenant_id, agreement = key
    return Prescription(
        tenant_id=tenant_id,
        tenant=tenant.name if tenant is not None else tenant_id,
        number=tenant.number if tenant is not None else None,
        account=tenant.account if tenant is not None else None,
        agreement=agreement,
        items=tuple(
            PrescribedItem(item=one.item, quantity=one.before, parts=_parts(one, standing[one.destination, agreement, one.item].parts))
            for one in lines
        ),
        only_as_written=True,
    )


def _parts(one: WrittenLine, now: tuple[Part, ...]) -> tuple[Part, ...]:
    """What the line bills again: at 0 the same applications with no unit of them, else what that quantity was written from."""
    if one.before == 0:
        return nothing_of(now)
    if one.parts_before is not None:
        return one.parts_before
    return (replace(now[0], quantity=one.before),) if len(now) == 1 else now


def nothing_of(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """The same applications and categories with no unit: a line at 0 gives no seats away, so nothing waits as a move."""
    return tuple(replace(part, quantity=0) for part in parts)


def _name(tenants: Mapping[str, KnownTenant], tenant_id: str) -> str:
    return tenants[tenant_id].name if tenant_id in tenants else tenant_id
