"""What was once made of a content: kept in memory under its address, because what stands under an address never changes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Collection
from typing import Generic, TypeVar

from tallybridge.ledger import evidence

_Made = TypeVar("_Made")


class MadeOfContent(Generic[_Made]):
    """Remembers what `make` has made of contents, the last `most` of them."""

    def __init__(self, make: Callable[[bytes], _Made], *, most: int) -> None:
        self._make = make
        self._most = most
        self._lock = threading.Lock()
        self._made: OrderedDict[str, _Made] = OrderedDict()

    def of(self, addresses: Collection[str]) -> dict[str, _Made]:
        """What is made of the content under each address; only what is not known yet is read.

        Raises:
            EvidenceUnknown, EvidenceDamaged: as `evidence.get_many`.
        """
        wanted = set(addresses)
        with self._lock:
            found = {address: self._made[address] for address in wanted if address in self._made}
        new = {address: self._make(content) for address, content in evidence.get_many(wanted - found.keys()).items()}
        with self._lock:
            self._made.update(new)
            while len(self._made) > self._most:
                self._made.popitem(last=False)
        return found | new
