"""What people do to lines, agreements, accounts and customers between two runs, and what the next run makes of it (design 6.2 to 6.4, 6.6)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.end_to_end.conftest import Bench
from tests.end_to_end.worlds import (
    ADVANCED,
    BY_CATEGORY,
    CONTOSO,
    FABRIKAM,
    ONE_ITEM,
    SELECT,
    TWO_LINKS,
    WORKSTATION,
    account,
    agreement,
    charge,
    customer,
    link,
    price_book,
    two_customers,
    world,
)

Json = dict[str, Any]
CONTOSO_LINES = [("KES-SRV", 1), ("KES-WKS", 3)]


def line_of(bench: Bench, agreement_number: int, item: str) -> int:
    """The id of the one line for an item."""
    (found,) = [one for one, of_item, _ in bench.lines(agreement_number) if of_item == item]
    return found


def add_workstation(bench: Bench, name: str = "new-1") -> None:
    """One more workstation at Contoso uses the application."""

    def grow(server: Json) -> None:
        server["hosts"].append({"id": name, "name": name, "os_name": WORKSTATION[0], "ctype": WORKSTATION[1]})
        server["uses"].append({"serial": "S001-1", "host": name})

    bench.edit_server(1, grow)


def set_quantity(item: str, quantity: int) -> Callable[[list[Json]], None]:
    """A hand that writes another quantity on each line for the item."""

    def change(charges: list[Json]) -> None:
        for one in charges:
            if one["item_id"] == item:
                one["quantity"] = quantity

    return change


def remove(item: str) -> Callable[[list[Json]], None]:
    """A hand that removes each line for the item."""

    def change(charges: list[Json]) -> None:
        charges[:] = [one for one in charges if one["item_id"] != item]

    return change


class TestLineNotOurs:
    """A line that stands there already is never touched until a person says so (L6)."""

    def test_it_is_held_and_the_other_lines_are_written(self, bench: Bench) -> None:
        bench.load(two_customers(contoso=[charge(77, "KES-WKS", 3)]))

        done = bench.run()

        assert done.code == 3
        assert done.outcome("Contoso Dental")[0] == "held"
        held = done.change("KES-WKS")
        assert (held["action"], held["reason"], held["charge"], held["from"], held["to"]) == ("hold", "line_not_ours", 77, 3, 3)
        assert bench.lines(CONTOSO)[0] == (77, "KES-WKS", 3)
        assert bench.quantities(CONTOSO) == CONTOSO_LINES
        assert bench.quantities(FABRIKAM) == [("KES-SELECT", 2)]

    def test_the_hold_is_listed_once_however_often_it_is_met(self, bench: Bench) -> None:
        bench.load(two_customers(contoso=[charge(77, "KES-WKS", 9)]))
        first = bench.run()
        assert bench.run().writes == 0

        listed = bench.call("holds", "list", "--json")

        assert listed.code == 3
        (hold,) = listed.json
        assert hold["id"] == first.change("KES-WKS")["hold"]
        assert (hold["tenant"], hold["agreement"], hold["item"], hold["reason"]) == ("Contoso Dental", CONTOSO, "KES-WKS", "line_not_ours")
        assert (hold["psa"], hold["last_written"], hold["wanted"]) == (9, None, 3)

    def test_adopted_it_is_brought_to_what_was_counted_and_keeps_its_price_and_text(self, bench: Bench) -> None:
        bench.load(two_customers(contoso=[charge(77, "KES-WKS", 9)]))
        hold = bench.run().change("KES-WKS")["hold"]

        adopted = bench.call("holds", "adopt", hold, "--reason", "entered before Tallybridge")
        assert adopted.code == 0, adopted.words
        assert bench.holds() == []
        assert bench.lines(CONTOSO)[0] == (77, "KES-WKS", 9)
        done = bench.run()

        assert (done.code, done.writes) == (0, 1)
        (line,) = [one for one in bench.agreement(CONTOSO)["charges"] if one["detail_id"] == 77]
        assert (line["quantity"], line["price"], line["description"]) == (3, 7.25, "By hand: KES-WKS")
        assert bench.run().writes == 0
        bench.require_proof()

    def test_adopted_and_edited_before_the_next_run_it_waits_again(self, bench: Bench) -> None:
        bench.load(two_customers(contoso=[charge(77, "KES-WKS", 9)]))
        hold = bench.run().change("KES-WKS")["hold"]
        bench.call("holds", "adopt", hold, "--reason", "ours")
        bench.edit_charges(CONTOSO, set_quantity("KES-WKS", 5))

        done = bench.run()

        assert done.change("KES-WKS")["reason"] == "edited_in_psa"
        assert (77, "KES-WKS", 5) in bench.lines(CONTOSO)

    def test_a_decision_without_reason_is_refused(self, bench: Bench) -> None:
        bench.load(two_customers(contoso=[charge(77, "KES-WKS", 9)]))
        hold = bench.run().change("KES-WKS")["hold"]

        refused = bench.call("holds", "adopt", hold)

        assert refused.code == 1
        assert "--reason" in refused.err
        assert len(bench.holds()) == 1

    def test_an_unknown_hold_is_refused(self, bench: Bench) -> None:
        refused = bench.call("holds", "adopt", "H999", "--reason", "x")

        assert refused.code == 1
        assert "H999" in refused.err

    def test_of_a_product_that_is_not_used_it_is_reported_and_nothing_waits(self, bench: Bench) -> None:
        bench.load(two_customers(fabrikam=[charge(77, "KES-NIX", 4)]))

        done = bench.run()

        assert done.code == 0
        assert ("billed_but_unused", "KES-NIX") in [(one["reason"], one["subject"]) for one in done.tenant("Fabrikam")["notices"]]
        assert (77, "KES-NIX", 4) in bench.lines(FABRIKAM)

    def test_a_line_of_an_item_that_nothing_is_mapped_to_is_no_business_of_ours(self, bench: Bench) -> None:
        bench.load(two_customers(fabrikam=[charge(77, "CONSULTING", 4)]))

        assert bench.run().code == 0
        assert (77, "CONSULTING", 4) in bench.lines(FABRIKAM)


class TestDuplicateLines:
    """Two lines for one item: nobody knows which one is right."""

    def test_they_are_held_and_nothing_is_written(self, bench: Bench) -> None:
        bench.load(two_customers(fabrikam=[charge(77, "KES-SELECT", 1), charge(78, "KES-SELECT", 1)]))

        done = bench.run()

        assert done.change("KES-SELECT")["reason"] == "duplicate_lines"
        assert bench.lines(FABRIKAM) == [(77, "KES-SELECT", 1), (78, "KES-SELECT", 1)]

    def test_that_there_are_two_and_which_is_said_wherever_one_looks(self, bench: Bench) -> None:
        """It is not said that there is no line."""
        bench.load(two_customers(fabrikam=[charge(77, "KES-SELECT", 1), charge(78, "KES-SELECT", 1)]))

        run = bench.call("run")
        waiting = bench.call("holds", "list")
        why = bench.call("explain", "--agreement", FABRIKAM, "--item", "KES-SELECT")

        assert (run.code, waiting.code, why.code) == (3, 3, 0), run.err
        assert "KES-SELECT  several   2" in run.out
        assert "duplicate_lines: The agreement holds two or more lines for this item." in run.err
        assert "lines 77, 78 stand there; name the one that is meant with --charge" in waiting.err
        assert "Tigerpaw was last seen to hold 2 lines (77, 78)." in why.err

    def test_adopting_without_naming_a_line_is_refused(self, bench: Bench) -> None:
        bench.load(two_customers(fabrikam=[charge(77, "KES-SELECT", 1), charge(78, "KES-SELECT", 1)]))
        hold = bench.run().change("KES-SELECT")["hold"]

        refused = bench.call("holds", "adopt", hold, "--reason", "x")

        assert refused.code == 1
        assert "77" in refused.err
        assert "78" in refused.err
        assert "--charge" in refused.err

    def test_the_adopted_one_is_updated_and_the_other_is_left_for_good(self, bench: Bench) -> None:
        bench.load(two_customers(fabrikam=[charge(77, "KES-SELECT", 1), charge(78, "KES-SELECT", 1)]))
        hold = bench.run().change("KES-SELECT")["hold"]

        assert bench.call("holds", "adopt", hold, "--charge", 78, "--reason", "77 is for hardware").code == 0

        assert bench.run().code == 0
        assert bench.lines(FABRIKAM) == [(77, "KES-SELECT", 1), (78, "KES-SELECT", 2)]
        assert bench.run().writes == 0
        bench.require_proof()

    def test_beside_a_line_of_ours_a_second_one_stops_us(self, bench: Bench) -> None:
        bench.run()
        bench.edit_charges(FABRIKAM, lambda charges: charges.append(charge(500, "KES-SELECT", 2)))

        done = bench.run()

        assert done.change("KES-SELECT")["reason"] == "duplicate_lines"
        assert done.writes == 0


class TestOurLineChangedByHand:
    """Nobody's hand edit is overwritten."""

    def test_another_quantity_is_held(self, bench: Bench) -> None:
        bench.run()
        bench.edit_charges(CONTOSO, set_quantity("KES-WKS", 50))

        done = bench.run()

        assert done.code == 3
        held = done.change("KES-WKS")
        assert (held["reason"], held["from"], held["to"]) == ("edited_in_psa", 50, 3)
        assert ("KES-WKS", 50) in bench.quantities(CONTOSO)
        assert bench.holds()[0]["last_written"] == 3
        bench.require_proof()

    def test_edited_to_what_is_wanted_by_now_it_is_unchanged_and_goes_on(self, bench: Bench) -> None:
        bench.run()
        add_workstation(bench)
        bench.edit_charges(CONTOSO, set_quantity("KES-WKS", 4))

        assert (bench.run().code, bench.quantities(CONTOSO)) == (0, [("KES-SRV", 1), ("KES-WKS", 4)])
        add_workstation(bench, "new-2")
        assert bench.run().writes == 1
        assert bench.quantities(CONTOSO) == [("KES-SRV", 1), ("KES-WKS", 5)]

    def test_put_back_by_hand_the_hold_ends(self, bench: Bench) -> None:
        bench.run()
        bench.edit_charges(CONTOSO, set_quantity("KES-WKS", 50))
        bench.run()
        bench.edit_charges(CONTOSO, set_quantity("KES-WKS", 3))

        assert bench.run().code == 0
        assert bench.holds() == []

    def test_removed_it_is_not_made_again(self, bench: Bench) -> None:
        bench.run()
        bench.edit_charges(CONTOSO, remove("KES-WKS"))

        done = bench.run()

        assert done.change("KES-WKS")["reason"] == "line_removed"
        assert bench.quantities(CONTOSO) == [("KES-SRV", 1)]
        assert done.writes == 0

    def test_removed_and_not_used_any_more_it_is_closed_and_made_anew_when_used_again(self, bench: Bench) -> None:
        bench.run()
        server = bench.sandbox.state()["ksc"]["virtual_servers"][0]
        bench.edit_charges(CONTOSO, remove("KES-WKS"))
        bench.edit_server(1, lambda one: one.update(uses=[use for use in one["uses"] if use["host"] == "d001-004"]))
        assert bench.run().code == 0
        bench.edit_server(1, lambda one: one.update(uses=server["uses"]))

        assert bench.run().code == 0
        assert bench.quantities(CONTOSO) == CONTOSO_LINES

    def test_renewed_under_a_new_number_with_the_same_quantity_it_is_taken_over(self, bench: Bench) -> None:
        bench.run()
        old = line_of(bench, CONTOSO, "KES-WKS")

        def renew(charges: list[Json]) -> None:
            for one in charges:
                if one["detail_id"] == old:
                    one["detail_id"] = 7000

        bench.edit_charges(CONTOSO, renew)

        done = bench.run()

        assert done.code == 0
        assert ("line_renewed", "KES-WKS") in [(one["reason"], one["subject"]) for one in done.tenant("Contoso Dental")["notices"]]
        add_workstation(bench)
        bench.run()
        assert (7000, "KES-WKS", 4) in bench.lines(CONTOSO)

    def test_price_and_text_changed_by_hand_stay(self, bench: Bench) -> None:
        """L6."""
        bench.run()

        def discount(charges: list[Json]) -> None:
            for one in charges:
                one.update(price=1.11, description="agreed by phone")

        bench.edit_charges(CONTOSO, discount)
        add_workstation(bench)

        assert bench.run().writes == 1
        found = [(one["item_id"], one["quantity"], one["price"], one["description"]) for one in bench.agreement(CONTOSO)["charges"]]
        assert sorted(found) == [("KES-SRV", 1, 1.11, "agreed by phone"), ("KES-WKS", 4, 1.11, "agreed by phone")]

    def test_when_nothing_uses_it_any_more_it_is_written_zero_and_never_deleted(self, bench: Bench) -> None:
        bench.run()
        bench.edit_server(1, lambda one: one.update(uses=[use for use in one["uses"] if use["host"] != "d001-004"]))

        bench.run()

        assert bench.quantities(CONTOSO) == [("KES-SRV", 0), ("KES-WKS", 3)]
        assert bench.run().writes == 0


