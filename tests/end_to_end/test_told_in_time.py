"""What is told before it costs money: agreements that end, accounts without a link, and what is billed to nobody (design 6.4)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.end_to_end.companies import NORTHWIND, HubBench, hub_declaration, northwind, two_companies
from tests.end_to_end.conftest import Bench, Called
from tests.end_to_end.worlds import (
    ADVANCED,
    CONTOSO,
    SELECT,
    SERVER,
    TWO_LINKS,
    WORKSTATION,
    account,
    agreement,
    customer,
    declaration,
    link,
    two_customers,
    world,
)

Json = dict[str, Any]
NEXT = 2099


def end_contoso(bench: Bench, days: int, *others: Json) -> None:
    """Contoso's agreement has so many days left; `others` are further agreements of its account."""

    def within(state: Json) -> None:
        contoso = next(one for one in state["tigerpaw"]["accounts"] if one["number"] == 1041)
        contoso["agreements"][0]["end"] = (bench.today() + timedelta(days=days)).isoformat()
        contoso["agreements"] += others

    bench.edit(within)


def notices(called: Called, tenant: str) -> list[tuple[str, str, int | None, int | None]]:
    told = called.tenant(tenant)["notices"]
    return [(one["reason"], one["subject"], one["expected"], one["received"]) for one in told]


def the_integration(called: Called) -> Json:
    (one,) = called.json["integrations"]
    return dict(one)


class TestAgreements:
    """They end on a known day; nothing is billed on them afterwards."""

    def test_a_run_and_status_tell_of_the_end_and_of_the_obvious_successor(self, bench: Bench) -> None:
        end_contoso(bench, 5, agreement(NEXT, start=(bench.today() + timedelta(days=6)).isoformat()))

        ran = bench.run()

        assert ran.code == 0
        assert notices(ran, "Contoso Dental") == [
            ("agreement_ends", str(CONTOSO), 5, None),
            ("agreement_successor", f"{CONTOSO} → {NEXT}", None, NEXT),
        ]
        assert notices(ran, "Fabrikam") == []
        status = bench.call("status", "--json")
        (told,) = the_integration(status)["agreements"]
        assert (told["agreement"], told["days_left"], told["stage"], told["successor"]) == (CONTOSO, 5, "within_7_days", NEXT)
        assert (status.code, status.json["sentence"]) == (3, "Today's bill is right. 1 agreement ends within 7 days.")

    @pytest.mark.parametrize(("days", "said"), [(0, "TODAY IS THE AGREEMENT'S LAST DAY"), (1, "TOMORROW IS THE AGREEMENT'S LAST DAY")])
    def test_with_a_day_left_it_is_said_loudest_and_first(self, bench: Bench, days: int, said: str) -> None:
        end_contoso(bench, days)

        ran = bench.call("run")

        assert ran.err.splitlines()[0].startswith(f"Contoso Dental, agreement {CONTOSO}: {said}")
        assert bench.call("status", "--json").json["sentence"] == "1 agreement ENDS BY TOMORROW. Today's bill is right."

    def test_an_agreement_that_has_ended_names_its_successor_and_linking_it_ends_the_alarm(self, bench: Bench) -> None:
        end_contoso(bench, -2, agreement(NEXT))

        ran = bench.run()

        assert ran.outcome("Contoso Dental") == ("blocked", "agreement_ended")
        assert notices(ran, "Contoso Dental")[-1] == ("agreement_successor", f"{CONTOSO} → {NEXT}", None, NEXT)
        status = bench.call("status", "--json")
        assert status.json["sentence"].startswith("1 agreement HAS ENDED: nothing is billed on it. Today's bill is not right: 1 customer is blocked")
        assert [(one["stage"], one["successor"]) for one in the_integration(status)["agreements"]] == [("ended", NEXT)]
        bench.declare(links=[link("Contoso Dental", 1041, NEXT), TWO_LINKS[1]])
        bench.wait(minutes=1)
        assert bench.run().code == 0
        assert bench.call("status", "--json").json["sentence"] == "Today's bill is right."

    def test_only_accounts_with_a_near_end_are_asked_for_their_agreements(self, bench: Bench) -> None:
        end_contoso(bench, 31)
        bench.forget_calls()
        bench.run()
        assert bench.calls(name="/api/agreements/account/") == []

        end_contoso(bench, 30)
        bench.forget_calls()
        bench.run()
        assert len(bench.calls(name="/api/agreements/account/1041/")) == 1
        assert bench.calls(name="/api/agreements/account/1042/") == []

    def test_l7_where_successors_cannot_be_read_the_tenant_is_billed_all_the_same(self, bench: Bench) -> None:
        end_contoso(bench, 5, agreement(NEXT))
        bench.faults({"on": "tigerpaw_rest", "call": "/api/agreements/account/*", "do": "http_500", "times": 0})

        ran = bench.run()

        assert ran.outcome("Contoso Dental") == ("applied", None)
        assert notices(ran, "Contoso Dental") == [("agreement_ends", str(CONTOSO), 5, None)]


