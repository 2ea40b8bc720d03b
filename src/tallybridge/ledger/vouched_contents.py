"""Whether the contents and facts that the chain refers to are still what they were; each is looked at once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from tallybridge.ledger import evidence, tenant_facts
from tallybridge.ledger.prepared import models
from tallybridge.ledger.recent import Recent

_AT_ONCE = 500
_WORDS = {"evidence": "evidence", "inputs": "planning inputs", "plan": "plan", "document": "document", "usage": "usage"}


class Contents:
    """What was looked at so far and found right."""

    def __init__(self) -> None:
        self.checked: set[str] = set()
        """Addresses."""
        self.pruned: set[str] = set()
        """Addresses of what was pruned."""
        self._facts: set[int] = set()
        self._kept_until: dict[int, date] = {}
        """Of facts whose evidence was pruned, the first billing date on which no run may rest on them."""
        self._recent = Recent()

    def fault(self, what: str, address: str) -> str | None:
        """What is wrong with a content, in words that begin with `what`; None where it is right."""
        if address in self.checked or address in self.pruned:
            return None
        try:
            evidence.get_many((address,), recent=self._recent)
        except evidence.EvidencePruned:
            self.pruned.add(address)
            return None
        except evidence.EvidenceUnknown:
            return f"{what} is missing from the ledger ({address})."
        except evidence.EvidenceDamaged:
            return f"{what} has been changed since it was stored ({address})."
        self.checked.add(address)
        return None

    def fault_in_facts(self, run: models.Run) -> str | None:
        """The first thing that is wrong with what a run recorded of its tenants, beyond the rows of the run itself."""
        rows = models.TenantRun.objects.filter(run=run).order_by("tenant_id").values_list("tenant_id", "facts_id")
        every = {facts: tenant for tenant, facts in rows}
        tenants = {facts: tenant for facts, tenant in every.items() if facts not in self._facts}
        for facts in _some_at_once(sorted(tenants)):
            if (other := tenant_facts.changed(facts)) is not None:
                return f"the usage lines, changes or outcome of the tenant {tenants[other]} have been changed since the run was closed."
            for row in models.TenantFacts.objects.filter(id__in=facts).order_by("id"):
                for name, word in _WORDS.items():
                    address = getattr(row, name)
                    if address is None or (name == "usage" and not evidence.known(address)):
                        continue
                    if (fault := self.fault(f"its {word} of the tenant {tenants[row.id]}", address)) is not None:
                        return fault
                if row.evidence in self.pruned:
                    entries = models.PrunedContent.objects.filter(address=row.evidence).order_by("id")
                    self._kept_until[row.id] = entries.values_list("before", flat=True).last() or date.min
            self._facts.update(facts)
        for one, tenant in every.items():
            if run.date >= self._kept_until.get(one, date.max):
                return f"its evidence of the tenant {tenant} was pruned before its retention had ended."
        return None


def _some_at_once(facts: list[int]) -> Iterator[list[int]]:
    for first in range(0, len(facts), _AT_ONCE):
        yield facts[first : first + _AT_ONCE]
