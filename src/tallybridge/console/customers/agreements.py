"""The agreements of an account for a form: those that are known at once, those that Tigerpaw shows now on demand, within some seconds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from tallybridge.billing.psa import Agreement
from tallybridge.configuration.records import Configuration
from tallybridge.console import integrations, known_lists
from tallybridge.runs import link_wishes
from tallybridge.runs.day import billing_date


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """Agreements of one account that go on."""

    agreements: tuple[Agreement, ...] = ()
    at: datetime | None = None
    """When they were read (UTC); None where they never were."""
    fresh: bool = False
    """Whether Tigerpaw was asked just now, and answered."""
    failure: str = ""
    """Why it did not answer; "" where it was not asked or did."""


def agreements_known(configuration: Configuration, account: int, *, failure: str = "") -> Listed:
    """Those that were read last and have not ended since."""
    read = known_lists.known(configuration.integration.name, _list_of(account))
    if read is None:
        return Listed(failure=failure)
    today = billing_date(configuration, integrations.clock()())
    kept = tuple(one for one in (_agreement(account, entry) for entry in read.entries) if not one.ended(today))
    return Listed(agreements=kept, at=read.at, failure=failure)


def agreements_now(configuration: Configuration, account: int) -> Listed:
    """Those that Tigerpaw shows now; where it does not answer, those that are known and why."""
    clock = integrations.clock()
    try:
        found = link_wishes.open_agreements(configuration, account, clock)
    except link_wishes.CANNOT_ASK as error:
        return agreements_known(configuration, account, failure=str(error))
    known_lists.keep(configuration.integration.name, _list_of(account), [_entry(one) for one in found])
    return Listed(agreements=found, at=clock(), fresh=True)


def _list_of(account: int) -> str:
    """Its name in `known_lists`."""
    return f"agreements of {account}"


def _entry(one: Agreement) -> known_lists.Document:
    dates = {"start": one.start, "end": one.end}
    return {"number": one.number, "type": one.type} | {name: day.isoformat() for name, day in dates.items() if day is not None}


def _agreement(account: int, entry: known_lists.Document) -> Agreement:
    start, end = (date.fromisoformat(entry[name]) if name in entry else None for name in ("start", "end"))
    return Agreement(number=entry["number"], account=account, type=entry["type"], start=start, end=end)
