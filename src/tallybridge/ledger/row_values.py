"""Values of rows as they are vouched for: read through the models, so that the same row gives the same canonical bytes in every database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import BooleanField, DateField, ExpressionWrapper, Model, Q, QuerySet

from tallybridge.ledger.prepared import models


def values_of(rows: QuerySet[Any, Any], columns: Sequence[str], *, strict: bool) -> Iterator[tuple[Any, ...]]:
    """The columns of rows; a name may lead over to a row that is referred to, as in "intent__tenant_id".

    Args:
        strict: whether a date or an instant that is no such thing is an error. SQLite keeps any text there, and it is read as nothing at all,
            so that a "nothing" that was changed would go unnoticed. A run is closed all the same; `verify` then says what is wrong.

    Raises:
        ValueError: such a value.
    """
    checked = [place for place, column in enumerate(columns) if _is_temporal(rows.model, column)] if strict else []
    given = {f"given_{place}": ExpressionWrapper(Q((f"{columns[place]}__isnull", False)), BooleanField()) for place in checked}
    for row in rows.annotate(**given).values_list(*columns, *given):
        for place, is_given in zip(checked, row[len(columns) :], strict=True):
            if is_given and row[place] is None:
                raise ValueError(f"{columns[place].rpartition('__')[2]} in {models.table_of(rows.model)} is no date")
        yield row[: len(columns)]


def _is_temporal(model: type[Model], column: str) -> bool:
    """Whether a column holds dates or instants; Django's field of instants is one of dates."""
    *path, name = column.split("__")
    if name == "pk":
        return False
    for step in path:
        model = model._meta.get_field(step).related_model  # type: ignore[assignment]  # noqa: SLF001 - Django documents `_meta` as public
    return isinstance(model._meta.get_field(name), DateField)  # noqa: SLF001 - as above
