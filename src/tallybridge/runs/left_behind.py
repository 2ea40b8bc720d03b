"""Lines of ours that still bill and are wanted nowhere any more, and the one action that sets them to 0 (design 6.3, 6.4; decision 0019)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable

from tallybridge.configuration.records import Configuration
from tallybridge.runs.prescriptions import PrescribedItem, Prescription
from tallybridge.runs.reverting import nothing_of
from tallybridge.runs.standing import look
from tallybridge.runs.standing_left_behind import LineLeftBehind
from tallybridge.sources.base import Clock

__all__ = ["WHAT", "LineLeftBehind", "chosen", "lines_left_behind", "to_zero"]

WHAT = "left_behind"


def lines_left_behind(configuration: Configuration, clock: Clock) -> tuple[LineLeftBehind, ...]:
    """What is left behind in one integration, as `status` lists it: the most units first. Reads the ledger only.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    (standing,) = look((configuration,), clock)
    return standing.left_behind


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
