"""`count set` and `count list`: usage that no source tells, stated by a person, with author, reason and an end (contracts 2)."""

from __future__ import annotations

import getpass
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import pytest

from tests.end_to_end.companies import (
    CLOUD_PLUS,
    MAIL_BY_HAND,
    MAIL_SERVER,
    MAILBOXES,
    NORTHWIND,
    OFFICE_365,
    USERS,
    HubBench,
    litware,
    northwind,
)
from tests.end_to_end.conftest import Bench, Called
from tests.end_to_end.worlds import ADVANCED, BY_CATEGORY, CONTOSO, link

Json = dict[str, Any]
STATED = {"tenant": "Northwind", "application": MAIL_SERVER, "quantity": 40, "reason": "portal, 22 November"}


@pytest.fixture
def hub(bench: Bench) -> HubBench:
    """Two companies; the mail server application is mapped and in no export."""
    hub = HubBench(bench)
    hub.declare(mappings=(USERS, MAILBOXES, MAIL_BY_HAND))
    return hub


def options(**changes: Any) -> Iterable[object]:
    """The options of `count set`, with members of `STATED` changed or, by None, left out."""
    return [part for name, value in (STATED | changes).items() if value is not None for part in (f"--{name}", value)]


def state(bench: Bench, **changes: Any) -> Called:
    """Calls `count set`."""
    return bench.call("count", "set", "--json", *options(**changes))


def today(bench: Bench) -> date:
    return date.fromisoformat(bench.call("plan", "--json").json["run"]["date"])


def explained(bench: Bench, item: str, agreement: int = NORTHWIND) -> Json:
    return dict(bench.call("explain", "--json", "--agreement", agreement, "--item", item).json)


class TestItBills:
    """A stated count is billed like one that was read."""

    def test_beside_what_the_exports_say(self, hub: HubBench) -> None:
        hub.put(northwind(), litware())
        assert state(hub.bench).code == 0

        assert hub.bench.run().code == 0

        assert hub.bench.quantities(NORTHWIND) == [("CLOUD-USER", 2), ("M365-BOX", 3), ("MAIL-SRV", 40)]
        assert hub.bench.run().writes == 0
        hub.bench.require_proof()

    def test_for_a_customer_that_is_in_no_export(self, hub: HubBench) -> None:
        hub.put(litware())
        state(hub.bench)

        done = hub.bench.run()

        assert done.outcome("Northwind") == ("applied", None)
        assert ("MAIL-SRV", 40) in hub.bench.quantities(NORTHWIND)
        hub.bench.require_proof()

    def test_in_place_of_the_mailboxes_that_were_read(self, hub: HubBench) -> None:
        """L3: those are listed."""
        hub.put(northwind(mailboxes=3), litware())
        state(hub.bench, application=OFFICE_365, quantity=11)

        done = hub.bench.run()

        assert ("M365-BOX", 11) in hub.bench.quantities(NORTHWIND)
        assert {"reason": "stated_instead", "count": 3} in done.tenant("Northwind")["left_out"]
        assert [one["reason"] for one in explained(hub.bench, "M365-BOX")["left_out"]] == ["stated_instead"] * 3

    def test_a_newer_count_takes_the_place_of_an_older_one(self, hub: HubBench) -> None:
        hub.put(northwind(), litware())
        state(hub.bench)
        hub.bench.run()
        state(hub.bench, quantity=35, reason="five have gone")

        assert hub.bench.run().code == 0

        assert ("MAIL-SRV", 35) in hub.bench.quantities(NORTHWIND)
        assert [one["quantity"] for one in hub.bench.call("count", "list", "--json").json] == [35]

    @pytest.mark.parametrize("whole_first", [True, False])
    def test_a_count_for_all_devices_and_one_by_category_are_never_added_up(self, hub: HubBench, whole_first: bool) -> None:
        """L2: the newer of the two holds."""
        hub.put(northwind(), litware())
        statements: list[Json] = [{"quantity": 40}, {"quantity": 10, "category": "windows_server"}]
        for one in statements if whole_first else statements[::-1]:
            assert state(hub.bench, **one).code == 0

        hub.bench.run()

        assert ("MAIL-SRV", 10 if whole_first else 40) in hub.bench.quantities(NORTHWIND)

    def test_by_category_for_a_virtual_server_of_security_center(self, bench: Bench) -> None:
        """The other categories of the application are stated too, or count nothing."""
        state(bench, tenant="Contoso Dental", application=ADVANCED, quantity=9, category="windows_workstation")

        assert bench.run().code == 0

        assert [one for one in bench.quantities(CONTOSO) if one[1]] == [("KES-WKS", 9)]
        assert explained(bench, "KES-WKS", CONTOSO)["stated"]["quantity"] == 9
        bench.require_proof()

    def test_a_stated_count_does_not_stand_in_for_a_customer_that_cannot_be_read(self, hub: HubBench) -> None:
        """L1."""
        hub.put(northwind(), litware())
        hub.bench.run()
        hub.bench.wait(days=3)
        state(hub.bench)

        done = hub.bench.run()

        assert done.outcome("Northwind") == ("failed", "export_too_old")
        assert done.writes == 0


