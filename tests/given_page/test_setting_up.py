"""S11, "Setting up automatic billing": what must be chosen before anybody is billed, and what is refused until it is."""

from __future__ import annotations

from typing import Any

import pytest

from tests.end_to_end.companies import HubBench, litware, northwind
from tests.end_to_end.conftest import Bench
from tests.end_to_end.worlds import BY_CATEGORY, CONTOSO, FABRIKAM, ONE_ITEM, TWO_LINKS, link

Json = dict[str, Any]


@pytest.mark.parametrize(
    ("links", "words"),
    [
        pytest.param([link("Contoso Dental", 1041, CONTOSO), link("Contoso Dental", 1042, FABRIKAM)], ["Contoso Dental"], id="one tenant twice"),
        pytest.param([link("Contoso Dental", 1041, CONTOSO), link("Fabrikam", 1041, CONTOSO)], ["1041"], id="one account twice"),
    ],
)
def test_s11_tenants_and_accounts_are_mapped_one_to_one(bench: Bench, links: list[Json], words: list[str]) -> None:
    bench.declare(links=links)

    refused = bench.run()

    assert refused.code == 1
    assert [word for word in words if word not in refused.words] == []
    assert bench.calls() == []


def test_s11_an_application_is_mapped_once(bench: Bench) -> None:
    bench.declare(mappings=[BY_CATEGORY, ONE_ITEM | {"application": BY_CATEGORY["application"]}])

    refused = bench.run()

    assert refused.code == 1
    assert BY_CATEGORY["application"] in refused.words
    assert bench.calls() == []


def test_s11_an_agreement_must_be_chosen(bench: Bench) -> None:
    bench.declare(links=[link("Contoso Dental", 1041, None), TWO_LINKS[1]])

    done = bench.run()

    assert done.outcome("Contoso Dental") == ("blocked", "no_agreement")
    assert bench.lines(CONTOSO) == []
    assert bench.quantities(FABRIKAM) == [("KES-SELECT", 2)]


def test_s11_an_agreement_must_be_chosen_for_a_company_too(hub: HubBench) -> None:
    hub.declare(links=[link("Northwind", 2041, None), link("Litware", 2042, 3042)])
    hub.put(northwind(), litware())

    done = hub.bench.run()

    assert done.outcome("Northwind") == ("blocked", "no_agreement")
    assert done.outcome("Litware") == ("applied", None)


def test_s11_the_agreement_must_be_one_of_the_account(bench: Bench) -> None:
    bench.declare(links=[link("Contoso Dental", 1041, FABRIKAM)])

    assert bench.run().outcome("Contoso Dental") == ("blocked", "agreement_of_other_account")
    assert bench.lines(FABRIKAM) == []


def test_s11_an_agreement_that_has_ended_bills_nobody(bench: Bench) -> None:
    bench.edit(lambda state: state["tigerpaw"]["accounts"][0]["agreements"][0].update(end="2020-12-31"))

    assert bench.run().outcome("Contoso Dental") == ("blocked", "agreement_ended")
    assert bench.lines(CONTOSO) == []


def test_s11_billing_is_switched_on_per_account(bench: Bench) -> None:
    bench.declare(links=[link("Contoso Dental", 1041, CONTOSO, billing=False), TWO_LINKS[1]])

    done = bench.run()

    assert done.outcome("Contoso Dental")[0] == "billing_off"
    assert bench.lines(CONTOSO) == []
    assert bench.quantities(FABRIKAM) == [("KES-SELECT", 2)]
    assert done.tenant("Contoso Dental")["not_billed"] != []


def test_s11_a_tenant_without_link_is_shown_and_billed_to_nobody(bench: Bench) -> None:
    bench.declare(links=[TWO_LINKS[1]])

    done = bench.run()

    assert done.outcome("Contoso Dental")[0] == "not_linked"
    assert sum(one["quantity"] for one in done.tenant("Contoso Dental")["not_billed"]) == 4
    assert bench.lines(CONTOSO) == []


def test_s11_a_company_without_link_is_shown_and_billed_to_nobody(hub: HubBench) -> None:
    hub.declare(links=[link("Northwind", 2041, 3041)])
    hub.put(northwind(), litware(users=4, mailboxes=1))

    done = hub.bench.run()

    assert done.outcome("Litware")[0] == "not_linked"
    assert sum(one["quantity"] for one in done.tenant("Litware")["not_billed"]) == 5
    assert hub.bench.lines(3042) == []


@pytest.mark.parametrize("item", ["NO-SUCH-ITEM", "KES-SELECT"])
def test_s11_the_price_book_item_must_be_there_and_active(bench: Bench, item: str) -> None:
    bench.edit(lambda state: [one.update(inactive=one["item_id"] == item) for one in state["tigerpaw"]["price_book"]])
    bench.declare(mappings=[BY_CATEGORY, ONE_ITEM | {"item": item}])

    done = bench.run()

    assert done.change(item)["action"] == "hold"
    assert done.change(item)["reason"] in {"item_missing", "item_inactive"}
    assert bench.lines(FABRIKAM) == []
    assert len(bench.lines(CONTOSO)) == 2


def test_s11_doctor_says_what_is_missing_before_the_first_run(bench: Bench) -> None:
    bench.declare(links=[link("Contoso Dental", 1041, None), TWO_LINKS[1]])

    told = bench.call("doctor", "--json")

    assert told.code == 1
    assert "Contoso Dental" in told.words
    assert bench.lines(FABRIKAM) == []
