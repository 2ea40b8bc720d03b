"""What a new source or destination is held to, and in-memory ones to test against.

`sources.SourceConformance` and `destinations.DestinationConformance` are run by pytest in a subclass that says how to build the adapter and how to
break it (a stage). `fakes` has a source and a destination without a network, whose failures are planned (`faults`). Nothing here is used in a run.
"""

from __future__ import annotations

from tallybridge.conformance.destinations import DestinationConformance
from tallybridge.conformance.fakes import FakeDestination, FakeSource
from tallybridge.conformance.faults import Deed, Fault
from tallybridge.conformance.owing import NotConforming, checks_of
from tallybridge.conformance.sources import SourceConformance
from tallybridge.conformance.stages import DestinationBreakage, DestinationStage, SourceBreakage, SourceStage
from tallybridge.conformance.worlds import EXAMPLE_PSA, EXAMPLE_TENANTS, PsaWorld, TenantWorld

__all__ = [
    "EXAMPLE_PSA",
    "EXAMPLE_TENANTS",
    "Deed",
    "DestinationBreakage",
    "DestinationConformance",
    "DestinationStage",
    "FakeDestination",
    "FakeSource",
    "Fault",
    "NotConforming",
    "PsaWorld",
    "SourceBreakage",
    "SourceConformance",
    "SourceStage",
    "TenantWorld",
    "checks_of",
]
