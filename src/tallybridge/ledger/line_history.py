"""Whether our lines came from one manifest to the next by what was recorded: a line changed behind the ledger's back is named after later runs, too.

Between two links a line changes by a decision of a person on it, or by the run that makes the second link. What that run found before it planned
stands in its planning inputs, so for each tenant's own lines these must be what the first link says; the lines of tenants that the run did not
deal with must not have changed at all. Inputs of prescribed quantities tell of the prescribed lines alone (decision 0019); the tenant's others must
not have changed while they were planned. Nothing is concluded where another run was at work meanwhile, or where the run broke off.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from django.db.models import Min

from tallybridge.ledger import added_rows, evidence, present_rows
from tallybridge.ledger.prepared import models
from tallybridge.ledger.run_records import INTERRUPTED

_Key = tuple[int, int, str]
_Line = dict[str, Any]

_READ_ANEW = ("plan", "run")
"""Kinds of runs that read our lines themselves; others carry out what an earlier run has planned."""
_FOUND = ("charge", "written", "closed", "delete_after_invoicing", "last_billed", "next_billing", "since")
_FOUND_AS_TEXT = ("left", "parts")
_LEFT_OTHERWISE = "stood otherwise when the run was closed"


class _Inputs(msgspec.Struct):
    """Of planning inputs, our lines as the ledger had them."""

    lines: tuple[_Line, ...]
    bounds: Any = None
    """None where a person prescribed the quantities."""


@dataclass(frozen=True, slots=True)
class _Found:
    """Our lines as a run found them before it planned."""

    lines: Mapping[_Key, _Line]
    all: bool
    """Whether these are all lines of the tenant on the agreement."""


_inputs = msgspec.json.Decoder(_Inputs)


class History:
    """Follows the chain from its first manifest on."""

    def __init__(self) -> None:
        self._before: Mapping[_Key, _Line] | None = None
        self._closed: datetime | None = None
        self._found: dict[str, _Inputs | None] = {}
        self._others_began: dict[int, datetime] = {}

    def fault(self, manifest: models.Manifest, present: str | None, between: added_rows.Between) -> str | None:
        """The first line that changed in a way that nothing recorded explains, in words; None where none did.

        Args:
            present: address of the lines as they stood when the run was closed, checked before; None in a manifest that does not say.
            between: what the manifest says of decisions.
        """
        before, closed = self._before, self._closed
        now = {_key(line): line for line in present_rows.rows_of(evidence.get(present), models.Line)} if present is not None else None
        self._before, self._closed = now, manifest.finished
        if before is None or now is None or manifest.outcome == INTERRUPTED or self._others_at_work(manifest):
            return None
        decided = _decided(between)
        run = manifest.run
        dealt_with = list(models.TenantRun.objects.filter(run=run).values_list("tenant_id", "destination", "agreement", "facts__inputs"))
        if run.kind in _READ_ANEW and closed is not None and run.started >= closed:
            for tenant, destination, agreement, inputs in dealt_with:
                if inputs is None or destination is None or agreement is None:
                    continue
                own = {key: line for key, line in before.items() if key[:2] == (destination, agreement) and _is_of(line, run, tenant)}
                found = self._lines_found(inputs, destination)
                if found is not None and (fault := _found_otherwise(own, found, before, now, decided)) is not None:
                    return fault
        concerned = {tenant for tenant, *_ in dealt_with}
        agreements = {(destination, agreement) for _, destination, agreement, _ in dealt_with} | _written_on(run)
        for key in sorted({*before, *now} - decided):
            was, is_now = before.get(key), now.get(key)
            if was == is_now or key[:2] in agreements or not concerned.isdisjoint(one["tenant_id"] for one in (was, is_now) if one):
                continue
            return _sentence(present_rows.Difference(table=models.Line.__name__, was=was, now=is_now), _LEFT_OTHERWISE)
        return None

    def _others_at_work(self, manifest: models.Manifest) -> bool:
        """Whether a run that ended later, or has not ended, had begun before this one ended."""
        if manifest.sequence not in self._others_began:
            self._others_began = _earliest_of_later()
        began = self._others_began.get(manifest.sequence)
        return began is not None and began <= manifest.finished

    def _lines_found(self, inputs: str, destination: int) -> _Found | None:
        """Our lines in a run's planning inputs; None where these say nothing of lines in this form: their hash proves them all the same."""
        if inputs not in self._found:
            try:
                self._found[inputs] = _inputs.decode(evidence.get(inputs))
            except msgspec.DecodeError:
                self._found[inputs] = None
        read = self._found[inputs]
        if read is None:
            return None
        return _Found({(destination, line["agreement"], line["item"]): line for line in read.lines}, all=read.bounds is not None)


