"""When an observation is what the world is, when it is in order, and when two observations are the same evidence."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import msgspec

from tallybridge.billing.model import Observation, Seat
from tallybridge.conformance.owing import owes
from tallybridge.conformance.worlds import TenantWorld

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def evidence_of(observation: Observation) -> bytes:
    """The observation's bytes without what may differ from day to day; as strict as the ledger's own (design 7)."""
    return msgspec.json.encode(replace(observation, started=_EPOCH), order="deterministic")


def without_announced_counts(observation: Observation) -> bytes:
    """The same without how many devices the source itself says use each license: a label that may count reports (`License.reported_devices`)."""
    return evidence_of(replace(observation, licenses=tuple(replace(one, reported_devices=None) for one in observation.licenses)))


def facts_of(told: TenantWorld | Observation, *, mailboxes: bool) -> Counter[tuple[object, ...]]:
    """What is compared between the world and an observation: names, not ids, because ids may be the source's own."""
    licenses = {one.serial: one.name for one in told.licenses}
    devices = {device.id: device.name for device in told.devices}
    facts: Counter[tuple[object, ...]] = Counter(("license", one.name, one.kind, one.expires) for one in told.licenses)
    facts.update(("device", device.name, device.os_name) for device in told.devices)
    facts.update(("seat", licenses.get(seat.license, seat.license), devices.get(seat.device, seat.device)) for seat in told.seats)
    if mailboxes:
        facts.update(("mailbox", one.address.lower(), one.protected) for one in told.mailboxes)
    return facts


def _seat_order(seat: Seat) -> tuple[tuple[bool, object], ...]:
    return tuple((value is not None, value) for value in seat)


def owes_order(observation: Observation) -> None:
    """Each part of the observation is a tuple in order, without repetitions; None stands before every value."""
    for name, rows, keys in (
        ("licenses", observation.licenses, [one.serial for one in observation.licenses]),
        ("devices", observation.devices, [device.id for device in observation.devices]),
        ("mailboxes", observation.mailboxes, [one.address for one in observation.mailboxes]),
    ):
        owes(isinstance(rows, tuple), f"The {name} of an observation are a tuple.")
        owes(keys == sorted(set(keys)), f"The {name} of an observation are sorted and free of repetitions; they are {keys}.")
    notices = [(one.reason, one.subject) for one in observation.notices]
    owes(notices == sorted(notices) and len(set(observation.notices)) == len(notices), f"Notices are sorted, each once; they are {notices}.")
    owes(isinstance(observation.seats, tuple), "The seats of an observation are a tuple.")
    seats = list(observation.seats)
    owes(seats == sorted(set(seats), key=_seat_order), f"The seats of an observation are sorted and free of repetitions; they are {seats}.")