class TestInvoiceRun:
    """A line with DeleteAfterInvoicing goes with each invoice and is wanted again afterwards."""

    def mark(self, bench: Bench) -> None:
        bench.edit_charges(CONTOSO, lambda charges: [one.update(delete_after_invoicing=True) for one in charges])

    def test_lines_that_went_with_the_invoice_are_made_again(self, bench: Bench) -> None:
        bench.run()
        self.mark(bench)
        bench.run()
        bench.sandbox.invoice_run()
        assert bench.lines(CONTOSO) == []

        done = bench.run()

        assert (done.code, done.writes) == (0, 2)
        assert bench.quantities(CONTOSO) == CONTOSO_LINES
        assert bench.run().writes == 0

    def test_removed_by_hand_without_an_invoice_they_are_held(self, bench: Bench) -> None:
        bench.run()
        self.mark(bench)
        bench.run()
        bench.edit_charges(CONTOSO, remove("KES-WKS"))

        assert bench.run().change("KES-WKS")["reason"] == "line_removed"

    def test_an_invoice_run_leaves_ordinary_lines_alone_and_so_do_we(self, bench: Bench) -> None:
        bench.run()
        before = bench.lines(CONTOSO)
        bench.sandbox.invoice_run()

        assert (bench.run().writes, bench.lines(CONTOSO)) == (0, before)


