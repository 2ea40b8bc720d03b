"""Since when each seat of a charge has counted: told by counting the evidence of earlier days again, newest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import NamedTuple

from tallybridge.billing.counting import count
from tallybridge.billing.model import CountedSeat, Rules
from tallybridge.ledger import canonical, evidence
from tallybridge.ledger.counted_days import ObservedDay

MOST_EVIDENCE = 40
"""Different pieces of evidence that are counted again; an unchanged tenant has one for all its days."""
_MOST_SEATS = 60_000
"""Seats and devices that are read for it in all: a large tenant is followed less far back."""

Key = tuple[str, str]
"""Application and device (or mailbox)."""


class Since(NamedTuple):
    """The first of the unbroken days on which a seat counted."""

    date: date
    at_least: bool
    """It may have counted before: it did on the oldest day that was looked at."""


def since_when(seats: Sequence[CountedSeat], rules: Rules, days: Sequence[ObservedDay]) -> Mapping[Key, Since]:
    """Since when each of today's seats has counted for its application without a break.

    Args:
        rules: what today's seats were counted with; earlier days are counted by the same.
        days: the tenant's observed days, newest first, beginning with that of the seats.

    Raises:
        EvidenceDamaged: what the ledger holds is not what was put there.
    """
    open_ = {(seat.application, seat.device) for seat in seats}
    found: dict[Key, Since] = {}
    counted: dict[str, frozenset[Key]] = {}
    read = 0
    last: date | None = None
    for day in days:
        if day.evidence not in counted:
            if counted and read > _MOST_SEATS:
                break
            try:
                content = evidence.get(day.evidence)
            except evidence.EvidenceUnknown:
                break
            observation = canonical.decode_observation(content, started=day.observed_at)
            read += len(observation.seats) + len(observation.devices)
            usage = count(observation, rules, now=day.started)
            counted[day.evidence] = frozenset((seat.application, seat.device) for seat in usage.seats)
        still = counted[day.evidence]
        if last is not None:
            found |= {key: Since(last, at_least=False) for key in open_ - still}
        open_ &= still
        last = day.date
        if not open_:
            break
    if last is not None:
        found |= {key: Since(last, at_least=True) for key in open_}
    return found
