"""Rows that are only added and that no run owns: decisions, stated counts, imports, configuration versions, seen charges, settled holds.

Each manifest vouches for those that were added since the one before. It gives, for each table with new rows, their ids, the names of their
columns and one SHA-256 over the values of those columns; and for every table the highest id that was there. So an unchanged day adds a few
numbers, closing a run reads new rows only, and a column that a later version adds is not asked of rows that were recorded before it.

An id alone does not tell what is new where several processes write at once: a database may give out 7 and 8 and commit 8 first. SQLite lets one
transaction write at a time, so it has no such gap; elsewhere an id that is not there yet is *awaited*: the manifest lists it, and the next one
looks for it again and vouches for its row once it is there. A hold is final once it is closed; until then it is awaited in the same way, and
`present_rows` vouches for it as it stands.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import or_
from typing import Any

import msgspec
from django.db.models import Max, Model, Q

from tallybridge.ledger.canonical import encode
from tallybridge.ledger.prepared import models
from tallybridge.ledger.row_values import values_of

Span = tuple[int, int]
"""First and last id of consecutive ones."""

_LOWEST = -(1 << 63)
"""No id that the database gives out is below 1, but somebody else may choose one."""
_AT_ONCE = 100
"""Spans in one statement: databases bound how deep a condition may be."""


class Added(msgspec.Struct, frozen=True):
    """The rows of one table that a manifest vouches for."""

    rows: tuple[Span, ...]
    """Their ids."""
    columns: tuple[str, ...]
    digest: str
    """SHA-256 of the canonical bytes of their values, in order of id; hexadecimal."""


class Between(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a manifest says of these tables, by the names of their models."""

    reached: dict[str, int] = {}
    """The highest id so far."""
    awaited: dict[str, tuple[Span, ...]] = {}
    """Ids up to `reached` that no manifest vouches for yet."""
    added: dict[str, Added] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    model: type[Model]
    word: str
    """For people."""
    final: Q = field(default_factory=Q)
    """Which of its rows never change any more."""
    content: str | None = None
    """The column with the address of its content."""

    @property
    def name(self) -> str:
        return self.model.__name__

    @property
    def columns(self) -> tuple[str, ...]:
        return models.columns_of(self.model)

    def newest(self) -> int:
        """The highest id, 0 without any row."""
        found: int | None = self.model._default_manager.aggregate(newest=Max("pk"))["newest"]  # noqa: SLF001 - Django documents it as public
        return found or 0

    def final_rows(self, spans: Sequence[Span], columns: Sequence[str], *, strict: bool = True) -> Iterator[tuple[Any, ...]]:
        """Id and columns of the rows with these ids that never change any more, in order of id; see `values_of`."""
        for first in range(0, len(spans), _AT_ONCE):
            which = reduce(or_, (Q(pk__range=span) for span in spans[first : first + _AT_ONCE]))
            rows = self.model._default_manager.filter(which, self.final).order_by("pk")  # noqa: SLF001 - as above
            yield from values_of(rows, ("pk", *columns), strict=strict)


_TABLES = (
    _Table(model=models.ConfigurationVersion, word="configuration version", content="address"),
    _Table(model=models.DecisionEnd, word="end of a decision"),
    _Table(model=models.HoldDecision, word="decision"),
    _Table(model=models.ImportedExport, word="imported export", content="address"),
    _Table(model=models.PrunedContent, word="pruning entry"),
    _Table(model=models.SeenCharge, word="seen charge"),
    _Table(model=models.StatedCount, word="stated count"),
    _Table(model=models.Hold, word="settled hold", final=Q(closed__isnull=False)),
)
_BY_NAME = {table.name: table for table in _TABLES}


def since(previous: Between) -> Between:
    """What the next manifest says after one that said `previous`; to be called within the transaction that closes the run."""
    reached: dict[str, int] = {}
    awaited: dict[str, tuple[Span, ...]] = {}
    added: dict[str, Added] = {}
    for table in _TABLES:
        before = previous.reached.get(table.name, 0)
        to = max(before, table.newest())
        open_spans = _unvouched_spans(table, previous, to)
        found = list(table.final_rows(open_spans, table.columns, strict=False))
        reached[table.name] = to
        if left := _without(open_spans, {pk for pk, *_ in found}):
            awaited[table.name] = left
        if found:
            added[table.name] = Added(rows=spans_of(pk for pk, *_ in found), columns=table.columns, digest=_digest(found))
    return Between(reached=reached, awaited=awaited, added=added)


