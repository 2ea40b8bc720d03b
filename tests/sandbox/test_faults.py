"""Which fault fires at which call (contracts 4, "Faults")."""

from __future__ import annotations

import pytest

from tallybridge.sandbox.faults import FaultList
from tallybridge.sandbox.scenario import parse_faults


def firing(fault: dict[str, object], calls: list[tuple[str, str]]) -> list[int]:
    """The numbers, from 1, of the calls at which the fault fires."""
    faults = FaultList(parse_faults([{"on": "ksc", "call": "*", "do": "close", **fault}]))
    return [number for number, (on, call) in enumerate(calls, start=1) if faults.firing(on, call) is not None]


FIVE = [("ksc", "A.b")] * 5


@pytest.mark.parametrize(
    ("fault", "fires"),
    [
        ({}, [1]),
        ({"nth": 3}, [3]),
        ({"times": 2}, [1, 2]),
        ({"nth": 2, "times": 3}, [2, 3, 4]),
        ({"nth": 4, "times": 0}, [4, 5]),
        ({"times": 0}, [1, 2, 3, 4, 5]),
        ({"nth": 6}, []),
    ],
)
def test_nth_counts_matching_calls_and_times_says_how_often(fault: dict[str, object], fires: list[int]) -> None:
    assert firing(fault, FIVE) == fires


@pytest.mark.parametrize(
    ("pattern", "call", "matches"),
    [
        ("A.b", "A.b", True),
        ("A.b", "A.bc", False),
        ("A.*", "A.bc", True),
        ("A.*", "B.bc", False),
        ("*", "anything", True),
        ("/api/accounts/*", "/api/accounts/12", True),
        ("/API/Accounts", "/api/accounts", True),
        ("*.b", "A.b", False),
    ],
)
def test_a_trailing_star_matches_any_ending(pattern: str, call: str, matches: bool) -> None:
    assert bool(firing({"call": pattern}, [("ksc", call)])) is matches


def test_calls_elsewhere_are_not_counted() -> None:
    calls = [("tigerpaw_rest", "A.b"), ("ksc", "Other.call"), ("ksc", "A.b"), ("tigerpaw_soap", "A.b"), ("ksc", "A.b")]
    assert firing({"call": "A.b", "nth": 2}, calls) == [5]


def test_of_two_faults_the_first_in_the_list_fires_and_both_count() -> None:
    faults = FaultList(
        parse_faults(
            [
                {"on": "ksc", "call": "*", "do": "close", "nth": 2},
                {"on": "ksc", "call": "*", "do": "delay", "nth": 1, "times": 3},
            ]
        )
    )
    fired = [faults.firing("ksc", "A.b") for _ in range(4)]
    assert [None if fault is None else fault.do for fault in fired] == ["delay", "close", "delay", None]
