"""The words of the field as frozen records (design 1).

Rows that come by the hundred thousand (`Device`, `Seat`, `CountedSeat`, `LeftOutSeat`) are named tuples: they are made and compared several
times faster than frozen dataclasses. Everything else is a frozen, keyword-only dataclass.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from tallybridge.billing.reasons import Reason


class Category(StrEnum):
    """What a device is for the price list ("bill devices by category")."""

    WINDOWS_WORKSTATION = "windows_workstation"
    WINDOWS_SERVER = "windows_server"
    NON_WINDOWS = "non_windows"
    UNCLASSIFIED = "unclassified"


BILLABLE_CATEGORIES = (Category.WINDOWS_WORKSTATION, Category.WINDOWS_SERVER, Category.NON_WINDOWS)


class Unit(StrEnum):
    """What one seat of an application is."""

    DEVICE = "device"
    MAILBOX = "mailbox"
    USER = "user"


class LicenseKind(StrEnum):
    """Kinds of keys (KSC Open API, key attributes); `OTHER` is a number that no reference names."""

    COMMERCIAL = "commercial"
    BETA = "beta"
    TRIAL = "trial"
    TEST = "test"
    OEM = "oem"
    SUBSCRIPTION = "subscription"
    OTHER = "other"


class LicenseState(StrEnum):
    """State of a subscription; soft and hard cancellation bill alike: not at all."""

    ACTIVE = "active"
    PAUSED = "paused"
    CANCELED = "canceled"
    OTHER = "other"


class KeyScope(StrEnum):
    """Which keys of a tenant count: every key seen in use there, or only keys in the tenant's own storage."""

    USED = "used"
    INSTALLED = "installed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """The MSP's customer as the source knows it. `id` is its identity; `number` and `name` are labels of it (design 6.4)."""

    id: str
    name: str
    number: int | None = None
    enabled: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class License:
    """A key or a subscription as the source reports it. None means: the source did not say."""

    serial: str
    name: str | None
    kind: LicenseKind | None
    is_subscription: bool = False
    state: LicenseState | None = None
    expires: datetime | None = None
    unlimited: bool = False
    """The source says that it never expires, so there is no expiry to compare with."""
    installed: bool | None = None
    """In the tenant's own key storage."""
    part_number: str | None = None
    application_id: int | None = None
    reported_devices: int | None = None
    """How many devices the source itself says use it as their active key; a label for licenses that do not count, never a quantity."""


class DeviceForm(StrEnum):
    """What a device is by the source's own word, where it says so."""

    DESKTOP = "desktop"
    LAPTOP = "laptop"
    FILE_SERVER = "file_server"
    MOBILE = "mobile"


class Device(NamedTuple):
    """A managed computer, phone or tablet of the tenant."""

    id: str
    name: str
    os_name: str | None
    type_bits: int | None
    """KLHST_WKS_CTYPE of the KSC Open API; None where the source has no such mask or did not send it."""
    form: DeviceForm | None = None
    """The source's own word for it; None where it has none (KSC)."""


class Seat(NamedTuple):
    """One use of a license by one device, as the source reports it: not yet counted."""

    license: str
    device: str
    active: bool | None
    """True: the active key on that device; False: the reserve key; None: not said."""
    pending: bool
    """A subscription that still waits for its confirmation."""
    expires: datetime | None
    """Expiry on that device; None where it has none of its own."""
    device_name: str
    """Display name; kept only for a device that the tenant does not manage, "" otherwise."""


class Mailbox(NamedTuple):
    """A Microsoft 365 mailbox of the tenant."""

    address: str
    protected: bool
    """Selected for protection; such a mailbox counts also while its protection technically fails."""
    license: str | None


class Stated(NamedTuple):
    """A count that a person states for what no source tells; it takes the place of whatever else was counted for the application."""

    application: str
    category: Category | None
    quantity: int
    author: str
    reason: str
    until: date
    """Last billing date on which it is valid."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """Something about a read or a plan that a person should know, and that changes no quantity by itself."""

    reason: Reason
    subject: str
    """What it is about: a license's serial, an item, a tenant's former name."""
    expected: int | None = None
    received: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """One tenant's licenses, devices and seats, read whole in one pass (L1). Tuples are sorted and free of repetitions."""

    tenant: Tenant
    started: datetime
    """UTC instant at which the read began: the instant it is valid for."""
    licenses: tuple[License, ...]
    devices: tuple[Device, ...]
    seats: tuple[Seat, ...]
    mailboxes: tuple[Mailbox, ...] = ()
    stated: tuple[Stated, ...] = ()
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """An entry of the catalog: a security application, its unit, and how license names lead to it (design 5)."""

    name: str
    unit: Unit = Unit.DEVICE
    exact: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    part_numbers: tuple[str, ...] = ()
    application_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """Application → one item for all devices, or one item per category; a category without an item is not billed."""

    application: str
    item: str | None = None
    by_category: tuple[tuple[Category, str], ...] = ()

    def item_for(self, category: Category | None) -> str | None:
        """The price book item that seats of this category are billed on, or None."""
        if self.item is not None:
            return self.item
        return dict(self.by_category).get(category) if category is not None else None

    def items(self) -> tuple[str, ...]:
        """Every item that this mapping bills on."""
        return (self.item,) if self.item is not None else tuple(item for _, item in self.by_category)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Everything that decides how an observation is counted, besides the code itself (`RULES_VERSION`)."""

    key_scope: KeyScope = KeyScope.USED
    count_oem: bool = False
    applications: tuple[Application, ...] = ()
    mappings: tuple[Mapping, ...] = ()


class CountedSeat(NamedTuple):
    """One unit behind a quantity (L9)."""

    application: str
    category: Category | None
    """None for units that are no single device."""
    unit: Unit
    device: str
    """Id of the device, of the first device of a user, or address of the mailbox."""
    devices: tuple[str, ...]
    """Ids of the devices of a user: one computer and up to two mobiles; empty for other units."""
    license: str


class LeftOutSeat(NamedTuple):
    """A device or a seat that does not count, and why (L3)."""

    reason: Reason
    application: str | None
    device: str
    license: str | None


class LeftOutLicense(NamedTuple):
    """A license that does not count, why, and how many devices the source says use it (L3)."""

    reason: Reason
    application: str | None
    license: str
    name: str | None
    devices: int | None


class Quantity(NamedTuple):
    """How many units of an application were counted in a category; `matched` is False for a license name that no application claims."""

    application: str
    category: Category | None
    unit: Unit
    quantity: int
    matched: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What was counted from an observation, and what was left out. All tuples are sorted, so equal usage is equal bytes."""

    quantities: tuple[Quantity, ...]
    """Of what was counted and of what a person has stated."""
    seats: tuple[CountedSeat, ...]
    left_out: tuple[LeftOutSeat, ...]
    left_out_licenses: tuple[LeftOutLicense, ...]
    stated: tuple[Stated, ...] = ()
    """The quantities that have no seats because a person stated them."""
    other_scope: tuple[Quantity, ...]
    """What the quantities would have been under the other key scope, where they differ (design 5)."""
