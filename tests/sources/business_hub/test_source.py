"""The source: companies are listed, one is observed at a time, and what is missing, too old or in doubt gives no observation (L1, L7)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tallybridge.billing.model import License, LicenseKind, LicenseState, Seat, Tenant
from tallybridge.billing.reasons import Reason
from tallybridge.sources.base import Source, SourceFailed, TenantNotObserved
from tallybridge.sources.business_hub import BusinessHubSource, CompanyExport, Exports, read_folder
from tests.sources.business_hub.exports_of import EXPORTED, FABRIKAM, NOW, of_company

TENANT = Tenant(id="c-17", name="Fabrikam")


def source_of(
    *exports: CompanyExport, refused: tuple[str, ...] = (), withheld: dict[str, str] | None = None, most_days: int = 2
) -> BusinessHubSource:
    known = Exports(newest={export.id: export for export in exports}, refused=refused, withheld=withheld or {})
    source = BusinessHubSource(lambda: known, clock=lambda: NOW, most_days=most_days)
    source.tenants()
    return source


def plenty() -> float:
    return 60.0


def not_observed(source: BusinessHubSource, tenant: Tenant = TENANT) -> TenantNotObserved:
    with pytest.raises(TenantNotObserved) as raised:
        source.observe(tenant, deadline=plenty)
    return raised.value


def test_it_is_a_source_whose_tenants_are_companies() -> None:
    source: Source = source_of(FABRIKAM, of_company("c-02", name="Contoso"))

    listing = source.tenants()

    assert listing.tenants == (Tenant(id="c-02", name="Contoso"), TENANT)
    assert listing.unassigned is None
    source.close()


def test_an_observation_holds_the_whole_export_at_its_instant() -> None:
    observation = source_of(FABRIKAM).observe(TENANT, deadline=plenty)

    assert (observation.tenant, observation.started) == (TENANT, EXPORTED)
    assert observation.licenses == (
        License(
            serial="l-1",
            name="Kaspersky Endpoint Security Cloud Plus",
            kind=LicenseKind.SUBSCRIPTION,
            is_subscription=True,
            state=LicenseState.ACTIVE,
            expires=datetime(2027, 6, 30, tzinfo=UTC),
            installed=True,
            reported_devices=3,
        ),
        License(
            serial="l-2",
            name="Kaspersky Security for Microsoft Office 365",
            kind=LicenseKind.COMMERCIAL,
            state=LicenseState.ACTIVE,
            unlimited=True,
            installed=True,
            reported_devices=1,
        ),
    )
    assert observation.devices == FABRIKAM.devices
    assert observation.seats == tuple(Seat("l-1", device, True, False, None, "") for device in ("d-1", "d-2", "d-3"))
    assert observation.mailboxes == FABRIKAM.mailboxes


def test_observing_keeps_to_the_exports_that_were_listed() -> None:
    known = [Exports(newest={"c-17": FABRIKAM}), Exports(newest={})]
    source = BusinessHubSource(lambda: known.pop(0), clock=lambda: NOW)
    source.tenants()

    assert source.observe(TENANT, deadline=plenty).started == EXPORTED
    assert source.tenants().tenants == ()


def test_a_company_that_no_export_holds_gives_no_observation_and_the_refused_files_are_told() -> None:
    error = not_observed(source_of(of_company("c-1"), refused=("hub.csv was refused.",)))

    assert error.reason is Reason.EXPORT_MISSING
    assert str(error) == (
        "Company 'Fabrikam' is in no export; nothing was written for it. Export the company again in Business Hub. hub.csv was refused."
    )


AGES = {
    "exactly as old as it may be": (NOW - timedelta(days=2), None),
    "a second older": (NOW - timedelta(days=2, seconds=1), Reason.EXPORT_TOO_OLD),
    "ahead as clocks are": (NOW + timedelta(hours=1), None),
    "in the future": (NOW + timedelta(hours=1, seconds=1), Reason.FILE_REFUSED),
}


@pytest.mark.parametrize("age", AGES)
def test_only_a_present_export_gives_an_observation(age: str) -> None:
    exported, reason = AGES[age]
    source = source_of(of_company("c-17", exported=exported))

    if reason is None:
        assert source.observe(TENANT, deadline=plenty).started == exported
    else:
        assert not_observed(source).reason is reason


def test_the_age_is_a_setting_and_the_sentence_names_the_date() -> None:
    old = of_company("c-17", exported=NOW - timedelta(days=5))

    assert source_of(old, most_days=7).observe(TENANT, deadline=plenty).started == old.exported
    assert "is of 2026-11-17T01:30:00Z, which is more than 2 days ago; nothing was written for it." in str(not_observed(source_of(old)))


def test_a_company_in_doubt_is_listed_and_not_observed() -> None:
    source = source_of(FABRIKAM, withheld={"c-17": "part 2.csv was refused."})

    assert source.tenants().tenants == (TENANT,)
    assert not_observed(source).reason is Reason.FILE_REFUSED


def test_no_company_is_read_after_its_time_limit() -> None:
    with pytest.raises(TenantNotObserved) as raised:
        source_of(FABRIKAM).observe(TENANT, deadline=lambda: 0.0)

    assert raised.value.reason is Reason.TIME_LIMIT


def test_the_checks_say_that_exports_are_there_whole_and_new() -> None:
    checks = source_of(FABRIKAM).checks()

    assert [(check.name, check.ok) for check in checks] == [
        ("Business Hub: exports", True),
        ("Business Hub: files", True),
        ("Business Hub: age", True),
    ]
    assert checks[2].detail == "the newest exports of 1 companies are of 2026-11-22T01:00:00Z to 2026-11-22T01:00:00Z"


def test_the_checks_name_refused_files_and_old_exports() -> None:
    old = of_company("c-1", name="Contoso", exported=NOW - timedelta(days=3))

    _, files, age = source_of(FABRIKAM, old, refused=("hub.csv was refused.",)).checks()

    assert (files.ok, files.detail) == (False, "hub.csv was refused.")
    assert (age.ok, age.detail.rpartition("; ")[2]) == (False, "older than 2 days or in the future: Contoso")


def test_the_checks_say_that_there_is_nothing_to_read(tmp_path: Path) -> None:
    empty = [check.ok for check in source_of().checks()]
    gone = BusinessHubSource(lambda: read_folder(tmp_path / "nowhere", {}), clock=lambda: NOW)

    assert empty == [False, True, None]
    assert [check.ok for check in gone.checks()] == [False, None, None]
    with pytest.raises(SourceFailed):
        gone.tenants()
