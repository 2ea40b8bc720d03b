"""The address of a content: "sha256:" and 64 hexadecimal digits for people and programs, 32 bytes in the database."""

from __future__ import annotations

_PREFIX = "sha256:"


def digest_of(address: str) -> bytes:
    """The 32 bytes of an address. Raises ValueError for what is none."""
    digest = bytes.fromhex(address.removeprefix(_PREFIX))
    if not address.startswith(_PREFIX) or len(digest) != 32:
        raise ValueError(f"{address!r} is no address of a content")
    return digest


def address_of_digest(digest: bytes) -> str:
    """The address of these 32 bytes."""
    return _PREFIX + digest.hex()
