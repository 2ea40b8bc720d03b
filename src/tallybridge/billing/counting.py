"""Observation → usage: what counts, how often, and what was left out (design 5).

A pure function of the observation, the rules and the run's instant. One pass over the seats; the order of the rows changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime
from itertools import chain, groupby
from operator import itemgetter
from typing import NamedTuple

from tallybridge.billing.catalog import Catalog, catalog_of
from tallybridge.billing.categories import categories_of, is_mobile
from tallybridge.billing.eligibility import license_reason, scope_reason, seats_apart, usability_reason
from tallybridge.billing.model import (
    Category,
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
    Seat,
    Stated,
    Unit,
    Usage,
)
from tallybridge.billing.reasons import Reason

RULES_VERSION = 4
"""Goes up whenever the same evidence would be counted or planned differently (design 7)."""


_LICENSE = itemgetter(0)


class _Claim(NamedTuple):
    """What the seats of one counting license count for."""

    application: str
    unit: Unit
    matched: bool


class _Counted(NamedTuple):
    """The seats behind one quantity, in order."""

    application: str
    category: Category | None
    unit: Unit
    seats: list[CountedSeat]


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
    counted, left_out = _count_seats(observation, claims, now)
    counted, left_out = _give_way_to_stated(observation.stated, counted, left_out)
    quantities = _quantities(counted, claims, _stated_quantities(observation.stated, catalog))
    return Usage(
        quantities=quantities,
        seats=tuple(chain.from_iterable(one.seats for one in counted)),
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


def _count_seats(observation: Observation, claims: dict[str, _Claim], now: datetime) -> tuple[list[_Counted], list[LeftOutSeat]]:
    devices = {device.id: device for device in observation.devices}
    licenses_of: defaultdict[str, dict[str, str]] = defaultdict(dict)
    left_out: list[LeftOutSeat] = []
    # In order of the licenses, so that of several on one device the same one is named every day, whatever order the source sends (L8).
    for serial, seats in sorted(_by_license(observation.seats).items()):
        claim = claims.get(serial)
        if claim is None:
            continue
        counting, others = seats_apart(seats, managed=devices, now=now)
        if claim.unit is Unit.MAILBOX:
            others += [(device, Reason.UNIT_DIFFERS) for device in counting]
            counting = []
        # Several products on one device report the same key; that is one seat said twice, not a seat left out.
        here, before = dict.fromkeys(counting, serial), licenses_of[claim.application]
        others += [(device, Reason.ALREADY_COUNTED) for device in here.keys() & before.keys()]
        licenses_of[claim.application] = here | before
        left_out += [LeftOutSeat(reason, claim.application, device, serial) for device, reason in others]
    spoken_for = {seat.device for seat in left_out}.union(*licenses_of.values())
    left_out += [LeftOutSeat(Reason.NO_LICENSE, None, device, None) for device in devices.keys() - spoken_for]
    mailboxes = _mailbox_seats(observation.mailboxes, claims, left_out)
    units = {claim.application: claim.unit for claim in claims.values()}
    categories = categories_of(observation.devices)
    counted: list[_Counted] = []
    for application in sorted(licenses_of.keys() | mailboxes.keys()):
        licenses = licenses_of.get(application, {})
        if units[application] is Unit.USER:
            counted.append(_Counted(application, None, Unit.USER, sorted(_user_seats(application, licenses, devices))))
        else:
            counted += _device_seats(application, licenses, categories)
        counted.append(_Counted(application, None, Unit.MAILBOX, mailboxes.get(application, [])))
    return [one for one in counted if one.seats], _in_order(left_out)


def _by_license(seats: Iterable[Seat]) -> dict[str, list[Seat]]:
    found: defaultdict[str, list[Seat]] = defaultdict(list)
    for serial, alike in groupby(seats, key=_LICENSE):
        found[serial] += alike
    return found


def _in_order(left_out: list[LeftOutSeat]) -> list[LeftOutSeat]:
    """Sorted, and each said once."""
    return [seat for seat, _ in groupby(sorted(left_out, key=lambda seat: (seat.device, seat.license or "", seat.reason)))]


def _mailbox_seats(mailboxes: tuple[Mailbox, ...], claims: dict[str, _Claim], left_out: list[LeftOutSeat]) -> dict[str, list[CountedSeat]]:
    """The protected mailboxes per application, each once; the others are added to what is left out (given page; design 5)."""
    counted: defaultdict[str, dict[str, CountedSeat]] = defaultdict(dict)
    for address, protected, serial in mailboxes:
        if serial is None:
            left_out.append(LeftOutSeat(Reason.NO_LICENSE if protected else Reason.NOT_PROTECTED, None, address, None))
    # Sorted, so that of several licenses on one address the same one is named every day (L8).
    for serial, address, protected in sorted((one.license, one.address, one.protected) for one in mailboxes if one.license is not None):
        claim = claims.get(serial)
        if claim is None:
            continue
        seats = counted[claim.application]
        reason = _mailbox_reason(claim, protected=protected, counted=address in seats)
        if reason is not None:
            left_out.append(LeftOutSeat(reason, claim.application, address, serial))
        else:
            seats[address] = CountedSeat(claim.application, None, Unit.MAILBOX, address, (), serial)
    return {application: sorted(seats.values()) for application, seats in counted.items()}


def _mailbox_reason(claim: _Claim, *, protected: bool, counted: bool) -> Reason | None:
    if not protected:
        return Reason.NOT_PROTECTED
    if claim.matched and claim.unit is not Unit.MAILBOX:
        return Reason.UNIT_DIFFERS
    return Reason.ALREADY_COUNTED if counted else None


def _give_way_to_stated(stated: tuple[Stated, ...], counted: list[_Counted], left_out: list[LeftOutSeat]) -> tuple[list[_Counted], list[LeftOutSeat]]:
    """What a person has stated takes the place of the seats that were read for the application; those are listed, not dropped (L3)."""
    applications = {one.application for one in stated}
    if not applications:
        return counted, left_out
    replaced = [
        LeftOutSeat(Reason.STATED_INSTEAD, one.application, device, seat.license)
        for one in counted
        if one.application in applications
        for seat in one.seats
        for device in (seat.devices or (seat.device,))
    ]
    return [one for one in counted if one.application not in applications], _in_order(left_out + replaced)


def _stated_quantities(stated: tuple[Stated, ...], catalog: Catalog) -> list[Quantity]:
    found = []
    for one in stated:
        application = catalog.named(one.application)
        unit = application.unit if application is not None else Unit.DEVICE
        found.append(Quantity(one.application, one.category, unit, one.quantity, application is not None))
    return found


def _device_seats(application: str, licenses: dict[str, str], categories: dict[str, Category]) -> list[_Counted]:
    devices_of: defaultdict[Category, list[str]] = defaultdict(list)
    for device in licenses:
        devices_of[categories[device]].append(device)
    return [
        _Counted(
            application,
            category,
            Unit.DEVICE,
            [CountedSeat(application, category, Unit.DEVICE, device, (), licenses[device]) for device in sorted(devices)],
        )
        for category, devices in sorted(devices_of.items())
    ]


def _user_seats(application: str, licenses: dict[str, str], devices: dict[str, Device]) -> list[CountedSeat]:
    """A user is one computer and up to two mobiles: the larger of computers and half the mobiles, an odd half rounded up (design 5)."""
    mobiles = sorted(device for device in licenses if is_mobile(devices[device]))
    computers = sorted(licenses.keys() - mobiles)
    users = max(len(computers), (len(mobiles) + 1) // 2)
    groups = [(*computers[number : number + 1], *mobiles[2 * number : 2 * number + 2]) for number in range(users)]
    return [CountedSeat(application, None, Unit.USER, group[0], group, licenses[group[0]]) for group in groups]


def _quantities(counted: list[_Counted], claims: dict[str, _Claim], stated: list[Quantity]) -> tuple[Quantity, ...]:
    matched = {claim.application: claim.matched for claim in claims.values()}
    found = [Quantity(one.application, one.category, one.unit, len(one.seats), matched[one.application]) for one in counted]
    return tuple(sorted(found + stated, key=lambda one: (one.application, one.category or ""))) if stated else tuple(found)


def _other_scope(ours: tuple[Quantity, ...], observation: Observation, rules: Rules, *, now: datetime) -> tuple[Quantity, ...]:
    """The quantities that the other key scope would give, where they differ from ours; empty when no license is in doubt."""
    usable = [key for key in observation.licenses if usability_reason(key, now=now, rules=rules) is None]
    if all(scope_reason(key, KeyScope.INSTALLED) is None for key in usable):
        return ()
    other = KeyScope.INSTALLED if rules.key_scope is KeyScope.USED else KeyScope.USED
    catalog = catalog_of(rules)
    claims = {key.serial: _claim(key, catalog) for key in usable if scope_reason(key, other) is None}
    their_seats, _ = _count_seats(observation, claims, now)
    their_seats, _ = _give_way_to_stated(observation.stated, their_seats, [])
    theirs = _quantities(their_seats, claims, _stated_quantities(observation.stated, catalog))
    counted = {quantity[:3] for quantity in theirs}
    zeros = [quantity._replace(quantity=0) for quantity in ours if quantity[:3] not in counted]
    differing = (set(theirs) - set(ours)).union(zeros)
    return tuple(sorted(differing, key=lambda quantity: (quantity.application, quantity.category or "")))
