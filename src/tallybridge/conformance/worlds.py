"""What is true outside, in the words of the field: the customers behind a source, what a PSA holds, and the example of each that the suites use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from tallybridge.billing.model import Device, DeviceForm, License, LicenseKind, LicenseState, Mailbox, Seat, Tenant
from tallybridge.billing.psa import Account, Agreement, Charge, Item


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantWorld:
    """One customer as it is, in any order and with any repetition; a stage puts it into the form that its source reads."""

    tenant: Tenant
    licenses: tuple[License, ...] = ()
    devices: tuple[Device, ...] = ()
    seats: tuple[Seat, ...] = ()
    mailboxes: tuple[Mailbox, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PsaWorld:
    """What a PSA holds. Agreements have their charges; every agreement's account is among the accounts."""

    accounts: tuple[Account, ...] = ()
    agreements: tuple[Agreement, ...] = ()
    items: tuple[Item, ...] = ()


_EXPIRY = datetime(2098, 12, 31, 23, 59, 59, tzinfo=UTC)
_ADVANCED = "Kaspersky Endpoint Security for Business Advanced"
_WORKSTATION_BITS = 4103


def _device(name: str) -> Device:
    return Device(f"id-{name.lower()}", name, "Microsoft Windows 11", _WORKSTATION_BITS, DeviceForm.DESKTOP)


def _seats(license: str, devices: tuple[Device, ...]) -> tuple[Seat, ...]:
    return tuple(Seat(license, device.id, True, False, None, "") for device in devices)  # noqa: FBT003 - a row of a table


def _subscription(serial: str, name: str) -> License:
    return License(
        serial=serial,
        name=name,
        kind=LicenseKind.SUBSCRIPTION,
        is_subscription=True,
        state=LicenseState.ACTIVE,
        expires=_EXPIRY,
        installed=True,
    )


def _key(serial: str, name: str, kind: LicenseKind = LicenseKind.COMMERCIAL) -> License:
    return License(serial=serial, name=name, kind=kind, expires=_EXPIRY, installed=True)


_CONTOSO_DEVICES = tuple(_device(f"PC-{number:02}") for number in range(1, 8))
_MUELLER_DEVICES = tuple(_device(f"Empfang-{number}") for number in range(1, 4))

EXAMPLE_TENANTS = (
    TenantWorld(
        tenant=Tenant(id="t-1", number=1, name="Contoso Dental"),
        # Two licenses of one name are two licenses; the trial has no seats, because a source need not read the seats of what never counts.
        licenses=(
            _key("K-1", _ADVANCED),
            _subscription("K-2", _ADVANCED),
            _key("K-3", "Kaspersky Hybrid Cloud Security", LicenseKind.TRIAL),
            _key("K-4", "Kaspersky Security for Microsoft Office 365"),
        ),
        devices=_CONTOSO_DEVICES,
        seats=(*_seats("K-1", _CONTOSO_DEVICES[:6]), *_seats("K-2", _CONTOSO_DEVICES[4:])),
        mailboxes=tuple(Mailbox(f"{name}@contoso.example", name != "office", "K-4") for name in ("anna", "berta", "office")),
    ),
    TenantWorld(
        tenant=Tenant(id="t-2", number=2, name="Zahnärzte Müller 歯"),
        licenses=(_subscription("M-1", "Kaspersky Endpoint Security for Business - Select"),),
        devices=_MUELLER_DEVICES,
        seats=_seats("M-1", _MUELLER_DEVICES[:2]),
    ),
    TenantWorld(tenant=Tenant(id="t-3", number=3, name="Tailspin Toys")),
)
"""Three tenants: one with everything, one small with a name beyond ASCII, and one without anything."""

EXAMPLE_PSA = PsaWorld(
    accounts=(
        Account(number=1001, name="Contoso Dental", cross_referenced=True),
        Account(number=1002, name="Zahnärzte Müller 歯", cross_referenced=True),
        Account(number=1003, name="Not a customer of this product", cross_referenced=False),
    ),
    agreements=(
        Agreement(
            number=2001,
            account=1001,
            start=date(2026, 1, 1),
            last_billed=date(2026, 11, 1),
            charges=(
                Charge(id=9001, item="KES-WKS", quantity=42, description="Endpoint security, agreed in June", price=Decimal("4.5")),
                Charge(id=9002, item="BACKUP", quantity=1, description="Backup", price=Decimal(20), delete_after_invoicing=True),
            ),
        ),
        Agreement(number=2000, account=1001, start=date(2025, 1, 1), end=date(2025, 12, 31)),
        Agreement(number=2002, account=1002, start=date(2026, 1, 1)),
    ),
    items=(
        Item(id="KES", description="Endpoint security", price=Decimal(3)),
        Item(id="KES-WKS", description="Endpoint security, workstation", price=Decimal("4.5")),
        Item(id="KES-SRV", description="Endpoint security, server", price=Decimal(9)),
        Item(id="BACKUP", description="Backup", price=Decimal(20)),
        Item(id="OLD", description="No longer sold", inactive=True, price=Decimal(1)),
        Item(id='A&B "<x>"', description="Name with markup", price=Decimal(2)),
    ),
)
"""Three accounts, one of them not cross-referenced; agreements with and without charges, one of them ended; items that begin like one another."""
