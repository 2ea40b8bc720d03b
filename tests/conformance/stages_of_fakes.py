"""The fakes as stages: what a suite breaks is put into their fault plans."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

from tallybridge.billing.model import Tenant
from tallybridge.conformance import Deed, DestinationBreakage, FakeDestination, FakeSource, Fault, PsaWorld, SourceBreakage, TenantWorld
from tallybridge.destinations.base import Destination
from tallybridge.sources.base import Source

SECRET = "p4ss-of-the-fake"

SOURCE_FAULTS = MappingProxyType(
    {
        SourceBreakage.UNREADABLE: Fault(call="observe", do=Deed.UNREADABLE, times=0),
        SourceBreakage.LICENSES_UNREADABLE: Fault(call="observe", do=Deed.UNREADABLE, times=0),
        SourceBreakage.DEVICES_UNREADABLE: Fault(call="observe", do=Deed.UNREADABLE, times=0),
        SourceBreakage.SEATS_UNREADABLE: Fault(call="observe", do=Deed.UNREADABLE, times=0),
        SourceBreakage.SLOW: Fault(call="observe", do=Deed.SLOW, times=0, seconds=1.0),
        SourceBreakage.DOWN: Fault(call="*", do=Deed.UNREACHABLE, times=0),
        SourceBreakage.SIGN_IN_REFUSED: Fault(call="tenants", do=Deed.REFUSE_SIGN_IN, times=0),
    }
)
DESTINATION_FAULTS = MappingProxyType(
    {
        DestinationBreakage.WRITE_REFUSED: (Fault(call="write", do=Deed.REFUSE),),
        DestinationBreakage.REPLY_LOST: (Fault(call="write", do=Deed.LOSE_REPLY),),
        DestinationBreakage.REPLY_UNREADABLE: (Fault(call="write", do=Deed.UNREADABLE),),
        DestinationBreakage.WRITE_DROPPED: (Fault(call="write", do=Deed.DROP),),
        DestinationBreakage.WRITE_DONE_LATE: (Fault(call="write", do=Deed.ACT_LATE, seconds=0.1),),
        DestinationBreakage.WRONG_QUANTITY: (Fault(call="write", do=Deed.WRONG_QUANTITY),),
        DestinationBreakage.SIGN_IN_REFUSED: (Fault(call="write", do=Deed.REFUSE_SIGN_IN, times=0),),
        DestinationBreakage.CHARGES_UNREADABLE: (
            Fault(call="charges", do=Deed.UNREADABLE, times=0),
            Fault(call="agreement", do=Deed.UNREADABLE, times=0),
        ),
        DestinationBreakage.DOWN: (Fault(call="*", do=Deed.UNREACHABLE, times=0),),
    }
)


@dataclass
class FakeSourceStage:
    """Over the fake source, or over one `kind` of it."""

    kind: Callable[[tuple[TenantWorld, ...]], FakeSource] = FakeSource
    secrets: tuple[str, ...] = (SECRET,)
    breakages: tuple[SourceBreakage, ...] = tuple(SourceBreakage)
    mailboxes: bool = True
    closed: int = 0

    def build(self, world: tuple[TenantWorld, ...]) -> Source:
        self._fake = self.kind(world)
        return self._fake

    def break_(self, how: SourceBreakage, tenant: Tenant) -> None:
        fault = SOURCE_FAULTS[how]
        about = "" if how in (SourceBreakage.DOWN, SourceBreakage.SIGN_IN_REFUSED) else tenant.id
        self._fake.plan_faults(Fault(call=fault.call, do=fault.do, times=fault.times, seconds=fault.seconds, about=about))

    def close(self) -> None:
        self.closed += 1


@dataclass
class FakeDestinationStage:
    """Over the fake destination, or over one `kind` of it."""

    kind: Callable[[PsaWorld], FakeDestination] = FakeDestination
    secrets: tuple[str, ...] = (SECRET,)
    breakages: tuple[DestinationBreakage, ...] = tuple(DestinationBreakage)
    closed: int = 0

    def build(self, world: PsaWorld) -> Destination:
        self._fake = self.kind(world)
        return self._fake

    def break_(self, how: DestinationBreakage) -> None:
        self._fake.plan_faults(*DESTINATION_FAULTS[how])

    def close(self) -> None:
        self.closed += 1
