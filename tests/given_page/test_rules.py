"""One test or more per rule of the given page, named by the rule (S1 to S10), each through the command line."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from tests.end_to_end.companies import CLOUD_PLUS, NORTHWIND, OFFICE_365, HubBench, box, licensed, litware, northwind, unit
from tests.end_to_end.conftest import Bench
from tests.end_to_end.worlds import (
    ADVANCED,
    BY_CATEGORY,
    CONTOSO,
    FABRIKAM,
    LINUX,
    ONE_ITEM,
    SELECT,
    SERVER,
    WORKSTATION,
    account,
    agreement,
    customer,
    host,
    key,
    link,
    two_customers,
    use,
    world,
)

Json = dict[str, Any]


def one_customer(bench: Bench, server: Json, *, mappings: list[Json] | None = None) -> None:
    """A world with one virtual server, linked to agreement 100."""
    bench.load(world([server], [account(1, server["name"], [agreement(100)])]))
    bench.declare(links=[link(server["name"], 1, 100)], mappings=mappings if mappings is not None else [BY_CATEGORY, ONE_ITEM])


class TestS1Daily:
    """S1: automatic billing runs daily, so that there is up-to-date usage any time an invoice has to be made."""

    def test_each_day_brings_the_lines_up_to_date(self, bench: Bench) -> None:
        for day, workstations in enumerate((3, 5, 4)):
            state = bench.sandbox.state()
            grown = two_customers(workstations=workstations)["ksc"]["virtual_servers"]
            bench.sandbox.replace(state | {"ksc": state["ksc"] | {"virtual_servers": grown}})

            done = bench.run()

            assert done.code == 0, done.words
            assert ("KES-WKS", workstations) in bench.quantities(CONTOSO), f"day {day}"
            bench.wait(days=1)

    def test_each_run_is_one_of_its_date(self, bench: Bench) -> None:
        """L10."""
        first = date.fromisoformat(bench.run().json["run"]["date"])
        bench.wait(days=1)

        assert date.fromisoformat(bench.run().json["run"]["date"]) == first + timedelta(days=1)

    def test_a_line_is_created_once_and_updated_from_then_on(self, bench: Bench) -> None:
        """Create, and update daily, the Additional Charges."""
        bench.run()
        ids = [line for line, _, _ in bench.lines(CONTOSO)]
        bench.wait(days=1)
        bench.edit_server(1, lambda server: server["hosts"].append(host("new")) or server["uses"].append(use("S001-1", "new")))

        done = bench.run()

        assert done.change("KES-WKS")["action"] == "update"
        assert [line for line, _, _ in bench.lines(CONTOSO)] == ids


class TestS2CrossReference:
    """S2: the account must be cross-referenced to the External Product associated with the integration's API user."""

    @pytest.mark.parametrize("products", [[], ["Another Product"]])
    def test_an_account_that_is_not_is_blocked_and_the_others_are_billed(self, bench: Bench, products: list[str]) -> None:
        def change(state: Json) -> None:
            state["tigerpaw"]["external_products"] = ["Kaspersky MSP", "Another Product"]
            state["tigerpaw"]["accounts"][0]["external_products"] = products

        bench.edit(change)

        done = bench.run()

        assert done.outcome("Contoso Dental") == ("blocked", "not_cross_referenced")
        assert bench.lines(CONTOSO) == []
        assert bench.quantities(FABRIKAM) == [("KES-SELECT", 2)]

    def test_its_usage_is_shown_all_the_same(self, bench: Bench) -> None:
        """Silent leakage is a defect."""
        bench.edit(lambda state: state["tigerpaw"]["accounts"][0].update(external_products=[]))

        shown = bench.run().tenant("Contoso Dental")["not_billed"]

        assert [(one["application"], one["quantity"], one["reason"]) for one in shown] == [(ADVANCED, 4, "not_cross_referenced")]

    def test_once_it_is_the_next_run_bills_it(self, bench: Bench) -> None:
        bench.edit(lambda state: state["tigerpaw"]["accounts"][0].update(external_products=[]))
        bench.run()
        bench.edit(lambda state: state["tigerpaw"]["accounts"][0].update(external_products=["Kaspersky MSP"]))

        assert bench.run().code == 0
        assert bench.quantities(CONTOSO) == [("KES-SRV", 1), ("KES-WKS", 3)]


