"""The settings: what is in force and where it comes from, changing it, testing connections, certificates, and carrying a configuration in and out."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tallybridge.configuration.records import Configuration
from tallybridge.configuration.toml_text import to_toml
from tallybridge.console import work
from tallybridge.console.models import AuditEntry, Role
from tallybridge.ledger import configurations
from tallybridge.ledger import secrets as ledger_secrets
from tallybridge.ledger.prepared import models
from tallybridge.runs.configuring import Configured, kept_secrets, take_own
from tests.console.conftest import Desk

NEW_SECRET = "a-secret-that-nobody-sees"


def _chosen(desk: Desk) -> Configured:
    """The integration with Security Center."""
    return next(one for one in desk.configured() if one.configuration.source.kind == "ksc")


def _ours(desk: Desk) -> Configuration:
    return _chosen(desk).configuration


def _address(desk: Desk) -> str:
    return _chosen(desk).address


def _html(answer: Any) -> str:
    return str(answer.content.decode())


class _Fields(HTMLParser):
    """The fields of a page's forms with what stands in them."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        name = told.get("name") or ""
        if tag == "select":
            self._select = name
        elif tag == "option" and "selected" in told:
            self.values[self._select] = told.get("value") or ""
        elif tag == "input" and name and name != "csrfmiddlewaretoken" and (told.get("type") not in ("radio", "checkbox") or "checked" in told):
            self.values[name] = told.get("value") or ("on" if told.get("type") == "checkbox" else "")


def _form(desk: Desk, section: str) -> dict[str, Any]:
    """What a browser would send of a form nobody has touched."""
    reader = _Fields()
    reader.feed(desk.text(f"/settings/{section}/"))
    return reader.values


def _change(desk: Desk, section: str, values: Mapping[str, Any], without: tuple[str, ...] = ()) -> Any:
    sent = {name: value for name, value in (_form(desk, section) | dict(values)).items() if name not in without}
    return desk.post(f"/settings/{section}/", sent)


def _upload(desk: Desk, text: str, **typed: str) -> Any:
    return desk.post("/settings/import/", {"file": SimpleUploadedFile("mine.toml", text.encode()), **typed})


def _without_secrets(configuration: Configuration) -> str:
    """An exported file from which the lines of secrets were taken out, as the page asks for."""
    secret = re.compile(r"^(password|private_key|soap_password) = .*\n", re.MULTILINE)
    return secret.sub("", to_toml(configuration))


@pytest.fixture
def ledger_desk(desk: Desk) -> Desk:
    """A desk on which the ledger rules."""
    desk.release_configuration()
    desk.get("/settings/", data={"integration": _ours(desk).integration.name})
    return desk


def test_what_a_file_declares_is_read_only_and_names_the_file_with_its_line(desk: Desk) -> None:
    file = str(desk.files[0])
    lines = Path(file).read_text(encoding="utf-8").splitlines()
    number = next(n for n, line in enumerate(lines, start=1) if line.startswith("time_zone"))
    text = desk.text("/settings/")
    assert f"<code>{file}</code>" in text
    assert re.search(rf'data-label="From"[^>]*> line {number}<', text)
    assert "default" in text
    assert "Change…" not in text
    answer = desk.post("/settings/guards/", {"fall_units": "1"})
    assert answer["Location"] == "/settings/"
    assert file in desk.text("/settings/")
    assert not AuditEntry.objects.exists()


def test_no_secret_is_on_any_page(ledger_desk: Desk) -> None:
    configuration = _ours(ledger_desk)
    kept = kept_secrets(configuration)
    references = (configuration.source.password, configuration.destination.private_key, configuration.destination.soap_password)
    values = [one.resolve(kept=kept).reveal() for one in references if one is not None]
    assert len(values) == 3
    for page in ("/settings/", "/settings/source/", "/settings/destination/", "/settings/export/"):
        text = ledger_desk.text(page)
        assert not any(value in text for value in values), page
    assert "set; " in ledger_desk.text("/settings/")


