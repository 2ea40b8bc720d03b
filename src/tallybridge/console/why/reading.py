"""Why a charge is what it is, for people: its seats, what was left out, its history, and what people have decided about it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

from tallybridge.billing.psa import Item
from tallybridge.billing.reasons import Reason
from tallybridge.console.charts import PublishedChart, Series, publish, units_per_day
from tallybridge.console.naming import with_names
from tallybridge.console.why.for_customers import said_to_customers
from tallybridge.ledger import canonical, counted_days, decisions, evidence, holds, run_lists
from tallybridge.ledger.decisions import StoredDecision
from tallybridge.ledger.destinations import all_destinations
from tallybridge.ledger.holds import StoredHold
from tallybridge.ledger.run_records import HistoryEntry, StoredTenantRun
from tallybridge.runs.explaining import Explanation, evidence_of, explain, explanation_document
from tallybridge.runs.known_prices import price_of
from tallybridge.runs.seats_since import MOST_EVIDENCE, Since, since_when

LISTED = 14
"""Days of the history that are listed at once."""
CHARTED = 90
_MOST_DAYS = 400


_Found = TypeVar("_Found")


class SeatShown(NamedTuple):
    """One seat behind the charge."""

    device: str
    """Its name, or a mailbox's address."""
    device_id: str
    devices: tuple[str, ...]
    """Names of the devices of a user."""
    category: str | None
    unit: str
    application: str
    license: str
    license_name: str | None
    since: Since | None


class LeftOutShown(NamedTuple):
    """One seat, or a whole license, that does not count."""

    device: str | None
    """None for a license as a whole."""
    device_id: str | None
    application: str | None
    license: str | None
    license_name: str | None
    devices: int | None
    """How many devices the source says use the license."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOutGroup:
    """What does not count for one reason."""

    reason: Reason
    of: tuple[LeftOutShown, ...]

    @property
    def number(self) -> int:
        """Seats; of a license as a whole, the devices that the source says use it."""
        return sum(1 if one.device is not None else one.devices or 0 for one in self.of)


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryShown:
    """What became of the line on each date: a chart, and the same as rows, newest first."""

    rows: tuple[HistoryEntry, ...]
    chart: PublishedChart
    said: str

    @property
    def newest(self) -> tuple[HistoryEntry, ...]:
        """The dates that are listed at once."""
        return self.rows[:LISTED]

    @property
    def older(self) -> tuple[HistoryEntry, ...]:
        """The dates that are folded away."""
        return self.rows[LISTED:]


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """Everything that the page of a charge shows."""

    explanation: Explanation
    document: dict[str, Any]
    """What `explain --json` prints."""
    item: Item | None
    price: Decimal | None
    """Of one unit."""
    seats: tuple[SeatShown, ...]
    left_out: tuple[LeftOutGroup, ...]
    history: HistoryShown | None
    standing: StoredDecision | None
    hold: StoredHold | None

    @property
    def tenant_run(self) -> StoredTenantRun:
        """The tenant run that counted it."""
        return self.explanation.tenant_run

    @property
    def applications(self) -> tuple[str, ...]:
        """Those that the seats use."""
        return tuple(dict.fromkeys(seat.application for seat in self.seats))

    @property
    def money(self) -> Decimal | None:
        """What the charge comes to in a billing period; None where its price is not known or Tigerpaw holds no line."""
        charged = self.explanation.charged
        return self.price * charged if self.price is not None and charged is not None else None

    @property
    def why_other(self) -> str:
        """Why Tigerpaw holds something else than was counted; "" where it does not."""
        decision = self.explanation.decision
        return with_names(Reason(decision).sentence) if decision is not None else ""

    @property
    def said_to_customers(self) -> str:
        """The same for the end customer."""
        told = self.explanation
        return said_to_customers(told.decision, counted=told.quantity, charged=told.charged) if told.charged is not None else ""


def read_charge(agreement: int, item: str, *, integration: str | None) -> Charge:
    """Everything about one charge.

    Args:
        integration: the one whose PSA is looked in first.

    Raises:
        NothingKnown: no run has planned this line yet.
        LedgerError: the evidence is not what it was, or the ledger cannot be read.
    """
    likeliest = run_lists.destination_of(integration) if integration is not None else None
    every = all_destinations()
    explanation = explain(agreement, item, destinations=tuple(sorted(every, key=lambda one: one != likeliest)))
    tenant_run = explanation.tenant_run
    name = tenant_run.run.integration
    document = explanation_document(explanation)
    known, price = _item_and_price(explanation)
    return Charge(
        explanation=explanation,
        document=document,
        item=known,
        price=price,
        seats=_seats(explanation, document),
        left_out=_left_out(document["left_out"]),
        history=_history(explanation.history),
        standing=_of_line(((one.hold, one) for one in decisions.all_standing(name)), explanation),
        hold=_of_line(((one, one) for one in holds.open_holds(name)), explanation),
    )


def _of_line(found: Iterable[tuple[StoredHold, _Found]], explanation: Explanation) -> _Found | None:
    """The newest that concerns the charge's line."""
    line = (explanation.tenant_run.destination, explanation.agreement, explanation.item)
    fitting = [one for hold, one in found if (hold.destination, hold.agreement, hold.item) == line]
    return fitting[-1] if fitting else None


