"""When a daily run is due: late runs are made today, and the two odd days of the year have one run each (L10, L12)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from tallybridge.runs.schedule import due, run_instant

BERLIN = ZoneInfo("Europe/Berlin")
RUN_AT = time(2, 30)


@pytest.mark.parametrize(
    ("day", "zone", "run_at", "expected"),
    [
        # An ordinary winter day: 02:30 is one hour ahead of UTC.
        (date(2026, 11, 22), "Europe/Berlin", time(2, 30), "2026-11-22T01:30:00+00:00"),
        # An ordinary summer day: two hours ahead.
        (date(2026, 7, 1), "Europe/Berlin", time(2, 30), "2026-07-01T00:30:00+00:00"),
        # The clocks go forward from 02:00 to 03:00: the first instant after the gap is 03:00 local.
        (date(2026, 3, 29), "Europe/Berlin", time(2, 30), "2026-03-29T01:00:00+00:00"),
        # The clocks go back: 02:30 comes twice, the first one counts (still summer time).
        (date(2026, 10, 25), "Europe/Berlin", time(2, 30), "2026-10-25T00:30:00+00:00"),
        # A gap at midnight: the day itself begins at 01:00.
        (date(2026, 9, 6), "America/Santiago", time(0, 15), "2026-09-06T04:00:00+00:00"),
        # A half-hour gap.
        (date(2026, 10, 4), "Australia/Lord_Howe", time(2, 15), "2026-10-03T15:30:00+00:00"),
        # A zone that never changes its clocks.
        (date(2026, 3, 29), "UTC", time(2, 30), "2026-03-29T02:30:00+00:00"),
    ],
)
def test_l12_each_day_has_exactly_one_instant_for_its_run(day: date, zone: str, run_at: time, expected: str) -> None:
    assert run_instant(day, run_at, ZoneInfo(zone)).isoformat() == expected


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


def test_nothing_is_due_before_its_time_and_the_next_look_is_at_that_time() -> None:
    state = due(now=at("2026-11-22T02:29:59"), run_at=RUN_AT, zone=BERLIN, finished_today=False, failed_at=None, tries=0)
    assert (state.now, state.date, state.next_at) == (False, date(2026, 11, 22), at("2026-11-22T02:30:00"))


def test_l12_a_run_missed_in_the_night_is_made_as_soon_as_the_program_is_back_the_same_day() -> None:
    state = due(now=at("2026-11-22T17:45:00"), run_at=RUN_AT, zone=BERLIN, finished_today=False, failed_at=None, tries=0)
    assert (state.now, state.date) == (True, date(2026, 11, 22))


def test_l12_a_whole_missed_day_is_never_run_afterwards() -> None:
    state = due(now=at("2026-11-24T00:10:00"), run_at=RUN_AT, zone=BERLIN, finished_today=False, failed_at=None, tries=0)
    assert (state.now, state.date, state.next_at) == (False, date(2026, 11, 24), at("2026-11-24T02:30:00"))


def test_a_finished_day_is_not_run_again_until_tomorrow() -> None:
    state = due(now=at("2026-11-22T09:00:00"), run_at=RUN_AT, zone=BERLIN, finished_today=True, failed_at=None, tries=0)
    assert (state.now, state.next_at) == (False, at("2026-11-23T02:30:00"))


@pytest.mark.parametrize(
    ("minutes_later", "tries", "is_due"),
    [
        (29, 1, False),  # a failed run is given half an hour
        (30, 1, True),
        (30, 2, True),
        (600, 3, False),  # after three failures a person must look; tomorrow is another day
    ],
)
def test_a_failed_run_is_tried_again_a_few_times(minutes_later: int, tries: int, is_due: bool) -> None:
    failed_at = at("2026-11-22T02:31:00")
    now = failed_at + timedelta(minutes=minutes_later)
    assert due(now=now, run_at=RUN_AT, zone=BERLIN, finished_today=False, failed_at=failed_at, tries=tries).now is is_due


def test_a_success_after_a_failure_ends_the_day() -> None:
    state = due(now=at("2026-11-22T12:00:00"), run_at=RUN_AT, zone=BERLIN, finished_today=True, failed_at=at("2026-11-22T02:31:00"), tries=1)
    assert state.now is False