@pytest.mark.parametrize(
    ("section", "values", "before", "after"),
    [
        ("schedule", {"run_at": "04:45"}, "Daily run at: ", "Daily run at: 04:45"),
        ("schedule", {"apply": "approve"}, "Who writes the charges: automatic", "Who writes the charges: approve"),
        ("guards", {"fall_units": "7"}, "Fall, units: ", "Fall, units: 7"),
        ("counting", {"key_scope": "installed"}, "Key scope: used", "Key scope: installed"),
        ("counting", {"count_oem": "on"}, "Count OEM keys: no", "Count OEM keys: yes"),
        ("limits", {"max_sessions": "5"}, "Sessions at the same time: ", "Sessions at the same time: 5"),
        ("limits", {"tenant_minutes": "2.5"}, "Minutes for one customer: ", "Minutes for one customer: 2.5 minutes"),
        ("destination", {"external_product": "Other"}, "External Product: ", "External Product: Other"),
        ("destination", {"settle": "45"}, "Settle, in seconds: ", "Settle, in seconds: 45 seconds"),
    ],
)
def test_a_change_is_saved_and_kept_in_the_audit_trail(ledger_desk: Desk, section: str, values: dict[str, str], before: str, after: str) -> None:
    was = _address(ledger_desk)
    answer = _change(ledger_desk, section, values)
    assert answer.status_code == 302, _html(answer)[-2500:]
    assert answer["Location"] == f"/settings/#{section}"
    assert _address(ledger_desk) != was
    entry = AuditEntry.objects.get()
    assert entry.before.startswith(before)
    assert entry.after == after


