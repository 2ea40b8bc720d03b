"""People, their roles, invitations by a one-time link, and the audit trail that keeps all of it."""

from __future__ import annotations

import csv
import io
import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django_otp.plugins.otp_totp.models import TOTPDevice

from tallybridge.console import audit, integrations
from tallybridge.console.csv_files import csv_text
from tallybridge.console.models import AuditEntry, Invitation, Person, Role
from tallybridge.ledger.models.append_only import AppendOnlyViolation
from tests.console.conftest import PASSWORD, Desk

OTHER = "sam@msp.example"
OTHER_PASSWORD = "a-password-of-sam's"


def _somebody(name: str = OTHER, role: Role = Role.OPERATE) -> Person:
    return Person.objects.create(user=User.objects.create_user(name, password=PASSWORD), role=role)


def _invite(desk: Desk, name: str = OTHER, role: Role = Role.OPERATE) -> str:
    """Invites somebody and returns the path of the link that was shown."""
    text = _html(desk.post("/people/invite/", {"name": name, "role": role.value}))
    link = re.search(r'value="http://testserver(/invitation/[^"]+)"', text)
    assert link is not None, text
    return link[1]


def _html(answer: object) -> str:
    return answer.content.decode()  # type: ignore[attr-defined,no-any-return]  # what the client answers


def _accept(link: str, password: str = OTHER_PASSWORD) -> Client:
    client = Client()
    assert client.post(link, {"password": password, "again": password})["Location"] == "/"
    return client


def test_the_list_shows_everybody_with_role_state_and_two_step_verification(desk: Desk) -> None:
    person = _somebody()
    TOTPDevice.objects.create(user=person.user, confirmed=True)
    text = desk.text("/people/")
    assert OTHER in text
    assert "Operate" in text
    assert "never" in text
    assert ">on</span>" in text


def test_the_list_takes_as_many_statements_for_many_people_as_for_few(desk: Desk) -> None:
    desk.text("/people/")
    with CaptureQueriesContext(connection) as few:
        desk.text("/people/")
    for number in range(40):
        _somebody(f"person{number}@msp.example")
    with CaptureQueriesContext(connection) as many:
        desk.text("/people/")
    assert len(many) == len(few) <= 26


def test_an_invited_person_chooses_a_password_and_has_the_role(desk: Desk) -> None:
    link = _invite(desk)
    page = _html(Client().get(link))
    assert OTHER in page
    assert "Operate" in page
    client = _accept(link)
    assert client.get("/runs/").status_code == 200
    assert client.get("/people/").status_code == 403
    assert [(one.who, one.action, one.after) for one in AuditEntry.objects.all()] == [
        ("administer person", "invited", "Operate"),
        (OTHER, "invitation accepted", "Operate"),
    ]


def test_a_link_works_once_and_only_its_hash_is_kept(desk: Desk) -> None:
    link = _invite(desk)
    secret = link.split("/")[2]
    assert secret not in str(list(Invitation.objects.values()))
    _accept(link)
    again = Client().post(link, {"password": OTHER_PASSWORD, "again": OTHER_PASSWORD})
    assert again.status_code == 404
    assert "no longer works" in again.content.decode()
    assert User.objects.filter(username=OTHER).count() == 1


def test_a_link_expires_after_seven_days(desk: Desk) -> None:
    link = _invite(desk)
    desk.ahead = timedelta(days=7) - timedelta(minutes=1)
    assert Client().get(link).status_code == 200
    desk.ahead = timedelta(days=7, minutes=1)
    assert Client().get(link).status_code == 404
    assert OTHER not in desk.text("/people/")


def test_a_withdrawn_invitation_and_one_made_anew_open_nothing(desk: Desk) -> None:
    first = _invite(desk)
    second = _invite(desk)
    assert Client().get(first).status_code == 404
    desk.post(f"/people/invitations/{Invitation.objects.get().pk}/withdraw/")
    assert Client().get(second).status_code == 404
    assert AuditEntry.objects.filter(action="invitation withdrawn", subject=OTHER).exists()


