"""Finds what is said twice, and refuses it with both places named."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple, TypeVar

from tallybridge.configuration.document import Draft

Key = TypeVar("Key", bound=Hashable)

ONE_LINK = "one link for each tenant and each account"
CORRECT_LINK = "Remove one of the two links, or correct it."


class Place(NamedTuple):
    """A place in a file."""

    draft: Draft
    words: str

    def seen_from(self, draft: Draft) -> str:
        """Its name, with its file where that is another one."""
        return self.words if draft is self.draft else f"{self.draft.file}: {self.words}"


def twice(entries: Iterable[tuple[Key, Place]]) -> Iterator[tuple[Key, Place, Place]]:
    """Each repetition of a key, with the place before it."""
    places: dict[Key, list[Place]] = {}
    for key, place in entries:
        places.setdefault(key, []).append(place)
    for key, found in places.items():
        for first, second in pairwise(found):
            yield key, first, second


def refuse_second(first: Place, second: Place, *, what: str, expected: str, advice: str, besides: str = "") -> None:
    """Adds a problem to the draft of the second place, which names the first; `besides` ends the sentence on what was found."""
    found = f"{what}, which stands in {first.seen_from(second.draft)} already{besides}"
    second.draft.refuse(second.words, found=found, expected=expected, advice=advice)
