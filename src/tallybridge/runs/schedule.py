"""When a daily run is due (L12). Level-triggered: derived from what the ledger says was done, never from a timer that fired.

A missed day's run is made as soon as possible, today; a past date is never observed afterwards. A `run_at` that does not exist on a day means the
first instant after it, one that comes twice the first.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MOST_TRIES = 3
"""After so many failed runs of a day nothing more is tried until tomorrow."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Whether today's run should be made now, and when to look again."""

    now: bool
    date: date
    """The billing date in the integration's zone."""
    next_at: datetime
    """UTC: when the next run becomes due, or when this one may be tried again."""


def run_instant(day: date, run_at: time, zone: ZoneInfo) -> datetime:
    """The UTC instant at which a day's run becomes due."""
    local = datetime.combine(day, run_at, tzinfo=zone)
    instant = local.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return instant
    # The wall clock skips this time today: the first instant after the gap is where the offset changes.
    return _offset_change(instant - timedelta(hours=3), instant + timedelta(hours=3), zone)


def _offset_change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) / 2
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)


def due(
    *,
    now: datetime,
    run_at: time,
    zone: ZoneInfo,
    finished_today: bool,
    failed_at: datetime | None,
    tries: int,
    retry_after: timedelta = timedelta(minutes=30),
    most_tries: int = MOST_TRIES,
) -> Due:
    """Whether a run is due at `now` (UTC).

    Args:
        finished_today: a run for today's billing date ended without a failure.
        failed_at: when the last run of today failed, if it did.
        tries: how many runs of today have failed; after `most_tries` nothing more is tried until tomorrow.
    """
    today = now.astimezone(zone).date()
    at = run_instant(today, run_at, zone)
    tomorrow = run_instant(today + timedelta(days=1), run_at, zone)
    if now < at:
        return Due(now=False, date=today, next_at=at)
    if finished_today or tries >= most_tries:
        return Due(now=False, date=today, next_at=tomorrow)
    if failed_at is not None and now < failed_at + retry_after:
        return Due(now=False, date=today, next_at=failed_at + retry_after)
    return Due(now=True, date=today, next_at=now)
