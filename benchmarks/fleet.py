"""How large a measured fleet is."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Self

SEATS_EACH = 1041
"""About what a generated virtual server of 500 hosts and 3 keys has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """How large a fleet is; the same numbers make the same fleet."""

    virtual_servers: int
    hosts: int
    keys: int
    seed: int = 7

    @classmethod
    def of_seats(cls, seats: int) -> Self:
        """About so many seats, on virtual servers of 500 hosts and 3 keys."""
        return cls(virtual_servers=max(1, round(seats / SEATS_EACH)), hosts=500, keys=3)

    @classmethod
    def of_tenants(cls, tenants: int) -> Self:
        """So many small customers: two hosts and one key each."""
        return cls(virtual_servers=tenants, hosts=2, keys=1)

    def arguments(self) -> tuple[object, ...]:
        """For `simulated_systems`."""
        return tuple(part for name, value in asdict(self).items() for part in (f"--{name.replace('_', '-')}", value))
