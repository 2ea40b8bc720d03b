"""What waits for a person, and the decisions that stand: as the plan page shows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.core.paginator import Page, Paginator

from tallybridge.ledger import canonical, decisions, evidence, plan_queries
from tallybridge.ledger import holds as ledger_holds
from tallybridge.ledger.decisions import StoredDecision
from tallybridge.ledger.holds import StoredHold
from tallybridge.runs.approving import Approvable

PER_PAGE = 50

DECIDED: Mapping[str, tuple[str, str]] = {
    "keep": ("Keep", "Leave the line as it is until somebody changes it in Tigerpaw. A changed count alone does not ask again."),
    "adopt": ("Adopt", "Make the line ours from now on, as it is. The next run brings it to what was counted, as far as the guards let it."),
    "take-over": ("Take over", "Let the next run write what was counted over what Tigerpaw shows, once, and go on from there."),
    "pin": ("Pin", "Say what the quantity is until a day, whatever is counted."),
    "release": ("Release", "Let a change pass that a guard holds, up to the quantity shown, or let a move go through."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One page of what waits, in the order it began."""

    page: Page[StoredHold]
    total: int
    """How many wait in all."""
    only: str
    """The one hold that the address asks for; "" where it asks for none."""
    gone: bool
    """Whether the hold that the address asks for waits no more."""
    standing: tuple[StoredDecision, ...]
    kinds: tuple[tuple[str, str, str], ...]
    """Each decision that is possible on any of them: its name, its title and what it does."""
    equal: int
    """How many show in the PSA what is wanted already."""


def waiting(integration: str, asked: Mapping[str, Any]) -> tuple[Waiting, tuple[StoredHold, ...]]:
    """What waits in an integration as the address asks for it (`hold` for one alone, `waits` for the page), and all of it; two statements."""
    found = ledger_holds.open_holds(integration)
    only = str(asked.get("hold") or "")
    shown = tuple(one for one in found if one.id == only) if only else found
    kinds = {kind for one in shown for kind in one.decisions}
    return Waiting(
        page=Paginator(shown, PER_PAGE).get_page(asked.get("waits")),
        total=len(found),
        only=only,
        gone=bool(only) and not shown,
        standing=decisions.all_standing(integration),
        kinds=tuple((name, *words) for name, words in DECIDED.items() if name in kinds),
        equal=sum(1 for one in found if one.psa is not None and one.psa == one.wanted),
    ), found


class HoldShown(NamedTuple):
    """A hold, and the lines among which a person must choose one to make it ours: id and quantity, as far as the plan has read it."""

    hold: StoredHold
    lines: tuple[tuple[int, int | None], ...]


def with_lines(holds: Iterable[StoredHold], plan: Approvable | None) -> tuple[HoldShown, ...]:
    """The holds of one page; two statements where several lines stand at one of them."""
    holds = tuple(holds)
    several = {one.agreement for one in holds if len(one.charges) > 1}
    quantities: dict[int, int] = {}
    if plan is not None and several:
        places = plan_queries.addresses([one.row for one in plan.tenants if one.agreement in several])
        for content in evidence.get_many({place.inputs for place in places.values()}).values():
            read = canonical.decode_inputs(content, now=plan.run.started, today=plan.run.date)
            quantities |= {charge.id: charge.quantity for charge in read.agreement.charges}
    return tuple(HoldShown(one, tuple((id_, quantities.get(id_)) for id_ in one.charges) if len(one.charges) > 1 else ()) for one in holds)
