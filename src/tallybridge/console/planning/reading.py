"""What the plan page shows of one page of customers: each line from → to with its units, its money and its reason, from the plan's own bytes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from tallybridge.billing.plan import Action, Change, PlanningInputs
from tallybridge.console.naming import with_names
from tallybridge.console.planning.money import units_of
from tallybridge.ledger import canonical, evidence, plan_queries
from tallybridge.ledger.holds import StoredHold
from tallybridge.ledger.plan_queries import PlannedTenant
from tallybridge.ledger.run_records import StoredRun
from tallybridge.runs.applying import all_changes
from tallybridge.runs.known_prices import price_of

_STATES = {Action.CREATE: "planned", Action.UPDATE: "planned", Action.UNCHANGED: "unchanged", Action.HOLD: "held", Action.MOVE: "held"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LineShown:
    """One line of a customer's plan."""

    item: str
    description: str
    agreement: int
    elsewhere: bool
    """Whether it stands on a former agreement of the customer."""
    state: str
    label: str
    before: int | None
    after: int | None
    units: int | None
    price: Decimal | None
    money: Decimal | None
    because: str
    hold: str | None
    """Id of the hold under which it waits."""
    writes: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerShown:
    """A customer's part of the plan."""

    short: PlannedTenant
    because: str
    """Why it is as it is, where the reason is the customer's and not a line's."""
    lines: tuple[LineShown, ...]
    unchanged: int
    """Lines that are as they should be and are not among those shown."""
    again: str | None
    """The later run that planned or applied it."""
    may_choose: bool
    """Whether its changes can be approved."""


def customers_shown(
    run: StoredRun, tenants: Sequence[PlannedTenant], again: dict[str, str], holds: Iterable[StoredHold], *, whole: bool = False
) -> tuple[CustomerShown, ...]:
    """The lines of these customers; two statements and what they hold decoded, so to be asked for a page of them.

    Args:
        again: by tenant id, the later run that planned or applied it.
        holds: what waits now, to lead from a line to its hold.
        whole: lines that stay as they are, too; else only of customers whose lines all do.
    """
    places = plan_queries.addresses([one.row for one in tenants])
    kept = evidence.get_many({address for place in places.values() for address in place})
    waiting = {(one.agreement, one.item): one.id for one in holds}
    shown = []
    for one in tenants:
        lines: list[LineShown] = []
        if one.row in places:
            inputs = canonical.decode_inputs(kept[places[one.row].inputs], now=run.started, today=run.date)
            plan = canonical.decode_plan(kept[places[one.row].plan])
            lines = [_line(inputs, plan.agreement, number, change, waiting) for number, change in all_changes(plan)]
        interesting = [line for line in lines if line.state != "unchanged"]
        listed = lines if whole or not interesting else interesting
        shown.append(
            CustomerShown(
                short=one,
                because=with_names(one.detail or (one.reason.sentence if one.reason is not None else "")),
                lines=tuple(listed),
                unchanged=len(lines) - len(listed),
                again=again.get(one.tenant_id),
                may_choose=bool(one.writes) and one.tenant_id not in again,
            )
        )
    return tuple(shown)


def _line(inputs: PlanningInputs, own: int, agreement: int, change: Change, waiting: dict[tuple[int, str], str]) -> LineShown:
    of = inputs if agreement == own else next((one for one in inputs.former if one.agreement.number == agreement), inputs)
    units = units_of(change)
    price = price_of(of, change.item, change.charge)
    item = next((one for one in of.items if one.id == change.item), None)
    return LineShown(
        item=change.item,
        description=item.description if item is not None else "",
        agreement=agreement,
        elsewhere=agreement != own,
        state="waiting" if change.entered is not None else _STATES[change.action],
        label=_label(change),
        before=change.from_quantity,
        after=change.to_quantity,
        units=units,
        price=price,
        money=units * price if units is not None and price is not None else None,
        because=with_names(change.detail or (change.reason.sentence if change.reason is not None else "")),
        hold=waiting.get((agreement, change.item)) if change.action in (Action.HOLD, Action.MOVE) else None,
        writes=units is not None,
    )


def _label(change: Change) -> str:
    if change.entered is not None:
        return "on the worklist"
    return {Action.CREATE: "new line", Action.UPDATE: "change", Action.UNCHANGED: "unchanged", Action.HOLD: "held", Action.MOVE: "move held"}[
        change.action
    ]
