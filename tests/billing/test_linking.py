"""Which tenant a link means: identity is the unique id, names and numbers are labels (design 6.4)."""

from __future__ import annotations

from tallybridge.billing.linking import Assignment, Link, assign
from tallybridge.billing.model import Tenant
from tallybridge.billing.reasons import Reason

CONTOSO = Tenant(id="uid-1", name="Contoso", number=1)
FABRIKAM = Tenant(id="uid-2", name="Fabrikam", number=2)
BY_NAME = Link(account=100, tenant_name="Contoso", agreement=1)
BY_ID = Link(account=100, tenant_id="uid-1", agreement=1)


def only(link: Link, *listed: Tenant, bound: Tenant | None = None) -> Assignment:
    """What the link comes to; it always speaks of the link itself."""
    found = assign((link,), listed, {link.account: bound} if bound is not None else {})[0]
    assert found.link == link
    return found


def test_the_first_use_of_a_link_by_name_binds_it_to_the_unique_id() -> None:
    found = only(BY_NAME, CONTOSO, FABRIKAM)
    assert (found.tenant, found.blocked, found.first_use) == (CONTOSO, None, True)


def test_a_bound_link_is_not_bound_again() -> None:
    assert only(BY_NAME, CONTOSO, bound=CONTOSO).first_use is False


def test_a_renamed_tenant_is_billed_and_noticed() -> None:
    renamed = Tenant(id="uid-1", name="Contoso Dental", number=1)
    found = only(BY_NAME, renamed, bound=CONTOSO)
    assert (found.tenant, found.blocked) == (renamed, None)
    assert [(notice.reason, notice.subject) for notice in found.notices] == [(Reason.TENANT_RENAMED, "Contoso")]


def test_another_tenant_under_the_known_name_is_blocked() -> None:
    usurper = Tenant(id="uid-9", name="Contoso", number=9)
    assert only(BY_NAME, usurper, bound=CONTOSO).blocked is Reason.TENANT_REPLACED


def test_another_tenant_under_the_known_number_is_blocked() -> None:
    usurper = Tenant(id="uid-9", name="Somebody Else", number=1)
    assert only(BY_NAME, usurper, bound=CONTOSO).blocked is Reason.TENANT_REPLACED


def test_a_renamed_tenant_whose_name_another_one_took_is_blocked_because_the_link_could_mean_either() -> None:
    renamed = Tenant(id="uid-1", name="Contoso Old", number=1)
    usurper = Tenant(id="uid-9", name="Contoso", number=9)
    assert only(BY_NAME, renamed, usurper, bound=CONTOSO).blocked is Reason.TENANT_REPLACED


def test_a_bound_tenant_that_is_not_listed_any_more_is_gone() -> None:
    assert only(BY_NAME, FABRIKAM, bound=CONTOSO).blocked is Reason.TENANT_GONE
    assert only(BY_ID, FABRIKAM, bound=CONTOSO).blocked is Reason.TENANT_GONE


def test_a_name_that_was_never_listed_is_not_found() -> None:
    assert only(BY_NAME, FABRIKAM).blocked is Reason.TENANT_NOT_FOUND


def test_two_tenants_of_one_name_need_a_link_by_id() -> None:
    twin = Tenant(id="uid-3", name="Contoso", number=3)
    assert only(BY_NAME, CONTOSO, twin).blocked is Reason.TENANT_AMBIGUOUS
    assert only(BY_ID, CONTOSO, twin).tenant == CONTOSO


def test_a_disabled_tenant_is_blocked() -> None:
    disabled = Tenant(id="uid-1", name="Contoso", number=1, enabled=False)
    assert only(BY_NAME, disabled).blocked is Reason.TENANT_DISABLED


def test_a_link_that_a_person_pointed_at_another_tenant_is_bound_anew() -> None:
    found = only(Link(account=100, tenant_name="Fabrikam", agreement=1), CONTOSO, FABRIKAM, bound=CONTOSO)
    assert (found.tenant, found.first_use) == (FABRIKAM, True)


