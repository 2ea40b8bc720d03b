"""A column for the address of a content."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import models

from tallybridge.ledger.addresses import address_of_digest, digest_of

if TYPE_CHECKING:
    _Field = models.Field[Any, Any]
else:
    _Field = models.Field


class AddressField(_Field):
    """Keeps an address in less than half of the bytes of its text."""

    def get_internal_type(self) -> str:
        """As the database knows it."""
        return "BinaryField"

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """For the database: bytes."""
        value = super().get_db_prep_value(value, connection, prepared)
        return connection.Database.Binary(digest_of(value)) if isinstance(value, str) else value

    def from_db_value(self, value: Any, *_: object) -> str | None:
        """From the database: the address as text; what somebody has put there instead, as it is."""
        if value is None or isinstance(value, str):
            return value
        return address_of_digest(bytes(value))
