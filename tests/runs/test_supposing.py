"""What other rules would have billed: counted from a run's evidence beside its own rules, without writing, and without guessing what was not read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from tallybridge.billing.counting import RULES_VERSION, count
from tallybridge.billing.model import (
    Application,
    Category,
    Device,
    KeyScope,
    License,
    LicenseKind,
    Mailbox,
    Mapping,
    Observation,
    Rules,
    Seat,
    Stated,
    Tenant,
    Unit,
)
from tallybridge.billing.plan import PlanningInputs
from tallybridge.billing.psa import Agreement
from tallybridge.billing.reasons import Reason
from tallybridge.billing.wanting import NotBilled, wanted_items
from tallybridge.configuration import read_configuration, to_canonical
from tallybridge.ledger import canonical, configurations, destinations, evidence, runs
from tallybridge.ledger.errors import EvidenceUnknown
from tallybridge.ledger.opening import close_ledger, open_ledger
from tallybridge.ledger.run_records import StoredRun
from tallybridge.runs.other_rules import OtherRules
from tallybridge.runs.supposing import Supposed, SupposedLine, SupposedTenant, UnreadLicense, suppose, supposed_document
from tests.configuration import builders
from tests.databases import past_the_program
from tests.databases.homes import copy_home

START = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
LATER = datetime(2027, 12, 31, tzinfo=UTC)
TODAY = date(2026, 11, 22)
INTEGRATION = "Integration with Tigerpaw"
ADVANCED, SELECT, MAIL = "Endpoint Advanced", "Endpoint Select", "Mail Protection"

BY_CATEGORY = Mapping(
    application=ADVANCED, by_category=((Category.WINDOWS_WORKSTATION, "WKS"), (Category.WINDOWS_SERVER, "SRV"), (Category.NON_WINDOWS, "NIX"))
)
ONE_ITEM = Mapping(application=ADVANCED, item="ADV")
SELECT_ITEM = Mapping(application=SELECT, item="SEL")

WORKSTATION, SERVER, LINUX = ("Microsoft Windows 11", 0x1007), ("Microsoft Windows Server 2022", 0x9007), ("Debian GNU/Linux 12", 0x1003)


@pytest.fixture(scope="module")
def _empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("empty") / "home"
    open_ledger(home, clock=lambda: START)
    close_ledger()
    return home


@pytest.fixture(autouse=True)
def home(_empty_home: Path, tmp_path: Path) -> Iterator[Path]:
    copy_home(_empty_home, tmp_path / "home")
    open_ledger(tmp_path / "home", clock=lambda: START)
    yield tmp_path / "home"
    close_ledger()


@pytest.fixture
def ksc(tmp_path: Path) -> bytes:
    """The configuration of a run that read Security Center."""
    return to_canonical(read_configuration(builders.write(tmp_path)))


@pytest.fixture
def hub(tmp_path: Path) -> bytes:
    """The configuration of a run that read exports of Business Hub."""
    return to_canonical(read_configuration(builders.write(tmp_path, builders.HUB_GOOD)))


def key(serial: str, name: str = ADVANCED, *, kind: LicenseKind = LicenseKind.COMMERCIAL, **members: Any) -> License:
    given: dict[str, Any] = {"expires": LATER, "installed": True}
    return License(serial=serial, name=name, kind=kind, **(given | members))


def tenant_seen(
    licenses: Sequence[License],
    used: dict[str, Sequence[tuple[str, int]]],
    *,
    tenant: str = "Contoso Dental",
    mailboxes: tuple[Mailbox, ...] = (),
    stated: tuple[Stated, ...] = (),
) -> Observation:
    """An observation in which each license is used by devices of these systems."""
    devices = [Device(f"{serial}-{n}", f"PC-{n}", *system) for serial, systems in used.items() for n, system in enumerate(systems)]
    seats = [Seat(serial, f"{serial}-{n}", True, False, None, "") for serial, systems in used.items() for n, _ in enumerate(systems)]
    return Observation(
        tenant=Tenant(id=tenant, name=tenant),
        started=START,
        licenses=tuple(sorted(licenses, key=lambda one: one.serial)),
        devices=tuple(sorted(devices)),
        seats=tuple(sorted(seats)),
        mailboxes=mailboxes,
        stated=stated,
    )


def rules(*mappings: Mapping, applications: tuple[Application, ...] = (), **members: Any) -> Rules:
    return Rules(mappings=mappings, applications=applications, **members)


def day(configuration: bytes, own: Rules, *seen: Observation, run: str = "r1", **members: Any) -> StoredRun:
    """A whole run that observed these tenants; `members` override what it recorded of each, for example that it planned nothing."""
    psa = destinations.identify("tigerpaw", "http://127.0.0.1:8085", "public")
    address = configurations.take(INTEGRATION, configuration, origin="tallybridge.toml", at=START)
    kept = evidence.put(canonical.encode_rules(own), "rules")
    runs.begin(
        runs.NewRun(id=run, integration=INTEGRATION, kind="run", date=TODAY, started=START, configuration=address, rules_version="1", rules=kept)
    )
    for number, one in enumerate(seen):
        usage = count(one, own, now=START)
        wanted = wanted_items(usage, own)
        inputs = PlanningInputs(agreement=Agreement(number=2041 + number, account=1), wanted=wanted, now=START, today=TODAY)
        given: dict[str, Any] = {
            "tenant_id": one.tenant.id,
            "tenant_name": one.tenant.name,
            "account": 1,
            "destination": psa,
            "agreement": 2041 + number,
            "outcome": "applied",
            "document": f'{{"number":{number}}}'.encode(),
            "observed_at": START,
            "evidence": evidence.put(canonical.encode_observation(one), "observation"),
            "usage": evidence.put(canonical.encode_usage(usage), "usage"),
            "inputs": evidence.put(canonical.encode_inputs(inputs), "inputs"),
        }
        runs.record_tenant(run, runs.TenantRunRecord(**(given | members)))
    runs.finish(run, "done", {}, START, {})
    found = runs.get_run(run)
    assert found is not None
    return found


def from_file(of_file: Rules) -> OtherRules:
    return OtherRules(file=Path("other.toml"), of_file=of_file)


def only(supposed: Supposed) -> SupposedTenant:
    (tenant,) = supposed.tenants
    return tenant


def figures(tenant: SupposedTenant) -> dict[str, tuple[int, int]]:
    """Item → what was wanted then, and what the other rules would have wanted."""
    return {line.item: (line.then, line.supposed) for line in tenant.lines}


THREE_KINDS = tenant_seen([key("A")], {"A": [WORKSTATION] * 3 + [SERVER, LINUX]})
ONE_FOREIGN_KEY = tenant_seen(
    [key("A"), key("B", installed=False), key("C", installed=None)], {"A": [WORKSTATION] * 3, "B": [WORKSTATION] * 2, "C": [SERVER]}
)
TWO_APPLICATIONS = tenant_seen([key("A"), key("B", SELECT)], {"A": [WORKSTATION] * 3, "B": [WORKSTATION] * 2})

BY_OTHER_RULES = {
    "one item → by category": (
        THREE_KINDS,
        rules(ONE_ITEM),
        from_file(rules(BY_CATEGORY)),
        {"ADV": (5, 0), "WKS": (0, 3), "SRV": (0, 1), "NIX": (0, 1)},
    ),
    "by category → one item": (
        THREE_KINDS,
        rules(BY_CATEGORY),
        from_file(rules(ONE_ITEM)),
        {"ADV": (0, 5), "WKS": (3, 0), "SRV": (1, 0), "NIX": (1, 0)},
    ),
    "another item": (THREE_KINDS, rules(ONE_ITEM), from_file(rules(replace(ONE_ITEM, item="NEW"))), {"ADV": (5, 0), "NEW": (0, 5)}),
    "two applications on one item": (
        TWO_APPLICATIONS,
        rules(ONE_ITEM, SELECT_ITEM),
        from_file(rules(ONE_ITEM, replace(SELECT_ITEM, item="ADV"))),
        {"ADV": (3, 5), "SEL": (2, 0)},
    ),
    "an application per user": (
        THREE_KINDS,
        rules(ONE_ITEM),
        from_file(rules(ONE_ITEM, applications=(Application(name=ADVANCED, unit=Unit.USER),))),
        {"ADV": (5, 5)},
    ),
    "only installed keys": (ONE_FOREIGN_KEY, rules(ONE_ITEM), OtherRules(key_scope=KeyScope.INSTALLED), {"ADV": (6, 3)}),
    "every used key": (ONE_FOREIGN_KEY, rules(ONE_ITEM, key_scope=KeyScope.INSTALLED), OtherRules(key_scope=KeyScope.USED), {"ADV": (3, 6)}),
    "key scope of the file": (ONE_FOREIGN_KEY, rules(ONE_ITEM), from_file(rules(ONE_ITEM, key_scope=KeyScope.INSTALLED)), {"ADV": (6, 3)}),
    "a single setting has the last word over the file's": (
        ONE_FOREIGN_KEY,
        rules(ONE_ITEM),
        replace(from_file(rules(BY_CATEGORY, key_scope=KeyScope.INSTALLED)), key_scope=KeyScope.USED),
        {"ADV": (6, 0), "WKS": (0, 5), "SRV": (0, 1), "NIX": (0, 0)},
    ),
    "the run's own rules": (THREE_KINDS, rules(BY_CATEGORY), from_file(rules(BY_CATEGORY)), {"WKS": (3, 3), "SRV": (1, 1), "NIX": (1, 1)}),
}


@pytest.mark.parametrize("case", BY_OTHER_RULES)
def test_the_evidence_is_counted_again_by_the_other_rules(case: str, ksc: bytes) -> None:
    seen, own, other, expected = BY_OTHER_RULES[case]
    tenant = only(suppose(day(ksc, own, seen), other))
    assert figures(tenant) == expected
    assert not any(line.at_least for line in tenant.lines)
    assert tenant.unread == ()


def test_what_differs_from_the_rules_of_the_run_is_named(ksc: bytes) -> None:
    run = day(ksc, rules(ONE_ITEM), THREE_KINDS)
    assert suppose(run, from_file(rules(ONE_ITEM))).differing == ()
    other = from_file(rules(BY_CATEGORY, key_scope=KeyScope.INSTALLED, count_oem=True, applications=(Application(name=SELECT),)))
    assert suppose(run, other).differing == ("key_scope", "count_oem", "applications", "mappings")


def test_the_total_is_the_sum_over_all_tenants(ksc: bytes) -> None:
    other = replace(ONE_FOREIGN_KEY, tenant=Tenant(id="Fabrikam", name="Fabrikam"))
    supposed = suppose(day(ksc, rules(ONE_ITEM), ONE_FOREIGN_KEY, other), OtherRules(key_scope=KeyScope.INSTALLED))
    assert [(one.tenant_run.tenant_name, one.tenant_run.agreement, figures(one)) for one in supposed.tenants] == [
        ("Contoso Dental", 2041, {"ADV": (6, 3)}),
        ("Fabrikam", 2042, {"ADV": (6, 3)}),
    ]
    assert supposed.total_difference == -6


def test_an_application_that_loses_its_mapping_would_be_billed_to_nobody(ksc: bytes) -> None:
    unmapped = from_file(rules(ONE_ITEM, applications=(Application(name=SELECT),)))
    tenant = only(suppose(day(ksc, rules(ONE_ITEM, SELECT_ITEM), TWO_APPLICATIONS), unmapped))
    assert figures(tenant) == {"ADV": (3, 3), "SEL": (2, 0)}
    assert tenant.not_billed_then == ()
    assert tenant.not_billed == (NotBilled(SELECT, None, 2, Reason.NO_MAPPING),)


def test_what_had_expired_is_judged_at_the_instant_of_the_run(ksc: bytes) -> None:
    """L10: a license that has expired since then counted that day."""
    seen = tenant_seen([key("A", expires=datetime(2026, 11, 22, 1, 31, tzinfo=UTC), installed=False)], {"A": [WORKSTATION]})
    assert figures(only(suppose(day(ksc, rules(ONE_ITEM, key_scope=KeyScope.INSTALLED), seen), OtherRules(key_scope=KeyScope.USED)))) == {
        "ADV": (0, 1)
    }


def test_a_stated_count_stays_in_force(ksc: bytes) -> None:
    seen = replace(ONE_FOREIGN_KEY, stated=(Stated(ADVANCED, None, 40, "anna", "paper", date(2026, 12, 31)),))
    assert figures(only(suppose(day(ksc, rules(ONE_ITEM), seen), OtherRules(key_scope=KeyScope.INSTALLED)))) == {"ADV": (40, 40)}


OEM_READ = tenant_seen([key("A"), key("O", kind=LicenseKind.OEM)], {"A": [WORKSTATION] * 3, "O": [WORKSTATION] * 2})
OEM_UNREAD = tenant_seen([key("A"), key("O", kind=LicenseKind.OEM, reported_devices=2)], {"A": [WORKSTATION] * 3})


def test_oem_licenses_that_counted_can_be_left_out(ksc: bytes) -> None:
    supposed = suppose(day(ksc, rules(ONE_ITEM, count_oem=True), OEM_READ), OtherRules(count_oem=False))
    assert figures(only(supposed)) == {"ADV": (5, 3)}
    assert not supposed.at_least


def test_oem_licenses_whose_uses_were_not_read_are_no_zero(ksc: bytes) -> None:
    """L1: unread is not zero; the license's own word is a hint beside the quantity."""
    supposed = suppose(day(ksc, rules(ONE_ITEM, SELECT_ITEM), OEM_UNREAD), OtherRules(count_oem=True))
    tenant = only(supposed)
    assert tenant.lines == (
        SupposedLine(item="ADV", then=3, supposed=3, at_least=True),
        SupposedLine(item="SEL", then=0, supposed=0, at_least=False),
    )
    assert [line.same for line in tenant.lines] == [False, True]
    assert tenant.unread == (UnreadLicense(license="O", name=ADVANCED, application=ADVANCED, reported_devices=2),)
    assert supposed.at_least


