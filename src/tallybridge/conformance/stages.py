"""What the suites stand on: an adapter that can be built over a given world, and a world that can be broken under it."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import Protocol

from tallybridge.billing.model import Tenant
from tallybridge.conformance.worlds import PsaWorld, TenantWorld
from tallybridge.destinations.base import Destination
from tallybridge.sources.base import Source


class SourceBreakage(StrEnum):
    """How a stage breaks what its source reads, for good unless said otherwise. Other tenants stay readable except where said."""

    UNREADABLE = "nothing of the tenant can be read"
    LICENSES_UNREADABLE = "one of the tenant's licenses, or the rest of their list, cannot be read"
    DEVICES_UNREADABLE = "one of the tenant's devices, or the rest of their list, cannot be read"
    SEATS_UNREADABLE = "one of the tenant's seats, or the rest of their list, cannot be read"
    SLOW = "reading the tenant takes a second or more; other tenants may be slow, too"
    DOWN = "nothing of the source can be read"
    SIGN_IN_REFUSED = "the source refuses the sign-in"


PARTS_UNREADABLE = (SourceBreakage.LICENSES_UNREADABLE, SourceBreakage.DEVICES_UNREADABLE, SourceBreakage.SEATS_UNREADABLE)


class SourceStage(Protocol):
    """Something that a source can be built over and that can be broken: a simulator, prepared replies, files."""

    @property
    def secrets(self) -> Collection[str]:
        """Passwords and keys that the source is built with, so unusual that no sentence holds them by chance."""
        ...

    @property
    def breakages(self) -> Collection[SourceBreakage]:
        """Those that this stage can bring about; at least UNREADABLE, DOWN and one unreadable part."""
        ...

    @property
    def mailboxes(self) -> bool:
        """Whether the source knows mailboxes."""
        ...

    def build(self, world: tuple[TenantWorld, ...]) -> Source:
        """A source that reads this world, which takes the place of any earlier one.

        Serials and ids of devices may be the source's own: the suite compares names. A tenant's id at the source follows from its id in the world.
        """
        ...

    def break_(self, how: SourceBreakage, tenant: Tenant) -> None:
        """Breaks the world of the source built last, at this tenant of it. The source sees it at the latest when it lists the tenants again."""
        ...

    def close(self) -> None:
        """Ends what the stage has begun."""
        ...


class DestinationBreakage(StrEnum):
    """How a stage breaks the PSA: its next write alone, or, where said, all that comes."""

    WRITE_REFUSED = "the PSA answers the next write with a refusal"
    REPLY_LOST = "the next write is done, and its reply is lost"
    REPLY_UNREADABLE = "the next write is done, and its reply cannot be read"
    WRITE_DROPPED = "the next write is lost before it is done, and nothing is answered"
    WRITE_DONE_LATE = "the next write is not answered, and done within the next half second"
    WRONG_QUANTITY = "the next write is done with another quantity, and answered as if all were well"
    SIGN_IN_REFUSED = "the PSA refuses the credentials of all writes; it can still be read"
    CHARGES_UNREADABLE = "agreements and their charges cannot be read any more"
    DOWN = "the PSA cannot be used any more"


NEEDED_OF_DESTINATIONS = frozenset(
    {
        DestinationBreakage.WRITE_REFUSED,
        DestinationBreakage.REPLY_LOST,
        DestinationBreakage.WRITE_DROPPED,
        DestinationBreakage.CHARGES_UNREADABLE,
        DestinationBreakage.DOWN,
    }
)
"""Every stage can bring these about: without them, L1 and L5 are not checked."""


class DestinationStage(Protocol):
    """Something that a destination can be built over and that can be broken: a simulator or prepared replies."""

    @property
    def secrets(self) -> Collection[str]:
        """Passwords and keys that the destination is built with, so unusual that no sentence holds them by chance."""
        ...

    @property
    def breakages(self) -> Collection[DestinationBreakage]:
        """Those that this stage can bring about; at least `NEEDED_OF_DESTINATIONS`."""
        ...

    def build(self, world: PsaWorld) -> Destination:
        """A destination whose PSA holds this world, with its numbers, ids and texts, in place of any earlier one."""
        ...

    def break_(self, how: DestinationBreakage) -> None:
        """Breaks the PSA of the destination built last; takes the place of any earlier breakage."""
        ...

    def close(self) -> None:
        """Ends what the stage has begun."""
        ...