class TestMoves:
    """Seats wanted on another line than the one that bills them: neither side is written, so nobody is billed twice."""

    def test_another_item_for_the_application_is_held_as_one_move(self, bench: Bench) -> None:
        bench.run()
        bench.declare(mappings=[BY_CATEGORY, {**ONE_ITEM, "item": "KES-NIX"}])

        done = bench.run()

        changes = done.tenant("Fabrikam")["changes"]
        assert [(one["action"], one["item"], one["reason"]) for one in changes if one["action"] != "unchanged"] == [("move", "KES-NIX", "moved")]
        assert bench.quantities(FABRIKAM) == [("KES-SELECT", 2)]
        assert done.writes == 0

    def test_from_categories_to_one_item(self, bench: Bench) -> None:
        bench.run()
        bench.declare(mappings=[{"application": ADVANCED, "item": "KES-NIX"}, ONE_ITEM])

        done = bench.run()

        assert done.change("KES-NIX")["action"] == "move"
        assert bench.quantities(CONTOSO) == CONTOSO_LINES

    def test_another_agreement(self, bench: Bench) -> None:
        bench.load(
            world(
                [customer(2, "Fabrikam", {SELECT: [WORKSTATION] * 2})],
                [account(1042, "Fabrikam", [agreement(FABRIKAM), agreement(3000)])],
            )
        )
        bench.declare(links=[link("Fabrikam", 1042, FABRIKAM)])
        bench.run()
        bench.declare(links=[link("Fabrikam", 1042, 3000)])

        done = bench.run()

        assert done.change("KES-SELECT")["action"] == "move"
        assert (bench.quantities(FABRIKAM), bench.quantities(3000)) == ([("KES-SELECT", 2)], [])

    def test_a_line_on_an_ended_agreement_does_not_hold_its_successor(self, bench: Bench) -> None:
        bench.load(
            world(
                [customer(2, "Fabrikam", {SELECT: [WORKSTATION] * 2})],
                [account(1042, "Fabrikam", [agreement(FABRIKAM), agreement(3000)])],
            )
        )
        bench.declare(links=[link("Fabrikam", 1042, FABRIKAM)])
        bench.run()
        bench.edit(lambda state: state["tigerpaw"]["accounts"][0]["agreements"][0].update(end="2026-01-31"))
        bench.declare(links=[link("Fabrikam", 1042, 3000)])

        assert bench.run().code == 0
        assert (bench.quantities(FABRIKAM), bench.quantities(3000)) == ([("KES-SELECT", 2)], [("KES-SELECT", 2)])

    def test_a_line_that_is_unmapped_stays_and_is_reported_left_behind(self, bench: Bench) -> None:
        bench.run()
        bench.declare(mappings=[BY_CATEGORY])

        done = bench.run()

        assert done.code == 0
        assert bench.quantities(FABRIKAM) == [("KES-SELECT", 2)]
        assert "left_behind" in [one["reason"] for one in done.tenant("Fabrikam")["notices"]]
        assert done.tenant("Fabrikam")["not_billed"] == [{"application": SELECT, "category": None, "quantity": 2, "reason": "no_mapping"}]


