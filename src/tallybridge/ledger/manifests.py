"""Walks the ledger's chain and tells whether everything that it vouches for is still as it was recorded (design 7)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import msgspec

from tallybridge.ledger import added_rows, evidence, line_history, manifest_body, opening, present_rows
from tallybridge.ledger.canonical import encode
from tallybridge.ledger.compression import decompress
from tallybridge.ledger.errors import LedgerDamaged, ledger_errors
from tallybridge.ledger.prepared import models
from tallybridge.ledger.vouched_contents import Contents


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyReport:
    """What `verify` found. `runs` and `evidence` count the links and the stored contents that were checked and found right."""

    ok: bool
    runs: int
    evidence: int
    first_broken: str | None
    """The first broken link, in words."""
    head: str | None = None
    """The newest head that was found right."""
    pruned: int = 0
    """Pieces of evidence that are no longer there because their retention has ended; what the chain says of them is right."""
    not_yet_vouched: int = 0
    """Decisions, stated counts, imports, configuration versions, seen charges and settled holds that came after the newest link."""
    changed_since: int = 0
    """Lines, holds, bindings and PSAs that have changed since the newest link by a recorded decision or by a run that is not closed yet."""


class _Broken(Exception):
    """The sentence of the first broken link."""


class _Walk:
    """The way along the chain, as far as it has come."""

    def __init__(self, kept_head: str | None) -> None:
        self.runs = 0
        self.head: str | None = None
        self.contents = Contents()
        self.kept_seen = kept_head is None
        self._kept_head = kept_head
        self._newest_run = ""
        self._between = added_rows.Between()
        self._present: str | None = None
        self._added = added_rows.Walk()
        self._lines = line_history.History()

    def go_on(self) -> None:
        """Checks each link that has not been checked yet."""
        left = models.Manifest.objects.order_by("sequence").values_list("run_id", flat=True)[self.runs :]
        for sequence, run_id in enumerate(left, start=self.runs + 1):
            with _readable(run_id):
                self._take(models.Manifest.objects.get(run_id=run_id), sequence)
            self.kept_seen = self.kept_seen or self.head == self._kept_head
            self.runs += 1

    def _take(self, manifest: models.Manifest, sequence: int) -> None:
        said = _check_link(manifest, sequence, self.head, self.contents)
        where = f"Run {manifest.run_id}"
        self._between = manifest_body.between_of(manifest)
        if (changed := self._added.fault(self._between)) is not None:
            raise _Broken(f"{where}: {changed}")
        for name, address in added_rows.contents(self._between):
            self._content(where, name, address)
        self._present = said.get("present")
        if self._present is not None:
            self._content(where, "record of the lines and holds as they stood", self._present)
        if (changed := self._lines.fault(manifest, self._present, self._between)) is not None:
            raise _Broken(f"{where}: {changed}")
        self.head, self._newest_run = manifest.head, manifest.run_id

    def _content(self, where: str, name: str, address: str) -> None:
        _check_content(self.contents, f"{where}: its {name}", address)

    def compare_with_present(self) -> tuple[int, int]:
        """How many rows came after the newest link, and how many changed since by what was recorded. Raises _Broken for any other.

        A run may be closed meanwhile: then its link is checked, and what it left is compared.
        """
        while True:
            with _readable(self._newest_run):
                differing = present_rows.differences(evidence.get(self._present)) if self._present is not None else []
                unexplained = present_rows.unexplained(differing, self._between)
                in_between = self._added.fault_in_between(self._between)
                later = added_rows.count_unvouched(self._between)
            if models.Manifest.objects.count() > self.runs:
                self.go_on()
                continue
            if in_between is not None:
                raise _Broken(f"Run {self._newest_run}: {in_between}")
            if unexplained:
                raise _Broken(f"Run {self._newest_run}: {present_rows.sentence(unexplained[0])}")
            return later, len(differing)


@contextmanager
def _readable(run_id: str) -> Iterator[None]:
    try:
        with ledger_errors():
            yield
    except (LedgerDamaged, ValueError, TypeError) as unreadable:
        raise _Broken(f"Run {run_id}: something recorded for it can no longer be read ({unreadable}).") from unreadable


@ledger_errors()
def verify(*, kept_head: str | None = None) -> VerifyReport:
    """Checks the file, then each link of the chain from the first run on: its hash, the run it closes, every row and content that it vouches for.

    Then the lines, holds and bindings as they stand are compared with the newest link. What no link vouches for comes last: rows that refer to
    missing ones, and every other stored content against its hash. A link comes before these because it can name the run.

    Args:
        kept_head: a head that was kept elsewhere; the chain must contain it, so that a chain that was cut short or written anew is noticed.
    """
    walk = _Walk(kept_head)
    try:
        _check(opening.fault_in_file)
        walk.go_on()
        later, changed = walk.compare_with_present()
        _check(opening.fault_in_references)
        _check_other_contents(walk.contents)
    except _Broken as broken:
        return VerifyReport(ok=False, runs=walk.runs, evidence=len(walk.contents.checked), first_broken=str(broken))
    cut = None
    if not walk.kept_seen:
        cut = f"The chain does not contain the head {kept_head} that was kept: runs have been removed, or it is of another ledger."
    return VerifyReport(
        ok=cut is None,
        runs=walk.runs,
        evidence=len(walk.contents.checked),
        first_broken=cut,
        head=walk.head,
        pruned=len(walk.contents.pruned),
        not_yet_vouched=later,
        changed_since=changed,
    )


def _check(fault: Callable[[], str | None]) -> None:
    try:
        found = fault()
    except LedgerDamaged as damaged:
        raise _Broken(str(damaged)) from damaged
    if found is not None:
        raise _Broken(f"{found} Restore the ledger from a backup.")


def _check_other_contents(contents: Contents) -> None:
    """Every stored content that no manifest refers to, of an unfinished run for example, and what is written beside each."""
    for address, kind in models.Blob.objects.order_by("id").values_list("address", "kind"):
        if address is not None:
            _check_content(contents, f"Evidence of the kind “{kind}” that no manifest refers to", address)
    if (address := evidence.mislabeled()) is not None:
        raise _Broken(f"What is written beside the evidence {address} has been changed since it was stored. Restore the ledger from a backup.")


def _check_link(manifest: models.Manifest, sequence: int, previous: str | None, contents: Contents) -> dict[str, Any]:
    """What the link says, once all of its run's was found right."""
    run = models.Run.objects.filter(id=manifest.run_id).first()
    if run is None:
        raise _Broken(f"Run {manifest.run_id}: what was recorded when it began has been removed.")
    where = f"Run {run.id}"
    data = decompress(manifest.body)
    if data is None or evidence.address_of(data) != manifest.head:
        raise _Broken(f"{where}: its manifest has been changed; it no longer has the hash {manifest.head}.")
    said: dict[str, Any] = msgspec.json.decode(data)
    if (manifest.sequence, manifest.previous) != (sequence, previous) or (said["sequence"], said["previous"]) != (sequence, previous):
        raise _Broken(f"{where}: its manifest does not follow the one before; a manifest is missing or has been put in between.")
    columns = manifest_body.run_part(run) | {"outcome": manifest.outcome, "finished": manifest.finished}
    for name, value in msgspec.json.decode(encode(columns)).items():
        if said.get(name) != value:
            raise _Broken(f"{where}: its {name.replace('_', ' ')} has been changed since the run was closed.")
    now = manifest_body.tenants_part(run, layout=manifest_body.layout_of(said), strict=True)
    _check_tenants(where, said["tenants"], msgspec.json.decode(encode(now)))
    if (fault := contents.fault_in_facts(run)) is not None:
        raise _Broken(f"{where}: {fault}")
    for name, address in _addresses(said, run):
        _check_content(contents, f"{where}: its {name}", address)
    return said


