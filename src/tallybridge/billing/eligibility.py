"""Which licenses and seats count, and why the others do not (given page; design 5; KSC Open API reference 2.4)."""

from __future__ import annotations

from datetime import datetime

from tallybridge.billing.model import KeyScope, License, LicenseKind, LicenseState, Rules
from tallybridge.billing.reasons import Reason

_NEVER_BILLED = frozenset({LicenseKind.BETA, LicenseKind.TRIAL, LicenseKind.TEST, LicenseKind.OTHER})


def license_reason(license: License, *, now: datetime, rules: Rules) -> Reason | None:
    """Why a license does not count at `now` (UTC, the run's instant), or None if it counts.

    Only unexpired, active commercial keys and subscriptions count. What the source did not say is never assumed in anybody's favor:
    the license is left out with a reason of its own.
    """
    return usability_reason(license, now=now, rules=rules) or scope_reason(license, rules.key_scope)


def usability_reason(license: License, *, now: datetime, rules: Rules) -> Reason | None:
    """The part of `license_reason` that no key scope changes; the seats of a license that passes it are worth reading."""
    if license.kind is None:
        return Reason.KIND_MISSING
    if license.kind in _NEVER_BILLED:
        return Reason.KIND_NOT_BILLABLE
    if license.kind is LicenseKind.OEM and not rules.count_oem:
        return Reason.OEM_NOT_COUNTED
    subscription = license.is_subscription or license.kind is LicenseKind.SUBSCRIPTION
    if subscription and license.state is None:
        return Reason.STATE_MISSING
    if license.state not in (None, LicenseState.ACTIVE):
        return Reason.SUBSCRIPTION_NOT_ACTIVE
    if license.unlimited:
        return None
    if license.expires is None:
        return Reason.EXPIRY_MISSING
    return Reason.LICENSE_EXPIRED if license.expires <= now else None


def scope_reason(license: License, scope: KeyScope) -> Reason | None:
    """Why the key scope leaves a license out, or None (KSC Open API reference 2.9)."""
    if scope is KeyScope.USED or license.installed:
        return None
    return Reason.INSTALLED_FLAG_MISSING if license.installed is None else Reason.NOT_INSTALLED


def seat_reason(*, active: bool | None, pending: bool, expires: datetime | None, managed: bool, now: datetime) -> Reason | None:
    """Why one use of a counting license does not count at `now` (UTC), or None if it counts (design 5)."""
    if not active:
        return Reason.ACTIVE_FLAG_MISSING if active is None else Reason.RESERVE_KEY
    if pending:
        return Reason.PENDING_SUBSCRIPTION
    if expires is not None and expires <= now:
        return Reason.EXPIRED_ON_DEVICE
    return None if managed else Reason.NOT_MANAGED
