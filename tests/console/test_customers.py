"""The list of customers, a customer's page, its link, suggestions and the accounts that are not integrated (issue 5, page 2)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse, HttpResponseBase

from tallybridge.configuration.records import LinkSettings
from tallybridge.console import integrations, work
from tallybridge.console.models import AuditEntry, CustomerNote, PendingEdit, Role
from tallybridge.runs.day import Order, run_day
from tallybridge.runs.reports import Mode
from tests.console.conftest import Desk

NAME = "Integration with Tigerpaw"
LIST = "/customers/?integration=Integration+with+Tigerpaw"


@pytest.fixture
def free(desk: Desk) -> Desk:
    """The desk with a configuration that pages may change, the demo's main integration chosen."""
    desk.release_configuration()
    for role in Role:
        desk.text(LIST, role)
    return desk


def words(page: str) -> str:
    """A page's text without markup."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def row(page: str, name: str) -> str:
    """The text of one customer's row."""
    found = [one for one in re.findall(r"<tr>.*?</tr>", page, re.DOTALL) if f">{name}</a>" in one]
    assert len(found) == 1, f"{name}: {len(found)} rows"
    return words(found[0])


def sent(answer: HttpResponseBase) -> str:
    """The HTML that a form was answered with."""
    assert isinstance(answer, HttpResponse)
    return answer.content.decode()


def links(desk: Desk) -> dict[str, LinkSettings]:
    """The links in force, by the tenant's name."""
    (one,) = (one for one in desk.configured() if one.configuration.integration.name == NAME)
    return {link.tenant or link.tenant_id or "": link for link in one.configuration.links}


def finished(answer: HttpResponseBase) -> None:
    """Waits for the work that an answer leads to."""
    (name,) = re.findall(r"/work/([^/]+)/", answer["Location"])
    found = work.find(name)
    assert found is not None
    for _ in range(600):
        if found.finished:
            break
        found.stop.wait(0.05)
    assert found.finished
    assert not found.failed, found.failed


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Contoso Dental", ("1053101", "agreement 2041", "100 Endpoint Security for Business Advanced", "billed")),
        ("Northwind Traders", ("blocked", "not cross-referenced")),
        ("Wingtip Insurance", ("held",)),
        ("Tailspin Toys", ("not linked", "6 Endpoint Security for Business - Select")),
        ("Adventure Works", ("billed", "0")),
    ],
)
def test_each_customer_shows_its_account_what_was_counted_and_its_state(desk: Desk, name: str, said: tuple[str, ...]) -> None:
    shown = row(desk.text(LIST, Role.VIEW), name)
    assert all(one in shown for one in said), shown


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ("q=contoso", {"Contoso Dental"}),
        ("q=ASTER", set()),
        ("q=1053102", {"Fabrikam Logistics"}),
        ("q=Łódź", {"Łódź Papier"}),
        ("state=blocked", {"Northwind Traders"}),
        ("state=held", {"Wingtip Insurance"}),
        ("state=not_linked&q=s", {"Tailspin Toys", "Main server"}),
        ("state=nonsense&q=wing", {"Wingtip Insurance"}),
    ],
)
def test_the_list_is_searched_and_filtered(desk: Desk, asked: str, names: set[str]) -> None:
    page = desk.text(f"{LIST}&{asked}")
    assert set(re.findall(r'<th scope="row"><a href="[^"]+">([^<]+)</a>', page)) == names


def test_the_chips_count_what_they_would_show(desk: Desk) -> None:
    chips = words("".join(re.findall(r'<ul class="chips".*?</ul>', desk.text(LIST), re.DOTALL)))
    assert chips.split() == ["all", "8", "billed", "4", "held", "1", "blocked", "1", "failed", "0", "not", "linked", "2", "billing", "off", "0"]


