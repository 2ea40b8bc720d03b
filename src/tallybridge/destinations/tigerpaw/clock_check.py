"""Whether Tigerpaw's clock and ours agree: a signature carries the time, and one that is too old or too new is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

TOLERATED = timedelta(minutes=5)
"""The window that Tigerpaw allows is not public (Tigerpaw reference 1.2); a clock further off than this is wrong in any case."""


def lead_of_server(headers: Mapping[str, str], now: datetime) -> timedelta | None:
    """How far the server's clock is ahead of `now` (negative: behind), by its Date header; None where it sent no usable one."""
    try:
        said = parsedate_to_datetime(headers.get("Date", ""))
    except ValueError:
        return None
    if said.tzinfo is None:
        said = said.replace(tzinfo=UTC)
    return said - now


def clock_sentence(lead: timedelta | None) -> str:
    """A sentence that names the clock, "" where the clocks agree or the server did not say."""
    if lead is None or abs(lead) <= TOLERATED:
        return ""
    minutes = round(abs(lead).total_seconds() / 60)
    direction = "behind" if lead > timedelta(0) else "ahead of"
    return (
        f"The clock of this machine is {minutes} minutes {direction} Tigerpaw's, and the signature carries the time: "
        "set the clocks (time synchronization) first."
    )