def vouched(said: Between, model: type[Model], columns: Sequence[str]) -> list[tuple[Any, ...]]:
    """Id and columns of the rows of a table that a manifest vouches for."""
    added = said.added.get(model.__name__)
    return list(_BY_NAME[model.__name__].final_rows(added.rows, columns)) if added is not None else []


def unvouched(said: Between, model: type[Model], columns: Sequence[str]) -> list[tuple[Any, ...]]:
    """Id and columns of the final rows that no manifest vouches for, if the newest one says `said`."""
    table = _BY_NAME[model.__name__]
    return list(table.final_rows(_unvouched_spans(table, said, max(said.reached.get(table.name, 0), table.newest())), columns))


def count_unvouched(said: Between) -> int:
    """How many final rows no manifest vouches for yet, if the newest one says `said`."""
    return sum(len(unvouched(said, table.model, ())) for table in _TABLES)


class Walk:
    """Follows the chain from its first manifest on and compares the rows with what each says."""

    def __init__(self) -> None:
        self._vouched: dict[str, set[int]] = {table.name: set() for table in _TABLES}

    def fault(self, said: Between) -> str | None:
        """The first thing that is no longer as a manifest says, in words; None where everything is."""
        for name, added in sorted(said.added.items()):
            table = _BY_NAME[name]
            wanted = ids_of(added.rows)
            found = list(table.final_rows(added.rows, added.columns))
            self._vouched[name].update(wanted)
            if missing := sorted(set(wanted) - {pk for pk, *_ in found}):
                return f"the {table.word} with the id {missing[0]} has been removed since the run was closed."
            if _digest(found) != added.digest:
                if len(found) == 1:
                    return f"the {table.word} with the id {wanted[0]} has been changed since the run was closed."
                return f"one of the {len(found)} {_plural(table.word)} with the ids {_spelled(added.rows)} has been changed since the run was closed."
        return None

    def fault_in_between(self, said: Between) -> str | None:
        """The first row that was put among those that the chain vouches for, if its newest manifest says `said`."""
        for table in _TABLES:
            expected = self._vouched[table.name] | set(ids_of(said.awaited.get(table.name, ())))
            for pk, *_ in table.final_rows([(_LOWEST, said.reached.get(table.name, 0))], ()):
                if pk not in expected:
                    return f"the {table.word} with the id {pk} was put among older ones after the run was closed."
        return None


def contents(said: Between) -> Iterator[tuple[str, str]]:
    """The contents that the rows of a manifest refer to: a word for each, and its address."""
    for name, added in sorted(said.added.items()):
        table = _BY_NAME[name]
        if table.content is not None:
            for pk, address in table.final_rows(added.rows, (table.content,)):
                yield f"{table.word} with the id {pk}", address


def spans_of(ids: Iterable[int]) -> tuple[Span, ...]:
    """Ids as spans, in order."""
    spans: list[Span] = []
    for one in sorted(ids):
        if spans and one == spans[-1][1] + 1:
            spans[-1] = (spans[-1][0], one)
        else:
            spans.append((one, one))
    return tuple(spans)


def ids_of(spans: Iterable[Span]) -> list[int]:
    """The ids of spans, in their order."""
    return [one for first, last in spans for one in range(first, last + 1)]


def _unvouched_spans(table: _Table, said: Between, to: int) -> tuple[Span, ...]:
    before = said.reached.get(table.name, 0)
    return (*said.awaited.get(table.name, ()), *(((before + 1, to),) if to > before else ()))


def _without(spans: Iterable[Span], found: set[int]) -> tuple[Span, ...]:
    return spans_of(one for one in ids_of(spans) if one not in found)


def _digest(rows: Iterable[tuple[Any, ...]]) -> str:
    return hashlib.sha256(encode([values for _, *values in rows])).hexdigest()


def _spelled(spans: Sequence[Span]) -> str:
    shown = [str(first) if first == last else f"{first} to {last}" for first, last in spans[:5]]
    return ", ".join(shown) + (", …" if len(spans) > len(shown) else "")


def _plural(word: str) -> str:
    return {"end of a decision": "ends of decisions", "pruning entry": "pruning entries"}.get(word, f"{word}s")
