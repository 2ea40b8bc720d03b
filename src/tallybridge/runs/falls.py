"""What the ledger knows of seats that a charge no longer bills: the evidence it was last written from, beside today's (design 6.5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from tallybridge.billing.counting import count
from tallybridge.billing.plan import OurLine, Proof, Wanted
from tallybridge.billing.proving import Reading, prove_fall
from tallybridge.ledger import runs as ledger_runs
from tallybridge.ledger.errors import EvidencePruned
from tallybridge.ledger.run_records import StoredTenantRun
from tallybridge.runs.explaining import evidence_of


def proofs_of_falls(destination: int, lines: Iterable[OurLine], wanted: Mapping[str, Wanted], today: Reading) -> tuple[Proof, ...]:
    """A proof for each line of ours whose quantity would fall; most days none does, and nothing is read.

    Raises:
        EvidenceDamaged, EvidenceUnknown: earlier evidence is not what it was; `verify` says where.
    """
    known: dict[str, Reading] = {}
    proofs = []
    for line in lines:
        one = wanted.get(line.item)
        if one is None or line.closed or one.quantity >= line.written:
            continue
        written_from = ledger_runs.last_counted(destination, line.agreement, line.item, line.written)
        proofs.append(prove_fall(line.item, _reading(written_from, known) if written_from is not None else None, today))
    return tuple(proofs)


def _reading(tenant_run: StoredTenantRun, known: dict[str, Reading]) -> Reading | None:
    """The evidence of a past tenant run, counted again; the lines of a tenant mostly rest on the same. None where its retention has ended."""
    if tenant_run.run.id not in known:
        try:
            observation, rules = evidence_of(tenant_run)
        except EvidencePruned:
            return None
        known[tenant_run.run.id] = Reading(observation=observation, rules=rules, usage=count(observation, rules, now=tenant_run.run.started))
    return known[tenant_run.run.id]
