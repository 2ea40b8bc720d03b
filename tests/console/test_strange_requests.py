"""What no page should meet, answered in words: a broken configuration, a ledger that refuses, huge numbers, thousands of fields, odd letters."""

from __future__ import annotations

from pathlib import Path

import pytest

from tallybridge.console.csv_files import safe_cell
from tallybridge.console.models import AuditEntry, CustomerNote, Role
from tallybridge.ledger import holds
from tallybridge.ledger.errors import LedgerError
from tests.console.conftest import Desk
from tests.console.working import KSC, body

HUGE = "9" * 30


@pytest.fixture
def broken(desk: Desk, tmp_path: Path) -> Desk:
    """Somebody has made a mistake in the configuration file while the console runs."""
    file = tmp_path / "tallybridge.toml"
    file.write_text(desk.files[0].read_text(encoding="utf-8").replace("[[mapping]]", "[[maping]]"), encoding="utf-8")
    file.chmod(0o600)
    desk.files = (file,)
    return desk


@pytest.mark.parametrize("address", ["/settings/export/", "/settings/certificate/source/", "/settings/exports/", "/pending/", "/plan/worklist/"])
def test_every_page_says_what_is_wrong_with_the_configuration(broken: Desk, address: str) -> None:
    answer = broken.get(address)
    assert answer.status_code == 409
    assert "maping" in body(answer)
    assert "Nothing was changed" in body(answer)


@pytest.mark.parametrize("address", ["/settings/test/source/", "/pending/save/", "/pending/cancel/", "/plan/decide/"])
def test_every_form_does_too(broken: Desk, address: str) -> None:
    answer = broken.post(address, {"kind": "keep", "reason": "because", "hold": "1"})
    assert answer.status_code == 409
    assert "maping" in body(answer)


def test_a_ledger_that_refuses_is_told_in_its_own_words(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_name: str) -> None:
        raise LedgerError("The disk is full. Nothing was written.")

    monkeypatch.setattr(holds, "open_holds", refuse)
    answer = desk.get("/plan/")
    assert answer.status_code == 503
    assert "The disk is full. Nothing was written." in body(answer)


@pytest.mark.parametrize("address", [f"/why/{HUGE}/KES-WKS/", f"/people/{HUGE}/", "/runs/%00/", "/customers/one/%00/", f"/customers/?page={HUGE}"])
def test_numbers_and_letters_that_no_table_holds_are_not_found(desk: Desk, address: str) -> None:
    assert desk.get(address).status_code in (200, 404)


def test_thousands_of_lines_can_be_decided_at_once(desk: Desk) -> None:
    answer = desk.post("/plan/decide/", {"kind": "keep", "reason": "because", "scope": "chosen", "hold": [f"H{number}" for number in range(3000)]})
    assert answer.status_code == 400
    assert "H0" in body(answer)


def test_odd_letters_are_kept_as_they_are_and_harm_nothing(desk: Desk) -> None:
    odd = "<script>alert(1)</script> Łódź 東京 \u202e\x00 {{ 7 }}"
    assert desk.post("/customers/one/vs-1/", {"text": odd}, Role.OPERATE).status_code == 302
    assert CustomerNote.objects.get().text == odd.replace("\x00", "")
    page = desk.text("/customers/one/vs-1/")
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    desk.text("/customers/?q=%E6%9D%B1%E4%BA%AC%00%22%3E%3Cscript%3E")


def test_a_long_subject_is_cut_in_the_audit_trail_and_not_lost(desk: Desk) -> None:
    desk.post("/people/invite/", {"name": "n" * 150, "role": "view"})
    assert AuditEntry.objects.get(action="invited").subject == "n" * 150


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\n=1+1", "'\n=1+1"),
        ("  =1+1", "'  =1+1"),
        ("＝1+1", "'＝1+1"),  # noqa: RUF001 - the wide sign is meant
        ("-5", "'-5"),
        (-5, "-5"),
        ("Łódź = fine", "Łódź = fine"),
        (None, ""),
    ],
)
def test_no_cell_is_taken_for_a_formula(value: object, cell: str) -> None:
    assert safe_cell(value) == cell


def test_the_integration_that_is_asked_for_need_not_exist(desk: Desk) -> None:
    assert desk.get("/customers/?integration=No+such+one").status_code == 404
    assert desk.get(f"/customers/?integration={KSC.replace(' ', '+')}").status_code == 200
