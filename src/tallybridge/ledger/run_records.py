"""Records of runs as they are given to the ledger and read back from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from tallybridge.billing.model import Notice, Quantity
from tallybridge.billing.plan import Change
from tallybridge.billing.reasons import Reason
from tallybridge.billing.wanting import NotBilled

INTERRUPTED = "interrupted"
"""Outcome of a run whose process ended before it could finish."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRun:
    """A run as it begins. `date` is the billing date in the integration's zone, `started` the UTC instant."""

    id: str
    integration: str
    kind: str
    """"run", "plan" or "apply"."""
    date: date
    started: datetime
    configuration: str
    """Address of the configuration's content."""
    rules_version: str
    rules: str | None = None
    """Address of the counting rules (`canonical.encode_rules`), for replay."""


@dataclass(frozen=True, slots=True)
class LeftOutCount:
    """How many seats and devices do not count for one reason."""

    reason: Reason
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantRunRecord:
    """A run's part for one tenant. `evidence`, `inputs` and `plan` are addresses of stored evidence; `usage` is one too, or the hash alone."""

    tenant_id: str
    """Empty for a link whose tenant the source does not list; it is kept as "account:" and the account's number."""
    tenant_name: str
    outcome: str
    document: bytes
    """The tenant's JSON (contracts 2)."""
    number: int | None = None
    account: int | None = None
    destination: int | None = None
    """The ledger's id of the PSA; must be given where there are changes."""
    agreement: int | None = None
    reason: Reason | None = None
    detail: str = ""
    observed_at: datetime | None = None
    """UTC instant at which the observation began."""
    evidence: str | None = None
    usage: str | None = None
    inputs: str | None = None
    plan: str | None = None
    changes: tuple[Change, ...] = ()
    quantities: tuple[Quantity, ...] = ()
    not_billed: tuple[NotBilled, ...] = ()
    left_out: tuple[LeftOutCount, ...] = ()
    notices: tuple[Notice, ...] = ()
    contents: tuple[tuple[bytes, str], ...] = ()
    """What those addresses name and the ledger may not hold yet, each with a word for people: stored together with the record."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRun:
    """A run as the ledger knows it; the members from `outcome` on are None or empty while it is not finished."""

    id: str
    integration: str
    kind: str
    date: date
    started: datetime
    configuration: str
    rules: str | None
    rules_version: str
    outcome: str | None = None
    """As given to `finish`, or "interrupted"."""
    finished: datetime | None = None
    totals: Mapping[str, Any] = field(default_factory=dict)
    tail: Mapping[str, Any] = field(default_factory=dict)
    head: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredTenantRun:
    """A tenant run as the ledger knows it, with its run. Its changes stand in the plan (`canonical.decode_plan`)."""

    run: StoredRun
    tenant_id: str
    tenant_name: str
    outcome: str
    """The newest: after applying, where that was recorded."""
    document: bytes
    number: int | None
    account: int | None
    destination: int | None
    agreement: int | None
    reason: Reason | None
    detail: str
    observed_at: datetime | None
    evidence: str | None
    usage: str | None
    inputs: str | None
    plan: str | None
    quantities: tuple[Quantity, ...]
    not_billed: tuple[NotBilled, ...]
    left_out: tuple[LeftOutCount, ...]
    notices: tuple[Notice, ...]


class HistoryEntry(NamedTuple):
    """What became of one line on one date, by the last run of that date that planned it."""

    date: date
    quantity: int | None
    """What was counted; None where no run of that date has counted, for example where quantities were prescribed."""
    charged: int | None
    """What the PSA was last read to hold; None where it held no line."""
    run: str
