"""Which decisions a person can make on a line that waits, by the reason that it waits for (design 6.6)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from tallybridge.billing.plan import DecisionKind
from tallybridge.billing.reasons import Reason

_ADOPTABLE = (DecisionKind.KEEP, DecisionKind.ADOPT, DecisionKind.TAKE_OVER, DecisionKind.PIN)
"""Of a line that we did not make, or not in this form."""
_OURS = (DecisionKind.KEEP, DecisionKind.TAKE_OVER, DecisionKind.PIN)
"""Of a line that we made and somebody changed."""
_GUARDED = (DecisionKind.KEEP, DecisionKind.PIN, DecisionKind.RELEASE)

POSSIBLE: Mapping[Reason, tuple[DecisionKind, ...]] = MappingProxyType(
    {
        Reason.LINE_NOT_OURS: _ADOPTABLE,
        Reason.DUPLICATE_LINES: _ADOPTABLE,
        Reason.ENTERED_DIFFERENTLY: _ADOPTABLE,
        Reason.NOT_AS_WRITTEN: _ADOPTABLE,
        Reason.LINE_REMOVED: _OURS,
        Reason.EDITED_IN_PSA: _OURS,
        Reason.MOVED: (DecisionKind.KEEP, DecisionKind.RELEASE),
        Reason.ITEM_MISSING: (DecisionKind.KEEP,),
        Reason.ITEM_INACTIVE: (DecisionKind.KEEP,),
        Reason.FALL_UNPROVED: _GUARDED,
        Reason.FALL_BOUND: _GUARDED,
        Reason.RISE_BOUND: _GUARDED,
        Reason.TENANT_BOUND: _GUARDED,
        Reason.RUN_BOUND: _GUARDED,
    }
)
"""A write whose end is unknown (`write_unresolved`) is settled by reading, not by deciding."""


def possible_for(reason: Reason) -> tuple[DecisionKind, ...]:
    """What can be decided on a line that waits for this reason, beside releasing a keep or a pin."""
    return POSSIBLE.get(reason, ())