def _unread(*, kind: LicenseKind = LicenseKind.OEM, **members: Any) -> Observation:
    return tenant_seen([key("A"), key("O", kind=kind, **members)], {"A": [WORKSTATION] * 3})


NOT_LACKING = {
    "trial licenses never count": _unread(kind=LicenseKind.TRIAL),
    "it had expired": _unread(expires=START),
    "its application was stated by a person": replace(OEM_UNREAD, stated=(Stated(ADVANCED, None, 3, "anna", "paper", date(2026, 12, 31)),)),
}


@pytest.mark.parametrize("case", NOT_LACKING)
def test_a_quantity_lacks_nothing_where(case: str, ksc: bytes) -> None:
    supposed = suppose(day(ksc, rules(ONE_ITEM), NOT_LACKING[case]), OtherRules(count_oem=True))
    assert figures(only(supposed)) == {"ADV": (3, 3)}
    assert not supposed.at_least


def test_an_unread_license_that_the_other_key_scope_leaves_out_lacks_nothing(ksc: bytes) -> None:
    seen = _unread(installed=False)
    supposed = suppose(day(ksc, rules(ONE_ITEM), seen), OtherRules(count_oem=True, key_scope=KeyScope.INSTALLED))
    assert only(supposed).unread == ()


def test_an_unread_license_without_a_mapping_is_listed_though_no_line_lacks_it(ksc: bytes) -> None:
    supposed = suppose(day(ksc, rules(SELECT_ITEM), OEM_UNREAD), OtherRules(count_oem=True))
    assert [one.license for one in only(supposed).unread] == ["O"]
    assert not supposed.at_least


