"""Which licenses count, and why the others do not (design 5; KSC Open API reference 2.4 and 2.9): one row, one reason."""

from __future__ import annotations

import pytest

from tallybridge.billing.eligibility import license_reason, usability_reason
from tallybridge.billing.model import KeyScope, License, LicenseKind, LicenseState, Rules
from tallybridge.billing.reasons import Reason
from tests.billing.builders import NOW, SECOND, a_license, a_subscription

COUNTS = {
    "commercial key": a_license(),
    "commercial key that expires a second later": a_license(expires=NOW + SECOND),
    "active subscription": a_subscription(),
    "unlimited subscription without a date": a_subscription(unlimited=True, expires=None),
    "unlimited subscription with a meaningless date": a_subscription(unlimited=True, expires=NOW - SECOND),
    "commercial key sold as a subscription": a_license(is_subscription=True, state=LicenseState.ACTIVE),
    "key that came from the main server": a_license(installed=False),
    "key whose storage is not told": a_license(installed=None),
    "commercial license that is said to be active": a_license(state=LicenseState.ACTIVE),
    "commercial license that never expires": a_license(expires=None, unlimited=True),
}

DOES_NOT_COUNT = {
    "paused commercial license": (a_license(state=LicenseState.PAUSED), Reason.SUBSCRIPTION_NOT_ACTIVE),
    "canceled commercial license": (a_license(state=LicenseState.CANCELED), Reason.SUBSCRIPTION_NOT_ACTIVE),
    "beta": (a_license(kind=LicenseKind.BETA), Reason.KIND_NOT_BILLABLE),
    "trial": (a_license(kind=LicenseKind.TRIAL), Reason.KIND_NOT_BILLABLE),
    "test": (a_license(kind=LicenseKind.TEST), Reason.KIND_NOT_BILLABLE),
    "kind that no reference names": (a_license(kind=LicenseKind.OTHER), Reason.KIND_NOT_BILLABLE),
    "trial sold as an active subscription": (
        a_license(kind=LicenseKind.TRIAL, is_subscription=True, state=LicenseState.ACTIVE),
        Reason.KIND_NOT_BILLABLE,
    ),
    "kind not told": (a_license(kind=None), Reason.KIND_MISSING),
    "kind not told, though a subscription": (a_license(kind=None, is_subscription=True, state=LicenseState.ACTIVE), Reason.KIND_MISSING),
    "OEM": (a_license(kind=LicenseKind.OEM), Reason.OEM_NOT_COUNTED),
    "expired": (a_license(expires=NOW - SECOND), Reason.LICENSE_EXPIRED),
    "expires at the run's instant": (a_license(expires=NOW), Reason.LICENSE_EXPIRED),
    "expired subscription that still says active": (a_subscription(expires=NOW - SECOND), Reason.LICENSE_EXPIRED),
    "expiry not told": (a_license(expires=None), Reason.EXPIRY_MISSING),
    "expiry of a limited subscription not told": (a_subscription(expires=None), Reason.EXPIRY_MISSING),
    "paused": (a_subscription(state=LicenseState.PAUSED), Reason.SUBSCRIPTION_NOT_ACTIVE),
    "canceled": (a_subscription(state=LicenseState.CANCELED), Reason.SUBSCRIPTION_NOT_ACTIVE),
    "state that no reference names": (a_subscription(state=LicenseState.OTHER), Reason.SUBSCRIPTION_NOT_ACTIVE),
    "unlimited and canceled": (a_subscription(unlimited=True, state=LicenseState.CANCELED), Reason.SUBSCRIPTION_NOT_ACTIVE),
    "commercial key sold as a subscription, paused": (
        a_license(is_subscription=True, state=LicenseState.PAUSED),
        Reason.SUBSCRIPTION_NOT_ACTIVE,
    ),
    "kind subscription without the flag, paused": (
        a_license(kind=LicenseKind.SUBSCRIPTION, state=LicenseState.PAUSED),
        Reason.SUBSCRIPTION_NOT_ACTIVE,
    ),
    "state not told": (a_subscription(state=None), Reason.STATE_MISSING),
    "commercial key sold as a subscription, state not told": (a_license(is_subscription=True), Reason.STATE_MISSING),
    "kind subscription without the flag, state not told": (a_license(kind=LicenseKind.SUBSCRIPTION), Reason.STATE_MISSING),
}

OUT_OF_SCOPE = {
    "not in the tenant's own storage": (a_license(installed=False), Reason.NOT_INSTALLED),
    "storage not told": (a_license(installed=None), Reason.INSTALLED_FLAG_MISSING),
}


def rows(table: dict[str, License]) -> list[object]:
    return [pytest.param(license, id=name) for name, license in table.items()]


def reason_rows(table: dict[str, tuple[License, Reason]]) -> list[object]:
    return [pytest.param(license, reason, id=name) for name, (license, reason) in table.items()]


@pytest.mark.parametrize("license", rows(COUNTS))
def test_counts(license: License) -> None:
    assert license_reason(license, now=NOW, rules=Rules()) is None


@pytest.mark.parametrize(("license", "reason"), reason_rows(DOES_NOT_COUNT))
def test_does_not_count(license: License, reason: Reason) -> None:
    assert license_reason(license, now=NOW, rules=Rules()) is reason


@pytest.mark.parametrize(("license", "reason"), reason_rows(OUT_OF_SCOPE))
def test_key_scope_installed_leaves_out(license: License, reason: Reason) -> None:
    rules = Rules(key_scope=KeyScope.INSTALLED)
    assert license_reason(license, now=NOW, rules=rules) is reason
    assert usability_reason(license, now=NOW, rules=rules) is None, "its seats are still read, so that the run can say what the other scope changes"


def test_key_scope_installed_counts_what_is_in_the_tenants_own_storage() -> None:
    assert license_reason(a_license(installed=True), now=NOW, rules=Rules(key_scope=KeyScope.INSTALLED)) is None


def test_oem_counts_when_the_setting_says_so() -> None:
    rules = Rules(count_oem=True)
    assert license_reason(a_license(kind=LicenseKind.OEM), now=NOW, rules=rules) is None
    assert license_reason(a_license(kind=LicenseKind.OEM, expires=NOW), now=NOW, rules=rules) is Reason.LICENSE_EXPIRED
    assert license_reason(a_license(kind=LicenseKind.TRIAL), now=NOW, rules=rules) is Reason.KIND_NOT_BILLABLE