class TestS3CurrentAtInvoicing:
    """S3: up-to-date usage information stands in Tigerpaw any time an invoice has to be generated."""

    def test_the_invoice_run_finds_the_quantities_of_the_last_run_and_the_next_run_goes_on_with_the_same_lines(self, bench: Bench) -> None:
        bench.run()
        before = bench.lines(CONTOSO)

        bench.sandbox.invoice_run()
        after = bench.run()

        assert (after.code, after.writes) == (0, 0)
        assert bench.lines(CONTOSO) == before

    def test_a_line_that_is_deleted_after_invoicing_is_made_again_for_the_next_period(self, bench: Bench) -> None:
        bench.run()
        bench.edit_charges(FABRIKAM, lambda charges: [one.update(delete_after_invoicing=True) for one in charges])
        bench.run()
        bench.sandbox.invoice_run()
        assert bench.lines(FABRIKAM) == []

        again = bench.run()

        assert again.change("KES-SELECT")["action"] == "create"
        assert bench.quantities(FABRIKAM) == [("KES-SELECT", 2)]


class TestS4MappedOnly:
    """S4: additional charges are created only for those applications that are mapped to price book items."""

    def test_an_application_without_mapping_makes_no_charge_and_is_shown(self, bench: Bench) -> None:
        one_customer(bench, customer(1, "Contoso", {ADVANCED: [WORKSTATION], SELECT: [WORKSTATION] * 2}), mappings=[ONE_ITEM])

        done = bench.run()

        assert bench.quantities(100) == [("KES-SELECT", 2)]
        assert [(one["application"], one["quantity"], one["reason"]) for one in done.tenant("Contoso")["not_billed"]] == [(ADVANCED, 1, "no_mapping")]

    def test_a_category_without_item_makes_no_charge_and_is_shown(self, bench: Bench) -> None:
        one_customer(bench, customer(1, "Contoso", {ADVANCED: [WORKSTATION, LINUX]}), mappings=[BY_CATEGORY | {"non_windows": None}])

        done = bench.run()

        assert bench.quantities(100) == [("KES-WKS", 1)]
        assert [(one["category"], one["reason"]) for one in done.tenant("Contoso")["not_billed"]] == [("non_windows", "no_mapping")]

    def test_so_it_is_for_what_companies_use(self, hub: HubBench) -> None:
        hub.declare(mappings=[{"application": OFFICE_365, "item": "M365-BOX"}])
        hub.put(northwind(users=2, mailboxes=3), litware())

        done = hub.bench.run()

        assert hub.bench.quantities(NORTHWIND) == [("M365-BOX", 3)]
        assert [(one["application"], one["quantity"]) for one in done.tenant("Northwind")["not_billed"]] == [(CLOUD_PLUS, 2)]


class TestS5DevicesOfVirtualServerOrCompany:
    """S5: devices managed by the virtual server or connected to the company associated with this account."""

    def test_devices_of_the_virtual_server(self, bench: Bench) -> None:
        bench.run()

        assert bench.quantities(CONTOSO) == [("KES-SRV", 1), ("KES-WKS", 3)]
        assert bench.quantities(FABRIKAM) == [("KES-SELECT", 2)]

    def test_devices_of_the_company(self, hub: HubBench) -> None:
        hub.declare(mappings=[BY_CATEGORY])
        devices = [unit("pc"), unit("files", "file_server", os_name="Windows Server 2022"), unit("tel", "mobile", os_name="Android 15")]
        hub.put(northwind(licenses=[licensed("L1", ADVANCED)], devices=devices) | {"mailboxes": []}, litware())

        hub.bench.run()

        assert hub.bench.quantities(NORTHWIND) == [("KES-NIX", 1), ("KES-SRV", 1), ("KES-WKS", 1)]

    def test_a_device_that_the_virtual_server_does_not_manage_is_not_counted(self, bench: Bench) -> None:
        bench.edit_server(1, lambda server: server["hosts"][0].update(managed=False))

        done = bench.run()

        assert ("KES-WKS", 2) in bench.quantities(CONTOSO)
        assert {"reason": "not_managed", "count": 1} in done.tenant("Contoso Dental")["left_out"]

    def test_a_device_of_the_company_without_a_license_is_not_counted(self, hub: HubBench) -> None:
        hub.put(northwind(devices=[unit("a"), unit("b", license_id=None)]), litware())

        done = hub.bench.run()

        assert ("CLOUD-USER", 1) in hub.bench.quantities(NORTHWIND)
        assert {"reason": "no_license", "count": 1} in done.tenant("Northwind")["left_out"]