class TestExplain:
    """`explain` shows who stated it, why, and until when."""

    def test_a_stated_count_has_no_seats(self, hub: HubBench) -> None:
        hub.put(northwind(), litware())
        until = today(hub.bench) + timedelta(days=5)
        state(hub.bench, until=until.isoformat())
        hub.bench.run()

        document = explained(hub.bench, "MAIL-SRV")

        assert (document["quantity"], document["charged"], document["decision"], document["seats"]) == (40, 40, None, [])
        told = {name: document["stated"][name] for name in ("quantity", "author", "reason", "until")}
        assert told == {"quantity": 40, "author": getpass.getuser(), "reason": "portal, 22 November", "until": until.isoformat()}

    def test_where_nothing_was_stated_it_is_null(self, hub: HubBench) -> None:
        hub.put(northwind(), litware())
        state(hub.bench)
        hub.bench.run()

        assert explained(hub.bench, "M365-BOX")["stated"] is None

    def test_an_item_of_two_applications_shows_the_seats_of_one_and_the_count_of_the_other(self, hub: HubBench) -> None:
        """L9."""
        hub.declare(mappings=(USERS, {"application": MAIL_SERVER, "item": "CLOUD-USER"}))
        hub.put(northwind(users=2), litware())
        state(hub.bench)
        hub.bench.run()

        document = explained(hub.bench, "CLOUD-USER")

        assert (document["quantity"], document["charged"], len(document["seats"]), document["stated"]["quantity"]) == (42, 42, 2, 40)

    def test_two_categories_on_one_item_are_one_count_with_its_parts(self, hub: HubBench) -> None:
        hub.put(northwind(), litware())
        state(hub.bench, quantity=5, category="windows_server", reason="servers")
        state(hub.bench, quantity=7, category="windows_workstation", reason="desks")
        hub.bench.run()

        stated = explained(hub.bench, "MAIL-SRV")["stated"]

        assert stated["quantity"] == 12
        assert {(one["category"], one["quantity"], one["reason"]) for one in stated["parts"]} == {
            ("windows_server", 5, "servers"),
            ("windows_workstation", 7, "desks"),
        }

    def test_the_words_for_people_say_who_and_why(self, hub: HubBench) -> None:
        hub.put(northwind(), litware())
        state(hub.bench)
        hub.bench.run()

        assert "portal, 22 November" in hub.bench.call("explain", "--agreement", NORTHWIND, "--item", "MAIL-SRV").words