def _found_otherwise(
    own: Mapping[_Key, _Line], found: _Found, before: Mapping[_Key, _Line], now: Mapping[_Key, _Line], decided: set[_Key]
) -> str | None:
    """The first of a tenant's lines that a run found other than the run before had left it.

    Args:
        own: the tenant's lines on the agreement as the run before left them.
        before, now: all lines as both runs left them.
    """
    for key in sorted({*own, *found.lines} - decided):
        was, read = own.get(key), found.lines.get(key)
        if was is not None and read is None:
            left = None if found.all else now.get(key)
            if left != was:
                return _sentence(present_rows.Difference(table=models.Line.__name__, was=was, now=left), _LEFT_OTHERWISE)
        elif was is None and key not in before and key in now:
            return _sentence(present_rows.Difference(table=models.Line.__name__, was=None, now=now[key]), "")
        elif was is not None and read is not None and (is_now := _as_read(was, read)) != was:
            return _sentence(present_rows.Difference(table=models.Line.__name__, was=was, now=is_now), "was found otherwise by the run")
    return None


def _is_of(line: _Line, run: models.Run, tenant: str) -> bool:
    return bool((line["integration"], line["tenant_id"]) == (run.integration, tenant))


def _as_read(was: _Line, read: _Line) -> _Line:
    """The row of a line with what planning inputs say of it."""
    now = was | {name: read[name] for name in _FOUND if name in read and name in was}
    return now | {name: read[name] for name in _FOUND_AS_TEXT if name in read and read[name] != msgspec.json.decode(was[name])}


def _sentence(difference: present_rows.Difference, what: str) -> str:
    """A difference between two links, for people."""
    line = present_rows.named(difference)
    if difference.was is None or difference.now is None:
        word = "added" if difference.was is None else "removed"
        return f"{line} was {word} after the run before was closed, and nothing recorded explains it."
    column, was, now = present_rows.first_change(difference)
    return f"{line} {what} than the run before had left it: its {column} was {now}, not {was}, and nothing recorded explains it."


def _key(line: _Line) -> _Key:
    return line["destination_id"], line["agreement"], line["item"]


def _decided(between: added_rows.Between) -> set[_Key]:
    """The lines that decisions were made on, or ended, as far as the manifest vouches for them."""
    columns = ("destination_id", "agreement", "item")
    decisions = added_rows.vouched(between, models.HoldDecision, tuple(f"hold__{column}" for column in columns))
    ends = added_rows.vouched(between, models.DecisionEnd, tuple(f"decision__hold__{column}" for column in columns))
    return {(destination, agreement, item) for _, destination, agreement, item in (*decisions, *ends)}


def _written_on(run: models.Run) -> set[tuple[int | None, int | None]]:
    """Destination and agreement of what a run meant to write, or found out about."""
    meant = models.Intent.objects.filter(run=run).values_list("destination", "agreement")
    found_out = models.IntentResult.objects.filter(run=run).values_list("intent__destination", "intent__agreement")
    return {*meant, *found_out}


def _earliest_of_later() -> dict[int, datetime]:
    """For each manifest's number, when the first of the runs began that ended after it or have not ended."""
    earliest: datetime | None = models.Run.objects.filter(manifest=None).aggregate(earliest=Min("started"))["earliest"]
    found: dict[int, datetime] = {}
    for sequence, started in models.Manifest.objects.order_by("-sequence").values_list("sequence", "run__started"):
        if earliest is not None:
            found[sequence] = earliest
        earliest = started if earliest is None else min(earliest, started)
    return found
