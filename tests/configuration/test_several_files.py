"""Several integrations side by side: what two files may share, and what is refused with both integrations, files and places named (issue 3)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tallybridge.configuration import ConfigurationError, Problem, read_configurations
from tests.configuration.builders import DESTINATION, GOOD, HUB_SOURCE, INTEGRATION, SOURCE, changed, line_of, write

HEAD = "\n".join([INTEGRATION, SOURCE, DESTINATION])
HUB = "\n".join([changed("Integration with Tigerpaw", "Business Hub", INTEGRATION), HUB_SOURCE, DESTINATION])
ELSEWHERE = changed("127.0.0.1:13299", "127.0.0.2:13299", changed("Integration with Tigerpaw", "Second server", HEAD))
HERE = changed("Integration with Tigerpaw", "Same server", HEAD)


def link(tenant: str = "Contoso Dental", account: int = 1053145, agreement: int | None = 2041, *, billing: bool = True) -> str:
    chosen = "" if agreement is None else f"agreement = {agreement}\n"
    return f'[[link]]\ntenant = "{tenant}"\naccount = {account}\n{chosen}billing = {str(billing).lower()}\n'


def mapping(application: str, items: str) -> str:
    return f'[[mapping]]\napplication = "{application}"\n{items}\n'


def other(text: str = GOOD) -> str:
    return changed('name = "Integration with Tigerpaw"', 'name = "Other"', text)


def refused(*files: Path) -> tuple[Problem, ...]:
    with pytest.raises(ConfigurationError) as refusal:
        read_configurations(files)
    return refusal.value.problems


ONE_ITEM = HEAD + link() + mapping("Advanced", 'item = "KES-ALL"')
THREE_ITEMS = HEAD + link() + mapping("Advanced", 'windows_workstation = "KES-WKS"\nwindows_server = "KES-SRV"\nnon_windows = "KES-NIX"')

COLLISIONS = {
    "one item": (ONE_ITEM, HUB + link() + mapping("Cloud", 'item = "KES-ALL"'), 'the same item "KES-ALL" of its agreement 2041'),
    "one application on one item": (ONE_ITEM, ELSEWHERE + link() + mapping("Advanced", 'item = "KES-ALL"'), 'the same item "KES-ALL"'),
    "an item of a category": (THREE_ITEMS, HUB + link() + mapping("Cloud", 'item = "KES-SRV"'), 'the same item "KES-SRV"'),
    "several items": (
        THREE_ITEMS,
        HUB + link() + mapping("Hybrid", 'windows_server = "KES-WKS"\nnon_windows = "KES-NIX"') + mapping("Cloud", 'item = "KES-CLOUD"'),
        'the same items "KES-NIX", "KES-WKS" of its agreement 2041',
    ),
    "the tenant has another name": (ONE_ITEM, HUB + link("Contoso GmbH") + mapping("Cloud", 'item = "KES-ALL"'), 'the same item "KES-ALL"'),
    "billing is off there": (ONE_ITEM, HUB + link(billing=False) + mapping("Cloud", 'item = "KES-ALL"'), 'the same item "KES-ALL"'),
    "another spelling of the destination": (
        ONE_ITEM,
        changed("http://127.0.0.1:8085", "HTTP://127.0.0.1:8085/", HUB) + link() + mapping("Cloud", 'item = "KES-ALL"'),
        'the same item "KES-ALL"',
    ),
}


@pytest.mark.parametrize(("one", "another", "words"), COLLISIONS.values(), ids=COLLISIONS.keys())
def test_two_integrations_that_bill_one_item_of_one_agreement_are_refused(one: str, another: str, words: str, tmp_path: Path) -> None:
    first, second = write(tmp_path, one, name="a.toml"), write(tmp_path, another, name="b.toml")
    (problem,) = refused(first, second)
    assert problem.file == str(second)
    assert problem.place == f"[[link]] number 1 (line {line_of('[[link]]', another)})"
    assert f"account 1053145, which stands in {first}: [[link]] number 1 (line {line_of('[[link]]', one)}) already" in problem.found
    name = another.split('name = "')[1].split('"', maxsplit=1)[0]
    assert f'"Integration with Tigerpaw" and "{name}" bill {words}' in problem.found


ACCEPTED = {
    "disjoint items of one agreement": (ONE_ITEM, HUB + link() + mapping("Cloud", 'item = "KES-CLOUD"')),
    "disjoint items by category": (THREE_ITEMS, HUB + link() + mapping("Cloud", 'item = "KES-CLOUD"')),
    "one application of two servers on two items": (ONE_ITEM, ELSEWHERE + link() + mapping("Advanced", 'item = "KES-OTHER"')),
    "one item on two agreements of the account": (ONE_ITEM, HUB + link(agreement=2042) + mapping("Cloud", 'item = "KES-ALL"')),
    "no agreement chosen in one of them": (ONE_ITEM, HUB + link(agreement=None) + mapping("Cloud", 'item = "KES-ALL"')),
    "no agreement chosen in either": (
        HEAD + link(agreement=None) + mapping("Advanced", 'item = "KES-ALL"'),
        HUB + link(agreement=None) + mapping("Cloud", 'item = "KES-ALL"'),
    ),
    "nothing mapped in one of them": (ONE_ITEM, HUB + link()),
    "one item for two accounts": (ONE_ITEM, HUB + link("Fabrikam", 7, 8) + mapping("Cloud", 'item = "KES-ALL"')),
    "one account number in two destinations": (
        ONE_ITEM,
        changed("http://127.0.0.1:8085", "http://127.0.0.1:8086", HUB) + link() + mapping("Cloud", 'item = "KES-ALL"'),
    ),
    "a tenant of one source with other applications and items": (ONE_ITEM, HERE + link() + mapping("Select", 'item = "KES-SELECT"')),
    "a tenant's name at two sources, two accounts": (ONE_ITEM, HUB + link(account=7) + mapping("Cloud", 'item = "KES-CLOUD"')),
}


@pytest.mark.parametrize(("one", "another"), ACCEPTED.values(), ids=ACCEPTED.keys())
def test_two_integrations_may_share_what_they_do_not_both_bill(one: str, another: str, tmp_path: Path) -> None:
    read = read_configurations([write(tmp_path, one, name="a.toml"), write(tmp_path, another, name="b.toml")])
    assert len(read) == 2


def test_within_one_file_an_account_is_still_linked_once(tmp_path: Path) -> None:
    """Both links bill on the items of the one file, whatever their agreements are."""
    (problem,) = refused(write(tmp_path, HEAD + link("A") + link("B", agreement=2042)))
    assert "account 1053145, which stands in [[link]] number 1" in problem.found


def test_a_collision_of_files_that_do_not_stand_beside_each_other_is_found(tmp_path: Path) -> None:
    between = HUB + link() + mapping("Cloud", 'item = "KES-CLOUD"')
    last = ELSEWHERE + link() + mapping("Advanced", 'item = "KES-ALL"')
    files = [write(tmp_path, text, name=f"{number}.toml") for number, text in enumerate([ONE_ITEM, between, last])]
    (problem,) = refused(*files)
    assert (problem.file, str(files[0]) in problem.found) == (str(files[2]), True)


def test_many_shared_items_are_named_up_to_a_bound(tmp_path: Path) -> None:
    items = "".join(mapping(f"A{number:02}", f'item = "I{number:02}"') for number in range(12))
    first, second = (write(tmp_path, head + link() + items, name=f"{name}.toml") for name, head in (("a", HEAD), ("b", HUB)))
    (problem,) = refused(first, second)
    assert '"I09" and 2 more' in problem.found


def test_two_files_with_one_integration_name_are_refused(tmp_path: Path) -> None:
    first = write(tmp_path, HEAD, name="a.toml")
    second = write(tmp_path, HEAD, name="b.toml")
    (problem,) = refused(first, second)
    assert problem.file == str(second)
    assert f'"Integration with Tigerpaw", which stands in {first}: integration.name (line 2) already' in problem.found


@pytest.mark.parametrize("head", [HERE, HUB], ids=["ksc", "business_hub"])
def test_two_files_must_not_link_one_tenant_of_one_source_to_two_accounts(head: str, tmp_path: Path) -> None:
    """L3: one tenant, one account."""
    one = HUB.replace("Business Hub", "First") if head is HUB else HEAD
    (problem,) = refused(write(tmp_path, one + link(), name="a.toml"), write(tmp_path, head + link(account=7), name="b.toml"))
    assert 'tenant "Contoso Dental", which stands in' in problem.found


SAME_SEATS = {
    "by name": (mapping("Advanced", 'item = "A"'), mapping("Advanced", 'item = "B"')),
    "by a matcher": (
        mapping("Advanced", 'item = "A"'),
        '[[application]]\nname = "Ours"\nmatch = [{ exact = "Advanced" }]\n' + mapping("Ours", 'item = "B"'),
    ),
    "by a prefix": (
        mapping("Advanced", 'item = "A"'),
        '[[application]]\nname = "Ours"\nmatch = [{ prefix = "Adv" }]\n' + mapping("Ours", 'item = "B"'),
    ),
    "by a prefix of the first file": (
        '[[application]]\nname = "Ours"\nmatch = [{ prefix = "Adv" }]\n' + mapping("Ours", 'item = "B"'),
        mapping("Advanced", 'item = "A"'),
    ),
}


@pytest.mark.parametrize(("one", "another"), SAME_SEATS.values(), ids=SAME_SEATS.keys())
def test_one_application_of_one_tenant_is_not_billed_by_two_integrations(one: str, another: str, tmp_path: Path) -> None:
    """Its devices would be billed twice, on two items."""
    (problem,) = refused(write(tmp_path, HEAD + link() + one, name="a.toml"), write(tmp_path, HERE + link() + another, name="b.toml"))
    assert '"Integration with Tigerpaw" and "Same server" bill the same application' in problem.found
    assert "billed twice" in problem.advice


def test_a_contradiction_is_told_beside_the_other_problems_of_both_files(tmp_path: Path) -> None:
    first = write(tmp_path, changed("max_sessions = 2", "max_sessions = 0"), name="a.toml")
    second = write(tmp_path, changed("settle = 30", "settle = true", other()), name="b.toml")
    found = [problem.found for problem in refused(first, second)]
    assert found[:2] == ["the number 0", "true"]