@pytest.mark.parametrize("name", ["administer person", "ADMINISTER person", "with blank", "semi;colon", ""])
def test_a_name_that_is_taken_or_none_is_refused_at_its_field(desk: Desk, name: str) -> None:
    answer = desk.post("/people/invite/", {"name": name, "role": "view"})
    assert answer.status_code == 400
    assert "id_name_error" in _html(answer)
    assert not Invitation.objects.exists()


@pytest.mark.parametrize(
    ("password", "again", "said"),
    [("short", "short", "at least 12"), (OTHER, OTHER, "too similar to the username"), (OTHER_PASSWORD, "another", "not the same")],
)
def test_the_password_rules_hold_for_the_invited(desk: Desk, password: str, again: str, said: str) -> None:
    answer = Client().post(_invite(desk), {"password": password, "again": again})
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert not User.objects.filter(username=OTHER).exists()


def test_a_changed_role_counts_at_once_and_is_kept_in_the_audit_trail(desk: Desk) -> None:
    person = _somebody(role=Role.VIEW)
    client = Client()
    client.force_login(person.user, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/people/").status_code == 403
    assert desk.post(f"/people/{person.pk}/role/", {"role": "administer"})["Location"] == "/people/"
    assert client.get("/people/").status_code == 200
    entry = AuditEntry.objects.get()
    assert (entry.who, entry.action, entry.subject, entry.before, entry.after) == ("administer person", "role changed", OTHER, "View", "Administer")


@pytest.mark.parametrize("role", ["owner", ""])
def test_a_role_that_there_is_not_changes_nothing(desk: Desk, role: str) -> None:
    person = _somebody()
    assert desk.post(f"/people/{person.pk}/role/", {"role": role}).status_code == 400
    person.refresh_from_db()
    assert person.role == Role.OPERATE


@pytest.mark.parametrize(("page", "values"), [("role", {"role": "view"}), ("active", {"active": "0"})])
def test_the_last_active_administrator_remains_one(desk: Desk, page: str, values: dict[str, str]) -> None:
    desk.client(Role.ADMINISTER)
    asleep = _somebody("asleep@msp.example", Role.ADMINISTER)
    User.objects.filter(pk=asleep.user_id).update(is_active=False)
    own = Person.objects.get(role=Role.ADMINISTER, user__is_active=True)
    desk.post(f"/people/{own.pk}/{page}/", values)
    assert "is the only active administrator, and at least one must remain" in desk.text(f"/people/{own.pk}/")
    own.refresh_from_db()
    assert own.role == Role.ADMINISTER
    assert own.user.is_active
    assert not AuditEntry.objects.exists()


def test_one_of_two_administrators_may_step_back(desk: Desk) -> None:
    _somebody(role=Role.ADMINISTER)
    desk.client(Role.ADMINISTER)
    own = Person.objects.get(user__username="administer person")
    assert desk.post(f"/people/{own.pk}/role/", {"role": "view"})["Location"] == "/"
    assert desk.get("/people/").status_code == 403


def test_a_deactivated_person_is_out_at_once_and_can_be_let_in_again(desk: Desk) -> None:
    person = _somebody()
    client = Client()
    client.force_login(person.user, backend="django.contrib.auth.backends.ModelBackend")
    desk.post(f"/people/{person.pk}/active/", {"active": "0"})
    assert client.get("/runs/").status_code == 302
    assert "can no longer sign in" in desk.text("/people/")
    desk.post(f"/people/{person.pk}/active/", {"active": "1"})
    assert [one.action for one in AuditEntry.objects.all()] == ["person deactivated", "person activated"]
    client.force_login(User.objects.get(pk=person.user_id), backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/runs/").status_code == 200


@pytest.mark.parametrize(("page", "values"), [("role", {"role": "operate"}), ("active", {"active": "0"})])
def test_the_invitations_of_a_former_administrator_open_nothing(desk: Desk, page: str, values: dict[str, str]) -> None:
    former = _somebody("former@msp.example", Role.ADMINISTER)
    client = Client()
    client.force_login(former.user, backend="django.contrib.auth.backends.ModelBackend")
    text = client.post("/people/invite/", {"name": "accomplice", "role": "administer"}).content.decode()
    link = text.split('value="http://testserver')[1].split('"')[0]
    desk.post(f"/people/{former.pk}/{page}/", values)
    assert Client().get(link).status_code == 404


def test_an_administrator_resets_the_two_step_verification_of_somebody(desk: Desk) -> None:
    person = _somebody()
    TOTPDevice.objects.create(user=person.user, confirmed=True)
    desk.post(f"/people/{person.pk}/two-step/")
    assert not TOTPDevice.objects.exists()
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.subject, entry.before, entry.after) == ("two-step verification reset", OTHER, "on", "off")


def _entries(desk: Desk, count: int = 3) -> None:
    desk.client(Role.ADMINISTER)
    for number in range(count):
        audit.note(None, "link changed", f"Customer {number}", before="no account", after=f"account {number}", who="kim")
    audit.note(None, "setting changed", "=cmd|' /C calc'!A0", before="-1", after="@SUM(A1)", who="sam")


@pytest.mark.parametrize(
    ("query", "shown", "not_shown"),
    [
        ("", ["Customer 0", "setting changed"], []),
        ("?who=sam", ["setting changed"], ["Customer 0"]),
        ("?text=ACCOUNT+2", ["Customer 2"], ["Customer 1", "setting changed"]),
        ("?who=sam&text=customer", ["No entry is like that"], ["Customer 1"]),
    ],
)
def test_the_audit_trail_is_filtered_by_person_and_text(desk: Desk, query: str, shown: list[str], not_shown: list[str]) -> None:
    _entries(desk)
    text = desk.text(f"/audit/{query}")
    for one in shown:
        assert one in text
    for one in not_shown:
        assert one not in text.split("</form>", 2)[-1]


def test_the_audit_trail_is_paged_and_its_filter_goes_along(desk: Desk) -> None:
    _entries(desk, 120)
    text = desk.text("/audit/?who=kim&page=2")
    assert "51\u2013100 of 120" in text
    assert "?who=kim&amp;page=3" in text
    assert desk.get("/audit/?page=nonsense").status_code == 200
    with CaptureQueriesContext(connection) as statements:
        desk.text("/audit/")
    assert len(statements) <= 26


def test_the_download_is_filtered_alike_and_holds_no_formula(desk: Desk) -> None:
    _entries(desk, 120)
    answer = desk.get("/audit/audit.csv?who=sam")
    assert answer["Content-Disposition"] == 'attachment; filename="audit.csv"'
    header, row = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))  # type: ignore[attr-defined]  # a plain answer
    assert header == ["when (UTC)", "who", "action", "what", "from", "to"]
    assert row[1:] == ["sam", "setting changed", "'=cmd|' /C calc'!A0", "'-1", "'@SUM(A1)"]
    whole = desk.get("/audit/audit.csv")
    assert len(whole.content.decode().splitlines()) == 122  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("=1+1", "'=1+1"),
        ("+49 30 1", "'+49 30 1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"),
        ("\rx", '"\'\rx"'),
        ("Contoso = fine", "Contoso = fine"),
        ('say "hi", twice', '"say ""hi"", twice"'),
        (-3, "-3"),
        (None, ""),
        ("", ""),
    ],
)
def test_no_cell_is_taken_for_a_formula(cell: object, written: str) -> None:
    assert csv_text(["a", "b"], [[cell, "end"]]) == f"a,b\r\n{written},end\r\n"


def test_nobody_can_change_what_the_audit_trail_says(desk: Desk) -> None:
    _entries(desk)
    with pytest.raises(AppendOnlyViolation):
        AuditEntry.objects.all().delete()
    assert integrations.clock()() >= AuditEntry.objects.latest("at").at