def test_an_unread_license_of_an_application_per_mailbox_lacks_nothing_because_its_devices_are_no_units(ksc: bytes) -> None:
    mail = from_file(rules(ONE_ITEM, applications=(Application(name=ADVANCED, unit=Unit.MAILBOX),), count_oem=True))
    assert not suppose(day(ksc, rules(ONE_ITEM), OEM_UNREAD), mail).at_least


def test_exports_hold_the_uses_of_oem_licenses_too(hub: bytes) -> None:
    unused = replace(OEM_READ, licenses=(*OEM_READ.licenses, key("P", kind=LicenseKind.OEM, reported_devices=0)))
    supposed = suppose(day(hub, rules(ONE_ITEM), unused), OtherRules(count_oem=True))
    assert figures(only(supposed)) == {"ADV": (3, 5)}
    assert only(supposed).unread == ()
    assert not supposed.at_least


def test_mailboxes_are_counted_by_the_other_rules(hub: bytes) -> None:
    mail = (Application(name=MAIL, unit=Unit.MAILBOX),)
    seen = tenant_seen([key("M", MAIL)], {}, mailboxes=(Mailbox("anna@contoso.example", True, "M"), Mailbox("info@contoso.example", False, "M")))
    tenant = only(suppose(day(hub, rules(applications=mail), seen), from_file(rules(Mapping(application=MAIL, item="MBX"), applications=mail))))
    assert figures(tenant) == {"MBX": (0, 1)}
    assert tenant.not_billed_then == (NotBilled(MAIL, None, 1, Reason.NO_MAPPING),)
    assert tenant.not_billed == ()


