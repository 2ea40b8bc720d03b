"""What an export says of one company at one instant, whatever kind of file it came in (contracts 5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from tallybridge.billing.model import Device, LicenseKind, LicenseState, Mailbox


class ExportedLicense(NamedTuple):
    """A license of a company."""

    id: str
    application: str
    kind: LicenseKind
    state: LicenseState
    expires: datetime | None
    """UTC; None: never."""


class Use(NamedTuple):
    """A device uses a license."""

    device: str
    license: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyExport:
    """One company at one instant. Tuples are sorted by id and free of repetitions, and every license that is named is listed."""

    id: str
    name: str
    exported: datetime
    """UTC instant that the facts are of."""
    licenses: tuple[ExportedLicense, ...]
    devices: tuple[Device, ...]
    """With `form` and without `type_bits`."""
    uses: tuple[Use, ...]
    """A device without a license has none; a device may use several licenses."""
    mailboxes: tuple[Mailbox, ...]
    """Addresses in lower case: an address is one mailbox however it is spelled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exports:
    """What is known of every company now."""

    newest: Mapping[str, CompanyExport]
    """By company id."""
    refused: tuple[str, ...] = ()
    """A sentence for each file of which nothing was taken."""
    withheld: Mapping[str, str] = field(default_factory=dict)
    """Companies whose newest export cannot be shown to be whole, by id, and why: such a company is listed and not observed (L1)."""