def test_the_list_is_sorted_both_ways(desk: Desk) -> None:
    def names(sort: str) -> list[str]:
        return re.findall(r'<th scope="row"><a href="[^"]+">([^<]+)</a>', desk.text(f"{LIST}&sort={sort}"))

    assert names("-billed")[0] == "Contoso Dental"
    assert names("-counted")[:2] == ["Contoso Dental", "Wingtip Insurance"]
    assert names("state")[0] == "Northwind Traders"
    assert names("name") == list(reversed(names("-name")))


def test_what_a_file_declares_is_read_only_and_names_the_file(desk: Desk) -> None:
    page = desk.text(LIST)
    assert str(desk.files[0]) in page
    assert "Switch billing off" not in page
    answer = desk.post("/customers/link/vs-1/", {"account": "1053101", "do": "keep"})
    assert answer.status_code == 302
    assert str(desk.files[0]) in desk.text("/customers/link/vs-1/")
    assert not PendingEdit.objects.exists()


@pytest.mark.parametrize(
    ("address", "values"),
    [
        ("/customers/link/vs-1/", {"account": "1", "do": "keep"}),
        ("/customers/billing/", {"customer": "vs-1", "do": "off"}),
        ("/customers/suggestions/", {"do": "exact"}),
        ("/customers/suggestions/look/", {}),
        ("/customers/accounts/read/", {}),
        ("/customers/one/vs-1/", {"text": "no"}),
        ("/pending/save/", {}),
        ("/pending/cancel/", {}),
        ("/pending/undo/", {}),
    ],
)
def test_somebody_who_may_only_view_changes_nothing(free: Desk, address: str, values: dict[str, Any]) -> None:
    assert free.post(address, values, Role.VIEW).status_code == 403
    nobody = free.post(address, values, None)
    assert nobody.headers.get("Location", "").startswith("/sign-in/") or "<h1>Sign in</h1>" in sent(nobody)
    assert not PendingEdit.objects.exists()
    assert not CustomerNote.objects.exists()


def test_a_change_is_pending_until_it_is_saved_and_is_in_the_audit_trail_then(free: Desk) -> None:
    free.post("/customers/link/vs-1/", {"account": "1053101", "agreement": "2041", "do": "keep"}, Role.OPERATE)
    assert links(free)["Contoso Dental"].billing
    page = free.text("/customers/", Role.OPERATE)
    assert "Pending: account 1053101, agreement 2041, billing off" in row(page, "Contoso Dental")
    assert "1 change is pending" in words(page).replace("  ", " ")
    assert "pending 1" in words(page)
    assert "1 change" not in words(free.text("/customers/", Role.ADMINISTER)), "pending changes are of the person who made them"
    free.post("/pending/save/", {"next": "/customers/"}, Role.OPERATE)
    assert not links(free)["Contoso Dental"].billing
    page = free.text("/customers/", Role.OPERATE)
    assert "One change was saved" in words(page)
    assert "billing off" in row(page, "Contoso Dental")
    entry = AuditEntry.objects.get()
    assert (entry.who, entry.action, entry.subject) == ("operate person", "link changed", "the link of “Contoso Dental”")
    assert (entry.before, entry.after) == ("account 1053101, agreement 2041, billing on", "account 1053101, agreement 2041, billing off")


def test_canceling_restores(free: Desk) -> None:
    free.post("/customers/link/vs-1/", {"account": "1053101", "do": "remove"})
    free.post("/customers/link/vs-2/", {"account": "1053102", "agreement": "2042", "do": "keep"})
    assert "2 changes are pending" in words(free.text("/customers/"))
    free.post("/pending/cancel/")
    assert "pending" not in row(free.text("/customers/"), "Contoso Dental").lower()
    assert set(links(free)) >= {"Contoso Dental", "Fabrikam Logistics"}
    assert not AuditEntry.objects.exists()