class TestItsEnd:
    """A count holds until its date and not a day longer."""

    def test_it_holds_on_its_last_date(self, hub: HubBench) -> None:
        hub.put(northwind(), litware())
        state(hub.bench, until=today(hub.bench).isoformat())

        hub.bench.run()

        assert ("MAIL-SRV", 40) in hub.bench.quantities(NORTHWIND)

    def test_then_what_is_read_counts_again(self, hub: HubBench) -> None:
        hub.put(northwind(mailboxes=3), litware())
        state(hub.bench, application=OFFICE_365, quantity=11, until=today(hub.bench).isoformat())
        hub.bench.run()
        hub.bench.wait(days=1)
        hub.put(northwind(mailboxes=3), litware(), name="tomorrow.json")

        hub.bench.run()

        assert ("M365-BOX", 3) in hub.bench.quantities(NORTHWIND)
        assert hub.bench.call("count", "list", "--json").json == []

    def test_the_charge_of_a_customer_in_no_export_then_stays_as_it_is_and_that_is_said(self, hub: HubBench) -> None:
        """L1: without an observation nothing is written."""
        hub.put(litware())
        state(hub.bench, until=today(hub.bench).isoformat())
        hub.bench.run()
        hub.bench.wait(days=1)

        later = hub.bench.run()

        assert later.outcome("Northwind")[0] == "blocked"
        assert (later.code in {1, 3}, later.writes) == (True, 0)
        assert ("MAIL-SRV", 40) in hub.bench.quantities(NORTHWIND)

    def test_the_first_export_takes_over_from_a_count(self, hub: HubBench) -> None:
        hub.put(litware())
        state(hub.bench)
        hub.bench.run()
        hub.put(northwind(), litware(), name="newer.json")

        done = hub.bench.run()

        assert done.outcome("Northwind") == ("applied", None)
        assert hub.bench.quantities(NORTHWIND) == [("CLOUD-USER", 2), ("M365-BOX", 3), ("MAIL-SRV", 40)]

    def test_a_customer_that_was_read_before_is_not_billed_by_counts_alone_once_its_exports_are_gone(self, hub: HubBench) -> None:
        """L1: the count is no reading of what the exports told."""
        hub.put(northwind(), litware())
        state(hub.bench)
        hub.bench.run()
        hub.put(litware())

        later = hub.bench.run()

        assert later.outcome("Northwind") == ("blocked", "tenant_gone")
        assert later.writes == 0

    def test_nor_under_a_new_name_in_its_link(self, hub: HubBench) -> None:
        """L1: else all that the exports told of it would be written 0."""
        hub.put(northwind(), litware())
        hub.bench.run()
        hub.declare(links=[link("Northwind Ltd", 2041, NORTHWIND)], mappings=(USERS, MAILBOXES, MAIL_BY_HAND))
        state(hub.bench, tenant="Northwind Ltd")

        later = hub.bench.run()

        assert later.outcome("Northwind Ltd") == ("blocked", "tenant_not_found")
        assert hub.bench.quantities(NORTHWIND) == [("CLOUD-USER", 2), ("M365-BOX", 3)]