class TestLeftBehind:
    """Lines of ours whose customer is not billed any more stay as they are, and are said (design 6.3)."""

    @pytest.mark.parametrize(
        "links", [(TWO_LINKS[0], link("Fabrikam", 1042, FABRIKAM, billing=False)), (TWO_LINKS[0],)], ids=["billing off", "unlinked"]
    )
    def test_lines_stay_and_are_reported(self, bench: Bench, links: tuple[Json, ...]) -> None:
        bench.run()
        bench.declare(links=links)

        done = bench.run()

        assert done.writes == 0
        assert bench.quantities(FABRIKAM) == [("KES-SELECT", 2)]
        assert done.tenant("Fabrikam")["not_billed"][0]["quantity"] == 2
        assert "left_behind" in [one["reason"] for one in done.tenant("Fabrikam")["notices"]]


def end(state: Json) -> None:
    state["tigerpaw"]["accounts"][1]["agreements"][0]["end"] = "2026-01-31"


def give_away(state: Json) -> None:
    first, second = state["tigerpaw"]["accounts"]
    first["agreements"] += second["agreements"]
    second["agreements"] = []


def remove_agreement(state: Json) -> None:
    state["tigerpaw"]["accounts"][1]["agreements"] = []


def remove_reference(state: Json) -> None:
    state["tigerpaw"]["accounts"][1]["external_products"] = []