def test_one_change_is_undone_alone_and_a_change_back_is_none(free: Desk) -> None:
    free.post("/customers/link/vs-1/", {"account": "1053101", "agreement": "2041", "do": "keep"})
    free.post("/customers/link/vs-2/", {"account": "1053102", "agreement": "2042", "do": "keep"})
    free.post("/pending/undo/", {"table": "link", "key": "name Contoso Dental"})
    assert "1 change is pending" in words(free.text("/customers/"))
    free.post("/customers/link/vs-2/", {"account": "1053102", "agreement": "2042", "billing": "on", "do": "keep"})
    assert "is pending" not in words(free.text("/customers/"))


@pytest.mark.parametrize(
    ("key", "values", "said"),
    [
        ("vs-7", {}, "Choose an account"),
        ("vs-7", {"account": "1053101"}, "Account 1053101 is linked to “Contoso Dental” already"),
        ("vs-7", {"account": "1053107", "billing": "on"}, "Billing needs an agreement"),
        ("vs-7", {"account": "1053107", "agreement": "2041", "billing": "on"}, "Agreement 2041 belongs to account 1053101"),
        ("vs-7", {"account": "1053107", "agreement": "999", "billing": "on"}, "Tigerpaw has no agreement 999"),
        ("vs-7", {"account": "77", "agreement": "2041", "billing": "on"}, "Tigerpaw has no account 77"),
        ("vs-3", {"account": "1053103", "agreement": "2043", "billing": "on"}, "External Products, and add “Kaspersky MSP”"),
    ],
)
def test_a_wish_that_cannot_be_is_answered_beside_its_field(free: Desk, key: str, values: dict[str, str], said: str) -> None:
    answer = free.post(f"/customers/link/{key}/", {**values, "do": "keep"})
    assert answer.status_code == 422
    assert said in words(sent(answer))
    assert not PendingEdit.objects.exists()


def test_billing_cannot_be_switched_on_while_tigerpaw_cannot_be_asked(free: Desk) -> None:
    free.sandbox.set_faults([{"on": "tigerpaw_rest", "call": "*", "do": "close", "times": 0}])
    answer = free.post("/customers/link/vs-7/", {"account": "1053107", "agreement": "2047", "billing": "on", "do": "keep"})
    assert "Billing cannot be switched on while Tigerpaw cannot be asked" in words(sent(answer))


def test_the_form_of_a_link_does_not_wait_for_tigerpaw_and_shows_the_agreements_that_were_read_last(free: Desk) -> None:
    assert 'value="2041"' in free.text("/customers/agreements/vs-1/?account=1053101&agreement=2041")
    free.sandbox.set_faults([{"on": "tigerpaw_rest", "call": "*", "do": "close", "times": 0}])
    asked = len(free.sandbox.log())
    page = free.text("/customers/link/vs-1/")
    assert 'name="agreement" value="2041" checked' in page
    assert "As read" in words(page)
    assert len(free.sandbox.log()) == asked
    answer = words(free.text("/customers/agreements/vs-1/?account=1053101&agreement=2041"))
    assert "Tigerpaw did not answer" in answer
    assert "These are the agreements as they were read" in answer
    assert len(free.sandbox.log()) == asked + 1, "nobody waits for repeated calls"


def test_agreements_that_were_never_read_are_given_by_number_while_tigerpaw_does_not_answer(free: Desk) -> None:
    free.sandbox.set_faults([{"on": "tigerpaw_rest", "call": "*", "do": "close", "times": 0}])
    answer = free.text("/customers/link/vs-7/?account=1053107&read=1")
    assert "Its agreements were never read, so give the number." in words(answer)
    assert 'id="agreement-number"' in answer


