"""Which applications a configuration knows: the shipped catalog, overridden and extended by the file (design 5)."""

from __future__ import annotations

from pathlib import Path

from tallybridge.billing.model import Application, KeyScope, Unit
from tallybridge.configuration import applications_of, read_configuration, rules_of, shipped_catalog
from tests.configuration.builders import DESTINATION, INTEGRATION, SOURCE, changed, write

HEAD = "\n".join([INTEGRATION, SOURCE, DESTINATION])
ADVANCED = "Kaspersky Endpoint Security for Business Advanced"
DASHED = "Kaspersky Endpoint Security for Business - Advanced"


def known(folder: Path, text: str) -> dict[str, Application]:
    return {application.name: application for application in applications_of(read_configuration(write(folder, HEAD + text)))}


def test_the_shipped_catalog_matches_exact_names_only() -> None:
    """No part number, application id or prefix is guessed."""
    for application in shipped_catalog():
        assert application == Application(name=application.name, unit=application.unit, exact=(application.name,))


def test_names_of_the_shipped_catalog_are_unique() -> None:
    names = [application.name for application in shipped_catalog()]
    assert len(names) == len(set(names))


def test_the_shipped_units_are_those_of_the_references() -> None:
    units = {application.name: application.unit for application in shipped_catalog()}
    assert units[ADVANCED] is Unit.DEVICE
    assert units["Kaspersky Endpoint Security Cloud"] is Unit.USER
    assert units["Kaspersky Endpoint Security Cloud Plus"] is Unit.USER
    assert units["Kaspersky Security for Microsoft Office 365"] is Unit.MAILBOX


def test_without_anything_declared_the_shipped_catalog_stands(tmp_path: Path) -> None:
    assert set(known(tmp_path, "").values()) == set(shipped_catalog())


def test_a_mapped_name_is_an_application_of_its_own(tmp_path: Path) -> None:
    applications = known(tmp_path, '[[mapping]]\napplication = "New product"\nitem = "X"\n')
    assert applications["New product"] == Application(name="New product", unit=Unit.DEVICE, exact=("New product",))


def test_a_mapped_shipped_name_keeps_its_unit(tmp_path: Path) -> None:
    applications = known(tmp_path, '[[mapping]]\napplication = "Kaspersky Endpoint Security Cloud"\nitem = "X"\n')
    assert applications["Kaspersky Endpoint Security Cloud"].unit is Unit.USER
    assert len(applications) == len(shipped_catalog())


def test_a_declared_application_extends_its_own_name(tmp_path: Path) -> None:
    applications = known(tmp_path, f'[[application]]\nname = "{ADVANCED}"\nunit = "user"\nmatch = [{{ exact = "A" }}, {{ prefix = "B" }}]\n')
    assert applications[ADVANCED] == Application(name=ADVANCED, unit=Unit.USER, exact=(ADVANCED, "A"), prefixes=("B",))


def test_a_shipped_name_gives_way_to_a_prefix_of_the_file(tmp_path: Path) -> None:
    """An exact name comes before a prefix, so the shipped entry would otherwise take the licenses that the file claims."""
    text = f'[[application]]\nname = "{ADVANCED}"\nunit = "device"\nmatch = [{{ prefix = "{DASHED}" }}]\n'
    applications = known(tmp_path, text)
    assert DASHED not in applications
    assert applications[ADVANCED].prefixes == (DASHED,)


def test_a_shipped_name_gives_way_to_an_exact_name_of_the_file(tmp_path: Path) -> None:
    applications = known(tmp_path, f'[[application]]\nname = "Ours"\nmatch = [{{ exact = "{DASHED}" }}]\n')
    assert DASHED not in applications


def test_a_mapped_name_stands_beside_a_prefix_that_covers_it(tmp_path: Path) -> None:
    """Equal names match: the longer rule is the exact one."""
    text = f'[[application]]\nname = "Ours"\nmatch = [{{ prefix = "Kaspersky" }}]\n[[mapping]]\napplication = "{DASHED}"\nitem = "X"\n'
    assert set(known(tmp_path, text)) == {"Ours", DASHED}


def test_no_exact_name_ever_belongs_to_two_applications(tmp_path: Path) -> None:
    text = f'[[application]]\nname = "Ours"\nmatch = [{{ exact = "{DASHED}" }}]\n[[mapping]]\napplication = "{ADVANCED}"\nitem = "X"\n'
    names = [name for application in known(tmp_path, text).values() for name in application.exact]
    assert len(names) == len(set(names))


def test_the_rules_follow_the_settings(tmp_path: Path) -> None:
    text = changed('key_scope = "used"', 'key_scope = "installed"\ncount_oem = true', HEAD)
    mappings = '[[mapping]]\napplication = "B"\nitem = "X"\n[[mapping]]\napplication = "A"\nitem = "X"\n'
    rules = rules_of(read_configuration(write(tmp_path, text + mappings)))
    assert rules.key_scope is KeyScope.INSTALLED
    assert rules.count_oem
    assert [mapping.application for mapping in rules.mappings] == ["A", "B"]
    assert {"A", "B"} <= {application.name for application in rules.applications}