PAST, FUTURE = "2020-01-01T00:00:00Z", "2099-01-01T00:00:00Z"
SUBSCRIPTION = {"state": 0, "end_type": 2, "end_date": FUTURE, "grace_days": 0}


class TestS6EligibleLicenses:
    """S6: only unexpired and active commercial keys and subscriptions are counted."""

    @pytest.mark.parametrize(
        ("license", "counts"),
        [
            pytest.param(key("K", kind=1), True, id="a commercial key"),
            pytest.param(key("K", kind=6, subscription=SUBSCRIPTION), True, id="a subscription"),
            pytest.param(key("K", kind=1) | {"limit_date": PAST}, False, id="an expired key"),
            pytest.param(key("K", kind=6, subscription=SUBSCRIPTION | {"state": 1}), False, id="a paused subscription"),
            pytest.param(key("K", kind=6, subscription=SUBSCRIPTION | {"end_date": PAST}) | {"limit_date": PAST}, False, id="an ended subscription"),
            pytest.param(key("K", kind=2), False, id="a beta key"),
            pytest.param(key("K", kind=3), False, id="a trial key"),
            pytest.param(key("K", kind=4), False, id="a test key"),
        ],
    )
    def test_of_a_virtual_server(self, bench: Bench, license: Json, counts: bool) -> None:
        server = {"id": 1, "uid": "vs-1", "name": "Contoso", "hosts": [host("d1")], "keys": [license], "uses": [use("K", "d1")]}
        one_customer(bench, server)

        done = bench.run()

        assert bench.quantities(100) == ([("KES-WKS", 1)] if counts else [])
        assert (sum(one["count"] for one in done.tenant("Contoso")["left_out"]) == 0) is counts

    @pytest.mark.parametrize(
        ("license", "counts"),
        [
            pytest.param({"kind": "commercial"}, True, id="a commercial license"),
            pytest.param({"kind": "subscription", "expires": FUTURE}, True, id="a subscription"),
            pytest.param({"kind": "subscription", "state": "paused"}, False, id="a paused subscription"),
            pytest.param({"kind": "subscription", "state": "canceled"}, False, id="a canceled subscription"),
            pytest.param({"kind": "commercial", "expires": PAST}, False, id="an expired license"),
            pytest.param({"kind": "trial"}, False, id="a trial"),
            pytest.param({"kind": "beta"}, False, id="a beta"),
            pytest.param({"kind": "test"}, False, id="a test"),
            pytest.param({"kind": "oem"}, False, id="an OEM license"),
        ],
    )
    def test_of_a_company(self, hub: HubBench, license: Json, counts: bool) -> None:
        hub.put(northwind(licenses=[licensed("L1", **license), licensed("L2", OFFICE_365, **license)]), litware())

        hub.bench.run()

        assert hub.bench.quantities(NORTHWIND) == ([("CLOUD-USER", 2), ("M365-BOX", 3)] if counts else [])