def test_a_customer_is_linked_to_an_account_found_by_a_part_of_its_name(free: Desk) -> None:
    finished(free.post("/customers/accounts/read/"))
    page = free.text("/customers/link/vs-7/?q=tail")
    assert "/customers/link/vs-7/?account=1053107" in page
    assert "linked to “Contoso Dental” already" in words(free.text("/customers/link/vs-7/?q=contoso"))
    page = free.text("/customers/link/vs-7/?account=1053107")
    assert "/customers/agreements/vs-7/?account=1053107" in page
    assert 'name="agreement" value="2047"' in free.text("/customers/agreements/vs-7/?account=1053107")
    free.post("/customers/link/vs-7/", {"account": "1053107", "agreement": "2047", "billing": "on", "do": "keep"})
    free.post("/pending/save/")
    assert (links(free)["Tailspin Toys"].account, links(free)["Tailspin Toys"].agreement) == (1053107, 2047)
    assert "not run yet" in row(free.text("/customers/"), "Tailspin Toys")


def test_a_search_by_htmx_gets_the_list_alone(free: Desk) -> None:
    answer = free.get("/customers/?q=contoso", headers={"HX-Request": "true", "HX-Target": "customer-list"})
    assert "<html" not in sent(answer)
    assert "Contoso Dental" in sent(answer)


def test_suggestions_are_looked_for_in_the_background_and_confirmed(free: Desk) -> None:
    assert "Nobody has looked" in words(free.text("/customers/suggestions/"))
    finished(free.post("/customers/suggestions/look/"))
    page = words(free.text("/customers/suggestions/"))
    assert "Tailspin Toys Inc." in page
    assert "near" in page
    free.post("/customers/suggestions/", {"do": "one-0", "agreement-0": "2047"})
    assert "1 change is pending" in words(free.text("/customers/suggestions/"))
    assert "Tailspin Toys Inc." not in words(free.text("/customers/suggestions/")), "a pending link takes its account"
    free.post("/pending/save/")
    assert links(free)["Tailspin Toys"] == LinkSettings(tenant="Tailspin Toys", account=1053107, agreement=2047, billing=True)


def test_all_exact_suggestions_are_confirmed_at_once_and_near_ones_are_not(free: Desk) -> None:
    for key in ("vs-1", "vs-3"):
        free.post(f"/customers/link/{key}/", {"do": "remove"})
    free.post("/pending/save/")
    finished(free.post("/customers/suggestions/look/"))
    free.post("/customers/suggestions/", {"do": "exact"})
    free.post("/pending/save/")
    made = links(free)
    assert (made["Contoso Dental"].agreement, made["Contoso Dental"].billing) == (2041, True)
    assert not made["Northwind Traders"].billing, "its account is not cross-referenced"
    assert "Tailspin Toys" not in made


def test_billing_of_several_is_switched_at_once_and_refused_where_something_is_missing(free: Desk) -> None:
    free.post("/customers/billing/", {"customer": ["vs-1", "vs-2", "vs-3"], "do": "off"})
    free.post("/pending/save/")
    assert [links(free)[name].billing for name in ("Contoso Dental", "Fabrikam Logistics", "Northwind Traders")] == [False, False, False]
    free.post("/customers/billing/", {"customer": ["vs-1", "vs-2", "vs-3", "vs-7"], "do": "on"})
    page = words(free.text("/customers/"))
    assert "2 changes are pending" in page
    assert "Northwind Traders: Billing needs the cross-reference" in page
    assert "Tailspin Toys: it is linked to no account yet" in page


def test_two_people_who_change_the_same_link_do_not_overwrite_each_other(free: Desk) -> None:
    free.post("/customers/link/vs-1/", {"account": "1053101", "agreement": "2041", "do": "keep"}, Role.OPERATE)
    free.post("/customers/link/vs-1/", {"do": "remove"}, Role.ADMINISTER)
    free.post("/pending/save/", {}, Role.OPERATE)
    answer = free.post("/pending/save/", {}, Role.ADMINISTER)
    page = words(free.text(answer["Location"]))
    assert "Nothing was saved" in page
    assert "which somebody has saved meanwhile" in page
    assert "Contoso Dental" in links(free)