def test_a_form_that_nobody_touched_changes_nothing(ledger_desk: Desk) -> None:
    was = _address(ledger_desk)
    for section in ("schedule", "source", "destination", "counting", "guards", "limits"):
        assert _change(ledger_desk, section, {}).status_code == 302, section
    assert _address(ledger_desk) == was
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    ("section", "values", "said"),
    [
        ("schedule", {"time_zone": "Europe/Berln"}, "not a known time zone"),
        ("schedule", {"run_at": "25:00"}, "a time of day"),
        ("guards", {"run_percent": "101"}, "from 0 to 100"),
        ("limits", {"max_sessions": "33"}, "from 1 to 32"),
        ("destination", {"dialect": "mine.toml"}, "Write the whole path"),
        ("destination", {"paging_names": "One"}, "a list of two texts"),
        ("source", {"url": "ftp://x"}, "an address such as"),
        ("source", {"user": "somebody else"}, "a secret goes only where it was given for"),
        ("destination", {"public_key": "another"}, "a secret goes only where it was given for"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_saved(ledger_desk: Desk, section: str, values: dict[str, str], said: str) -> None:
    was = _address(ledger_desk)
    answer = _change(ledger_desk, section, values)
    assert answer.status_code == 400
    (name,) = values
    field = name if name not in ("user", "public_key") else {"user": "password", "public_key": "private_key"}[name]
    beside = re.search(rf'id="id_{field}_error">(.*?)</ul>', _html(answer), re.DOTALL)
    assert beside is not None, _html(answer)
    assert said in beside[1]
    assert _address(ledger_desk) == was


def test_a_change_beside_somebody_elses_is_refused(ledger_desk: Desk) -> None:
    seen = _form(ledger_desk, "guards")
    _change(ledger_desk, "limits", {"max_sessions": "5"})
    answer: Any = ledger_desk.post("/settings/guards/", seen | {"fall_units": "7"})
    assert answer.status_code == 400
    assert "Somebody has changed the configuration" in _html(answer)


def test_a_secret_is_replaced_sealed_and_never_shown(ledger_desk: Desk) -> None:
    """L11"""
    assert _change(ledger_desk, "source", {"password": NEW_SECRET}).status_code == 302
    configuration = _ours(ledger_desk)
    assert configuration.source.password is not None
    assert configuration.source.password.resolve(kept=kept_secrets(configuration)).reveal() == NEW_SECRET
    entry = AuditEntry.objects.get()
    assert (entry.before, entry.after) == ("Password: set", "Password: replaced")
    everything = [bytes(row) for row in models.Blob.objects.values_list("data", flat=True)]
    assert not any(NEW_SECRET.encode() in content for content in everything)
    assert NEW_SECRET not in ledger_desk.text("/settings/source/") + ledger_desk.text("/settings/") + ledger_desk.text("/audit/")


def test_another_server_is_trusted_only_once_its_certificate_was_compared(ledger_desk: Desk) -> None:
    source: Any = _ours(ledger_desk).source
    elsewhere = source.url.replace("127.0.0.1", "localhost") if "127.0.0.1" in source.url else source.url.replace("localhost", "127.0.0.1")
    assert elsewhere != source.url
    asked = _change(ledger_desk, "source", {"url": elsewhere, "password": NEW_SECRET})
    assert asked.status_code == 400
    assert "compare its certificate first" in _html(asked)
    assert source.fingerprint in _html(asked)
    assert NEW_SECRET not in _html(asked)
    assert _ours(ledger_desk).source == source
    done = _change(ledger_desk, "source", {"url": elsewhere, "password": NEW_SECRET, "compared": source.fingerprint})
    assert done.status_code == 302
    changed: Any = _ours(ledger_desk).source
    assert (changed.url, changed.fingerprint) == (elsewhere, source.fingerprint)


def test_a_certificate_is_pinned_only_by_somebody_who_says_that_it_was_compared(ledger_desk: Desk) -> None:
    real = _ours(ledger_desk).source.fingerprint  # type: ignore[union-attr]  # Security Center
    other = f"sha256:{'ab' * 32}"
    configured = _chosen(ledger_desk)
    source: Any = configured.configuration.source
    changed: Any = replace(source, fingerprint=other)
    take_own(replace(configured.configuration, source=changed), ledger_desk.now)
    text = ledger_desk.text("/settings/certificate/source/")
    assert str(real) in text
    assert other in text
    assert "another certificate than the one that is pinned" in text
    sent = {"version": _address(ledger_desk), "fingerprint": real}
    ledger_desk.post("/settings/certificate/source/", sent)
    assert not AuditEntry.objects.exists()
    ledger_desk.post("/settings/certificate/source/", sent | {"fingerprint": f"sha256:{'cd' * 32}", "compared": "yes"})
    assert not AuditEntry.objects.exists()
    ledger_desk.post("/settings/certificate/source/", sent | {"compared": "yes"})
    entry = AuditEntry.objects.get()
    assert (entry.before, entry.after) == (other, real)
    assert "the pinned one" in ledger_desk.text("/settings/certificate/source/")


@pytest.mark.parametrize("side", ["source", "destination"])
def test_a_connection_is_tested_in_the_background_and_its_result_stands_in_the_settings(desk: Desk, side: str) -> None:
    answer: Any = desk.post(f"/settings/test/{side}/", role=Role.OPERATE)
    found = re.fullmatch(r"/work/([^/]+)/", answer["Location"])
    assert found is not None
    piece = work.find(found[1])
    assert piece is not None
    ended = threading.Event()
    for _ in range(600):
        if piece.finished:
            break
        ended.wait(0.05)
    assert (piece.finished, piece.failed, piece.result) == (True, "", f"/settings/#{side}")
    text = desk.text("/settings/")
    assert "Last tested" in text
    assert "right</span>" in text


def test_the_page_says_what_the_other_key_scope_would_have_counted(ledger_desk: Desk) -> None:
    text = ledger_desk.text("/settings/counting/")
    assert "What the other choice would have counted" in text
    assert "installed" in text
    assert re.search(r'href="/runs/[^"]+/">last run', text)


def test_automatic_is_offered_only_after_a_first_plan_was_approved(ledger_desk: Desk) -> None:
    assert 'value="automatic"' in ledger_desk.text("/settings/schedule/")
    ours = _ours(ledger_desk)
    second = replace(ours, integration=replace(ours.integration, name="Second", apply="approve"), links=(), mappings=())
    typed = {"source_password": "s", "destination_private_key": "p", "destination_soap_password": "q"}
    refused = _upload(ledger_desk, _without_secrets(replace(second, integration=replace(second.integration, apply="automatic"))), **typed)
    assert "as long as no plan of this integration has been approved" in _html(refused)
    assert _upload(ledger_desk, _without_secrets(second), **typed)["Location"] == "/settings/import/summary/"
    assert ledger_desk.post("/settings/import/summary/", {"do": "save"})["Location"] == "/settings/"
    text = ledger_desk.text("/settings/schedule/?integration=Second")
    assert 'value="automatic"' not in text
    assert "As long as no plan of this integration has been approved" in text
    assert _change(ledger_desk, "schedule", {"apply": "automatic"}).status_code == 400


def test_the_exported_file_is_a_download_with_placeholders(ledger_desk: Desk) -> None:
    answer: Any = ledger_desk.get("/settings/export/")
    assert answer["Content-Disposition"].startswith('attachment; filename="')
    assert answer["Content-Disposition"].endswith('.toml"')
    assert _html(answer) == to_toml(_ours(ledger_desk))


def test_an_exported_file_with_a_change_shows_it_and_is_saved_only_when_confirmed(ledger_desk: Desk) -> None:
    ours = _ours(ledger_desk)
    link, *others = ours.links
    changed = replace(
        ours, integration=replace(ours.integration, run_at=ours.integration.run_at.replace(hour=5)), links=(replace(link, billing=False), *others)
    )
    assert _upload(ledger_desk, _without_secrets(changed))["Location"] == "/settings/import/summary/"
    text = ledger_desk.text("/settings/import/summary/")
    assert "2 things would be another one" in text
    assert "billing off" in text
    assert _ours(ledger_desk) == ours
    ledger_desk.post("/settings/import/summary/", {"do": "save"})
    assert _ours(ledger_desk) == changed
    entry = AuditEntry.objects.get()
    assert entry.action == "configuration imported"
    assert "billing off" in entry.after
    assert ledger_secrets.unseal("upload of administer person") is None


def test_an_imported_file_that_was_given_up_changes_nothing(ledger_desk: Desk) -> None:
    ours = _ours(ledger_desk)
    _upload(ledger_desk, _without_secrets(replace(ours, links=())))
    ledger_desk.post("/settings/import/summary/", {"do": "cancel"})
    assert _ours(ledger_desk) == ours
    assert ledger_desk.get("/settings/import/summary/")["Location"] == "/settings/import/"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('kind = "ksc"\n', 'kind = "ksc"\npassword = "env:HOME"\n', "“env:”"),
        ('kind = "tigerpaw"\n', 'kind = "tigerpaw"\nprivate_key = "file:/etc/passwd"\n', "“file:”"),
        ("[integration]", "[integratoin]", "integratoin"),
        ("[integration]", "[integration", "malformed TOML"),
        ('dialect = "sandbox-0"', 'dialect = "mine.toml"', "whole path"),
        ('[source]\nkind = "ksc"\nurl = "', '[source]\nkind = "ksc"\nurl = "https://elsewhere.example/', "a secret goes only where it was given for"),
    ],
)
def test_a_file_with_problems_is_refused_with_all_of_them_in_sentences(ledger_desk: Desk, old: str, new: str, said: str) -> None:
    was = _address(ledger_desk)
    text = _without_secrets(_ours(ledger_desk))
    assert old in text
    answer = _upload(ledger_desk, text.replace(old, new, 1))
    assert answer.status_code == 400
    assert said in _html(answer)
    assert "Nothing was changed" in _html(answer)
    assert _address(ledger_desk) == was


