"""From the replies of a session to an observation."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

from tallybridge.billing.model import Device, License, LicenseKind, LicenseState, Notice, Observation, Seat, Tenant
from tallybridge.sources.ksc.errors import Unreadable
from tallybridge.sources.ksc.line import Line
from tallybridge.sources.ksc.reading import read_hosts, read_key_hosts, read_keys
from tallybridge.sources.ksc.replies import Host, Instant, Key, KeyHost
from tallybridge.sources.ksc.settings import KscSettings

_KINDS = {
    1: LicenseKind.COMMERCIAL,
    2: LicenseKind.BETA,
    3: LicenseKind.TRIAL,
    4: LicenseKind.TEST,
    5: LicenseKind.OEM,
    6: LicenseKind.SUBSCRIPTION,
}
_STATES = {0: LicenseState.ACTIVE, 1: LicenseState.PAUSED, 2: LicenseState.CANCELED, 3: LicenseState.CANCELED}
_END_UNLIMITED = 1

_HOST = attrgetter("host")
_ID = attrgetter("id")
"""Sorting rows by their hosts first and making devices and seats of them afterwards takes half the time of sorting these in the server's order."""


class _Instants(dict[str, datetime | None]):
    """Instants by their text. A fleet has few different ones, so each is parsed once per tenant."""

    def __missing__(self, text: str) -> datetime | None:
        instant = self[text] = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC) if text else None
        return instant

    def of(self, sent: Instant | None) -> datetime | None:
        return self[sent.value] if sent is not None else None


class _KeyUses(NamedTuple):
    serial: str
    rows: list[KeyHost]


def observe(line: Line, tenant: Tenant, *, started: datetime, eligible: Callable[[License], bool], settings: KscSettings) -> Observation:
    """Reads the keys, the uses of every eligible key, mapped or not, and then the devices of the session's server.

    Keys come before devices, so that a device that appears meanwhile is at worst without a license until tomorrow (reference U14).
    The uses of a key are not asked for where the server says that there are none (reference 9.2): neither as the active key nor as the reserve.

    Raises:
        KscTrouble, TransportFailed: there is no whole observation.
    """
    notices: list[Notice] = []
    instants = _Instants()

    keys, notice = read_keys(line, settings.key_chunk)
    _keep(notices, notice)
    licenses = _licenses(keys, instants)
    unused = {key.serial for key in keys if key.active_devices == 0 and key.reserve_devices == 0}

    uses: list[_KeyUses] = []
    for one in licenses:
        if one.serial not in unused and eligible(one):
            rows, notice = read_key_hosts(line, one.serial, settings.seat_chunk)
            _keep(notices, notice)
            uses.append(_KeyUses(one.serial, rows))

    hosts, notice = read_hosts(line, settings.host_chunk)
    _keep(notices, notice)
    devices = _devices(hosts)

    return Observation(
        tenant=tenant,
        started=started,
        licenses=licenses,
        devices=devices,
        seats=_seats(uses, {device.id for device in devices}, instants),
        notices=tuple(sorted(notices, key=lambda one: (one.reason, one.subject))),
    )


def _keep(notices: list[Notice], notice: Notice | None) -> None:
    if notice is not None:
        notices.append(notice)


def _licenses(keys: list[Key], instants: _Instants) -> tuple[License, ...]:
    call = "LicenseKeys.EnumKeys"
    by_serial: dict[str, License] = {}
    for key in keys:
        try:
            license_read = _license(key, instants)
        except ValueError as error:
            raise Unreadable(call, f"{error}, at the key {key.serial}") from error
        if by_serial.setdefault(key.serial, license_read) != license_read:
            raise Unreadable(call, f"the key {key.serial} comes twice, with different attributes")
    return tuple(by_serial[serial] for serial in sorted(by_serial))


def _license(key: Key, instants: _Instants) -> License:
    kind = None if key.kind is None else _KINDS.get(key.kind, LicenseKind.OTHER)
    is_subscription = kind is LicenseKind.SUBSCRIPTION or key.is_subscription is True
    # Only a subscription has a state; what a server sends with another key says nothing (reference 2.3).
    said = key.subscription_state if is_subscription else None
    state = None if said is None else _STATES.get(said, LicenseState.OTHER)
    return License(
        serial=key.serial,
        name=key.name,
        kind=kind,
        is_subscription=is_subscription,
        state=state,
        expires=instants.of(key.limit_date),
        unlimited=is_subscription and key.subscription_end == _END_UNLIMITED,
        installed=key.installed,
        part_number=key.part_number,
        application_id=key.application_id,
        reported_devices=key.active_devices,
    )


def _devices(hosts: list[Host]) -> tuple[Device, ...]:
    in_order = [Device(host.id, host.name or "", host.os_name, host.type_bits) for host in sorted(hosts, key=_ID)]
    devices = tuple(device for device, _ in groupby(in_order))
    if len({device.id for device in devices}) != len(devices):
        raise Unreadable("HostGroup.FindHosts", "a device comes twice, with different attributes")
    return devices


def _seats(uses: list[_KeyUses], managed: set[str], instants: _Instants) -> tuple[Seat, ...]:
    seats: list[Seat] = []
    for serial, rows in uses:
        try:
            seats += _in_order(
                [
                    Seat(
                        serial,
                        row.host,
                        row.active,
                        row.pending is True,
                        instants[row.expires.value] if row.expires is not None else None,
                        "" if row.host in managed else row.name or "",
                    )
                    for row in sorted(rows, key=_HOST)
                ]
            )
        except ValueError as error:
            raise Unreadable("LicenseKeys.AcquireKeyHosts", f"{error}, at the key {serial}") from error
    return tuple(seats)


def _in_order(seats: list[Seat]) -> list[Seat]:
    """Drops repetitions from one key's seats, which come in order of their devices: it is reported once per product of a device (reference 2.5)."""
    distinct = [seat for seat, _ in groupby(seats)]
    if len({seat.device for seat in distinct}) == len(distinct):
        return distinct
    # The same device with different attributes; None stands before every value.
    return sorted(dict.fromkeys(distinct), key=lambda seat: tuple((value is not None, value) for value in seat))