def test_two_links_that_come_to_mean_one_tenant_are_both_blocked() -> None:
    renamed = Tenant(id="uid-1", name="Fabrikam", number=1)
    links = (BY_NAME, Link(account=200, tenant_id="uid-1", agreement=2))
    found = assign(links, (renamed,), {100: CONTOSO})
    assert [one.blocked for one in found] == [Reason.TENANT_AMBIGUOUS, Reason.TENANT_AMBIGUOUS]


def test_tenants_without_a_link_are_listed_after_the_links_in_order_of_name() -> None:
    zeta = Tenant(id="uid-8", name="Zeta", number=8)
    alpha = Tenant(id="uid-7", name="Alpha", number=7)
    found = assign((BY_NAME,), (zeta, CONTOSO, alpha), {})
    assert [(one.label, one.link is None) for one in found] == [("Contoso", False), ("Alpha", True), ("Zeta", True)]


def test_a_tenant_without_a_unique_id_is_known_by_its_number() -> None:
    numbered = Tenant(id="4", name="Contoso", number=4)
    assert only(BY_NAME, numbered, bound=numbered).tenant == numbered


def test_a_tenant_known_by_its_number_alone_is_the_same_when_its_server_begins_to_send_unique_ids() -> None:
    before = Tenant(id="4", name="Contoso", number=4)
    now = Tenant(id="uid-4", name="Contoso", number=4)
    found = only(BY_NAME, now, bound=before)
    assert (found.tenant, found.blocked, found.first_use) == (now, None, True)


def test_a_tenant_known_by_its_number_alone_is_replaced_when_another_name_stands_under_the_number() -> None:
    before = Tenant(id="4", name="Contoso", number=4)
    assert only(BY_NAME, Tenant(id="uid-4", name="Fabrikam", number=4), bound=before).blocked is Reason.TENANT_REPLACED


def test_another_tenant_under_the_known_name_and_number_is_blocked() -> None:
    """Only an id that was a mere number may give way to a unique one."""
    usurper = Tenant(id="uid-9", name="Contoso", number=1)
    assert only(BY_NAME, usurper, bound=CONTOSO).blocked is Reason.TENANT_REPLACED


def test_a_tenant_known_by_its_number_that_is_listed_beside_another_one_of_its_name_and_number_is_blocked() -> None:
    before = Tenant(id="4", name="Contoso", number=4)
    assert only(BY_NAME, before, Tenant(id="uid-4", name="Contoso", number=4), bound=before).blocked is Reason.TENANT_REPLACED


def test_companies_have_no_numbers_to_be_mistaken_by() -> None:
    contoso, fabrikam = Tenant(id="c-1", name="Contoso"), Tenant(id="c-2", name="Fabrikam")
    assert only(BY_NAME, contoso, fabrikam, bound=contoso).tenant == contoso


def test_a_company_without_a_number_is_never_known_by_one() -> None:
    odd = Tenant(id="None", name="Contoso")
    assert only(BY_NAME, Tenant(id="c-1", name="Contoso"), bound=odd).blocked is Reason.TENANT_REPLACED


def test_a_link_by_id_that_a_person_pointed_at_another_tenant_is_bound_anew() -> None:
    assert only(BY_ID, CONTOSO, bound=FABRIKAM).first_use
    assert only(BY_ID, FABRIKAM, bound=FABRIKAM).blocked is Reason.TENANT_NOT_FOUND


def test_an_id_that_is_listed_twice_is_ambiguous_and_has_its_link() -> None:
    found = assign((BY_ID,), (CONTOSO, Tenant(id="uid-1", name="Contoso again", number=7)), {})
    assert [(one.link, one.blocked) for one in found] == [(BY_ID, Reason.TENANT_AMBIGUOUS)]


def test_an_assignment_is_labelled_as_the_source_names_the_tenant_or_else_as_the_link_does() -> None:
    assert only(BY_ID, CONTOSO).label == "Contoso"
    assert (only(BY_NAME).label, only(BY_ID).label, only(Link(account=100)).label) == ("Contoso", "uid-1", "")
    assert Link(account=100, tenant_name="Contoso", tenant_id="uid-1").label == "Contoso"
    assert Assignment(link=None, tenant=None).label == ""
