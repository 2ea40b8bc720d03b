"""What every object of a scenario has in common."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

Instant = Annotated[datetime, Meta(tz=True)]
"""An aware instant; any offset is read."""


class Record(Struct, forbid_unknown_fields=True, kw_only=True):
    """A scenario object: a member that is not in the contract is refused."""
