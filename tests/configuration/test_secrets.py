"""Secrets are fetched when they are needed, from where the file says, and are never seen (contracts 3, L11)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tallybridge.configuration import (
    Configuration,
    ConfigurationError,
    MissingSecret,
    ResolvedSecrets,
    read_configuration,
    resolve_all,
    to_canonical,
)
from tallybridge.configuration.canonical import from_canonical
from tests.configuration.builders import HUB_GOOD, changed, ksc_source, write

ENVIRON = {"KSC_PASSWORD": "one", "TIGERPAW_PRIVATE_KEY": "two", "TIGERPAW_SOAP_PASSWORD": "three"}

needs_modes = pytest.mark.skipif(os.name == "nt", reason="Windows has no file modes to check")


def with_password(folder: Path, value: str, *, mode: int = 0o644) -> Configuration:
    return read_configuration(write(folder, changed('"env:KSC_PASSWORD"', f'"{value}"'), mode=mode))


def revealed(secrets: ResolvedSecrets) -> str:
    assert secrets.source_password is not None
    return secrets.source_password.reveal()


def test_reading_fetches_no_secret(tmp_path: Path) -> None:
    read_configuration(write(tmp_path))
    with_password(tmp_path, "file:does-not-exist")


def test_variables_are_read_when_they_are_needed(tmp_path: Path) -> None:
    secrets = resolve_all(read_configuration(write(tmp_path)), environ=ENVIRON)
    assert revealed(secrets) == "one"
    assert secrets.private_key.reveal() == "two"
    assert secrets.soap_password is not None
    assert secrets.soap_password.reveal() == "three"
    assert "one" not in repr(secrets)


@pytest.mark.parametrize(
    ("content", "secret"),
    [(b"hunter2", "hunter2"), (b"hunter2\n", "hunter2"), (b"hunter2\r\n", "hunter2"), (b"a b \n", "a b "), ("é".encode("utf-8-sig"), "é")],
    ids=["no line end", "line end", "line end of Windows", "spaces are kept", "byte order mark"],
)
def test_a_secret_file_is_read_without_its_line_end(content: bytes, secret: str, tmp_path: Path) -> None:
    (tmp_path / "ksc.secret").write_bytes(content)
    configuration = with_password(tmp_path, "file:ksc.secret")
    assert revealed(resolve_all(configuration, environ=ENVIRON)) == secret


MISSING = {
    "variable not set": ("env:ABSENT", None, ("the environment variable ABSENT is not set",)),
    "variable empty": ("env:EMPTY", None, ("the environment variable EMPTY is set, but empty",)),
    "file absent": ("file:absent", None, ("absent does not exist",)),
    "file empty": ("file:secret", b"\n", ("secret exists, but is empty",)),
    "file not text": ("file:secret", b"\xff\xfe", ("secret is not text in UTF-8",)),
    "file is a folder": ("file:.", None, ("cannot be read",)),
}


@pytest.mark.parametrize(("value", "content", "words"), MISSING.values(), ids=MISSING.keys())
def test_a_missing_secret_names_its_setting_and_the_place_that_was_looked_in(
    value: str, content: bytes | None, words: tuple[str, ...], tmp_path: Path
) -> None:
    if content is not None:
        (tmp_path / "secret").write_bytes(content)
    source = ksc_source(with_password(tmp_path, value))
    with pytest.raises(MissingSecret) as missing:
        source.password.resolve(environ={"EMPTY": ""})
    for word in ("source.password", "Nothing was contacted", *words):
        assert word in str(missing.value)


def test_all_missing_secrets_are_told_together(tmp_path: Path) -> None:
    configuration = with_password(tmp_path, "file:absent")
    with pytest.raises(MissingSecret, match="3 secrets are missing") as missing:
        resolve_all(configuration, environ={})
    assert [problem.place for problem in missing.value.problems] == [
        "source.password",
        "destination.private_key",
        "destination.soap_password",
    ]
    for place in (str(tmp_path / "absent"), "TIGERPAW_PRIVATE_KEY", "TIGERPAW_SOAP_PASSWORD"):
        assert place in str(missing.value)


def test_worklist_mode_does_not_ask_for_the_soap_password(tmp_path: Path) -> None:
    configuration = read_configuration(write(tmp_path, changed('write_mode = "soap"', 'write_mode = "worklist"')))
    secrets = resolve_all(configuration, environ={"KSC_PASSWORD": "one", "TIGERPAW_PRIVATE_KEY": "two"})
    assert secrets.soap_password is None


def test_a_source_that_reads_files_needs_no_password(tmp_path: Path) -> None:
    secrets = resolve_all(read_configuration(write(tmp_path, HUB_GOOD)), environ={key: ENVIRON[key] for key in ENVIRON if key != "KSC_PASSWORD"})
    assert secrets.source_password is None
    assert secrets.private_key.reveal() == "two"


@needs_modes
@pytest.mark.parametrize("mode", [0o600, 0o400, 0o700], ids=oct)
def test_clear_text_is_accepted_in_a_file_of_its_owner_alone(mode: int, tmp_path: Path) -> None:
    configuration = with_password(tmp_path, "hunter2", mode=mode)
    assert revealed(resolve_all(configuration, environ=ENVIRON)) == "hunter2"


@needs_modes
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660], ids=oct)
def test_clear_text_is_refused_in_a_file_that_others_can_use(mode: int, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=f"mode {mode:04o}") as refused:
        with_password(tmp_path, "hunter2", mode=mode)
    assert "chmod 600" in str(refused.value)
    assert "hunter2" not in str(refused.value)


@needs_modes
def test_a_clear_text_is_never_seen(tmp_path: Path) -> None:
    """L11: not in the record, not in the stored bytes."""
    configuration = with_password(tmp_path, "hunter2", mode=0o600)
    assert "hunter2" not in repr(configuration)
    assert "hunter2" not in str(configuration.source.password)
    assert b"hunter2" not in to_canonical(configuration)


@needs_modes
def test_a_clear_text_that_went_through_the_ledger_comes_from_where_it_was_kept(tmp_path: Path) -> None:
    stored = from_canonical(to_canonical(with_password(tmp_path, "hunter2", mode=0o600)))
    with pytest.raises(MissingSecret, match="stood in clear text in the configuration file"):
        resolve_all(stored, environ=ENVIRON)
    secrets = resolve_all(stored, environ=ENVIRON, kept={"source.password": "hunter2"}.get)
    assert revealed(secrets) == "hunter2"
