"""The page of survivors speaks of the code as it is."""

from __future__ import annotations

from tests.mutation.listed import listed_survivors
from tests.mutation.mutants import mutants_of, sources


def test_every_listed_survivor_can_still_be_made_from_the_code() -> None:
    possible = {str(mutant) for name, text in sources().items() for mutant in mutants_of(name, text)}
    gone = [one.mutant for one in listed_survivors() if one.mutant not in possible]

    assert not gone, "docs/mutation-testing.md explains mutants of code that has changed; run `make mutants` and list what survives now"


def test_no_survivor_is_listed_twice() -> None:
    listed = [one.mutant for one in listed_survivors()]

    assert listed
    assert len(listed) == len(set(listed))
