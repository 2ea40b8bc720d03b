"""Price book mapping: items for applications, license names that nobody has matched, pending until saved, read-only where a file declares."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tallybridge.billing.model import Category, Mapping
from tallybridge.configuration.records import Configuration
from tallybridge.console.models import AuditEntry, Role
from tallybridge.ledger import runs
from tallybridge.ledger.prepared import models
from tallybridge.ledger.usage_queries import applications_in_use
from tests.console.conftest import Desk
from tests.console.working import HUB, KSC, body, changed_world, ended, server

ADVANCED = "Kaspersky Endpoint Security for Business Advanced"
HYBRID = "Kaspersky Hybrid Cloud Security, Server"
CLOUD = "Kaspersky Endpoint Security Cloud Plus"
PENDING = 'aria-label="Pending changes"'
ODD = "KESB Advanced, 100-149 nodes"


@pytest.fixture
def ours(desk: Desk) -> Desk:
    """The ledger rules, and the integration with Security Center is looked at."""
    desk.release_configuration()
    for role in (Role.VIEW, Role.OPERATE):
        desk.text(f"/mapping/?integration={KSC}", role)
    return desk


@pytest.fixture
def unmatched(ours: Desk) -> Desk:
    """Contoso's license has a name that no application claims, and a plan has seen it."""
    with changed_world(ours) as world:
        for key in server(world, "Contoso Dental")["keys"]:
            key["name"] = ODD
    ended(ours.post("/plan/preview/", role=Role.OPERATE))
    return ours


def configuration(desk: Desk, name: str = KSC) -> Configuration:
    return next(one.configuration for one in desk.configured() if one.configuration.integration.name == name)


def items_of(desk: Desk, application: str, name: str = KSC) -> Mapping | None:
    return next((one for one in configuration(desk, name).mappings if one.application == application), None)


def give(desk: Desk, application: str, role: Role = Role.OPERATE, **values: str) -> Any:
    return desk.post(f"/mapping/application/?name={application}", values, role)


def save(desk: Desk) -> None:
    assert desk.post("/pending/save/", {"next": "/mapping/"}, Role.OPERATE)["Location"] == "/mapping/"


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


def test_applications_in_use_stand_first_with_what_they_are_billed_on(ours: Desk) -> None:
    text = plain(ours.text("/mapping/", Role.VIEW))
    assert re.search(rf"{ADVANCED} \d+ devices 4 customers Windows workstation: KES-WKS", text)
    assert re.search(rf"{HYBRID} 4 devices 1 customer nothing not billed", text)
    assert text.index(ADVANCED) < text.index(HYBRID)
    assert "Kaspersky Security for Mail Server" not in text
    assert "Kaspersky Security for Mail Server" in plain(ours.text("/mapping/?show=all", Role.VIEW))
    assert ADVANCED not in plain(ours.text("/mapping/?show=unmapped", Role.VIEW))
    assert "Items that are mapped more than once are summed" in text


def test_where_a_file_declares_it_nothing_can_be_changed_and_the_file_is_named(desk: Desk) -> None:
    text = desk.text(f"/mapping/?integration={KSC}", Role.ADMINISTER)
    assert str(desk.files[0]) in text
    assert "Read the price book" not in text
    assert "<fieldset" not in desk.text(f"/mapping/application/?name={HYBRID}", Role.ADMINISTER)
    answer = give(desk, HYBRID, Role.ADMINISTER, way="item", item="KES-SRV")
    assert answer["Location"] == "/mapping/"
    assert "declares this integration, so it is changed there" in desk.text("/mapping/", Role.ADMINISTER)
    assert items_of(desk, HYBRID) is None


def test_an_item_is_pending_until_it_is_saved(ours: Desk) -> None:
    assert give(ours, HYBRID, way="item", item="KES-SRV")["Location"] == "/mapping/"
    assert items_of(ours, HYBRID) is None
    text = ours.text("/mapping/", Role.OPERATE)
    assert "1 change" in plain(text)
    assert re.search(rf"{HYBRID} 4 devices 1 customer KES-SRV Endpoint security, server, 9.00 summed pending", plain(text))
    save(ours)
    assert items_of(ours, HYBRID) == Mapping(application=HYBRID, item="KES-SRV")
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.before, entry.after) == ("mapping made", "none", "item KES-SRV")


