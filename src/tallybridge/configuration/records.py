"""What a configuration file declares, as frozen records (contracts 3). Defaults stand here and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import time
from pathlib import Path
from typing import ClassVar, Literal

from tallybridge.billing.model import Application, KeyScope, Mapping
from tallybridge.billing.plan import Bounds
from tallybridge.configuration.secrets import SecretReference

ApplyMode = Literal["automatic", "approve"]
WriteMode = Literal["soap", "worklist"]
USUAL_EVIDENCE_MONTHS = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class IntegrationSettings:
    """One source joined to one destination: its name, and when its day is run."""

    name: str = "Integration with Tigerpaw"
    time_zone: str
    """A name that `zoneinfo.ZoneInfo` knows."""
    run_at: time = time(2, 30)
    """Local time of day in `time_zone` (L12 for days on which it is missing or comes twice)."""
    apply: ApplyMode = "approve"
    evidence_months: int | None = None
    """How long evidence is kept; None: `USUAL_EVIDENCE_MONTHS`."""

    @property
    def months_of_evidence(self) -> int:
        """How long evidence is kept (design 7)."""
        return USUAL_EVIDENCE_MONTHS if self.evidence_months is None else self.evidence_months


@dataclass(frozen=True, slots=True, kw_only=True)
class KscSourceSettings:
    """A Kaspersky Security Center server to read from."""

    kind: Literal["ksc"] = "ksc"
    url: str
    """Without a trailing slash."""
    user: str
    password: SecretReference
    fingerprint: str | None = None
    """`sha256:` and 64 lower-case hexadecimal digits."""
    ca_file: Path | None = None
    """Absolute."""
    key_scope: KeyScope = KeyScope.USED
    count_oem: bool = False
    max_sessions: int = 2
    calls_per_second: int | None = None
    """None sets no limit."""
    read_unlinked: bool = True
    tenant_minutes: float = 10
    key_chunk: int | None = None
    seat_chunk: int | None = None
    host_chunk: int | None = None
    """Rows asked for at once; None leaves it to the measured default of the source."""
    insecure: bool = False

    @property
    def origin(self) -> str:
        """What tells this source from another of its kind."""
        return self.url


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessHubSourceSettings:
    """A folder of Kaspersky Business Hub exports to read from (contracts 5). A company's licenses are its own, so there is no key scope to choose."""

    kind: Literal["business_hub"] = "business_hub"
    folder: Path
    """Absolute. Files in it are only read; it need not be there yet."""
    export_days: int = 2
    """An older export gives no observation: unread is not zero."""
    count_oem: bool = False
    max_sessions: int = 2
    """Companies observed at the same time."""
    read_unlinked: bool = True
    tenant_minutes: float = 10
    key_scope: ClassVar[KeyScope] = KeyScope.USED
    password: ClassVar[None] = None

    @property
    def origin(self) -> str:
        """What tells this source from another of its kind."""
        return str(self.folder)


SourceSettings = KscSourceSettings | BusinessHubSourceSettings
"""Every kind has `kind`, `origin`, `password`, `key_scope`, `count_oem`, `max_sessions`, `read_unlinked` and `tenant_minutes`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TigerpawDestinationSettings:
    """A Tigerpaw server to bill in. The three SOAP settings are there whenever `write_mode` is `soap`."""

    kind: Literal["tigerpaw"] = "tigerpaw"
    url: str
    """Without a trailing slash."""
    public_key: str
    private_key: SecretReference
    external_product: str
    write_mode: WriteMode = "soap"
    soap_user: str | None = None
    soap_password: SecretReference | None = None
    dialect: str | None = None
    """The name of a shipped dialect, or the absolute path of a dialect file."""
    settle: float = 30
    """Seconds."""
    date_header: str = "X-TSI-Date"
    page_size: int = 100
    paging_names: tuple[str, str] = ("PageSize", "StartRow")
    fingerprint: str | None = None
    ca_file: Path | None = None
    insecure: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardSettings(Bounds):
    """How far charges may fall or rise without a person (design 6.5): the bounds of a line and a tenant, and the run's circuit breaker."""

    run_units: int = 100
    run_percent: int = 10

    def may_fall(self, billed: int) -> int:
        """Units by which one run may lower charges in all, where so many units are billed."""
        return max(self.run_units, billed * self.run_percent // 100)

    @property
    def bounds(self) -> Bounds:
        """The bounds of a line and a tenant."""
        return Bounds(**{bound.name: getattr(self, bound.name) for bound in fields(Bounds)})


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSettings:
    """One tenant ↔ one account. Exactly one of `tenant` (the name) and `tenant_id` (the unique id) is there."""

    tenant: str | None = None
    tenant_id: str | None = None
    account: int
    agreement: int | None = None
    """None: none chosen yet; the tenant is then blocked, not refused (design 6.4)."""
    billing: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """One integration, whole. Equal configurations have equal canonical bytes."""

    integration: IntegrationSettings
    source: SourceSettings
    destination: TigerpawDestinationSettings
    guards: GuardSettings = field(default_factory=GuardSettings)
    links: tuple[LinkSettings, ...] = ()
    applications: tuple[Application, ...] = ()
    """What the file declares beside the shipped catalog; `catalog.applications_of` gives the whole."""
    mappings: tuple[Mapping, ...] = ()