def remove_account(state: Json) -> None:
    del state["tigerpaw"]["accounts"][1]


def disable(state: Json) -> None:
    state["ksc"]["virtual_servers"][1]["enabled"] = False


def remove_server(state: Json) -> None:
    del state["ksc"]["virtual_servers"][1]


def replace_server(state: Json) -> None:
    state["ksc"]["virtual_servers"][1].update(id=9, uid="another-one")


def replace_server_under_its_number(state: Json) -> None:
    state["ksc"]["virtual_servers"][1].update(uid="another-one")


BLOCKED = [
    (end, "agreement_ended"),
    (give_away, "agreement_of_other_account"),
    (remove_agreement, "agreement_not_found"),
    (remove_reference, "not_cross_referenced"),
    (remove_account, "account_not_found"),
    (disable, "tenant_disabled"),
    (remove_server, "tenant_gone"),
    (replace_server, "tenant_replaced"),
    (replace_server_under_its_number, "tenant_replaced"),
]


@pytest.mark.parametrize(("happens", "reason"), BLOCKED, ids=[f"{happens.__name__}" for happens, _ in BLOCKED])
def test_what_a_person_must_see_to_blocks_that_customer_alone(bench: Bench, happens: Callable[[Json], None], reason: str) -> None:
    """L7: the other customer is billed, this one's lines stay untouched, and it is said every day."""
    assert bench.run().code == 0
    lines = [charge for account in bench.sandbox.state()["tigerpaw"]["accounts"] for one in account["agreements"] for charge in one["charges"]]
    fabrikams = [one for one in lines if one["item_id"] == "KES-SELECT"]
    bench.edit(happens)
    add_workstation(bench)

    for _ in range(2):
        done = bench.run()
        assert done.code == 3
        (tenant,) = [one for one in done.json["tenants"] if one["account"] == 1042]
        assert (tenant["outcome"], tenant["reason"]) == ("blocked", reason)
        assert ("KES-WKS", 4) in bench.quantities(CONTOSO)
    lines = [charge for account in bench.sandbox.state()["tigerpaw"]["accounts"] for one in account["agreements"] for charge in one["charges"]]
    # An account or agreement that is gone took its lines along.
    assert [one for one in lines if one["item_id"] == "KES-SELECT"] == (fabrikams if happens not in (remove_agreement, remove_account) else [])
    bench.require_proof()


