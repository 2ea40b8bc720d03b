"""What a configuration file says is what the records hold (contracts 3)."""

from __future__ import annotations

import dataclasses
import os
from datetime import time
from pathlib import Path

import pytest

from tallybridge.billing.model import Application, Category, KeyScope, Mapping, Unit
from tallybridge.configuration import (
    BusinessHubSourceSettings,
    Configuration,
    ConfigurationError,
    IntegrationSettings,
    KscSourceSettings,
    LinkSettings,
    TigerpawDestinationSettings,
    read_configuration,
    read_configurations,
)
from tallybridge.configuration.secrets import SecretHome, SecretReference
from tests.configuration.builders import FINGERPRINT, GOOD, HUB_GOOD, changed, ksc_source, write

ENVIRONMENT = SecretHome.ENVIRONMENT


def test_the_example_of_the_contract_reads_as_it_is_meant(tmp_path: Path) -> None:
    assert read_configuration(write(tmp_path)) == Configuration(
        integration=IntegrationSettings(name="Integration with Tigerpaw", time_zone="Europe/Berlin", run_at=time(2, 30), apply="automatic"),
        source=KscSourceSettings(
            url="https://127.0.0.1:13299",
            user="tallybridge",
            password=SecretReference(home=ENVIRONMENT, place="source.password", locator="KSC_PASSWORD"),
            fingerprint=FINGERPRINT,
            key_scope=KeyScope.USED,
            max_sessions=2,
        ),
        destination=TigerpawDestinationSettings(
            url="http://127.0.0.1:8085",
            public_key="00000000-0000-4000-8000-00000000AAAA",
            private_key=SecretReference(home=ENVIRONMENT, place="destination.private_key", locator="TIGERPAW_PRIVATE_KEY"),
            soap_user="kaspersky",
            soap_password=SecretReference(home=ENVIRONMENT, place="destination.soap_password", locator="TIGERPAW_SOAP_PASSWORD"),
            external_product="Kaspersky MSP",
            write_mode="soap",
            dialect="sandbox-0",
            settle=30,
        ),
        links=(LinkSettings(tenant="Contoso Dental", account=1053145, agreement=2041, billing=True),),
        applications=(
            Application(
                name="Kaspersky Endpoint Security for Business Advanced",
                unit=Unit.DEVICE,
                exact=("KESB Advanced, 100-149 nodes",),
                prefixes=("Kaspersky Endpoint Security for Business - Advanced",),
            ),
        ),
        mappings=(
            Mapping(
                application="Kaspersky Endpoint Security for Business Advanced",
                by_category=(
                    (Category.WINDOWS_WORKSTATION, "KES-WKS"),
                    (Category.WINDOWS_SERVER, "KES-SRV"),
                    (Category.NON_WINDOWS, "KES-NIX"),
                ),
            ),
            Mapping(application="Kaspersky Endpoint Security for Business - Select", item="KES-SELECT"),
        ),
    )


def test_a_business_hub_source_reads_as_it_is_meant(tmp_path: Path) -> None:
    """The folder need not be there when the file is read."""
    hub = read_configuration(write(tmp_path, HUB_GOOD))
    assert hub.source == BusinessHubSourceSettings(folder=tmp_path / "exports", export_days=3)
    assert dataclasses.replace(hub, source=read_configuration(write(tmp_path)).source) == read_configuration(write(tmp_path))


def test_what_a_business_hub_source_does_not_say_has_its_default(tmp_path: Path) -> None:
    source = read_configuration(write(tmp_path, changed("export_days = 3\n", "", HUB_GOOD))).source
    assert source == BusinessHubSourceSettings(
        folder=tmp_path / "exports", export_days=2, count_oem=False, max_sessions=2, read_unlinked=True, tenant_minutes=10
    )


@pytest.mark.parametrize("text", [GOOD, HUB_GOOD], ids=["ksc", "business_hub"])
def test_every_kind_of_source_answers_what_users_of_any_source_ask(text: str, tmp_path: Path) -> None:
    source = read_configuration(write(tmp_path, text)).source
    common = (source.count_oem, source.max_sessions, source.read_unlinked, source.tenant_minutes, source.key_scope)
    assert common == (False, 2, True, 10, KeyScope.USED)
    assert source.origin == {"ksc": "https://127.0.0.1:13299", "business_hub": str(tmp_path / "exports")}[source.kind]


def test_worklist_mode_needs_neither_soap_credentials_nor_a_dialect(tmp_path: Path) -> None:
    text = changed('write_mode = "soap"', 'write_mode = "worklist"')
    for line in ('soap_user = "kaspersky"\n', 'soap_password = "env:TIGERPAW_SOAP_PASSWORD"\n', 'dialect = "sandbox-0"\n'):
        text = changed(line, "", text)
    destination = read_configuration(write(tmp_path, text)).destination
    assert (destination.soap_user, destination.soap_password, destination.dialect) == (None, None, None)


EQUIVALENT = {
    "trailing slash": ('"https://127.0.0.1:13299"', '"https://127.0.0.1:13299/"'),
    "capitals in an address": ('"https://127.0.0.1:13299"', '"HTTPS://127.0.0.1:13299"'),
    "fingerprint with colons and capitals": (FINGERPRINT, "SHA256:" + ":".join(["AB"] * 32)),
    "a default spelled out": ("max_sessions = 2", "max_sessions = 2\nread_unlinked = true\ntenant_minutes = 10\ncount_oem = false"),
    "a default left out": ("max_sessions = 2\n", ""),
    "whole seconds as a fraction": ("settle = 30", "settle = 30.0"),
    "line ends of Windows": ("\n", "\r\n"),
    "a byte order mark": ("[integration]", "\ufeff[integration]"),
}


