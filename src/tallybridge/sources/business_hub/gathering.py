"""One company's facts while they are gathered from rows, members or several exports: the same fact twice is one, two different ones are refused."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple, TypeVar

from tallybridge.billing.model import Device, Mailbox
from tallybridge.sources.business_hub.exports import CompanyExport, ExportedLicense, Use

_Fact = TypeVar("_Fact", ExportedLicense, Device, Mailbox)


class Contradiction(NamedTuple):
    """The same thing was told before with another fact."""

    about: str
    """`license l-1`."""
    member: str
    """The member of the record that differs: `expires`."""
    value: object
    known: object
    """What was told before."""


class CompanyFacts:
    """Gathers what is told of one company at one instant, in any order."""

    __slots__ = ("_devices", "_licenses", "_mailboxes", "_uses", "exported", "id", "name")

    def __init__(self, company: str, name: str, exported: datetime) -> None:
        """Begins with nothing but the company itself."""
        self.id = company
        self.name = name
        self.exported = exported
        self._licenses: dict[str, ExportedLicense] = {}
        self._devices: dict[str, Device] = {}
        self._mailboxes: dict[str, Mailbox] = {}
        self._uses: set[Use] = set()

    def add_license(self, one: ExportedLicense) -> Contradiction | None:
        """Takes a license; returns what contradicts an earlier one of the same id."""
        known = self._licenses.setdefault(one.id, one)
        return _contradiction("license", known, one) if known != one else None

    def add_device(self, device: Device, license: str | None) -> Contradiction | None:
        """Takes a device and the license it uses; returns what contradicts an earlier one of the same id."""
        known = self._devices.setdefault(device.id, device)
        if known != device:
            return _contradiction("device", known, device)
        if license is not None:
            self._uses.add(Use(known.id, license))
        return None

    def add_mailbox(self, mailbox: Mailbox) -> Contradiction | None:
        """Takes a mailbox; returns what contradicts an earlier one of the same address."""
        known = self._mailboxes.setdefault(mailbox.address, mailbox)
        return _contradiction("mailbox", known, mailbox) if known != mailbox else None

    def export(self) -> CompanyExport:
        """Everything that was gathered."""
        return CompanyExport(
            id=self.id,
            name=self.name,
            exported=self.exported,
            licenses=tuple(self._licenses[key] for key in sorted(self._licenses)),
            devices=tuple(self._devices[key] for key in sorted(self._devices)),
            uses=tuple(sorted(self._uses)),
            mailboxes=tuple(self._mailboxes[address] for address in sorted(self._mailboxes)),
        )


def _contradiction(what: str, known: _Fact, told: _Fact) -> Contradiction:
    member = next(name for name, old, new in zip(known._fields, known, told, strict=True) if old != new)
    return Contradiction(f"{what} {told[0]}", member, getattr(told, member), getattr(known, member))
