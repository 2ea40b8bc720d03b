"""From an empty ledger to a first preview: the one-time code, the first administrator, and the assistant with its live checks."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client

from tallybridge.console.first_start import code
from tallybridge.console.models import AuditEntry, FirstStartStep, Person, Role
from tallybridge.ledger import configurations, runs
from tallybridge.ledger.opening import close_ledger
from tallybridge.ledger.prepared import models
from tallybridge.runs.configuring import from_ledger, kept_secrets
from tests.console.conftest import Desk
from tests.console.starting import NAME, PASSWORD, Fresh
from tests.databases import past_the_program


@pytest.mark.parametrize("address", ["/", "/runs/", "/sign-in/", "/people/", "/second-step/", "/invitation/x/", "/start/security-center/", "/audit/"])
def test_while_there_is_no_administrator_every_page_leads_to_the_first_start(fresh: Fresh, address: str) -> None:
    assert fresh.client.get(address)["Location"] == "/start/"
    assert fresh.client.post(address)["Location"] == "/start/"


def test_the_code_of_the_terminal_makes_the_first_administrator_once(fresh: Fresh) -> None:
    shown = code.code_for_first_administrator()
    assert shown is not None
    assert "Make the first administrator" in fresh.client.get("/start/").content.decode()
    assert fresh.sign_up(shown.lower().replace("-", " "))["Location"] == "/start/"
    assert Person.objects.get().role == Role.ADMINISTER
    assert code.code_for_first_administrator() is None
    assert fresh.client.get("/people/").status_code == 200
    other = Client()
    assert other.post("/start/", {"code": shown, "name": "other", "password": PASSWORD, "again": PASSWORD})["Location"] == "/"
    assert other.get("/")["Location"].startswith("/sign-in/")
    assert User.objects.count() == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"code": "AAAA-BBBB-CCCC"}, "not the code"),
        ({"password": "short", "again": "short"}, "at least 12"),
        ({"again": "another-password"}, "not the same"),
        ({"name": "with blank"}, "no blanks"),
    ],
)
def test_without_the_right_code_and_a_good_password_nobody_is_made(fresh: Fresh, change: dict[str, str], said: str) -> None:
    answer = fresh.sign_up(code.fresh_code(), **change)
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert not User.objects.exists()


def test_everything_that_is_wrong_is_said_at_once(fresh: Fresh) -> None:
    code.fresh_code()
    said = fresh.sign_up("AAAA-BBBB-CCCC", password="short", again="another").content.decode()
    for wrong in ("not the code", "at least 12", "not the same"):
        assert wrong in said


def test_a_form_that_cannot_be_taken_anyway_gives_nobody_further_codes_to_try(fresh: Fresh) -> None:
    right = code.fresh_code()
    for _ in range(code.WRONG_AT_ONCE):
        fresh.sign_up("AAAA-BBBB-CCCC", password="short")
    for password in ("short", PASSWORD):
        assert "Too many wrong codes" in fresh.sign_up(right, password=password, again=password).content.decode()


def test_wrong_codes_are_throttled(fresh: Fresh) -> None:
    right = code.fresh_code()
    for _ in range(code.WRONG_AT_ONCE):
        fresh.sign_up("AAAA-BBBB-CCCC")
    assert "Too many wrong codes" in fresh.sign_up(right).content.decode()
    fresh.ahead = timedelta(minutes=1, seconds=1)
    assert fresh.sign_up(right)["Location"] == "/start/"


def test_a_new_code_makes_the_old_one_worthless_and_without_a_code_nobody_gets_in(fresh: Fresh) -> None:
    assert "has shown no code" in fresh.sign_up("AAAA-BBBB-CCCC").content.decode()
    old = code.fresh_code()
    code.fresh_code()
    assert "not the code" in fresh.sign_up(old).content.decode()


def test_where_a_configuration_exists_the_assistant_is_done_after_the_administrator(desk: Desk) -> None:
    client = Client()
    assert client.post("/start/", {"code": code.fresh_code(), "name": NAME, "password": PASSWORD, "again": PASSWORD})["Location"] == "/start/"
    assert client.get("/start/")["Location"] == "/"
    assert client.get("/start/security-center/")["Location"] == "/"


def test_the_whole_way_from_nothing_to_a_first_preview(fresh: Fresh) -> None:
    fresh.made()
    assert fresh.client.get("/start/")["Location"] == "/start/security-center/"
    fresh.connect()
    fresh.schedule()
    fresh.look("customers")
    page = fresh.text("customers")
    assert page.count(" checked>") >= 3
    chosen = re.findall(r'name="take" value="(\d+)" checked', page)
    assert fresh.post("customers", {"take": chosen})["Location"] == "/start/price-book/"
    fresh.look("price-book")
    page = fresh.text("price-book")
    seen = FirstStartStep.objects.get(name="mapping").answers["seen"]
    declared = {mapping.application: mapping for mapping in fresh.declared.mappings}
    items = {
        f"{slot}-{number}": value
        for number, one in enumerate(seen)
        if (mapping := declared.get(one["name"])) is not None
        for slot, value in [("item", mapping.item), *mapping.by_category]
        if value is not None
    }
    assert items
    assert fresh.post("price-book", items)["Location"] == "/start/preview/"
    assert "entered by a person" not in fresh.text("preview")
    assert configurations.integrations() == ()
    fresh.wait(fresh.post("preview", {}), "/plan/")
    (saved,) = from_ledger()
    assert saved.origin == "the ledger"
    assert saved.configuration.integration.name == "Ours"
    assert saved.configuration.integration.apply == "approve"
    assert len(saved.configuration.links) == len(chosen)
    assert {one.application for one in saved.configuration.mappings} == {one["name"] for one in seen} & declared.keys()
    run = runs.latest_run("Ours")
    assert run is not None
    assert run.kind == "plan"
    assert not models.Intent.objects.exists()
    assert not FirstStartStep.objects.exists()
    assert [one.name for one in models.Secret.objects.all() if one.name.startswith("first start")] == []
    assert kept_secrets(saved.configuration)("source.password") == fresh.source["password"]
    assert AuditEntry.objects.filter(action="integration made", subject="Ours").exists()
    assert fresh.client.get("/start/")["Location"] == "/"


def test_it_is_resumed_after_a_restart_where_it_was_left_and_shows_no_secret(fresh: Fresh) -> None:
    fresh.made().connect()
    close_ledger()
    fresh.open()
    assert fresh.client.get("/start/")["Location"] == "/start/schedule/"
    for step in ("security-center", "tigerpaw", "schedule"):
        page = fresh.text(step)
        assert not [secret for secret in fresh.secrets if secret in page]
    assert fresh.source["user"] in fresh.text("security-center")
    assert fresh.post("tigerpaw", {**fresh.destination, "private_key": "", "soap_password": ""})["Location"] == "/start/schedule/"


def test_no_secret_stands_readable_in_the_ledger(fresh: Fresh) -> None:
    fresh.made().connect()
    peculiar = {"private_key": "a-peculiar-private-key", "soap_password": "a-peculiar-soap-password"}
    fresh.post("tigerpaw", {**fresh.destination, **peculiar})
    fresh.post("security-center", {**fresh.source, "password": "a-peculiar-source-password"})
    page = fresh.text("security-center")
    assert "peculiar" not in page
    close_ledger()
    kept = past_the_program.all_bytes(fresh.home)
    assert b"Kaspersky Security Center: sign-in" in kept
    assert b"peculiar" not in kept
    fresh.open()


def test_a_step_cannot_be_opened_before_the_ones_before_it(fresh: Fresh) -> None:
    fresh.made()
    for step in ("tigerpaw", "schedule", "customers", "price-book", "preview"):
        assert fresh.client.get(f"/start/{step}/")["Location"] == "/start/security-center/"
        assert fresh.post(step, {"do": "look"})["Location"] == "/start/security-center/"


def test_no_password_is_sent_before_a_person_has_compared_the_certificate(fresh: Fresh) -> None:
    fresh.made()
    assert fresh.post("security-center", {**fresh.source, "user": "nobody-at-all"})["Location"] == "/start/security-center/"
    page = fresh.text("security-center")
    shown = FirstStartStep.objects.get(name="source").answers["certificate"]["fingerprint"]
    assert shown in page
    assert "What was found" not in page
    # A fingerprint that was not shown is not taken.
    fresh.post("security-center", {"do": "trust", "fingerprint": f"sha256:{'0' * 64}"})
    assert "fingerprint" not in FirstStartStep.objects.get(name="source").answers
    fresh.post("security-center", {"do": "trust", "fingerprint": shown})
    page = fresh.text("security-center")
    assert "Kaspersky Security Center: sign-in" in page
    assert ">wrong</span>" in page
    assert fresh.client.get("/start/tigerpaw/")["Location"] == "/start/security-center/"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"url": "ksc.example"}, "expected an address such as"),
        ({"url": "http://ksc.example:13299"}, "would send passwords unencrypted"),
        ({"url": "https://127.0.0.1:9"}, "shows no certificate"),
        ({"user": ""}, "This field is required."),
        ({"password": ""}, "It is needed."),
    ],
)
def test_what_is_wrong_with_security_center_is_said_at_the_field(fresh: Fresh, change: dict[str, str], said: str) -> None:
    answer = fresh.made().post("security-center", {**fresh.source, **change})
    assert answer.status_code == 400
    page = answer.content.decode()
    assert said in page
    assert f"id_{next(iter(change))}_error" in page
    assert fresh.secrets[0] not in page


@pytest.mark.parametrize("change", [{"url": "https://127.0.0.1:9"}, {"user": "another"}])
def test_a_kept_password_goes_to_nobody_else_than_it_was_given_for(fresh: Fresh, change: dict[str, str]) -> None:
    fresh.made().connect()
    answer = fresh.post("security-center", {**fresh.source, "password": "", **change})
    assert answer.status_code == 400
    assert "Give it again" in answer.content.decode()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"private_key": "00000000-0000-0000-0000-000000000000"}, "Tigerpaw REST keys"),
        ({"external_product": "No Such Product"}, "Tigerpaw has no External Product"),
        ({"dialect": "no-such-dialect"}, "There is no shipped dialect"),
    ],
)
def test_what_tigerpaw_does_not_accept_is_said_and_the_step_stays_open(fresh: Fresh, change: dict[str, str], said: str) -> None:
    fresh.made().connect()
    assert fresh.post("tigerpaw", {**fresh.destination, **change})["Location"] == "/start/tigerpaw/"
    assert said in fresh.text("tigerpaw").replace("&#x27;", "'")
    assert fresh.client.get("/start/schedule/")["Location"] == "/start/tigerpaw/"
    assert fresh.post("tigerpaw", fresh.destination)["Location"] == "/start/schedule/"


def test_a_worklist_needs_neither_api_user_nor_dialect(fresh: Fresh) -> None:
    fresh.made().connect()
    settings = {**fresh.destination, "write_mode": "worklist", "soap_user": "", "soap_password": "", "dialect": ""}
    assert fresh.post("tigerpaw", settings)["Location"] == "/start/schedule/"
    assert "soap_user" not in FirstStartStep.objects.get(name="destination").answers
    answer = fresh.post("tigerpaw", {**settings, "write_mode": "soap"})
    assert answer.status_code == 400
    assert "write_mode is &quot;soap&quot;" in answer.content.decode()


@pytest.mark.parametrize(
    ("change", "said"),
    [({"time_zone": "Europe/Berlim"}, "Europe/Berlin"), ({"run_at": "25:00"}, "Write a time of day"), ({"name": " "}, "required")],
)
def test_what_is_wrong_with_the_schedule_is_said_at_the_field(fresh: Fresh, change: dict[str, str], said: str) -> None:
    fresh.made().connect()
    answer = fresh.post("schedule", {"name": "Ours", "time_zone": "Europe/Berlin", "run_at": "03:15", **change})
    assert answer.status_code == 400
    assert said in answer.content.decode()


def test_writing_by_itself_is_not_offered_before_a_plan_was_approved(fresh: Fresh) -> None:
    fresh.made().connect()
    assert "automatic" not in fresh.text("schedule")
    fresh.post("schedule", {"name": "Ours", "time_zone": "Europe/Berlin", "run_at": "03:15", "apply": "automatic"})
    assert "apply" not in FirstStartStep.objects.get(name="schedule").answers


def test_an_unknown_item_is_refused_beside_its_application(fresh: Fresh) -> None:
    fresh.made().connect()
    fresh.schedule()
    fresh.look("customers")
    fresh.post("customers", {"take": re.findall(r'name="take" value="(\d+)" checked', fresh.text("customers"))})
    fresh.look("price-book")
    answer = fresh.post("price-book", {"item-0": "NO-SUCH-ITEM"})
    assert answer.status_code == 400
    assert "Tigerpaw has no item “NO-SUCH-ITEM”" in answer.content.decode()
    assert not FirstStartStep.objects.get(name="mapping").checked


def test_another_server_makes_what_rests_on_it_be_done_again(fresh: Fresh) -> None:
    fresh.made().connect()
    fresh.schedule()
    fresh.look("customers")
    fresh.post("customers", {"take": ["0"]})
    assert fresh.client.get("/start/")["Location"] == "/start/price-book/"
    fresh.post("security-center", {**fresh.source, "user": "another"})
    assert fresh.client.get("/start/")["Location"] == "/start/security-center/"
    fresh.post("security-center", fresh.source)
    assert fresh.client.get("/start/")["Location"] == "/start/customers/"


@pytest.mark.parametrize("role", [Role.VIEW, Role.OPERATE])
def test_only_administrators_use_the_assistant(fresh: Fresh, role: Role) -> None:
    fresh.made()
    other = Client()
    user = User.objects.create_user("other", password=PASSWORD)
    Person.objects.create(user=user, role=role)
    other.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    assert other.get("/start/")["Location"] == "/"
    assert other.get("/start/security-center/").status_code == 403
    assert other.post("/start/security-center/", fresh.source).status_code == 403
