"""Builders for companies: what Business Hub tells of them, and what a person states beside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from tallybridge.billing.counting import count
from tallybridge.billing.model import (
    Category,
    Device,
    DeviceForm,
    License,
    Mailbox,
    Mapping,
    Observation,
    Rules,
    Seat,
    Stated,
    Unit,
    Usage,
)
from tallybridge.billing.reasons import Reason
from tests.billing.builders import (
    CLOUD,
    NOW,
    OFFICE_365,
    a_license,
    a_seat,
    an_application,
    an_observation,
    by_category,
)

RULES = Rules(
    applications=(an_application(), an_application(CLOUD, Unit.USER), an_application(OFFICE_365, Unit.MAILBOX)),
    mappings=(by_category(), Mapping(application=CLOUD, item="CLOUD"), Mapping(application=OFFICE_365, item="M365")),
)
WINDOWS, WINDOWS_SERVER, LINUX, MAC, ANDROID = (
    "Microsoft Windows 11",
    "Microsoft Windows Server 2022",
    "Debian GNU/Linux 12",
    "macOS 15",
    "Android 15",
)
SYSTEM_OF = {
    DeviceForm.DESKTOP: WINDOWS,
    DeviceForm.LAPTOP: WINDOWS,
    DeviceForm.FILE_SERVER: WINDOWS_SERVER,
    DeviceForm.MOBILE: ANDROID,
}


def a_device(name: str, form: DeviceForm, os_name: str | None = WINDOWS) -> Device:
    """A device as Business Hub shows it: with a form of its own, without type bits."""
    return Device(name, name.upper(), os_name, None, form)


def devices_of(form: DeviceForm, number: int) -> list[Device]:
    """So many devices of a form, each with a fitting system."""
    return [a_device(f"{form.value}-{place:03}", form, SYSTEM_OF[form]) for place in range(number)]


def a_company(
    *,
    licenses: Iterable[License] = (),
    devices: Iterable[Device] = (),
    seats: Iterable[Seat] | None = None,
    mailboxes: Iterable[Mailbox] = (),
    stated: Iterable[Stated] = (),
) -> Observation:
    """A company, read whole. Where no seats are given, each device uses the first license."""
    licenses, devices = tuple(licenses), tuple(devices)
    if seats is None:
        seats = [a_seat(device.id, licenses[0].serial) for device in devices] if licenses else []
    observation = an_observation(devices=devices, licenses=licenses, seats=seats)
    return replace(observation, mailboxes=tuple(mailboxes), stated=tuple(stated))


def used(observation: Observation, rules: Rules = RULES) -> Usage:
    """Its usage now."""
    return count(observation, rules, now=NOW)


def left_out(usage: Usage) -> list[tuple[Reason, str]]:
    return [(one.reason, one.device) for one in usage.left_out]


def a_mailbox(address: str = "anna@fabrikam.example", license: str | None = "M", *, protected: bool = True) -> Mailbox:
    return Mailbox(address, protected, license)


def a_statement(quantity: int, application: str = OFFICE_365, category: Category | None = None) -> Stated:
    return Stated(application, category, quantity, "the bookkeeper", "portal, 22 November", date(2026, 12, 22))


OFFICE = a_license("M", OFFICE_365)
