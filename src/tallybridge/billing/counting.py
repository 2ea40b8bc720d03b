"""Observation → usage: what counts, how often, and what was left out (design 5).

A pure function of the observation, the rules and the run's instant. One pass over the seats; the order of the rows changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from tallybridge.billing.catalog import Catalog, catalog_of
from tallybridge.billing.categories import category_of, is_mobile
from tallybridge.billing.eligibility import license_reason, scope_reason, seat_reason, usability_reason
from tallybridge.billing.model import (
    CountedSeat,
    Device,
    KeyScope,
    LeftOutLicense,
    LeftOutSeat,
    License,
    Mailbox,
    Observation,
    Quantity,
    Rules,
    Stated,
    Unit,
    Usage,
)
from tallybridge.billing.reasons import Reason

RULES_VERSION = 2
"""Goes up whenever the same evidence would be counted or planned differently (design 7)."""


_LICENSE = itemgetter(0)
_LICENSE_AND_DEVICE = itemgetter(0, 1)
_QUANTITY = itemgetter(0, 1, 2)


class _Claim(NamedTuple):
    """What the seats of one counting license count for."""

    application: str
    unit: Unit
    matched: bool


def count(observation: Observation, rules: Rules, *, now: datetime) -> Usage:
    """Counts one tenant's usage.

    Args:
        observation: one tenant, read whole.
        rules: key scope, OEM setting, catalog and mappings.
        now: UTC instant of the run; decides what has expired.

    Returns:
        The quantities with the seats behind each (L9), every device once per application (L2), and everything left out with its reason (L3).
    """
    catalog = catalog_of(rules)
    claims: dict[str, _Claim] = {}
    left_out_licenses: list[LeftOutLicense] = []
    for key in observation.licenses:
        application = catalog.match(key)
        reason = license_reason(key, now=now, rules=rules)
        if reason is None:
            claims[key.serial] = _claim(key, catalog)
        else:
            name = application.name if application is not None else None
            left_out_licenses.append(LeftOutLicense(reason, name, key.serial, key.name, key.reported_devices))
    seats, left_out = _count_seats(observation, claims, now)
    seats, left_out = _give_way_to_stated(observation.stated, seats, left_out)
    quantities = _quantities(seats, claims, _stated_quantities(observation.stated, catalog))
    return Usage(
        quantities=quantities,
        seats=tuple(seats),
        left_out=tuple(left_out),
        left_out_licenses=tuple(sorted(left_out_licenses, key=lambda one: one.license)),
        stated=tuple(sorted(observation.stated)),
        other_scope=_other_scope(quantities, observation, rules, now=now),
    )


def _claim(key: License, catalog: Catalog) -> _Claim:
    application = catalog.match(key)
    if application is None:
        return _Claim(key.name or f"license {key.serial}", Unit.DEVICE, matched=False)
    return _Claim(application.name, application.unit, matched=True)


def _count_seats(observation: Observation, claims: dict[str, _Claim], now: datetime) -> tuple[list[CountedSeat], list[LeftOutSeat]]:
    devices = {device.id: device for device in observation.devices}
    counted: defaultdict[str, dict[str, str]] = defaultdict(dict)
    left_out: list[LeftOutSeat] = []
    # Sorted, so that of several licenses on one device the same one is named every day, whatever order the source sends (L8).
    for serial, seats in groupby(sorted(observation.seats, key=_LICENSE_AND_DEVICE), key=_LICENSE):
        claim = claims.get(serial)
        if claim is None:
            continue
        unit_reason = Reason.UNIT_DIFFERS if claim.unit is Unit.MAILBOX else None
        licenses = counted[claim.application]
        for _, device, active, pending, expires, _ in seats:
            reason = seat_reason(active=active, pending=pending, expires=expires, managed=device in devices, now=now) or unit_reason
            # Several products on one device report the same key; that is one seat said twice, not a seat left out.
            if reason is None and licenses.setdefault(device, serial) != serial:
                reason = Reason.ALREADY_COUNTED
            if reason is not None:
                left_out.append(LeftOutSeat(reason, claim.application, device, serial))
    spoken_for = {seat.device for seat in left_out}.union(*counted.values())
    left_out += [LeftOutSeat(Reason.NO_LICENSE, None, device, None) for device in devices if device not in spoken_for]
    units = {claim.application: claim.unit for claim in claims.values()}
    mailboxes = _mailbox_seats(observation.mailboxes, claims, left_out)
    counted_seats: list[CountedSeat] = []
    for application in sorted(counted.keys() | mailboxes.keys()):
        seats_of = _user_seats if units[application] is Unit.USER else _device_seats
        counted_seats += sorted(seats_of(application, counted.get(application, {}), devices))
        counted_seats += mailboxes.get(application, ())
    return counted_seats, _in_order(left_out)


def _in_order(left_out: list[LeftOutSeat]) -> list[LeftOutSeat]:
    """Sorted, and each said once."""
    return [seat for seat, _ in groupby(sorted(left_out, key=lambda seat: (seat.device, seat.license or "", seat.application or "", seat.reason)))]


def _mailbox_seats(mailboxes: Iterable[Mailbox], claims: dict[str, _Claim], left_out: list[LeftOutSeat]) -> dict[str, list[CountedSeat]]:
    """The protected mailboxes per application, each once; the others are added to what is left out (given page; design 5)."""
    counted: defaultdict[str, dict[str, CountedSeat]] = defaultdict(dict)
    for address, protected, serial in sorted(mailboxes, key=lambda one: (one.address, one.license or "", one.protected)):
        claim = claims.get(serial) if serial is not None else None
        if serial is not None and claim is None:
            continue
        application = claim.application if claim is not None else None
        reason = _mailbox_reason(claim, protected=protected, counted=application is not None and address in counted[application])
        if reason is not None or application is None or serial is None:
            left_out.append(LeftOutSeat(reason or Reason.NO_LICENSE, application, address, serial))
        else:
            counted[application][address] = CountedSeat(application, None, Unit.MAILBOX, address, (), serial)
    return {application: list(seats.values()) for application, seats in counted.items() if seats}


def _mailbox_reason(claim: _Claim | None, *, protected: bool, counted: bool) -> Reason | None:
    if not protected:
        return Reason.NOT_PROTECTED
    if claim is None:
        return Reason.NO_LICENSE
    if claim.matched and claim.unit is not Unit.MAILBOX:
        return Reason.UNIT_DIFFERS
    return Reason.ALREADY_COUNTED if counted else None


def _give_way_to_stated(
    stated: tuple[Stated, ...], seats: list[CountedSeat], left_out: list[LeftOutSeat]
) -> tuple[list[CountedSeat], list[LeftOutSeat]]:
    """What a person has stated takes the place of the seats that were read for the application; those are listed, not dropped (L3)."""
    applications = {one.application for one in stated}
    if not applications:
        return seats, left_out
    replaced = [
        LeftOutSeat(Reason.STATED_INSTEAD, seat.application, device, seat.license)
        for seat in seats
        if seat.application in applications
        for device in (seat.devices or (seat.device,))
    ]
    return [seat for seat in seats if seat.application not in applications], _in_order(left_out + replaced)


def _stated_quantities(stated: tuple[Stated, ...], catalog: Catalog) -> list[Quantity]:
    found = []
    for one in sorted(stated):
        application = catalog.named(one.application)
        unit = application.unit if application is not None else Unit.DEVICE
        found.append(Quantity(one.application, one.category, unit, one.quantity, application is not None))
    return found


def _device_seats(application: str, licenses: dict[str, str], devices: dict[str, Device]) -> list[CountedSeat]:
    unit = Unit.DEVICE
    return [CountedSeat(application, category_of(devices[device]), unit, device, (), serial) for device, serial in licenses.items()]


def _user_seats(application: str, licenses: dict[str, str], devices: dict[str, Device]) -> list[CountedSeat]:
    """A user is one computer and up to two mobiles: the larger of computers and half the mobiles, an odd half rounded up (design 5)."""
    mobiles = sorted(device for device in licenses if is_mobile(devices[device]))
    computers = sorted(licenses.keys() - mobiles)
    users = max(len(computers), (len(mobiles) + 1) // 2)
    groups = [(*computers[number : number + 1], *mobiles[2 * number : 2 * number + 2]) for number in range(users)]
    return [CountedSeat(application, None, Unit.USER, group[0], group, licenses[group[0]]) for group in groups]


def _quantities(seats: list[CountedSeat], claims: dict[str, _Claim], stated: list[Quantity]) -> tuple[Quantity, ...]:
    matched = {claim.application: claim.matched for claim in claims.values()}
    # The seats of one quantity stand together.
    counted = [
        Quantity(application, category, unit, len(list(alike)), matched[application])
        for (application, category, unit), alike in groupby(seats, key=_QUANTITY)
    ]
    return tuple(sorted(counted + stated, key=lambda one: (one.application, one.category or "", one.unit))) if stated else tuple(counted)


def _other_scope(ours: tuple[Quantity, ...], observation: Observation, rules: Rules, *, now: datetime) -> tuple[Quantity, ...]:
    """The quantities that the other key scope would give, where they differ from ours; empty when no license is in doubt."""
    usable = [key for key in observation.licenses if usability_reason(key, now=now, rules=rules) is None]
    if all(scope_reason(key, KeyScope.INSTALLED) is None for key in usable):
        return ()
    other = KeyScope.INSTALLED if rules.key_scope is KeyScope.USED else KeyScope.USED
    catalog = catalog_of(rules)
    claims = {key.serial: _claim(key, catalog) for key in usable if scope_reason(key, other) is None}
    seats, _ = _count_seats(observation, claims, now)
    seats, _ = _give_way_to_stated(observation.stated, seats, [])
    theirs = _quantities(seats, claims, _stated_quantities(observation.stated, catalog))
    counted = {quantity[:3] for quantity in theirs}
    zeros = [quantity._replace(quantity=0) for quantity in ours if quantity[:3] not in counted]
    differing = (set(theirs) - set(ours)).union(zeros)
    return tuple(sorted(differing, key=lambda quantity: (quantity.application, quantity.category or "")))
