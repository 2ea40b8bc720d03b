"""The records of a scenario's Business Hub: companies, member by member as an export shows them (contracts 5).

No public interface of Business Hub is known, so nothing is served: the sandbox writes companies out as export files.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal

from msgspec import field

from tallybridge.sandbox.record import Instant, Record

LicenseKind = Literal["commercial", "subscription", "trial", "beta", "test", "oem"]
LicenseState = Literal["active", "paused", "canceled"]
DeviceType = Literal["desktop", "laptop", "file_server", "mobile"]


class CompanyLicense(Record):
    """A license of one company. `expires` null means never; the instant is kept in UTC."""

    id: str
    application: str
    kind: LicenseKind = "subscription"
    state: LicenseState = "active"
    expires: Instant | None = datetime(2027, 6, 30, tzinfo=UTC)

    def __post_init__(self) -> None:
        if self.expires is not None:
            try:
                self.expires = self.expires.astimezone(UTC)
            except OverflowError as error:
                raise ValueError("expected an instant between the years 1 and 9999 in UTC") from error


class CompanyDevice(Record):
    """A device that is connected to the company; `license` is the id of one of the company's licenses, null is none."""

    id: str
    name: str
    os_name: str = "Microsoft Windows 11"
    type: DeviceType = "desktop"
    license: str | None = None


class CompanyMailbox(Record):
    """A Microsoft 365 mailbox; `license` as for a device."""

    address: str
    protected: bool = True
    license: str | None = None


class Company(Record):
    """A company with everything in it."""

    id: str
    name: str
    licenses: list[CompanyLicense] = field(default_factory=list)
    devices: list[CompanyDevice] = field(default_factory=list)
    mailboxes: list[CompanyMailbox] = field(default_factory=list)


class BusinessHubScenario(Record):
    """The simulated Business Hub."""

    companies: list[Company] = field(default_factory=list)