def _seats(explanation: Explanation, document: dict[str, Any]) -> tuple[SeatShown, ...]:
    tenant_run = explanation.tenant_run
    _, rules = evidence_of(tenant_run)
    days = counted_days.observed_days(tenant_run.run.integration, tenant_run.tenant_id, MOST_EVIDENCE)
    since = since_when(explanation.seats, rules, days)
    return tuple(
        SeatShown(
            device=one["device"],
            device_id=one["device_id"],
            devices=tuple(each["device"] for each in one["devices"]),
            category=one["category"],
            unit=one["unit"],
            application=one["application"],
            license=one["license"],
            license_name=one["license_name"],
            since=since.get((one["application"], one["device_id"])),
        )
        for one in sorted(document["seats"], key=lambda one: (one["device"].casefold(), one["device_id"], one["application"]))
    )


def _left_out(rows: Sequence[dict[str, Any]]) -> tuple[LeftOutGroup, ...]:
    groups: dict[Reason, list[LeftOutShown]] = {}
    for one in rows:
        shown = LeftOutShown(one["device"], one["device_id"], one["application"], one["license"], one["license_name"], one.get("devices"))
        groups.setdefault(Reason(one["reason"]), []).append(shown)
    made = [LeftOutGroup(reason=reason, of=tuple(sorted(found, key=_by_name))) for reason, found in groups.items()]
    return tuple(sorted(made, key=lambda group: (-len(group.of), group.reason)))


def _by_name(one: LeftOutShown) -> tuple[str, str]:
    return (one.device or "").casefold(), one.license or ""


def _history(entries: Sequence[HistoryEntry]) -> HistoryShown | None:
    if not entries:
        return None
    charted = entries[-CHARTED:]
    counted: list[tuple[date, int]] = [(one.date, one.quantity) for one in charted if one.quantity is not None]
    charged: list[tuple[date, int]] = [(one.date, one.charged) for one in charted if one.charged is not None]
    series = [Series(name="Counted", points=tuple(counted)), Series(name="In Tigerpaw", points=tuple(charged))]
    last = entries[-1]
    said = f"Units from {charted[0].date} to {last.date}; on the last day {_or_none(last.quantity)} counted, {_or_none(last.charged)} in Tigerpaw."
    return HistoryShown(rows=tuple(reversed(entries[-_MOST_DAYS:])), chart=publish(units_per_day([one for one in series if one.points])), said=said)


def _or_none(value: int | None) -> str:
    return "none" if value is None else str(value)


def _item_and_price(explanation: Explanation) -> tuple[Item | None, Decimal | None]:
    """The price book item as the plan read it, and what one unit costs: the price of the line where it has one, else that of the item."""
    run = explanation.tenant_run
    if run.inputs is None:
        return None, None
    inputs = canonical.decode_inputs(evidence.get(run.inputs), now=run.run.started, today=run.run.date)
    item = next((one for one in inputs.items if one.id == explanation.item), None)
    charge = explanation.change.charge if explanation.change is not None else None
    return item, price_of(inputs, explanation.item, charge)
