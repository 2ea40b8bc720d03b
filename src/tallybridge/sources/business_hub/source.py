"""Business Hub exports as `sources.base.Source`: lists the companies, observes one at a time, and says in words what is missing or too old."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from tallybridge.billing.model import Observation, Tenant
from tallybridge.billing.reasons import Reason
from tallybridge.sources.base import Clock, SourceFailed, TenantListing, TenantNotObserved
from tallybridge.sources.business_hub.exports import CompanyExport, Exports
from tallybridge.sources.business_hub.observing import observation_of
from tallybridge.sources.business_hub.refusing import utc_text
from tallybridge.wire.checks import Check

_CLOCKS_APART = timedelta(hours=1)
"""How far the clock of the machine that exports may be ahead of ours."""

_EXPORT_AGAIN = "Export the company again in Business Hub."


class BusinessHubSource:
    """Reads usage from export files.

    Args:
        exports: gives what is known of every company now; may raise SourceFailed.
        clock: the present instant (L10).
        most_days: the age from which an export is too old to be the present usage.
    """

    def __init__(self, exports: Callable[[], Exports], *, clock: Clock, most_days: int = 2) -> None:
        self._exports = exports
        self._clock = clock
        self._most_days = most_days
        self._known = Exports(newest={})

    def tenants(self) -> TenantListing:
        """Reads the exports anew and lists every company that has one, however old; `observe` keeps to what was read here.

        Raises:
            SourceFailed: the exports cannot be read.
        """
        self._known = self._exports()
        newest = self._known.newest
        return TenantListing(
            tenants=tuple(Tenant(id=company, name=newest[company].name) for company in sorted(newest)),
            version="export files",
            unassigned=None,
            problems=self._known.refused,
        )

    def observe(self, tenant: Tenant, *, deadline: Callable[[], float]) -> Observation:
        """The observation of one company at the instant of its newest export.

        Raises:
            TenantNotObserved: there is no export of it, the newest is too old or lies in the future, or it cannot be shown to be whole (L1).
        """
        about = f"Company {tenant.name!r}"
        if deadline() <= 0:
            raise TenantNotObserved(Reason.TIME_LIMIT, f"{about} was not read within its time limit; nothing was written for it.")
        export = self._known.newest.get(tenant.id)
        if export is None:
            refused = "".join(f" {sentence}" for sentence in self._known.refused)
            raise TenantNotObserved(Reason.EXPORT_MISSING, f"{about} is in no export; nothing was written for it. {_EXPORT_AGAIN}{refused}")
        if tenant.id in self._known.withheld:
            raise TenantNotObserved(Reason.FILE_REFUSED, f"{about} was not read; nothing was written for it. {self._known.withheld[tenant.id]}")
        now = self._clock()
        exported = utc_text(export.exported)
        if now - export.exported > timedelta(days=self._most_days):
            raise TenantNotObserved(
                Reason.EXPORT_TOO_OLD,
                f"The newest export of company {tenant.name!r} is of {exported}, which is more than {self._most_days} days ago; "
                f"nothing was written for it. {_EXPORT_AGAIN}",
            )
        if export.exported - now > _CLOCKS_APART:
            raise TenantNotObserved(
                Reason.FILE_REFUSED,
                f"The newest export of company {tenant.name!r} says that it is of {exported}, which lies in the future; nothing was written for it. "
                "Correct the instant in the file, or remove the file.",
            )
        return observation_of(export, tenant)

    def checks(self) -> tuple[Check, ...]:
        """Reads the exports and tests that they are there, that no file is refused, and that none is too old."""
        try:
            known = self._exports()
        except SourceFailed as failure:
            unchecked = "not checked, because an earlier check failed"
            return (
                Check(name="Business Hub: exports", ok=False, detail=str(failure), advice="Put the export files there."),
                Check(name="Business Hub: files", ok=None, detail=unchecked),
                Check(name="Business Hub: age", ok=None, detail=unchecked),
            )
        return _exports_there(known), _files_readable(known), self._age(tuple(known.newest.values()))

    def close(self) -> None:
        """Holds nothing open."""

    def _age(self, exports: tuple[CompanyExport, ...]) -> Check:
        name = "Business Hub: age"
        if not exports:
            return Check(name=name, ok=None, detail="not checked, because there is no export")
        instants = sorted(export.exported for export in exports)
        span = f"the newest exports of {len(exports)} companies are of {utc_text(instants[0])} to {utc_text(instants[-1])}"
        now = self._clock()
        unfit = sorted(
            export.name for export in exports if now - export.exported > timedelta(days=self._most_days) or export.exported - now > _CLOCKS_APART
        )
        if not unfit:
            return Check(name=name, ok=True, detail=span)
        detail = f"{span}; older than {self._most_days} days or in the future: {', '.join(unfit)}"
        return Check(name=name, ok=False, detail=detail, advice=f"{_EXPORT_AGAIN} Until then nothing is written for it.")


def _exports_there(known: Exports) -> Check:
    name = "Business Hub: exports"
    if known.newest:
        return Check(name=name, ok=True, detail=f"exports of {len(known.newest)} companies are there")
    return Check(name=name, ok=False, detail="there is no export that can be read", advice="Put an export file into the folder, or import one.")


def _files_readable(known: Exports) -> Check:
    name = "Business Hub: files"
    if not known.refused:
        return Check(name=name, ok=True, detail="no file is refused")
    return Check(name=name, ok=False, detail=" ".join(known.refused), advice="Correct or remove the files that are refused.")
