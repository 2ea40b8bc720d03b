"""What a person prescribes for lines of ours, as values: what shall be, who says so, and the plan that comes of it (decision 0019)."""

from __future__ import annotations

from dataclasses import dataclass

from tallybridge.billing.plan import Action, Part
from tallybridge.ledger.run_records import StoredRun
from tallybridge.runs.reports import RunReport

WRITING = (Action.CREATE, Action.UPDATE)
TAIL = "prescribed"
"""Member of a manifest's tail that tells of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrescribedItem:
    """What the line for one item is to be."""

    item: str
    quantity: int
    parts: tuple[Part, ...]
    """What it bills, as far as it is known: without it, a mapping changed right afterwards could not be seen as a move."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prescription:
    """What lines of ours for one tenant on one agreement are to be."""

    tenant_id: str
    tenant: str
    """The tenant's name."""
    number: int | None
    account: int | None
    """The account that the agreement must belong to; None where the ledger does not know."""
    agreement: int
    items: tuple[PrescribedItem, ...]
    only_as_written: bool = False
    """A line that somebody has removed in the PSA, or brought to the prescribed quantity there, is left alone, because the next run counts again:
    taken over as prescribed, it would then be written as if nobody had touched it (L6)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Prescribing:
    """Who prescribes what, and why; kept in the run's manifest."""

    what: str
    """"revert" or "left_behind"."""
    author: str
    because: str = ""
    """The reason in the person's words."""
    run: str | None = None
    """The run that is reverted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftAlone:
    """A line for which nothing is planned, and why, in words."""

    tenant: str
    agreement: int
    item: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prescribed:
    """A plan of prescribed quantities. Its run is recorded; nothing has been written to the PSA."""

    report: RunReport
    left_alone: tuple[LeftAlone, ...] = ()

    @property
    def writes(self) -> bool:
        """Whether applying it would write, or put something on the worklist."""
        return any(line.change.action in WRITING for tenant in self.report.tenants for line in tenant.lines)


def prescribed_in(run: StoredRun | None) -> Prescribing | None:
    """What a run prescribed; None for a run that counted."""
    told: dict[str, str | None] | None = run.tail.get(TAIL) if run is not None else None
    if told is None:
        return None
    return Prescribing(what=told["what"] or "", author=told["author"] or "", because=told["because"] or "", run=told["run"])
