"""Contents that were read last, within a bound of bytes: for a reader of many contents, each of which is mostly the difference to one of these."""

from __future__ import annotations

_MOST = 32 << 20
"""Bytes."""


class Recent:
    """Contents by the ledger's number of each; the ones that were used longest ago are dropped first."""

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._held = 0
        self._contents: dict[int, bytes] = {}

    def __contains__(self, number: int) -> bool:
        return number in self._contents

    def content(self, number: int) -> bytes:
        """One that is among them."""
        found = self._contents.pop(number)
        self._contents[number] = found
        return found

    def keep(self, number: int, content: bytes) -> None:
        """Adds a content that was checked."""
        if number in self._contents:
            return
        self._contents[number] = content
        self._held += len(content)
        while self._held > self._most:
            self._held -= len(self._contents.pop(next(iter(self._contents))))
