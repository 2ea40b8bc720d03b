"""Which application a license belongs to: exact name, longest prefix, part number, application id, in this order (design 5)."""

from __future__ import annotations

import pytest

from tallybridge.billing.catalog import Catalog
from tallybridge.billing.model import Application, License, Mapping, Rules, Unit
from tallybridge.billing.wanting import not_billed, wanted_items
from tests.billing.builders import ADVANCED, SELECT, a_license, counted, totals, workstation

APPLICATIONS = (
    Application(name="Core", prefixes=("Kaspersky Endpoint",), part_numbers=("KL4000",), application_ids=(1105,)),
    Application(name="Advanced", exact=("KESB Advanced, 100-149 nodes",), prefixes=("Kaspersky Endpoint Security Advanced",)),
    Application(
        name="Special",
        exact=("Kaspersky Endpoint Security Advanced Special",),
        part_numbers=("KL5000", "KL4000"),
        application_ids=(1105, 1170),
    ),
)

ROWS = [
    pytest.param(a_license(name="Advanced"), "Advanced", id="the application's own name"),
    pytest.param(a_license(name="KESB Advanced, 100-149 nodes"), "Advanced", id="exact name"),
    pytest.param(a_license(name="Kaspersky Endpoint Security Advanced Special"), "Special", id="exact name before prefix"),
    pytest.param(a_license(name="Kaspersky Endpoint Security Advanced Special 2"), "Advanced", id="longest prefix, not exact"),
    pytest.param(a_license(name="Kaspersky Endpoint Security Select"), "Core", id="shorter prefix where the longer does not fit"),
    pytest.param(a_license(name="Kaspersky Endpoint X", part_number="KL5000"), "Core", id="prefix before part number"),
    pytest.param(a_license(name="unheard of", part_number="KL5000"), "Special", id="part number"),
    pytest.param(a_license(name="unheard of", part_number="KL4000"), "Core", id="part number claimed twice: the first one given"),
    pytest.param(a_license(name="unheard of", part_number="KL4000", application_id=1170), "Core", id="part number before application id"),
    pytest.param(a_license(name="unheard of", application_id=1170), "Special", id="application id"),
    pytest.param(a_license(name="unheard of", application_id=1105), "Core", id="application id claimed twice: the first one given"),
    pytest.param(a_license(name=None, application_id=1170), "Special", id="no name, application id"),
    pytest.param(a_license(name="unheard of", part_number="", application_id=9), None, id="nobody claims it"),
    pytest.param(a_license(name=None), None, id="nothing to go by"),
    pytest.param(a_license(name="Kaspersky"), None, id="shorter than every prefix"),
    pytest.param(a_license(name="The Kaspersky Endpoint"), None, id="a prefix stands at the beginning"),
]


def test_an_empty_part_number_claims_nothing() -> None:
    catalog = Catalog([Application(name="Careless", part_numbers=("",))])
    assert catalog.match(a_license(name="unheard of", part_number="")) is None


@pytest.mark.parametrize(("license", "application"), ROWS)
def test_match(license: License, application: str | None) -> None:
    matched = Catalog(APPLICATIONS).match(license)
    assert (matched.name if matched is not None else None) == application


def test_an_applications_own_name_goes_before_another_ones_matcher() -> None:
    catalog = Catalog([Application(name="First", exact=("Second",)), Application(name="Second")])
    matched = catalog.match(a_license(name="Second"))
    assert matched is not None
    assert matched.name == "Second"


def test_a_license_name_equal_to_a_mappings_application_matches_it_though_no_catalog_entry_says_so() -> None:
    rules = Rules(mappings=(Mapping(application=ADVANCED, item="KES"),))
    usage = counted(devices=[workstation("d1"), workstation("d2")], licenses=[a_license(name=ADVANCED)], rules=rules)

    assert [(one.item, one.quantity) for one in wanted_items(usage, rules)] == [("KES", 2)]
    assert not_billed(usage, rules) == ()


def test_a_name_that_nobody_matches_keeps_its_seats() -> None:
    usage = counted(devices=[workstation("d1"), workstation("d2")], licenses=[a_license(name=SELECT)])

    assert totals(usage) == {SELECT: 2}
    assert [(one.matched, one.unit) for one in usage.quantities] == [(False, Unit.DEVICE)]
    assert len(usage.seats) == 2


def test_a_license_without_name_is_shown_by_its_serial() -> None:
    usage = counted(devices=[workstation("d1")], licenses=[a_license("K1", None)])

    assert totals(usage) == {"license K1": 1}
    assert [one.matched for one in usage.quantities] == [False]
