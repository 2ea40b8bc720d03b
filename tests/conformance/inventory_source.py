"""A source that reads an inventory: `customers.json` names the customers, and each has a file of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import msgspec

from tallybridge.billing.model import Device, License, LicenseKind, Observation, Seat, Tenant
from tallybridge.billing.reasons import Reason
from tallybridge.sources.base import SourceFailed, TenantListing, TenantNotObserved
from tallybridge.wire.checks import Check


class Key(msgspec.Struct):
    serial: str
    product: str
    kind: LicenseKind
    expires: Annotated[datetime, msgspec.Meta(tz=True)]


class Machine(msgspec.Struct):
    id: str
    name: str
    system: str
    keys: list[str]


class Customer(msgspec.Struct):
    keys: list[Key]
    machines: list[Machine]


class InventorySource:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def tenants(self) -> TenantListing:
        try:
            names = msgspec.json.decode((self._folder / "customers.json").read_bytes(), type=dict[str, str])
        except (OSError, msgspec.DecodeError) as error:
            raise SourceFailed(Reason.SOURCE_UNREACHABLE, f"The inventory cannot be read ({error}); nothing was written.") from error
        return TenantListing(tenants=tuple(Tenant(id=key, name=names[key]) for key in sorted(names)), version="1", unassigned=None)

    def observe(self, tenant: Tenant, *, deadline: Callable[[], float]) -> Observation:
        if deadline() <= 0:
            raise TenantNotObserved(Reason.TIME_LIMIT, f"{tenant.name!r} was not read within its time limit; nothing was written for it.")
        started = datetime.now(UTC)
        try:
            customer = msgspec.json.decode((self._folder / f"{tenant.id}.json").read_bytes(), type=Customer)
        except (OSError, msgspec.DecodeError) as error:
            raise TenantNotObserved(
                Reason.OBSERVATION_INCOMPLETE, f"{tenant.name!r} cannot be read whole ({error}); nothing was written for it."
            ) from error
        seats = {Seat(serial, machine.id, True, False, None, "") for machine in customer.machines for serial in machine.keys}
        return Observation(
            tenant=tenant,
            started=started,
            licenses=tuple(
                License(serial=key.serial, name=key.product, kind=key.kind, expires=key.expires.astimezone(UTC), installed=True)
                for key in sorted(customer.keys, key=lambda key: key.serial)
            ),
            devices=tuple(sorted(Device(machine.id, machine.name, machine.system, None) for machine in customer.machines)),
            seats=tuple(sorted(seats)),
        )

    def checks(self) -> tuple[Check, ...]:
        try:
            found = len(self.tenants().tenants)
        except SourceFailed as failure:
            return (Check(name="Inventory", ok=False, detail=str(failure), advice="Check the folder of the inventory."),)
        return (Check(name="Inventory", ok=True, detail=f"{found} customers are listed"),)

    def close(self) -> None:
        """Holds nothing open."""