def test_giving_up_restores_what_was(ours: Desk) -> None:
    before = items_of(ours, ADVANCED)
    give(ours, ADVANCED, way="none")
    ours.post("/pending/cancel/", {"next": "/mapping/"}, Role.OPERATE)
    assert items_of(ours, ADVANCED) == before
    assert PENDING not in ours.text("/mapping/", Role.OPERATE)


def test_devices_are_billed_by_category_and_back(ours: Desk) -> None:
    give(ours, HYBRID, way="category", windows_server="KES-SRV", non_windows="KES-NIX", item="KES-WKS")
    save(ours)
    mapped = items_of(ours, HYBRID)
    assert mapped is not None
    assert dict(mapped.by_category) == {Category.WINDOWS_SERVER: "KES-SRV", Category.NON_WINDOWS: "KES-NIX"}
    give(ours, HYBRID, way="none")
    save(ours)
    assert items_of(ours, HYBRID) is None


def test_an_application_per_user_takes_one_item_only(ours: Desk) -> None:
    ours.text(f"/mapping/?integration={HUB}", Role.OPERATE)
    text = ours.text(f"/mapping/application/?name={CLOUD}", Role.OPERATE)
    assert "One item for each user" in text
    assert 'value="category"' not in text
    give(ours, CLOUD, way="category", windows_server="KES-SRV", item="KES-WKS")
    save(ours)
    assert items_of(ours, CLOUD, HUB) == Mapping(application=CLOUD, item="KES-WKS")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"way": "item", "item": "kes-srv"}, "Tigerpaw has no item “kes-srv”. Ids are compared letter by letter."),
        ({"way": "item", "item": ""}, "Give an item, or choose “not billed”."),
        ({"way": "category"}, "Give an item, or choose “not billed”."),
        ({"way": "category", "windows_server": "KES-NONE"}, "Tigerpaw has no item “KES-NONE”"),
    ],
)
def test_what_is_wrong_with_an_item_is_said_at_its_field(ours: Desk, values: dict[str, Any], said: str) -> None:
    answer = give(ours, HYBRID, **values)
    assert answer.status_code == 400
    text = body(answer)
    assert said in text
    assert 'aria-invalid="true"' in text
    assert PENDING not in ours.text("/mapping/", Role.OPERATE)


def test_an_inactive_item_is_refused(ours: Desk) -> None:
    with changed_world(ours) as world:
        next(one for one in world["tigerpaw"]["price_book"] if one["item_id"] == "KES-SRV")["inactive"] = True
    assert "inactive in Tigerpaw" in body(give(ours, HYBRID, way="item", item="KES-SRV"))


def test_without_tigerpaw_an_item_that_is_not_known_is_refused(ours: Desk) -> None:
    ours.sandbox.set_faults([{"on": "tigerpaw_rest", "call": "*", "do": "http_503", "times": 0}])
    text = body(give(ours, HYBRID, way="item", item="KES-NEW"))
    assert "The item could not be checked, so nothing was changed." in text
    assert PENDING not in ours.text("/mapping/", Role.OPERATE)
    assert give(ours, HYBRID, way="item", item="KES-SRV").status_code == 302


def test_items_are_chosen_from_a_searchable_list_with_their_price(ours: Desk) -> None:
    address = f"/mapping/application/?name={HYBRID}"
    assert "The price book was not read yet" in ours.text(address, Role.OPERATE)
    piece = ended(ours.post("/mapping/items/read/", {"name": HYBRID}, Role.OPERATE))
    assert piece.failed == ""
    text = ours.text(address, Role.OPERATE)
    assert '<option value="KES-SRV">Endpoint security, server, 9.00</option>' in text
    searched = ours.text(f"{address}&text=mailbox", Role.OPERATE)
    assert "KS-M365" in searched
    assert "KES-WKS" not in searched
    part = ours.text("/mapping/items/?text=workstation", Role.VIEW)
    assert "KES-WKS" in part
    assert "<html" not in part