NOT_BILLED = {
    "linked to no account": ("not_linked", Reason.NOT_LINKED),
    "billing off": ("billing_off", Reason.BILLING_OFF),
    "blocked": ("blocked", Reason.AGREEMENT_ENDED),
    "the PSA could not be read": ("failed", Reason.PSA_UNREACHABLE),
}


@pytest.mark.parametrize("case", NOT_BILLED)
def test_a_tenant_that_was_not_billed_is_shown_as_such(case: str, ksc: bytes) -> None:
    outcome, reason = NOT_BILLED[case]
    run = day(ksc, rules(ONE_ITEM), THREE_KINDS, inputs=None, outcome=outcome, reason=reason)
    (tenant,) = supposed_document(suppose(run, from_file(rules(BY_CATEGORY))))["tenants"]
    assert (tenant["outcome"], tenant["reason"], tenant["billed"]) == (outcome, reason.value, False)
    assert (tenant["items"], tenant["not_billed"], tenant["not_read"]) == ([], [], [])


def test_a_tenant_that_was_not_read_is_named_apart(ksc: bytes) -> None:
    """L1: nothing can be said of it, so it is not among the tenants that were counted."""
    unread: dict[str, Any] = {
        "evidence": None,
        "usage": None,
        "inputs": None,
        "observed_at": None,
        "outcome": "failed",
        "reason": Reason.SOURCE_UNREACHABLE,
    }
    document = supposed_document(suppose(day(ksc, rules(ONE_ITEM), THREE_KINDS, **unread), OtherRules(count_oem=True)))
    assert document["tenants"] == []
    assert [(one["tenant"], one["reason"]) for one in document["not_observed"]] == [("Contoso Dental", "source_unreachable")]


