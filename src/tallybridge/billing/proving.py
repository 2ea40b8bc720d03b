"""Whether the seats that a charge no longer bills are shown to be gone (design 6.5): the last written evidence beside today's.

A fall is proved when each missing seat has a positive reason: its device is gone, the license has expired, a list that was read to its end no longer
names it. It is unproved as soon as one of them is missing because something was not said, not matched or not classified.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from tallybridge.billing.catalog import catalog_of
from tallybridge.billing.model import Category, CountedSeat, License, LicenseKind, LicenseState, Observation, Rules, Unit, Usage
from tallybridge.billing.plan import Proof
from tallybridge.billing.reasons import Reason

_NOT_SAID = frozenset(
    {
        Reason.ACTIVE_FLAG_MISSING,
        Reason.KIND_MISSING,
        Reason.EXPIRY_MISSING,
        Reason.STATE_MISSING,
        Reason.INSTALLED_FLAG_MISSING,
    }
)
"""Reasons that leave something out because an attribute was absent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One tenant as it was read and counted in one run."""

    observation: Observation
    rules: Rules
    usage: Usage


def prove_fall(item: str, before: Reading | None, today: Reading) -> Proof:
    """What is known of the seats that an item was last written for and that do not count on it today.

    Args:
        item: a price book item whose quantity would fall.
        before: the evidence that the line's quantity was last written from; None where there is none, as for an adopted line.
        today: what was read and counted now.
    """
    now = _Today(today)
    if before is None:
        return Proof(item=item, missing=0, doubts=now.doubts_about(item))
    gone = _units_on(item, before) - _units_on(item, today)
    ended = _ended_count(item, before, today)
    doubts = Counter(doubt for seat in gone if (doubt := now.doubt(seat)) is not None)
    if ended:
        doubts[Reason.COUNT_ENDED] = ended
    if gone or ended:
        doubts.update(dict.fromkeys(_about_the_whole(before.observation, today.observation), 0))
    return Proof(item=item, missing=len(gone) + ended, doubts=tuple(sorted(doubts.items())))


@dataclass(frozen=True, slots=True)
class _SeatOf:
    """One device, or mailbox, that counts for an application, by whatever license."""

    application: str
    device: str
    unit: Unit


def _units_on(item: str, reading: Reading) -> set[_SeatOf]:
    """The devices and mailboxes behind an item's quantity; of a user, each of its devices."""
    mappings = {mapping.application: mapping for mapping in reading.rules.mappings}
    return {
        _SeatOf(seat.application, device, seat.unit)
        for seat in reading.usage.seats
        if seat.application in mappings and mappings[seat.application].item_for(seat.category) == item
        for device in seat.devices or (seat.device,)
    }


def _ended_count(item: str, before: Reading, today: Reading) -> int:
    """What a person had stated for the item and neither a person nor a read tells of today."""
    mappings = {mapping.application: mapping for mapping in before.rules.mappings}
    told = {one.application for one in today.usage.stated} | {one.application for one in today.usage.quantities}
    return sum(
        one.quantity
        for one in before.usage.stated
        if one.application in mappings and mappings[one.application].item_for(one.category) == item and one.application not in told
    )


def _about_the_whole(before: Observation, today: Observation) -> list[Reason]:
    """What makes every missing seat doubtful at once."""
    doubts = [Reason.COUNT_DIFFERS] if any(notice.reason is Reason.COUNT_DIFFERS for notice in today.notices) else []
    emptied = [(before.licenses, today.licenses), (before.devices, today.devices), (before.mailboxes, today.mailboxes)]
    if any(then and not now for then, now in emptied):
        doubts.append(Reason.NOTHING_SHOWN)
    return doubts


def _says_what_nobody_knows(license: License, left_out: Reason) -> bool:
    """Whether a license was left out for a kind or a state whose number no reference names: that does not show that it ended."""
    return license.kind is LicenseKind.OTHER or (left_out is Reason.SUBSCRIPTION_NOT_ACTIVE and license.state is LicenseState.OTHER)


class _Today:
    """What today's reading says of devices, licenses and names."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        observation, usage = reading.observation, reading.usage
        catalog = catalog_of(reading.rules)
        licenses = {license.serial: license for license in observation.licenses}
        applications = {serial: catalog.match(license) for serial, license in licenses.items()}
        self._devices = {device.id: device for device in observation.devices}
        self._present = {Unit.MAILBOX: {mailbox.address for mailbox in observation.mailboxes}}
        self._unmatched = {serial for serial, application in applications.items() if application is None}
        self._not_said: defaultdict[tuple[str | None, str], list[Reason]] = defaultdict(list)
        for seat in usage.left_out:
            if seat.reason in _NOT_SAID:
                self._not_said[seat.application, seat.device].append(seat.reason)
        self._counted: dict[tuple[str, str], CountedSeat] = {
            (seat.application, device): seat for seat in usage.seats for device in seat.devices or (seat.device,)
        }
        self._of_unmatched = {seat.device for seat in usage.seats if seat.license in self._unmatched}
        self._of_unmatched |= {seat.device for seat in usage.left_out if seat.license in self._unmatched and seat.reason in _NOT_SAID}
        self._doubtful: dict[str | None, Reason] = {}
        for left_out in usage.left_out_licenses:
            if left_out.reason in _NOT_SAID or _says_what_nobody_knows(licenses[left_out.license], left_out.reason):
                self._doubtful[left_out.application] = left_out.reason

    def doubt(self, seat: _SeatOf) -> Reason | None:
        """Why a missing seat is not shown to be gone, or None where it is."""
        if seat.device not in self._present.get(seat.unit, self._devices):
            return None
        if not_said := self._not_said.get((seat.application, seat.device)):
            return not_said[0]
        if seat.device in self._of_unmatched:
            return Reason.NAME_UNMATCHED
        if (counted := self._counted.get((seat.application, seat.device))) is not None:
            return Reason.UNCLASSIFIED_DEVICE if counted.category is Category.UNCLASSIFIED else None
        # The list of a license's devices was read to its end; only a license whose own standing is in doubt may still hold this one.
        return self._doubtful.get(seat.application) or self._doubtful.get(None)

    def doubts_about(self, item: str) -> tuple[tuple[Reason, int], ...]:
        """What today's reading does not tell about an item, where no earlier evidence says which seats are missing."""
        applications = {mapping.application for mapping in self._reading.rules.mappings if item in mapping.items()}
        by_category = {mapping.application for mapping in self._reading.rules.mappings if item in mapping.items() and mapping.item is None}
        doubts = Counter(reasons[0] for (application, _), reasons in self._not_said.items() if application in applications)
        doubts[Reason.NAME_UNMATCHED] = len(self._of_unmatched)
        doubts[Reason.UNCLASSIFIED_DEVICE] = sum(
            1 for seat in self._reading.usage.seats if seat.application in by_category and seat.category is Category.UNCLASSIFIED
        )
        found = {reason: number for reason, number in doubts.items() if number}
        found |= {reason: 0 for application, reason in self._doubtful.items() if application is None or application in applications}
        observation = self._reading.observation
        if any(notice.reason is Reason.COUNT_DIFFERS for notice in observation.notices):
            found[Reason.COUNT_DIFFERS] = 0
        if not observation.stated and not (observation.licenses and (observation.devices or observation.mailboxes)):
            found[Reason.NOTHING_SHOWN] = 0
        return tuple(sorted(found.items()))