def test_no_agreement_chosen_blocks(bench: Bench) -> None:
    bench.declare(links=[TWO_LINKS[0], link("Fabrikam", 1042, None)])

    done = bench.run()

    assert (done.code, done.outcome("Fabrikam")) == (3, ("blocked", "no_agreement"))
    assert done.tenant("Fabrikam")["not_billed"] == [{"application": SELECT, "category": None, "quantity": 2, "reason": "no_agreement"}]


def test_a_renamed_customer_is_noticed_and_billed(bench: Bench) -> None:
    """Identity is the unique id; names are labels (design 6.4)."""
    bench.run()
    bench.edit_server(1, lambda one: one.update(name="Contoso Dental GmbH"))
    add_workstation(bench)

    done = bench.run()

    assert done.code == 0
    assert done.tenant("Contoso Dental GmbH")["outcome"] == "applied"
    assert "tenant_renamed" in [one["reason"] for one in done.tenant("Contoso Dental GmbH")["notices"]]
    assert ("KES-WKS", 4) in bench.quantities(CONTOSO)


def test_a_customer_that_never_was_there_is_blocked(bench: Bench) -> None:
    bench.declare(links=[TWO_LINKS[0], link("Nobody", 1042, FABRIKAM)])

    done = bench.run()

    assert (done.code, done.outcome("Nobody")) == (3, ("blocked", "tenant_not_found"))
    assert done.outcome("Fabrikam")[0] == "not_linked"


ITEM_STATES = [({"inactive": True}, "item_inactive"), (None, "item_missing")]


@pytest.mark.parametrize(("members", "reason"), ITEM_STATES, ids=[reason for _, reason in ITEM_STATES])
class TestItems:
    """An item that cannot be sold is held where it is wanted or has a line of ours, and only there."""

    def set_item(self, bench: Bench, item: str, members: Json | None) -> None:
        def change(state: Json) -> None:
            book = state["tigerpaw"]["price_book"]
            state["tigerpaw"]["price_book"] = [one | (members or {}) if one["item_id"] == item else one for one in book]
            if members is None:
                state["tigerpaw"]["price_book"] = [one for one in book if one["item_id"] != item]

        bench.edit(change)

    def test_wanted_it_is_held_and_the_other_lines_are_written(self, bench: Bench, members: Json | None, reason: str) -> None:
        self.set_item(bench, "KES-SRV", members)

        done = bench.run()

        assert (done.code, done.change("KES-SRV")["reason"]) == (3, reason)
        assert bench.quantities(CONTOSO) == [("KES-WKS", 3)]

    def test_with_a_line_of_ours_that_should_change_it_is_held(self, bench: Bench, members: Json | None, reason: str) -> None:
        bench.run()
        self.set_item(bench, "KES-WKS", members)
        add_workstation(bench)

        done = bench.run()

        assert (done.change("KES-WKS")["reason"], done.writes) == (reason, 0)
        assert bench.quantities(CONTOSO) == CONTOSO_LINES

    def test_wanted_by_nobody_it_does_not_matter(self, bench: Bench, members: Json | None, reason: str) -> None:
        self.set_item(bench, "KES-NIX", members)

        assert bench.run().code == 0


def test_an_item_without_price_is_billed_and_reported(bench: Bench) -> None:
    scenario = two_customers()
    scenario["tigerpaw"]["price_book"] = price_book("KES-WKS", "KES-SRV", "KES-NIX", "KES-SELECT", KES_SELECT={"price": None})
    bench.load(scenario)

    done = bench.run()

    assert done.code == 0
    assert ("no_price", "KES-SELECT") in [(one["reason"], one["subject"]) for one in done.tenant("Fabrikam")["notices"]]
    assert bench.quantities(FABRIKAM) == [("KES-SELECT", 2)]
