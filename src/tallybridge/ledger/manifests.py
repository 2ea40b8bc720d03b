"""Walks the ledger's chain and tells whether everything that it vouches for is still as it was recorded (design 7)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from tallybridge.ledger import evidence, manifest_body, opening
from tallybridge.ledger.canonical import encode
from tallybridge.ledger.errors import LedgerDamaged, ledger_errors
from tallybridge.ledger.prepared import models

_TENANT_ADDRESSES = {"evidence": "evidence", "inputs": "planning inputs", "plan": "plan"}


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


class _Broken(Exception):
    """The sentence of the first broken link."""


@ledger_errors()
def verify(*, kept_head: str | None = None) -> VerifyReport:
    """Checks the file, then each link of the chain from the first run on: its hash, the run it closes, every row and content that it vouches for.

    What no link vouches for comes last: rows that refer to missing ones, and every other stored content against its hash. A link comes before
    these because it can name the run.

    Args:
        kept_head: a head that was kept elsewhere; the chain must contain it, so that a chain that was cut short or written anew is noticed.
    """
    checked: set[str] = set()
    runs = 0
    head: str | None = None
    kept_seen = kept_head is None
    try:
        _check(opening.fault_in_file)
        for sequence, run_id in enumerate(models.Manifest.objects.order_by("sequence").values_list("run_id", flat=True), start=1):
            try:
                with ledger_errors():
                    head = _check_link(models.Manifest.objects.get(run_id=run_id), sequence, head, checked)
            except (LedgerDamaged, ValueError, TypeError) as unreadable:
                raise _Broken(f"Run {run_id}: something recorded for it can no longer be read ({unreadable}).") from unreadable
            kept_seen = kept_seen or head == kept_head
            runs += 1
        _check(opening.fault_in_references)
        _check_other_contents(checked)
    except _Broken as broken:
        return VerifyReport(ok=False, runs=runs, evidence=len(checked), first_broken=str(broken))
    if not kept_seen:
        cut = f"The chain does not contain the head {kept_head} that was kept: runs have been removed, or it is of another ledger."
        return VerifyReport(ok=False, runs=runs, evidence=len(checked), first_broken=cut, head=head)
    return VerifyReport(ok=True, runs=runs, evidence=len(checked), first_broken=None, head=head)


def _check(fault: Callable[[], str | None]) -> None:
    try:
        found = fault()
    except LedgerDamaged as damaged:
        raise _Broken(str(damaged)) from damaged
    if found is not None:
        raise _Broken(f"{found} Restore the ledger from a backup.")


def _check_other_contents(checked: set[str]) -> None:
    """Every stored content that no manifest refers to, of an unfinished run for example."""
    for address, kind in models.Blob.objects.order_by("address").values_list("address", "kind"):
        if address not in checked:
            _check_content(f"Evidence of the kind “{kind}” that no manifest refers to", address)
            checked.add(address)


def _check_link(manifest: models.Manifest, sequence: int, previous: str | None, checked: set[str]) -> str:
    """The link's head, once all that it vouches for was found right."""
    run = models.Run.objects.filter(id=manifest.run_id).first()
    if run is None:
        raise _Broken(f"Run {manifest.run_id}: what was recorded when it began has been removed.")
    where = f"Run {run.id}"
    data = evidence.decompress(manifest.body)
    if data is None or evidence.address_of(data) != manifest.head:
        raise _Broken(f"{where}: its manifest has been changed; it no longer has the hash {manifest.head}.")
    said: dict[str, Any] = msgspec.json.decode(data)
    if (manifest.sequence, manifest.previous) != (sequence, previous) or (said["sequence"], said["previous"]) != (sequence, previous):
        raise _Broken(f"{where}: its manifest does not follow the one before; a manifest is missing or has been put in between.")
    columns = manifest_body.run_part(run) | {"outcome": manifest.outcome, "finished": manifest.finished}
    for name, value in msgspec.json.decode(encode(columns)).items():
        if said.get(name) != value:
            raise _Broken(f"{where}: its {name.replace('_', ' ')} has been changed since the run was closed.")
    _check_tenants(where, said["tenants"], msgspec.json.decode(encode(manifest_body.tenants_part(run))))
    for name, address in _addresses(said, run):
        if address not in checked:
            _check_content(f"{where}: its {name}", address)
            checked.add(address)
    return manifest.head


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
    for tenant in said["tenants"]:
        for member, word in _TENANT_ADDRESSES.items():
            if tenant.get(member) is not None:
                yield f"{word} of the tenant {tenant['id']}", tenant[member]
        usage = tenant.get("usage")
        if usage is not None and evidence.known(usage):
            yield f"usage of the tenant {tenant['id']}", usage
    recorded = models.TenantRun.objects.filter(run=run).values_list("tenant_id", "document")
    applied = models.TenantRunOutcome.objects.filter(tenant_run__run=run).values_list("tenant_run__tenant_id", "document")
    for tenant_id, address in (*recorded, *applied):
        yield f"document of the tenant {tenant_id}", address


def _check_content(what: str, address: str) -> None:
    try:
        evidence.get(address)
    except evidence.EvidenceUnknown:
        raise _Broken(f"{what} is missing from the ledger ({address}).") from None
    except evidence.EvidenceDamaged:
        raise _Broken(f"{what} has been changed since it was stored ({address}).") from None