@pytest.mark.parametrize(("old", "new"), EQUIVALENT.values(), ids=EQUIVALENT.keys())
def test_spellings_of_one_meaning_read_equal(old: str, new: str, tmp_path: Path) -> None:
    plain = read_configuration(write(tmp_path))
    text = GOOD.replace(old, new) if old == "\n" else changed(old, new)
    path = tmp_path / "other.toml"
    path.write_bytes(text.encode())
    assert read_configuration(path) == plain


@pytest.mark.parametrize("address", ["http://localhost:8085", "http://127.3.2.1", "http://[::1]:8085", "https://tigerpaw.example/sub"], ids=str)
def test_addresses_that_are_accepted_as_they_are(address: str, tmp_path: Path) -> None:
    assert read_configuration(write(tmp_path, changed("http://127.0.0.1:8085", address))).destination.url == address


def test_plain_http_over_the_network_is_accepted_where_insecure_is_said(tmp_path: Path) -> None:
    text = changed('"http://127.0.0.1:8085"', '"http://tigerpaw.example"\ninsecure = true')
    destination = read_configuration(write(tmp_path, text)).destination
    assert destination.insecure
    assert destination.url == "http://tigerpaw.example"


def test_relative_files_start_at_the_folder_of_the_configuration_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "etc"
    folder.mkdir()
    text = changed(f'fingerprint = "{FINGERPRINT}"', 'ca_file = "ksc.pem"')
    text = changed('dialect = "sandbox-0"', 'dialect = "mine.toml"', text)
    text = changed('"env:KSC_PASSWORD"', '"file:ksc.secret"', text)
    write(folder, text)
    monkeypatch.chdir(tmp_path)
    configuration = read_configuration(Path("etc/tallybridge.toml"))
    assert ksc_source(configuration).ca_file == folder / "ksc.pem"
    assert configuration.destination.dialect == str(folder / "mine.toml")
    assert ksc_source(configuration).password.locator == str(folder / "ksc.secret")


def test_a_reference_is_read_in_the_three_secret_settings_only(tmp_path: Path) -> None:
    configuration = read_configuration(write(tmp_path, changed('user = "tallybridge"', 'user = "env:KSC_USER"')))
    assert ksc_source(configuration).user == "env:KSC_USER"


def test_an_application_without_unit_keeps_the_shipped_one(tmp_path: Path) -> None:
    text = GOOD + '[[application]]\nname = "Kaspersky Endpoint Security Cloud"\n[[application]]\nname = "Something else"\n'
    units = {application.name: application.unit for application in read_configuration(write(tmp_path, text)).applications}
    assert units["Kaspersky Endpoint Security Cloud"] is Unit.USER
    assert units["Something else"] is Unit.DEVICE


def test_all_four_kinds_of_matchers_are_read(tmp_path: Path) -> None:
    match = 'match = [{ application_id = 1105 }, { part_number = "KL4867" }, { prefix = "K" }, { exact = "KES" }]'
    text = GOOD + f'[[application]]\nname = "Other"\n{match}\n'
    assert read_configuration(write(tmp_path, text)).applications[1] == Application(
        name="Other", exact=("KES",), prefixes=("K",), part_numbers=("KL4867",), application_ids=(1105,)
    )


def test_a_folder_gives_its_toml_files_in_order_and_each_file_once(tmp_path: Path) -> None:
    for number, name in enumerate(("b.toml", "a.toml", "notes.txt", ".hidden.toml")):
        text = changed('name = "Integration with Tigerpaw"', f'name = "{number}"')
        write(tmp_path, changed("http://127.0.0.1:8085", f"http://127.0.0.1:{number + 1}", text), name=name)
    read = read_configurations([tmp_path / "b.toml", tmp_path, tmp_path / "a.toml"])
    assert [(file.path.name, file.configuration.integration.name) for file in read] == [("b.toml", "0"), ("a.toml", "1")]


def test_an_unchanged_file_is_not_read_anew_and_a_changed_one_is_however_it_was_changed(tmp_path: Path) -> None:
    file = write(tmp_path)
    first = read_configuration(file)
    assert read_configuration(file) is first
    before = file.stat()
    file.write_text(changed("agreement = 2041", "agreement = 2042"), encoding="utf-8")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert read_configuration(file).links[0].agreement == 2042
    write(tmp_path)
    assert read_configuration(file) == first


def test_a_file_with_a_secret_that_others_may_read_since_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path, changed('"env:KSC_PASSWORD"', '"in clear text"'))
    file.chmod(0o600)
    read_configuration(file)
    file.chmod(0o644)
    with pytest.raises(ConfigurationError, match="a secret in clear text"):
        read_configuration(file)


def test_a_folder_without_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"a folder without \*\.toml files"):
        read_configurations([tmp_path])


def test_a_text_that_looks_like_a_table_does_not_shift_the_lines(tmp_path: Path) -> None:
    text = changed('user = "tallybridge"', 'user = """\n[[link]]\nmax_sessions = 9\n"""')
    text = changed("account = 1053145", "account = 0", text)
    with pytest.raises(ConfigurationError) as refused:
        read_configuration(write(tmp_path, text))
    line = text[: text.index("account = 0")].count("\n") + 1
    assert refused.value.problems[0].place == f"[[link]] number 1, account (line {line})"


def test_records_cannot_be_changed(tmp_path: Path) -> None:
    configuration = read_configuration(write(tmp_path))
    with pytest.raises(dataclasses.FrozenInstanceError):
        ksc_source(configuration).user = "other"  # type: ignore[misc]