class TestRefused:
    """Exit 1, a sentence that names what is wrong, and nothing stated."""

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"tenant": "Nobody"}, ["Nobody", "link"]),
            ({"tenant": "Nortwind"}, ["Northwind"]),
            ({"application": "Kaspersky Mail Wonder"}, ["Kaspersky Mail Wonder"]),
            ({"application": MAIL_SERVER.upper()}, [MAIL_SERVER.upper()]),
            ({"category": "servers"}, ["servers", "windows_server"]),
            ({"category": "unclassified"}, ["unclassified", "windows_server"]),
            ({"application": CLOUD_PLUS, "category": "windows_server"}, ["per user"]),
            ({"application": OFFICE_365, "category": "windows_server"}, ["per mailbox"]),
            ({"until": "2020-01-01"}, ["2020-01-01"]),
            ({"until": "2999-01-01"}, ["2999-01-01"]),
            ({"until": "tomorrow"}, ["tomorrow"]),
            ({"quantity": -1}, ["0 or more"]),
            ({"quantity": "many"}, ["--quantity"]),
            ({"quantity": 10**15}, ["quantity"]),
            ({"quantity": 10**30}, ["quantity"]),
            ({"reason": "  "}, ["reason"]),
            ({"reason": None}, ["--reason"]),
            ({"quantity": None}, ["--quantity"]),
            ({"integration": "Nowhere"}, ["Nowhere"]),
        ],
    )
    def test_a_count_that_could_not_be_billed_as_it_is_meant(self, hub: HubBench, changes: Json, words: list[str]) -> None:
        before = hub.given()

        refused = state(hub.bench, **changes)

        assert refused.code == 1, refused.words
        assert "Traceback" not in refused.words
        assert "error of its own" not in refused.words
        for word in words:
            assert word in refused.words
        assert hub.given() == before

    def test_without_a_category_where_billing_is_by_category(self, bench: Bench) -> None:
        refused = state(bench, tenant="Contoso Dental", application=ADVANCED)

        assert refused.code == 1
        assert "windows_workstation" in refused.words

    def test_in_a_category_that_bills_nobody(self, bench: Bench) -> None:
        bench.declare(mappings=[BY_CATEGORY | {"non_windows": None}])

        refused = state(bench, tenant="Contoso Dental", application=ADVANCED, category="non_windows")

        assert refused.code == 1
        assert "non_windows" in refused.words


def test_the_list_shows_what_holds_today(hub: HubBench) -> None:
    state(hub.bench)
    state(hub.bench, tenant="Litware", application=OFFICE_365, quantity=3)

    listed = hub.bench.call("count", "list", "--json").json

    assert [(one["tenant"], one["application"], one["category"], one["quantity"], one["reason"]) for one in listed] == [
        ("Litware", OFFICE_365, None, 3, "portal, 22 November"),
        ("Northwind", MAIL_SERVER, None, 40, "portal, 22 November"),
    ]
    assert "portal, 22 November" in hub.bench.call("count", "list").out


def test_a_customer_linked_by_its_unique_id_is_named_by_it(hub: HubBench) -> None:
    hub.declare(links=[link("", 2041, NORTHWIND, tenant_id="c-1")], mappings=(MAIL_BY_HAND,))
    hub.put(northwind())

    assert state(hub.bench, tenant="c-1").code == 0
    hub.bench.run()

    assert hub.bench.quantities(NORTHWIND) == [("MAIL-SRV", 40)]


class TestWithdrawn:
    """`count withdraw` ends a count before its date."""

    def test_what_is_read_counts_again(self, hub: HubBench) -> None:
        hub.put(northwind(mailboxes=3), litware())
        state(hub.bench, application=OFFICE_365, quantity=11)
        hub.bench.run()

        withdrawn = hub.bench.call("count", "withdraw", "--json", *options(application=OFFICE_365, quantity=None, reason="a slip of the hand"))
        hub.bench.run()

        assert withdrawn.code == 0
        assert withdrawn.json | {"reason": "a slip of the hand", "quantity": 11, "author": getpass.getuser()} == withdrawn.json
        assert ("M365-BOX", 3) in hub.bench.quantities(NORTHWIND)
        assert hub.bench.call("count", "list", "--json").json == []

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"tenant": "Litware"}, "Litware"),
            ({"application": OFFICE_365}, OFFICE_365),
            ({"category": "windows_server"}, "windows_server"),
            ({"integration": "Nowhere"}, "count list"),
            ({"reason": " "}, "reason"),
        ],
    )
    def test_a_count_that_nobody_stated_is_refused(self, hub: HubBench, changes: Json, words: str) -> None:
        state(hub.bench)
        before = hub.given()

        refused = hub.bench.call("count", "withdraw", *options(**{"quantity": None, **changes}))

        assert refused.code == 1
        assert words in refused.words
        assert "Nothing was withdrawn." in refused.words
        assert hub.given() == before
