"""Rows that change, as they stand when a run is closed: our lines, open holds, which tenant a link is bound to, and the PSAs (design 6.2, 6.4).

They are kept whole as one content under its hash, so that `verify` can say what was there; a day that leaves them as they were adds an address.
Only the newest manifest's can be compared with the present rows. What differs must have a record that came after it: a decision of a person on
that line, or a run that is not closed yet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import Any

import msgspec
from django.db.models import Model, Q

from tallybridge.ledger import added_rows, evidence
from tallybridge.ledger.canonical import encode
from tallybridge.ledger.prepared import models
from tallybridge.ledger.row_values import values_of

KIND = "present"
"""Word for the content in the evidence store."""

_Values = dict[str, Any]
_TABLES: tuple[type[Model], ...] = (models.Destination, models.Line, models.Hold, models.TenantBinding)
_BY_NAME = {model.__name__: model for model in _TABLES}
_AT_ONCE = 100


class Rows(msgspec.Struct, frozen=True):
    """The rows of one table, in order of id."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


_decoder = msgspec.json.Decoder(dict[str, Rows])


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A row that is not as it stood: `was` is None for one that was added, `now` for one that was removed."""

    table: str
    was: _Values | None
    now: _Values | None

    @property
    def known(self) -> _Values:
        """The row as the manifest knows it, or as it is now where the manifest does not know it."""
        return self.was or self.now or {}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Records:
    """What was recorded after the newest manifest and may have changed rows."""

    integrations: frozenset[str]
    """Those with a run that is not closed yet."""
    decided: frozenset[tuple[int, int, str]]
    """Destination, agreement and item of each decision."""
    holds: frozenset[int]


def put(earlier: str | None) -> str:
    """Keeps the rows as they stand, within the transaction that closes the run; returns the address.

    Args:
        earlier: what the manifest before says.
    """
    standing = {}
    for name, model in _BY_NAME.items():
        columns = models.columns_of(model)
        standing[name] = Rows(columns=columns, rows=tuple(_standing(model, columns, strict=False)))
    return evidence.put(encode(standing), KIND, earlier=earlier)


def differences(kept: bytes) -> list[Difference]:
    """How the present rows differ from those that were kept."""
    found: list[Difference] = []
    for name, said in _decoder.decode(kept).items():
        model = _BY_NAME[name]
        was = _by_id(said.columns, said.rows)
        now = _by_id(said.columns, msgspec.json.decode(encode(tuple(_standing(model, said.columns, was, strict=True)))))
        found += [Difference(table=name, was=was.get(one), now=now.get(one)) for one in sorted({*was, *now}) if was.get(one) != now.get(one)]
    return found


def unexplained(found: list[Difference], said: added_rows.Between) -> list[Difference]:
    """The differences that nothing recorded since the newest manifest explains; what explains is read after the rows themselves.

    Args:
        said: what the newest manifest says of decisions.
    """
    records = _records(said)
    return [one for one in found if not _explained(one, records)]


def rows_of(kept: bytes, model: type[Model]) -> list[_Values]:
    """The rows of one table among those that were kept."""
    said = _decoder.decode(kept)[model.__name__]
    return [dict(zip(said.columns, row, strict=True)) for row in said.rows]


def sentence(one: Difference) -> str:
    """A difference between the newest manifest and now, for people."""
    if one.now is None:
        return f"{named(one)} has been removed since the run was closed."
    if one.was is None:
        return f"{named(one)} was added after the run was closed, and nothing recorded says by whom."
    column, was, now = first_change(one)
    return f"{named(one)}: its {column} is {now} and was {was} when the run was closed."


def first_change(one: Difference) -> tuple[str, str, str]:
    """The first column that differs, what was there and what is there, for people."""
    was, now = one.was or {}, one.now or {}
    column = next(name for name in was if was[name] != now[name])
    return column.removesuffix("_id").replace("_", " "), _spelled(was[column]), _spelled(now[column])


def _standing(model: type[Model], columns: tuple[str, ...], also: Iterable[int] = (), *, strict: bool) -> Iterator[tuple[Any, ...]]:
    """The rows of a table; of holds the open ones, and those with the ids `also`."""
    rows = model._default_manager.order_by("pk")  # noqa: SLF001 - Django documents it as public
    if model is not models.Hold:
        yield from values_of(rows, columns, strict=strict)
        return
    yield from values_of(rows.filter(closed=None), columns, strict=strict)
    spans = added_rows.spans_of(also)
    for first in range(0, len(spans), _AT_ONCE):
        which = reduce(or_, (Q(pk__range=span) for span in spans[first : first + _AT_ONCE]))
        yield from values_of(rows.filter(which, closed__isnull=False), columns, strict=strict)


def _by_id(columns: tuple[str, ...], rows: Any) -> dict[int, _Values]:
    return {values["id"]: values for values in (dict(zip(columns, row, strict=True)) for row in rows)}


def _records(said: added_rows.Between) -> _Records:
    of_hold = ("hold__destination_id", "hold__agreement", "hold__item", "hold_id")
    decisions = added_rows.unvouched(said, models.HoldDecision, of_hold)
    decisions += added_rows.unvouched(said, models.DecisionEnd, tuple(f"decision__{column}" for column in of_hold))
    return _Records(
        integrations=frozenset(models.Run.objects.filter(manifest=None).values_list("integration", flat=True)),
        decided=frozenset((destination, agreement, item) for _, destination, agreement, item, _ in decisions),
        holds=frozenset(hold for *_, hold in decisions),
    )


def _explained(one: Difference, records: _Records) -> bool:
    if one.now is None:
        return False
    if one.table == models.Destination.__name__:
        return bool(records.integrations)
    if one.now["integration"] in records.integrations:
        return True
    if one.table == models.Hold.__name__:
        return one.was is not None and one.now["id"] in records.holds
    return one.table == models.Line.__name__ and (one.now["destination_id"], one.now["agreement"], one.now["item"]) in records.decided


def named(one: Difference) -> str:
    """What differs, for people."""
    table, row = one.table, one.known
    if table == models.Line.__name__:
        return f"our line for {row['item']} on agreement {row['agreement']} of {_tenant(row['tenant_id'])}"
    if table == models.Hold.__name__:
        return f"the hold H{row['id']} ({row['item']} on agreement {row['agreement']} of {row['tenant_name']})"
    if table == models.TenantBinding.__name__:
        return f"the link of account {row['account']} in “{row['integration']}”, bound to {row['name']}"
    return f"the PSA {row['url']}"


def _tenant(tenant_id: str) -> str:
    """The name that the tenant was last run under, or its id."""
    newest = models.TenantRun.objects.filter(tenant_id=tenant_id).order_by("-id").values_list("tenant_name", flat=True).first()
    return newest or tenant_id


def _spelled(value: object) -> str:
    return "nothing" if value is None else f"“{value}”" if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
