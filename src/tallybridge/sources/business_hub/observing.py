"""From an export to an observation, which is counted, planned and explained like that of any other source."""

from __future__ import annotations

from collections import Counter

from tallybridge.billing.model import License, LicenseKind, Observation, Seat, Tenant
from tallybridge.sources.business_hub.exports import CompanyExport, ExportedLicense, Use


def observation_of(export: CompanyExport, tenant: Tenant) -> Observation:
    """The observation of a company; it is valid for the export's instant, not for the one at which the file was read.

    A license that never expires is `unlimited`. Each license is the company's own (`installed`), and Business Hub knows neither reserve keys nor
    pending subscriptions on a device, so each use is an active seat.
    """
    used = Counter([use.license for use in export.uses] + [mailbox.license for mailbox in export.mailboxes])
    return Observation(
        tenant=tenant,
        started=export.exported,
        licenses=tuple(_license(one, used[one.id]) for one in export.licenses),
        devices=export.devices,
        seats=tuple(sorted(_seat(use) for use in export.uses)),
        mailboxes=export.mailboxes,
    )


def _seat(use: Use) -> Seat:
    return Seat(license=use.license, device=use.device, active=True, pending=False, expires=None, device_name="")


def _license(one: ExportedLicense, used: int) -> License:
    return License(
        serial=one.id,
        name=one.application,
        kind=one.kind,
        is_subscription=one.kind is LicenseKind.SUBSCRIPTION,
        state=one.state,
        expires=one.expires,
        unlimited=one.expires is None,
        installed=True,
        reported_devices=used,
    )
