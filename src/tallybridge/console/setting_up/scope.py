"""What the other key scope would have counted in the last run, so that a choice is made with its price in sight (design 5)."""

from __future__ import annotations

from dataclasses import dataclass

from tallybridge.billing.model import KeyScope
from tallybridge.configuration.canonical import from_canonical
from tallybridge.configuration.records import Configuration
from tallybridge.ledger import evidence
from tallybridge.ledger.scope_queries import OtherQuantity, other_counting_of
from tallybridge.runs.standing_runs import since_all_were_met

MOST_SHOWN = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherChoice:
    """The last run under the other key scope."""

    run: str
    name: str
    """What the other scope is called in the configuration."""
    customers: int
    units: int
    """By how many units more (or fewer) everything would have been."""
    lines: tuple[OtherQuantity, ...]
    """The first of them, for the page."""
    more: int
    oem: int | None
    """Devices left out for an OEM key; None where such keys counted."""


def other_choice(configuration: Configuration) -> OtherChoice | None:
    """None where nothing has run yet, or the kind of source leaves no choice."""
    runs = since_all_were_met(configuration.integration.name) if configuration.source.kind == "ksc" else ()
    if not runs:
        return None
    run = runs[0]
    counting = other_counting_of(run.id)
    lines = counting.scope
    then = from_canonical(evidence.get(run.configuration))
    other = KeyScope.INSTALLED if then.source.key_scope is KeyScope.USED else KeyScope.USED
    return OtherChoice(
        run=run.id,
        name=str(other),
        customers=len({line.tenant_id for line in lines}),
        units=sum(line.other - line.counted for line in lines),
        lines=lines[:MOST_SHOWN],
        more=max(0, len(lines) - MOST_SHOWN),
        oem=None if then.source.count_oem else counting.oem_devices,
    )
