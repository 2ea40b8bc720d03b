"""Which licenses and seats count, and why the others do not (given page; design 5; KSC Open API reference 2.4)."""

from __future__ import annotations

from collections.abc import Container, Iterable
from datetime import datetime

from tallybridge.billing.model import KeyScope, License, LicenseKind, LicenseState, Rules, Seat
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


def seats_apart(seats: Iterable[Seat], *, managed: Container[str], now: datetime) -> tuple[list[str], list[tuple[str, Reason]]]:
    """One counting license's uses (design 5): the devices on which it counts at `now` (UTC), and the others, each with the reason why it does not.

    A device stands in both as often as the source says so. All seats of a license at once: a call for each costs more than what it decides.
    """
    counting: list[str] = []
    left_out: list[tuple[str, Reason]] = []
    for _, device, active, pending, expires, _ in seats:
        if not active:
            left_out.append((device, Reason.ACTIVE_FLAG_MISSING if active is None else Reason.RESERVE_KEY))
        elif pending:
            left_out.append((device, Reason.PENDING_SUBSCRIPTION))
        elif expires is not None and expires <= now:
            left_out.append((device, Reason.EXPIRED_ON_DEVICE))
        elif device not in managed:
            left_out.append((device, Reason.NOT_MANAGED))
        else:
            counting.append(device)
    return counting, left_out