def test_while_files_declare_integrations_none_is_imported(desk: Desk) -> None:
    answer = _upload(desk, _without_secrets(_ours(desk)))
    assert answer.status_code == 400
    assert "they alone are read" in _html(answer)


def test_a_file_is_handed_over_to_the_ledger_once_that_is_confirmed(desk: Desk) -> None:
    name = _ours(desk).integration.name
    assert "Hand it over" in desk.text("/settings/release/")
    newest = configurations.newest(name)
    assert newest is not None
    assert newest.origin != configurations.OWN
    desk.post("/settings/release/")
    newest = configurations.newest(name)
    assert newest is not None
    assert newest.origin == configurations.OWN
    entry = AuditEntry.objects.get()
    assert (entry.before, entry.after) == (str(desk.files[0]), "the ledger")
    assert "Move the file away" in desk.text("/settings/")
    desk.files = ()
    assert "Change…" in desk.text("/settings/")


@pytest.mark.parametrize(
    ("address", "lowest"),
    [
        ("/settings/guards/", Role.ADMINISTER),
        ("/settings/import/", Role.ADMINISTER),
        ("/settings/import/summary/", Role.ADMINISTER),
        ("/settings/release/", Role.ADMINISTER),
        ("/settings/certificate/source/", Role.ADMINISTER),
        ("/settings/test/source/", Role.OPERATE),
    ],
)
def test_who_may_not_change_settings_is_refused(ledger_desk: Desk, address: str, lowest: Role) -> None:
    for role in (Role.VIEW, Role.OPERATE):
        if role.rank < lowest.rank:
            assert ledger_desk.post(address, {"fall_units": "1"}, role=role).status_code == 403
    assert "Change…" not in ledger_desk.text("/settings/", Role.OPERATE)


def test_every_integration_is_listed_with_its_origin(desk: Desk) -> None:
    text = desk.text("/settings/")
    for one in desk.configured():
        assert one.configuration.integration.name in text
        assert one.origin in text


def test_the_page_takes_a_bounded_number_of_statements(ledger_desk: Desk) -> None:
    ledger_desk.text("/settings/")
    for page, most in (("/settings/", 20), ("/settings/counting/", 25)):
        with CaptureQueriesContext(connection) as asked:
            ledger_desk.text(page)
        assert len(asked) <= most, (page, len(asked))
