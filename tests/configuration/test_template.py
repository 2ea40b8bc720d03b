"""The file that `tallybridge init` writes: filled in, it reads; left blank, every blank is named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tallybridge.configuration import BusinessHubSourceSettings, ConfigurationError, commented_template, read_configuration
from tallybridge.configuration.schema import DESTINATIONS, GUARDS, INTEGRATION, REPEATED, SOURCES
from tests.configuration.builders import FINGERPRINT, ksc_source, write

GIVEN = {
    "integration.time_zone": "Europe/Berlin",
    "source.url": "https://ksc.example:13299",
    "source.user": 'tally"bridge',
    "source.fingerprint": FINGERPRINT,
    "destination.url": "https://tigerpaw.example",
    "destination.public_key": "AAAA",
    "destination.external_product": "Kaspersky MSP",
}
OPTIONAL = re.compile(r"^#([a-z_]+ = .*)$", re.MULTILINE)
CLASHING = {"fingerprint", "ca_file"}


def without_alternative(text: str) -> str:
    """The template without the other kind of source."""
    start, end = (text.index(words) for words in ("# Instead of the table [source]", "# The Tigerpaw server whose"))
    return text[:start] + text[end:]


def test_the_other_kind_of_source_can_take_the_place_of_the_first(tmp_path: Path) -> None:
    text = commented_template(GIVEN)
    first, other = text.index("\n[source]\n"), text.index("\n#[source]\n")
    end = text.index("# The Tigerpaw server whose")
    used = re.sub(r"^#(?=[a-z_]+ = |\[)", "", text[other:end], flags=re.MULTILINE)
    configuration = read_configuration(write(tmp_path, text[:first] + used + text[end:]))
    assert configuration.source == BusinessHubSourceSettings(folder=tmp_path / "business-hub-exports")


def test_a_template_can_begin_with_business_hub(tmp_path: Path) -> None:
    given = {key: value for key, value in GIVEN.items() if not key.startswith("source.")}
    text = commented_template({**given, "source.kind": "business_hub", "source.folder": "exports"})
    assert read_configuration(write(tmp_path, text)).source == BusinessHubSourceSettings(folder=tmp_path / "exports")
    assert '#kind = "ksc"' in text


def test_a_filled_template_reads_and_writes_worklists(tmp_path: Path) -> None:
    configuration = read_configuration(write(tmp_path, commented_template(GIVEN)))
    assert ksc_source(configuration).user == 'tally"bridge'
    assert configuration.destination.write_mode == "worklist"
    assert configuration.integration.apply == "approve"
    assert configuration.links == ()


def test_a_template_filled_by_hand_reads(tmp_path: Path) -> None:
    text = commented_template()
    for place, value in GIVEN.items():
        table, setting = place.split(".")
        head, header, rest = text.partition(f"\n[{table}]\n")
        text = head + header + rest.replace(f'\n{setting} = ""\n', f"\n{setting} = '{value}'\n", 1)
    assert read_configuration(write(tmp_path, text)) == read_configuration(write(tmp_path, commented_template(GIVEN), name="b.toml"))


def test_a_blank_template_names_every_blank(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as refused:
        read_configuration(write(tmp_path, commented_template()))
    assert [problem.place.split(" (")[0] for problem in refused.value.problems] == list(GIVEN)


def test_every_optional_line_can_be_used_as_it_stands(tmp_path: Path) -> None:
    text = commented_template(GIVEN)
    single, _, examples = text.partition("#[[link]]")
    single = without_alternative(single)
    lines = [line for line in OPTIONAL.findall(single) if line.split(" = ")[0] not in CLASHING]
    assert len(lines) > 15
    for line in lines:
        read_configuration(write(tmp_path, single.replace(f"\n#{line}\n", f"\n{line}\n", 1)))
    repeated = re.sub(r"^#(?=[a-z_]+ = |\[\[)", "", f"#[[link]]{examples}", flags=re.MULTILINE)
    one_way = re.sub(r"^(tenant_id|item) = .*$", "", repeated, flags=re.MULTILINE)
    configuration = read_configuration(write(tmp_path, single + one_way))
    assert (len(configuration.links), len(configuration.applications), len(configuration.mappings)) == (1, 1, 1)


def test_a_certificate_authority_takes_the_place_of_the_fingerprint(tmp_path: Path) -> None:
    given = {key: value for key, value in GIVEN.items() if key != "source.fingerprint"} | {"source.ca_file": "ca.pem"}
    assert ksc_source(read_configuration(write(tmp_path, commented_template(given)))).ca_file == tmp_path / "ca.pem"


def test_the_template_holds_every_setting_with_its_sentence() -> None:
    text = " ".join(line.removeprefix("# ") for line in commented_template().splitlines())
    for table in (INTEGRATION, *SOURCES.values(), *DESTINATIONS.values(), GUARDS, *REPEATED):
        for setting in table.settings:
            assert re.search(rf"(^| )#?{setting.name} = ", text)
            if setting.name != "write_mode":
                assert setting.sentence in text
            assert f"Value: {setting.kind.expected}." in text
    assert "it works with every Tigerpaw server from the first day" in text


def test_no_line_is_too_long_to_read() -> None:
    assert max(len(line) for line in commented_template().splitlines()) <= 110
