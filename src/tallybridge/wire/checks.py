"""What a door to the outside tells `doctor` about one precondition."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One precondition of a correct bill that was tested."""

    name: str
    ok: bool | None
    """None: not checked, because only a first write or a later step can prove it."""
    detail: str
    advice: str = ""
    """What to do where it is not ok: what to click in which product."""