def test_a_collision_with_another_integration_is_told_and_nothing_is_saved(free: Desk) -> None:
    free.post("/customers/link/vs-7/", {"account": "1053101", "do": "keep"})
    person = User.objects.get(username="administer person")
    to = {"tenant": "Tailspin Toys", "account": 1053101}
    PendingEdit.objects.create(user=person, integration=NAME, table="link", key="name Tailspin Toys", was=None, to=to)
    answer = free.post("/pending/save/")
    page = words(free.text(answer["Location"]))
    assert "the link of “Tailspin Toys”: found account 1053101, which stands in the link of “Contoso Dental” already" in page
    assert "Tailspin Toys" not in links(free)


def test_a_customer_page_tells_facts_charges_history_and_evidence(desk: Desk) -> None:
    desk.text(LIST)
    page = desk.text("/customers/one/vs-2/", Role.VIEW)
    said = words(page)
    for one in ("vs-2", "1053102", "2042", "without end", "KES-SELECT", "Hybrid Cloud Security, Server", "is only the reserve key", "sha256:"):
        assert one in said, one
    assert "/why/2042/KES-SELECT/" in page


def test_an_agreement_that_ends_soon_is_told_with_what_obviously_goes_on(desk: Desk) -> None:
    world = desk.sandbox.state()
    (account,) = (one for one in world["tigerpaw"]["accounts"] if one["number"] == 1053101)
    last_day = desk.now().date() + timedelta(days=5)
    (agreement,) = account["agreements"]
    account["agreements"] = [
        agreement | {"end": last_day.isoformat()},
        agreement | {"number": 2099, "start": (last_day + timedelta(days=1)).isoformat(), "charges": []},
    ]
    desk.sandbox.replace(world)
    (configured,) = (one for one in desk.configured() if one.configuration.integration.name == NAME)
    run_day(Order(configuration=configured.configuration, configuration_address=configured.address, mode=Mode.PLAN, clock=desk.now))
    desk.text(LIST)
    said = words(desk.text("/customers/one/vs-1/"))
    assert f"ends {last_day}, in 5 days" in said
    assert "goes on as agreement 2099; the link still names this one" in said


def test_holds_of_a_customer_lead_to_where_they_are_decided(desk: Desk) -> None:
    desk.text(LIST)
    assert re.search(r'href="/plan/#hold-H\d+"', desk.text("/customers/one/vs-5/"))


def test_notes_are_kept_with_their_author_and_an_empty_one_is_refused(free: Desk) -> None:
    assert free.post("/customers/one/vs-1/", {"text": "Moves to the <new> office in March."}, Role.OPERATE).status_code == 302
    page = free.text("/customers/one/vs-1/", Role.VIEW)
    assert "Moves to the &lt;new&gt; office in March." in page
    assert "operate person" in page
    assert "an empty note was not kept" in sent(free.post("/customers/one/vs-1/", {"text": "  "}, Role.OPERATE))
    assert CustomerNote.objects.count() == 1


def test_the_accounts_that_are_not_integrated_are_those_of_the_run_and_all_others_on_demand(free: Desk) -> None:
    assert "Tailspin Toys Inc." in words(free.text("/customers/accounts/"))
    assert "was never read" in words(free.text("/customers/accounts/?show=all"))
    finished(free.post("/customers/accounts/read/"))
    page = words(free.text("/customers/accounts/?show=all"))
    assert "Tailspin Toys Inc." in page
    assert "Contoso Dental" not in page


def test_a_customer_that_nobody_knows_is_not_found(desk: Desk) -> None:
    assert desk.get("/customers/one/vs-99/").status_code == 404
    assert desk.get("/customers/link/vs-99/").status_code == 404


def test_without_integration_the_page_says_where_to_begin(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk, "configured", tuple)
    integrations.use(tuple, desk.now)
    assert "Set up the first integration" in words(desk.text("/customers/"))