def _check_tenants(where: str, said: list[dict[str, Any]], found: list[dict[str, Any]]) -> None:
    expected = {tenant["id"]: tenant for tenant in said}
    now = {tenant["id"]: tenant for tenant in found}
    for tenant in sorted({*expected, *now}):
        if tenant not in now:
            raise _Broken(f"{where}: what was recorded for the tenant {tenant} has been removed.")
        if tenant not in expected:
            raise _Broken(f"{where}: something was added for the tenant {tenant} after the run was closed.")
        if expected[tenant]["rows"] != now[tenant]["rows"]:
            raise _Broken(f"{where}: the usage lines, changes or outcome of the tenant {tenant} have been changed since the run was closed.")
        if expected[tenant]["results"] != now[tenant]["results"]:
            raise _Broken(f"{where}: the intents or results of the tenant {tenant} have been changed since the run was closed.")


def _addresses(said: dict[str, Any], run: models.Run) -> Iterator[tuple[str, str]]:
    """What a manifest refers to, with a word for each."""
    yield "configuration", said["configuration"]
    if said["rules"] is not None:
        yield "rules", said["rules"]
    applied = models.TenantRunOutcome.objects.filter(tenant_run__run=run).values_list("tenant_run__tenant_id", "document")
    for tenant_id, address in applied:
        yield f"document of the tenant {tenant_id}", address


def _check_content(contents: Contents, what: str, address: str) -> None:
    if (fault := contents.fault(what, address)) is not None:
        raise _Broken(fault)