def test_a_license_name_that_nobody_has_matched_stands_at_the_top_and_can_be_matched(unmatched: Desk) -> None:
    text = plain(unmatched.text("/mapping/", Role.OPERATE))
    assert f"{ODD} not matched 100 device seats waiting, 1 customer" in text
    assert text.index(ODD) < text.index(ADVANCED)
    unmatched.post("/mapping/match/", {"license": ODD, "application": ADVANCED}, Role.OPERATE)
    pending = plain(unmatched.text("/mapping/", Role.OPERATE))
    assert "not matched" not in pending
    assert f"{ADVANCED} also {ODD}" in pending
    assert configuration(unmatched).applications == ()
    save(unmatched)
    (declared,) = configuration(unmatched).applications
    assert (declared.name, declared.exact) == (ADVANCED, (ODD,))
    ended(unmatched.post("/plan/preview/", role=Role.OPERATE))
    assert not any(one.name == ODD for one in applications_in_use(KSC))


def test_a_license_name_can_be_an_application_of_its_own(unmatched: Desk) -> None:
    unmatched.post("/mapping/match/", {"license": ODD, "do": "own", "unit": "device"}, Role.OPERATE)
    give(unmatched, ODD, way="item", item="KES-WKS")
    save(unmatched)
    assert items_of(unmatched, ODD) == Mapping(application=ODD, item="KES-WKS")
    assert "KES-WKS" in plain(unmatched.text("/mapping/", Role.OPERATE))


def test_a_license_name_is_taken_away_again(unmatched: Desk) -> None:
    unmatched.post("/mapping/match/", {"license": ODD, "application": ADVANCED}, Role.OPERATE)
    unmatched.post("/mapping/match/", {"license": ODD, "application": ADVANCED, "do": "remove"}, Role.OPERATE)
    text = unmatched.text("/mapping/", Role.OPERATE)
    assert f"{ODD} not matched" in plain(text)
    assert PENDING not in text


def test_an_application_that_is_not_in_the_catalog_is_no_match(unmatched: Desk) -> None:
    unmatched.post("/mapping/match/", {"license": ODD, "application": "Something else"}, Role.OPERATE)
    assert "There is no application “Something else”. Choose one of the list." in unmatched.text("/mapping/", Role.OPERATE)


@pytest.mark.parametrize("address", ["/mapping/items/read/", "/mapping/match/", f"/mapping/application/?name={HYBRID}"])
def test_who_may_only_view_changes_nothing(ours: Desk, address: str) -> None:
    assert ours.post(address, {"license": ODD, "application": ADVANCED, "way": "item", "item": "KES-SRV"}, Role.VIEW).status_code == 403
    assert PENDING not in ours.text("/mapping/", Role.VIEW)


def test_with_two_thousand_customers_the_database_sums(ours: Desk) -> None:
    ours.text("/mapping/", Role.VIEW)
    with CaptureQueriesContext(connection) as few:
        ours.text("/mapping/", Role.VIEW)
    newest = runs.latest_run(KSC)
    assert newest is not None
    pattern = models.TenantRun.objects.filter(run_id=newest.id, tenant_name="Contoso Dental").get()
    facts = models.TenantFacts.objects.get(id=pattern.facts_id)
    facts.id, facts._state.adding = None, True
    facts.save()
    models.UsageLine.objects.create(facts=facts, application=ADVANCED, category="windows_workstation", unit="device", quantity=10, matched=True)
    copied = {field.attname: getattr(pattern, field.attname) for field in pattern._meta.concrete_fields} | {"facts_id": facts.id}
    models.TenantRun.objects.bulk_create(
        [models.TenantRun(**{**copied, "id": None, "tenant_id": f"many-{number}", "tenant_name": f"Customer {number:04d}"}) for number in range(2000)]
    )
    with CaptureQueriesContext(connection) as many:
        text = plain(ours.text("/mapping/", Role.VIEW))
    assert "2 004 customers" in text
    assert len(many) == len(few)
    assert len(many) <= 24
