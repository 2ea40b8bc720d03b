"""Every bad input to a configuration file is refused with the file, the place, what was found and what was expected (issue table "Bad input")."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import pytest

from tallybridge.configuration import ConfigurationError, Problem, read_configuration
from tests.configuration.builders import (
    DESTINATION,
    FINGERPRINT,
    GOOD,
    HUB_SOURCE,
    INTEGRATION,
    LINK,
    SOURCE,
    changed,
    line_of,
    write,
)


class Bad(NamedTuple):
    """One change of the good file, the place that is named, and words that the refusal must hold."""

    old: str
    new: str
    place: str
    words: tuple[str, ...]


SOAP_USER = 'soap_user = "kaspersky"\n'
TENANT = 'tenant = "Contoso Dental"\n'
MATCH = '{ exact = "KESB Advanced, 100-149 nodes" }'
SELECT = 'item = "KES-SELECT"\n'

ROWS = {
    # unknown keys
    "unknown setting": Bad("max_sessions = 2", "max_session = 2", "source.max_session", ("unknown setting", 'Did you mean "max_sessions"?')),
    "unknown table": Bad("[[mapping]]", "[[mappings]]", "mappings", ("unknown table", 'Did you mean "mapping"?')),
    "setting outside tables": Bad("[integration]", "colour = 1\n[integration]", "colour", ("outside every table",)),
    "unknown setting of a link": Bad("account = 1053145", "account = 1053145\nacount = 1", "[[link]] number 1, acount", ('"account"',)),
    "terminal codes in a name": Bad(
        "account = 1053145", 'account = 1053145\n"\\u001b[2J" = 1', "[[link]] number 1, \\u001b[2J", ("unknown setting",)
    ),
    "terminal codes as a table": Bad("[[mapping]]", '["\\u001b[2J"]\n[[mapping]]', "\\u001b[2J", ("unknown table",)),
    # missing
    "no time zone": Bad('time_zone = "Europe/Berlin"\n', "", "integration.time_zone", ("found nothing", "Europe/Berlin")),
    "no source": Bad(SOURCE, "", "[source]", ("found nothing", "one table [source]")),
    "no destination": Bad(DESTINATION, "", "[destination]", ("found nothing",)),
    "no integration": Bad(INTEGRATION, "", "[integration]", ("found nothing",)),
    "no kind": Bad('kind = "ksc"\n', "", "source.kind", ("found nothing", '"ksc" or "business_hub"')),
    "no account": Bad("account = 1053145\n", "", "[[link]] number 1, account", ("found nothing", "whole number")),
    "no application in a mapping": Bad(
        'application = "Kaspersky Endpoint Security for Business - Select"\n', "", "[[mapping]] number 2, application", ("found nothing",)
    ),
    # wrong types
    "text for a number": Bad("max_sessions = 2", 'max_sessions = "two"', "source.max_sessions", ('the text "two"', "whole number from 1")),
    "flag for a number": Bad("max_sessions = 2", "max_sessions = true", "source.max_sessions", ("found true",)),
    "fraction for a whole number": Bad("max_sessions = 2", "max_sessions = 1.5", "source.max_sessions", ("the number 1.5",)),
    "number out of bounds": Bad("max_sessions = 2", "max_sessions = 0", "source.max_sessions", ("the number 0", "from 1 to 32")),
    "number beyond 64 bits": Bad("agreement = 2041", "agreement = 99999999999999999999", "[[link]] number 1, agreement", ("out of range",)),
    "not a number": Bad("settle = 30", "settle = nan", "destination.settle", ("number of seconds",)),
    "negative seconds": Bad("settle = 30", "settle = -1", "destination.settle", ("from 0 to 3600",)),
    "text for a flag": Bad("billing = true", 'billing = "yes"', "[[link]] number 1, billing", ('the text "yes"', "true or false")),
    "number for a text": Bad('user = "tallybridge"', "user = 7", "source.user", ("the number 7", "a text in quotation marks")),
    "empty text": Bad('external_product = "Kaspersky MSP"', 'external_product = " "', "destination.external_product", ("an empty text",)),
    "NUL in a name": Bad(TENANT, 'tenant = "Con\\u0000toso"\n', "[[link]] number 1, tenant", ('"Con\\u0000toso", which has a NUL character in it',)),
    "blank name": Bad('name = "Integration with Tigerpaw"', 'name = ""', "integration.name", ("an empty text",)),
    "account as text": Bad("account = 1053145", 'account = "1053145"', "[[link]] number 1, account", ("whole number",)),
    "table for a text": Bad('user = "tallybridge"', "user = { name = 1 }", "source.user", ("found a table",)),
    "one bracket for a link": Bad("[[link]]", "[link]", "[link]", ("one table [link]", "[[link]]", "two brackets")),
    "source twice in brackets": Bad("[source]", "[[source]]", "[source]", ("a list", "one table [source]")),
    # choices, times, zones
    "unknown choice": Bad('key_scope = "used"', 'key_scope = "use"', "source.key_scope", ('"used" or "installed"', 'Did you mean "used"?')),
    "unknown apply": Bad('apply = "automatic"', 'apply = "auto"', "integration.apply", ('"automatic" or "approve"',)),
    "unknown write mode": Bad('write_mode = "soap"', 'write_mode = "rest"', "destination.write_mode", ('"soap" or "worklist"',)),
    "unknown source": Bad(
        'kind = "ksc"', 'kind = "kcs"', "source.kind", ('a kind of source that this version has: "ksc" or "business_hub"', 'Did you mean "ksc"?')
    ),
    "source nearly of the other kind": Bad('kind = "ksc"', 'kind = "businesshub"', "source.kind", ('Did you mean "business_hub"?',)),
    # a source of kind business_hub
    "no folder": Bad(SOURCE, changed('folder = "exports"\n', "", HUB_SOURCE), "source.folder", ("found nothing", "the path of a folder")),
    "empty folder": Bad(SOURCE, changed('"exports"', '" "', HUB_SOURCE), "source.folder", ("an empty text", "the path of a folder")),
    "folder as a list": Bad(SOURCE, changed('"exports"', '["exports"]', HUB_SOURCE), "source.folder", ("a list",)),
    "folder with a null": Bad(SOURCE, changed('"exports"', '"a\\u0000b"', HUB_SOURCE), "source.folder", ("the path of a folder",)),
    "a password for files": Bad(
        SOURCE, HUB_SOURCE + 'password = "hunter2"\n', "source.password", ("unknown setting", 'It belongs to a source of kind "ksc".')
    ),
    "an address for files": Bad(SOURCE, HUB_SOURCE + 'url = "https://hub.example"\n', "source.url", ("unknown setting", 'of kind "ksc"')),
    "a key scope for files": Bad(SOURCE, HUB_SOURCE + 'key_scope = "installed"\n', "source.key_scope", ("unknown setting", 'of kind "ksc"')),
    "a folder for a server": Bad(SOURCE, SOURCE + 'folder = "exports"\n', "source.folder", ("unknown setting", 'of kind "business_hub"')),
    "no day": Bad(SOURCE, changed("export_days = 3", "export_days = 0", HUB_SOURCE), "source.export_days", ("the number 0", "from 1 to 31")),
    "too many days": Bad(SOURCE, changed("export_days = 3", "export_days = 32", HUB_SOURCE), "source.export_days", ("the number 32", "to 31")),
    "days as text": Bad(SOURCE, changed("export_days = 3", 'export_days = "3"', HUB_SOURCE), "source.export_days", ('the text "3"',)),
    "no sessions for files": Bad(SOURCE, HUB_SOURCE + "max_sessions = 0\n", "source.max_sessions", ("from 1 to 32",)),
    "no kind for files": Bad(SOURCE, changed('kind = "business_hub"\n', "", HUB_SOURCE), "source.kind", ("found nothing", '"business_hub"')),
    "unknown destination": Bad('kind = "tigerpaw"', 'kind = "autotask"', "destination.kind", ('"autotask"', '"tigerpaw"')),
    "kind of another type": Bad('kind = "ksc"', "kind = 1", "source.kind", ("the number 1",)),
    "time of another form": Bad('run_at = "02:30"', 'run_at = "2:30"', "integration.run_at", ('the text "2:30"', '"HH:MM"')),
    "time that is none": Bad('run_at = "02:30"', 'run_at = "24:00"', "integration.run_at", ('"24:00"',)),
    "time without quotation marks": Bad('run_at = "02:30"', "run_at = 02:30:00", "integration.run_at", ("a date or time", "quotation marks")),
    "unknown time zone": Bad(
        '"Europe/Berlin"', '"Europe/Berln"', "integration.time_zone", ('"Europe/Berln", which is not a known time zone', "Europe/Berlin")
    ),
    "time zone in lower case": Bad('"Europe/Berlin"', '"europe/berlin"', "integration.time_zone", ("Near names: Europe/Berlin",)),
    "time zone by city": Bad('"Europe/Berlin"', '"New York"', "integration.time_zone", ("America/New_York",)),
    "time zone out of the folder": Bad('"Europe/Berlin"', '"../../etc/passwd"', "integration.time_zone", ("not a known time zone",)),
    "time zone that is a folder": Bad('"Europe/Berlin"', '"Europe"', "integration.time_zone", ("not a known time zone",)),
    # addresses and certificates
    "address without scheme": Bad("https://127.0.0.1:13299", "127.0.0.1:13299", "source.url", ("an address such as",)),
    "address of another scheme": Bad("https://127.0.0.1:13299", "ftp://127.0.0.1", "source.url", ("an address such as",)),
    "address without host": Bad("https://127.0.0.1:13299", "https://:13299", "source.url", ("an address such as",)),
    "impossible port": Bad("https://127.0.0.1:13299", "https://127.0.0.1:99999", "source.url", ("an address such as",)),
    "address with a query": Bad("https://127.0.0.1:13299", "https://127.0.0.1?token=hunter2", "source.url", ("question mark",)),
    "broken IPv6": Bad("https://127.0.0.1:13299", "https://[::1", "source.url", ("an address such as",)),
    "plain http over the network": Bad(
        "http://127.0.0.1:8085", "http://tigerpaw.example", "destination.url", ("unencrypted", "https://", "insecure = true")
    ),
    "plain http to the source": Bad("https://127.0.0.1:13299", "http://10.0.0.1:13299", "source.url", ("unencrypted",)),
    "host that only looks local": Bad("http://127.0.0.1:8085", "http://127.0.0.1.example", "destination.url", ("unencrypted",)),
    "fingerprint too short": Bad(FINGERPRINT, "sha256:abcd", "source.fingerprint", ("64 hexadecimal digits",)),
    "fingerprint of another hash": Bad(FINGERPRINT, "sha1:" + "ab" * 20, "source.fingerprint", ("64 hexadecimal digits",)),
    "no trust": Bad(f'fingerprint = "{FINGERPRINT}"\n', "", "source.fingerprint", ("neither fingerprint nor ca_file", "fingerprint https://127")),
    "two trusts": Bad("max_sessions = 2", 'ca_file = "ca.pem"', "source.fingerprint", ("both fingerprint and ca_file",)),
    # combinations
    "no SOAP user": Bad(SOAP_USER, "", "destination.soap_user", ('because write_mode is "soap"', 'write_mode = "worklist"')),
    "no dialect": Bad('dialect = "sandbox-0"\n', "", "destination.dialect", ('because write_mode is "soap"',)),
    "no SOAP password": Bad('soap_password = "env:TIGERPAW_SOAP_PASSWORD"\n', "", "destination.soap_password", ('write_mode is "soap"',)),
    "link without tenant": Bad(TENANT, "", "[[link]] number 1", ("neither tenant nor tenant_id",)),
    "link with both": Bad(TENANT, TENANT + 'tenant_id = "vs-1"\n', "[[link]] number 1", ("both tenant and tenant_id",)),
    "mapping with item and categories": Bad(
        SELECT, SELECT + 'windows_server = "X"\n', "[[mapping]] number 2", ("item and windows_server", "either item for all devices")
    ),
    "mapping without item": Bad(SELECT, "", "[[mapping]] number 2", ("no item", "windows_workstation, windows_server, non_windows")),
    "mapping to unclassified": Bad(SELECT, SELECT + 'unclassified = "X"\n', "[[mapping]] number 2, unclassified", ("unknown setting",)),
    # matchers
    "matchers as a table": Bad(f"match = [{MATCH}", f"match = [[{MATCH}]", "[[application]] number 1, match", ("a list as matcher number 1",)),
    "matcher with two keys": Bad(MATCH, '{ exact = "A", prefix = "B" }', "[[application]] number 1, match", ("2 keys in matcher number 1",)),
    "unknown matcher": Bad(MATCH, '{ exakt = "A" }', "[[application]] number 1, match", ('unknown key "exakt"', 'Did you mean "exact"?')),
    "empty matcher": Bad(MATCH, '{ prefix = "" }', "[[application]] number 1, match", ("an empty text for prefix",)),
    "application id as text": Bad(MATCH, '{ application_id = "1105" }', "[[application]] number 1, match", ("application_id",)),
    "unknown unit": Bad('unit = "device"', 'unit = "devices"', "[[application]] number 1, unit", ('Did you mean "device"?',)),
    # secrets
    "secret of another type": Bad('password = "env:KSC_PASSWORD"', "password = 12345678", "source.password", ("a number", '"env:NAME"')),
    "empty secret": Bad('"env:KSC_PASSWORD"', '""', "source.password", ("an empty text",)),
    "no variable's name": Bad('"env:KSC_PASSWORD"', '"env:"', "source.password", ("without the name of a variable",)),
    "no file's path": Bad('"env:KSC_PASSWORD"', '"file:"', "source.password", ("without the path of a file",)),
    "clear text in a file of all": Bad(
        '"env:KSC_PASSWORD"', '"hunter2"', "source.password", ("clear text", "mode 0644", "chmod 600", "env:TALLYBRIDGE_SOURCE_PASSWORD")
    ),
    "clear text under an unknown kind": Bad('"env:KSC_PASSWORD"', '"vault:hunter2"', "source.password", ("clear text",)),
}


def problems_of(path: Path) -> tuple[Problem, ...]:
    """All problems that a file is refused with."""
    with pytest.raises(ConfigurationError) as refused:
        read_configuration(path)
    return refused.value.problems


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_bad_input_is_refused_with_place_and_words(row: Bad, tmp_path: Path) -> None:
    path = write(tmp_path, changed(row.old, row.new))
    problems = problems_of(path)
    named = [problem for problem in problems if problem.place.split(" (line")[0] == row.place]
    assert named, [str(problem) for problem in problems]
    assert named[0].file == str(path)
    for word in row.words:
        assert word in str(named[0])


@pytest.mark.parametrize("row", ROWS.values(), ids=ROWS.keys())
def test_no_refusal_shows_a_secret(row: Bad, tmp_path: Path) -> None:
    """L11."""
    shown = "\n".join(str(problem) for problem in problems_of(write(tmp_path, changed(row.old, row.new))))
    assert "hunter2" not in shown
    assert "12345678" not in shown


def test_a_misspelled_secret_or_a_password_in_an_address_is_not_shown_either(tmp_path: Path) -> None:
    """L11."""
    text = changed('password = "env:KSC_PASSWORD"', 'pasword = "hunter2"')
    text = changed("http://127.0.0.1:8085", "http://me:hunter2@127.0.0.1:8085", text)
    problems = problems_of(write(tmp_path, text))
    assert [problem.place.split(" (")[0] for problem in problems] == ["source.pasword", "source.password", "destination.url"]
    assert "hunter2" not in "\n".join(str(problem) for problem in problems)


def test_every_problem_of_a_file_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    text = changed("max_sessions = 2", 'max_sessions = "two"')
    text = changed('apply = "automatic"', 'aply = "automatic"', text)
    text = changed("account = 1053145", "account = 0", text)
    problems = problems_of(write(tmp_path, text))
    assert [problem.place for problem in problems] == [
        f"integration.aply (line {line_of('aply', text)})",
        f"source.max_sessions (line {line_of('max_sessions', text)})",
        f"[[link]] number 1, account (line {line_of('account = 0', text)})",
    ]
    with pytest.raises(ConfigurationError, match=r"3 problems\. Nothing was contacted, nothing was changed"):
        read_configuration(tmp_path / "tallybridge.toml")


def test_a_refused_setting_is_told_once_and_counts_neither_as_missing_nor_as_clashing(tmp_path: Path) -> None:
    text = changed('soap_user = "kaspersky"', "soap_user = 1")
    assert [problem.found for problem in problems_of(write(tmp_path, text))] == ["the number 1"]


@pytest.mark.parametrize(
    "source",
    [changed("max_sessions = 2", "max_sessions = 0", SOURCE), changed("export_days = 3", "export_days = 0", HUB_SOURCE)],
    ids=["ksc", "business_hub"],
)
def test_where_the_kind_is_missing_the_rest_is_read_as_the_kind_that_it_looks_like(source: str, tmp_path: Path) -> None:
    without_kind = "\n".join(line for line in source.splitlines() if not line.startswith("kind"))
    problems = problems_of(write(tmp_path, changed(SOURCE, without_kind + "\n")))
    assert [problem.found for problem in problems] == ["nothing", "the number 0"]


def test_links_that_are_no_tables_are_refused(tmp_path: Path) -> None:
    (problem,) = problems_of(write(tmp_path, "link = 3\n" + changed(LINK, "")))
    assert (problem.found, problem.expected) == ("a number", "tables [[link]], any number")


class Unreadable(NamedTuple):
    """Bytes of a file, and words that the refusal must hold."""

    content: bytes
    words: tuple[str, ...]


UNREADABLE = {
    "no quotation marks": Unreadable(b"[integration]\nname = Nightly\n", ("malformed TOML", "line 2, column 8", "quotation marks")),
    "one key twice": Unreadable(b"[source]\nurl = 1\nurl = 2\n", ("malformed TOML", "line 3")),
    "end too early": Unreadable(b'[source]\nurl = "x', ("malformed TOML", "end of file")),
    "not UTF-8": Unreadable(b'[integration]\nname = "M\xfcller"\n', ("UTF-8", "offset 23")),
    "nested too deeply": Unreadable(b"a = " + b"[" * 5000 + b"]" * 5000, ("malformed TOML", "nested too deeply")),
    "a number too long": Unreadable(b"a = " + b"9" * 5000, ("malformed TOML", "a number that is too long")),
    "empty": Unreadable(b"", ("[integration]", "[source]", "[destination]")),
}


@pytest.mark.parametrize("row", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_a_file_that_cannot_be_read_is_named_with_line_and_column(row: Unreadable, tmp_path: Path) -> None:
    path = tmp_path / "tallybridge.toml"
    path.write_bytes(row.content)
    with pytest.raises(ConfigurationError) as refused:
        read_configuration(path)
    for word in (str(path), *row.words):
        assert word in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    (problem,) = problems_of(tmp_path / "absent.toml")
    assert problem.file == str(tmp_path / "absent.toml")
    assert problem.found == "no such file"


def test_terminal_codes_in_a_value_are_shown_harmlessly(tmp_path: Path) -> None:
    (problem,) = problems_of(write(tmp_path, changed('key_scope = "used"', 'key_scope = "\\u001b[2Jused"')))
    assert "\x1b" not in str(problem)
    assert "\\u001b[2Jused" in problem.found


def test_the_good_file_is_good(tmp_path: Path) -> None:
    """What every row above changes is refused for that change alone."""
    assert read_configuration(write(tmp_path, GOOD)).integration.name == "Integration with Tigerpaw"
