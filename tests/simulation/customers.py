"""What is true at the source, in plain words: customers with machines, keys and uses; and the same said in the words that a source speaks."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from tallybridge.billing.model import Device, License, LicenseKind, LicenseState, Seat, Tenant
from tallybridge.conformance import TenantWorld

SYSTEMS = {
    "windows_workstation": "Microsoft Windows 11",
    "windows_server": "Microsoft Windows Server 2022",
    "non_windows": "Debian GNU/Linux 13",
    "unclassified": None,
}
"""Kind of machine → what the source says of its operating system."""


@dataclass
class Key:
    """A license as its maker sold it; `state` is said of subscriptions only."""

    name: str
    kind: str
    expires: datetime | None
    state: str | None = None


@dataclass
class Use:
    """That a machine uses a key; `active` is None where the source does not say."""

    active: bool | None = True
    pending: bool = False


@dataclass
class Customer:
    """One customer: the tenant at the source, and what it has."""

    number: int
    listed: bool = True
    enabled: bool = True
    machines: dict[str, str] = field(default_factory=dict)
    """Id → kind of machine."""
    keys: dict[str, Key] = field(default_factory=dict)
    uses: dict[tuple[str, str], Use] = field(default_factory=dict)
    """(serial, machine) → use."""

    @property
    def id(self) -> str:
        """The unique id at the source."""
        return f"t-{self.number}"

    def said_by_a_source(self) -> TenantWorld:
        """The same in the words of the field, for the in-memory source."""
        return TenantWorld(
            tenant=Tenant(id=self.id, name=f"Customer {self.number}", number=self.number, enabled=self.enabled),
            licenses=tuple(_license(serial, key) for serial, key in self.keys.items()),
            devices=tuple(Device(machine, machine.upper(), SYSTEMS[kind], None) for machine, kind in self.machines.items()),
            seats=tuple(Seat(serial, machine, use.active, use.pending, None, "") for (serial, machine), use in self.uses.items()),
        )


def _license(serial: str, key: Key) -> License:
    return License(
        serial=serial,
        name=key.name,
        kind=LicenseKind(key.kind),
        is_subscription=key.kind == "subscription",
        state=LicenseState(key.state) if key.state is not None else None,
        expires=key.expires,
        installed=True,
    )