class TestS7ByCategory:
    """S7: servers and workstations are counted separately if "Bill devices by category" is selected in the mapping."""

    def test_selected(self, bench: Bench) -> None:
        one_customer(bench, customer(1, "Contoso", {ADVANCED: [WORKSTATION] * 2 + [SERVER]}))

        bench.run()

        assert bench.quantities(100) == [("KES-SRV", 1), ("KES-WKS", 2)]

    def test_not_selected(self, bench: Bench) -> None:
        one_customer(bench, customer(1, "Contoso", {SELECT: [WORKSTATION] * 2 + [SERVER]}))

        bench.run()

        assert bench.quantities(100) == [("KES-SELECT", 3)]

    def test_an_application_licensed_per_user_cannot_be(self, hub: HubBench) -> None:
        hub.declare(mappings=[{"application": CLOUD_PLUS, "windows_workstation": "KES-WKS"}])

        refused = hub.bench.run()

        assert refused.code == 1
        assert CLOUD_PLUS in refused.words
        assert "user" in refused.words


class TestS8Mailboxes:
    """S8: how many Kaspersky Security for Microsoft Office 365 mailboxes are protected."""

    def test_protected_mailboxes_are_one_charge(self, hub: HubBench) -> None:
        mailboxes = [box("a@nw.example"), box("b@nw.example"), box("c@nw.example", protected=False)]
        hub.put(northwind(devices=[]) | {"mailboxes": mailboxes}, litware())

        done = hub.bench.run()

        assert ("M365-BOX", 2) in hub.bench.quantities(NORTHWIND)
        assert {"reason": "not_protected", "count": 1} in done.tenant("Northwind")["left_out"]

    def test_they_are_not_billed_by_category(self, hub: HubBench) -> None:
        hub.declare(mappings=[{"application": OFFICE_365, "windows_server": "KES-SRV"}])

        refused = hub.bench.run()

        assert refused.code == 1
        assert OFFICE_365 in refused.words
        assert "mailbox" in refused.words


class TestS9OneOrThreeItems:
    """S9: a single application with a single item, or with three: for servers, for workstations, for non-Windows devices."""

    def test_three_items(self, bench: Bench) -> None:
        one_customer(bench, customer(1, "Contoso", {ADVANCED: [WORKSTATION] * 3 + [SERVER] + [LINUX] * 2}))

        bench.run()

        assert bench.quantities(100) == [("KES-NIX", 2), ("KES-SRV", 1), ("KES-WKS", 3)]

    def test_one_item(self, bench: Bench) -> None:
        one_customer(bench, customer(1, "Contoso", {SELECT: [WORKSTATION] * 3 + [SERVER] + [LINUX] * 2}))

        bench.run()

        assert bench.quantities(100) == [("KES-SELECT", 6)]

    @pytest.mark.parametrize(
        ("mapping", "words"),
        [
            ({"item": "KES-SELECT", "windows_server": "KES-SRV"}, ["item", "windows_server"]),
            ({}, ["item"]),
            ({"mobile": "KES-NIX"}, ["mobile"]),
        ],
    )
    def test_nothing_else(self, bench: Bench, mapping: Json, words: list[str]) -> None:
        bench.declare(mappings=[{"application": ADVANCED, **mapping}])

        refused = bench.run()

        assert refused.code == 1
        assert [word for word in words if word not in refused.words] == []
        assert bench.calls() == []


class TestS10TheExample:
    """S10: 100 devices, of which 90 are workstations and 10 are servers."""

    def test_one_charge_on_90_devices_for_workstations_and_one_on_10_for_servers(self, bench: Bench) -> None:
        one_customer(bench, customer(1, "Client company", {ADVANCED: [WORKSTATION] * 90 + [SERVER] * 10}))

        done = bench.run()

        assert done.code == 0
        assert bench.quantities(100) == [("KES-SRV", 10), ("KES-WKS", 90)]
        assert (done.json["totals"]["created"], done.writes) == (2, 2)
        assert bench.run().writes == 0
        bench.require_proof()

    def test_and_so_for_a_company(self, hub: HubBench) -> None:
        hub.declare(mappings=[BY_CATEGORY])
        desks = [unit(f"w{number}") for number in range(90)]
        files = [unit(f"s{number}", "file_server", os_name="Microsoft Windows Server 2022") for number in range(10)]
        hub.put(northwind(licenses=[licensed("L1", ADVANCED)], devices=desks + files) | {"mailboxes": []}, litware())

        hub.bench.run()

        assert hub.bench.quantities(NORTHWIND) == [("KES-SRV", 10), ("KES-WKS", 90)]