def test_the_document_says_what_was_supposed_and_every_line(ksc: bytes) -> None:
    document = supposed_document(suppose(day(ksc, rules(ONE_ITEM), OEM_UNREAD), OtherRules(count_oem=True)))
    assert document == {
        "run": "r1",
        "date": "2026-11-22",
        "with": {"key_scope": "used", "count_oem": True, "file": None, "differing": ["count_oem"]},
        "rules_version": {"then": "1", "now": str(RULES_VERSION)},
        "tenants": [
            {
                "tenant": "Contoso Dental",
                "agreement": 2041,
                "outcome": "applied",
                "reason": None,
                "billed": True,
                "items": [{"item": "ADV", "then": 3, "with": 3, "difference": 0, "at_least": True}],
                "not_billed": [],
                "not_read": [{"license": "O", "license_name": ADVANCED, "application": ADVANCED, "reported_devices": 2}],
            }
        ],
        "not_observed": [],
        "total_difference": 0,
        "at_least": True,
    }


def test_supposing_writes_nothing(ksc: bytes, home: Path) -> None:
    """L9: evidence is only ever added by runs; a question adds nothing."""
    run = day(ksc, rules(ONE_ITEM), THREE_KINDS, replace(OEM_UNREAD, tenant=Tenant(id="vs-2", name="Fabrikam")))
    before = past_the_program.everything(home)
    suppose(run, replace(from_file(rules(BY_CATEGORY)), count_oem=True))
    assert past_the_program.everything(home) == before


def test_evidence_that_is_missing_is_said_and_not_taken_for_nothing(ksc: bytes) -> None:
    run = day(ksc, rules(ONE_ITEM), THREE_KINDS, evidence="sha256:" + "0" * 64)
    with pytest.raises(EvidenceUnknown):
        suppose(run, OtherRules(count_oem=True))