class TestAccountsWithoutALink:
    """Cross-referenced to the External Product, and linked to no tenant: other accounts are no alarm."""

    @staticmethod
    def load(bench: Bench) -> None:
        scenario = two_customers()
        scenario["tigerpaw"]["accounts"] += [account(1043, "Tailspin Toys", []), account(1044, "Litware", [], cross_referenced=False)]
        bench.load(scenario)

    def test_they_are_told_by_every_run_and_by_status_and_change_no_exit_code(self, bench: Bench) -> None:
        self.load(bench)
        tailspin = [{"account": 1043, "name": "Tailspin Toys"}]

        planned, ran = bench.call("plan", "--json"), bench.run()

        assert (planned.code, ran.code) == (2, 0)
        assert planned.json["run"]["accounts_not_linked"] == ran.json["run"]["accounts_not_linked"] == tailspin
        status = bench.call("status", "--json")
        assert (status.code, the_integration(status)["accounts_not_linked"]) == (0, tailspin)
        assert "Tailspin Toys" in bench.call("status").out
        bench.require_proof()

    def test_a_link_with_billing_off_is_a_link(self, bench: Bench) -> None:
        self.load(bench)
        bench.declare(links=[*TWO_LINKS, link("Tailspin Toys", 1043, None, billing=False)])
        assert bench.run().json["run"]["accounts_not_linked"] == []

    def test_a_run_for_one_tenant_does_not_tell(self, bench: Bench) -> None:
        self.load(bench)
        assert bench.run("--tenant", "Contoso Dental").json["run"]["accounts_not_linked"] is None

    def test_a_link_of_another_integration_in_the_same_psa_is_a_link(self, bench: Bench) -> None:
        hub = HubBench(bench)
        bench.load(two_companies(servers=[customer(1, "Contoso Dental", {ADVANCED: [WORKSTATION]})]))
        unlinked = [one["number"] for one in bench.sandbox.state()["tigerpaw"]["accounts"]]
        center, companies = bench.folder / "center.toml", bench.folder / "companies.toml"
        for file, text in (
            (center, declaration(bench.sandbox, links=[], integration={"name": "Security Center"})),
            (companies, hub_declaration(bench, links=[link("Northwind", unlinked[0], NORTHWIND)])),
        ):
            file.write_text(text, encoding="utf-8")
            file.chmod(0o600)
        hub.put(northwind())

        alone = bench.run("--config", center)
        bench.run("--config", companies)
        beside = bench.run("--config", center)

        assert [one["account"] for one in alone.json["run"]["accounts_not_linked"]] == unlinked
        assert [one["account"] for one in beside.json["run"]["accounts_not_linked"]] == unlinked[1:]


class TestBilledToNobody:
    """Every reason of design 6.4, with its quantity, by each list."""

    EXPECTED = frozenset(
        {
            ("Contoso Dental", "no_mapping", 2),
            ("Contoso Dental", "name_unmatched", 1),
            ("Contoso Dental", "unclassified_device", 1),
            ("Fabrikam", "billing_off", 2),
            ("Tailspin Toys", "not_linked", 3),
        }
    )

    @staticmethod
    def load(bench: Bench) -> None:
        unclear: tuple[str | None, int | None] = (None, None)
        bench.load(
            world(
                [
                    customer(1, "Contoso Dental", {ADVANCED: [WORKSTATION, unclear], SELECT: [SERVER] * 2, "Unheard-of Security": [SERVER]}),
                    customer(2, "Fabrikam", {ADVANCED: [WORKSTATION] * 2}),
                    customer(3, "Tailspin Toys", {ADVANCED: [WORKSTATION] * 3}),
                ],
                [account(1041, "Contoso Dental", [agreement(CONTOSO)]), account(1042, "Fabrikam", []), account(1043, "Tailspin Toys", [])],
            )
        )
        by_category = {"application": ADVANCED, "windows_workstation": "KES-WKS"}
        bench.declare(links=[TWO_LINKS[0], link("Fabrikam", 1042, None, billing=False)], mappings=[by_category])

    @staticmethod
    def of_run(document: Json) -> set[tuple[str, str, int]]:
        leaks = {(tenant["tenant"], one["reason"], one["quantity"]) for tenant in document["tenants"] for one in tenant["not_billed"]}
        return leaks | {(one["tenant"], one["reason"], one["quantity"]) for one in document["run"]["not_billed_beside"]}

    def test_plan_apply_run_and_status_list_all_of_it(self, bench: Bench) -> None:
        self.load(bench)

        planned = bench.call("plan", "--json", "--out", "a.plan")
        applied = bench.call("apply", "--json", "a.plan")
        status = the_integration(bench.call("status", "--json"))
        ran = bench.run()

        for called in (planned, applied, ran):
            assert self.of_run(called.json) == self.EXPECTED, called.words
            assert called.json["run"]["accounts_not_linked"] == [{"account": 1043, "name": "Tailspin Toys"}]
        assert {(one["tenant"], one["reason"], one["quantity"]) for one in status["not_billed"]} == self.EXPECTED

    @pytest.mark.parametrize("command", ["plan", "run"])
    def test_people_see_it_with_quantities(self, bench: Bench, command: str) -> None:
        self.load(bench)
        shown = bench.call(command).out
        table = shown[shown.index("Not billed") :].split("Cross-referenced")[0]
        for tenant, reason, quantity in self.EXPECTED:
            rows = [line for line in table.splitlines() if line.startswith(tenant) and line.endswith(reason)]
            assert [line.split()[-2] for line in rows] == [str(quantity)], table
        assert "Cross-referenced, and linked to no tenant: 1" in shown


def test_what_of_the_source_could_not_be_read_is_kept_and_shown(bench: Bench) -> None:
    hub = HubBench(bench)
    bench.load(two_companies())
    bench.write_config(hub_declaration(bench))
    hub.put(northwind())
    (hub.exports / "broken.json").write_text("{", encoding="utf-8")

    ran = bench.run()

    (problem,) = ran.json["run"]["problems"]
    status = bench.call("status", "--json")
    assert the_integration(status)["problems"] == [problem]
    assert "something of the source could not be read" in status.json["sentence"]
    assert status.code in {1, 3}
    assert problem in bench.call("status").err
    (hub.exports / "broken.json").unlink()
    bench.wait(minutes=1)
    bench.run()
    assert the_integration(bench.call("status", "--json"))["problems"] == []
