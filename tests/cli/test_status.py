"""`status`: is the bill right? One sentence, an exit code, and every list behind it; without a connection."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tallybridge.sandbox import Sandbox
from tests.cli.conftest import Call, Called, WriteConfig
from tests.cli.scenario import CONTOSO, FABRIKAM, LITWARE, MAIL, SELECT, WINGTIP, small_world

NOON = datetime(2026, 11, 23, 11, 0, tzinfo=UTC)
"""Noon in the integration's zone, Europe/Berlin; the day's run is due at 02:30 there."""

NOT_IN_LINKS = ((LITWARE, "Litware"), (WINGTIP, "Wingtip Toys, Inc."))
"""Cross-referenced accounts that the default configuration does not link."""
RIGHT_LINKS = {"Contoso Dental": (CONTOSO, 2041)}
MAILBOX_MAPPING = f'[[mapping]]\napplication = "{MAIL}"\nitem = "KES-SRV"\n'


class Calendar:
    """The one clock of the product and of the simulated systems (L10)."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def wait(self, **duration: float) -> None:
        """Time passes for everybody."""
        self.now += timedelta(**duration)


@pytest.fixture
def calendar(world: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Calendar:
    """It is noon until somebody waits."""
    clock = Calendar(NOON)
    for name, module in list(sys.modules.items()):
        if name.startswith("tallybridge.cli.") and hasattr(module, "utc_now"):
            monkeypatch.setattr(module, "utc_now", clock)
    monkeypatch.setattr(world.world, "now", clock)
    return clock


@pytest.fixture
def only_contoso(world: Sandbox) -> None:
    """Nobody else is at the source or cross-referenced, and Contoso has everything mapped: nothing can be wrong."""
    load(world, contoso_alone)


def contoso_alone(scenario: dict[str, Any]) -> None:
    """Leaves one customer on both sides."""
    scenario["ksc"].update(virtual_servers=scenario["ksc"]["virtual_servers"][:1])
    scenario["tigerpaw"].update(accounts=scenario["tigerpaw"]["accounts"][:1])


def load(world: Sandbox, change: Callable[[dict[str, Any]], object]) -> None:
    """Replaces the small world by one that `change` has changed."""
    scenario = small_world()
    change(scenario)
    world.replace(scenario)


def end_contoso(world: Sandbox, end: str) -> None:
    """Gives Contoso's agreement a last day."""
    state = world.state()
    (account,) = (one for one in state["tigerpaw"]["accounts"] if one["number"] == CONTOSO)
    account["agreements"][0]["end"] = end
    world.replace(state)


def charges(world: Sandbox) -> list[dict[str, Any]]:
    """Every line of every agreement in the PSA."""
    agreements = [one for account in world.state()["tigerpaw"]["accounts"] for one in account["agreements"]]
    return [charge for agreement in agreements for charge in agreement["charges"]]


def the_integration(called: Called) -> dict[str, Any]:
    (one,) = called.json["integrations"]
    return dict(one)


@pytest.mark.usefixtures("only_contoso")
def test_a_right_bill_is_said_in_one_sentence_and_ends_with_0(call: Call, calendar: Calendar, write_config: WriteConfig) -> None:
    write_config(links=RIGHT_LINKS)
    ran = call("run", "--json")
    assert ran.code == 0
    called = call("status", "--json")
    assert (called.code, called.json["exit_code"], called.json["right"], called.json["sentence"]) == (0, 0, True, "Today's bill is right.")
    last = the_integration(called)["last_run"]
    assert {name: last[name] for name in ("id", "kind", "date", "outcome", "head")} == {
        "id": ran.json["run"]["id"],
        "kind": "run",
        "date": "2026-11-23",
        "outcome": "done",
        "head": ran.json["run"]["head"],
    }
    assert the_integration(called)["next_run"] == {"at": "2026-11-24T01:30:00Z", "overdue_since": None, "under_way": False}
    people = call("status")
    assert people.stdout.splitlines()[0] == "Today's bill is right."
    assert ran.json["run"]["head"] in people.stdout


@pytest.mark.usefixtures("only_contoso")
def test_nothing_is_contacted(call: Call, calendar: Calendar, write_config: WriteConfig, world: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    write_config(links=RIGHT_LINKS)
    call("run")
    before = len(world.log())
    for name in ("KSC_PASSWORD", "TIGERPAW_PRIVATE_KEY", "TIGERPAW_SOAP_PASSWORD"):
        monkeypatch.delenv(name)
    assert call("status").code == 0
    assert len(world.log()) == before


def test_everything_that_is_not_right_is_listed_with_its_quantity(call: Call, calendar: Calendar, write_config: WriteConfig) -> None:
    write_config()
    assert call("run").code == 3
    called = call("status", "--json")
    standing = the_integration(called)
    assert called.code == 3
    assert called.json["sentence"] == (
        "Today's bill is not right: 1 customer is blocked, 1 line is held, 4 seats are not billed. "
        "2 cross-referenced accounts are linked to no customer."
    )
    (northwind,) = standing["stopped"]
    assert (northwind["tenant"], northwind["outcome"], northwind["reason"]) == ("Northwind", "blocked", "not_cross_referenced")
    assert northwind["detail"] == "The account is not cross-referenced to the integration's External Product."
    (held,) = standing["holds"]
    assert (held["tenant"], held["item"], held["reason"], held["psa"], held["wanted"]) == ("Fabrikam", "KES-SELECT", "line_not_ours", 2, 2)
    assert [(one["tenant"], one["application"], one["category"], one["quantity"], one["reason"]) for one in standing["not_billed"]] == [
        ("Litware", SELECT, None, 2, "not_linked"),
        ("Fabrikam", MAIL, None, 1, "no_mapping"),
        ("Northwind", SELECT, None, 1, "not_cross_referenced"),
    ]
    assert standing["accounts_not_linked"] == [{"account": LITWARE, "name": "Litware"}, {"account": WINGTIP, "name": "Wingtip Toys, Inc."}]
    people = call("status").stdout
    assert people.index("Failed and blocked: 1") < people.index("Held, see: tallybridge holds list: 1") < people.index("Not billed: 3")


@pytest.mark.usefixtures("only_contoso")
def test_a_worklist_waits_and_a_plan_of_new_changes_does_too(call: Call, calendar: Calendar, write_config: WriteConfig) -> None:
    write_config(links=RIGHT_LINKS, changed={'write_mode = "soap"': 'write_mode = "worklist"'})
    call("run")
    called = call("status", "--json")
    assert (called.code, called.json["sentence"]) == (3, "Today's bill is not right: 3 quantities wait to be entered.")
    assert [(one["item"], one["enter"]) for one in the_integration(called)["worklist"]] == [("KES-NIX", 1), ("KES-SRV", 1), ("KES-WKS", 3)]
    write_config(links=RIGHT_LINKS, changed={'apply = "automatic"': 'apply = "approve"', 'name = "Integration with Tigerpaw"': 'name = "Other"'})
    call("plan")
    called = call("status", "--json")
    assert (called.code, called.json["sentence"]) == (3, "Today's bill is not right: 3 planned changes are not written.")
    assert [(one["tenant"], one["changes"]) for one in the_integration(called)["to_apply"]] == [("Contoso Dental", 3)]


@pytest.mark.usefixtures("only_contoso")
def test_a_saved_plan_that_was_applied_makes_the_bill_right(call: Call, calendar: Calendar, write_config: WriteConfig) -> None:
    write_config(links=RIGHT_LINKS, changed={'apply = "automatic"': 'apply = "approve"'})
    call("plan", "--out", "plan.json")
    calendar.wait(minutes=5)
    assert call("apply", "plan.json").code == 0
    called = call("status", "--json")
    assert (called.code, called.json["sentence"], the_integration(called)["last_run"]["kind"]) == (0, "Today's bill is right.", "apply")


@pytest.mark.usefixtures("only_contoso")
@pytest.mark.parametrize(
    ("waited", "code", "sentence", "overdue_since"),
    [
        ({"hours": 13}, 0, "The bill of 2026-11-23 is right.", None),
        ({"hours": 14, "minutes": 31}, 0, "The bill of 2026-11-23 is right.", None),
        ({"hours": 14, "minutes": 36}, 1, "The bill of 2026-11-23 is not right: a run is overdue.", "2026-11-24T01:30:00Z"),
        ({"hours": 38}, 1, "The bill of 2026-11-23 is not right: a run is overdue.", "2026-11-24T01:30:00Z"),
        ({"hours": 39}, 1, "The bill of 2026-11-23 is not right: a run is overdue.", "2026-11-25T01:30:00Z"),
    ],
    ids=["before its time", "this very minute", "after its time", "before the next one's time", "after the next one's time"],
)
def test_a_run_that_was_not_made_is_overdue(
    call: Call, calendar: Calendar, write_config: WriteConfig, waited: dict[str, float], code: int, sentence: str, overdue_since: str | None
) -> None:
    write_config(links=RIGHT_LINKS)
    call("run")
    calendar.wait(**waited)
    called = call("status", "--json")
    assert (called.code, called.json["sentence"]) == (code, sentence)
    assert the_integration(called)["next_run"]["overdue_since"] == overdue_since


@pytest.mark.parametrize(
    ("now", "code"),
    [(NOON, 1), (datetime(2026, 11, 23, 1, 0, tzinfo=UTC), 3)],
    ids=["after its time", "before its time"],
)
def test_before_the_first_run_nothing_is_right(call: Call, calendar: Calendar, write_config: WriteConfig, now: datetime, code: int) -> None:
    calendar.now = now
    write_config()
    called = call("status", "--json")
    assert (called.code, called.json["right"]) == (code, False)
    assert called.json["sentence"] == "Today's bill is not right: no run has been made yet."
    assert the_integration(called)["last_run"] is None


@pytest.mark.usefixtures("only_contoso")
def test_a_run_that_failed_at_the_door_is_said_with_its_sentence(call: Call, calendar: Calendar, write_config: WriteConfig, world: Sandbox) -> None:
    write_config(links=RIGHT_LINKS)
    world.set_faults([{"on": "ksc", "call": "*", "do": "refuse_login", "times": 0}])
    assert call("run").code == 1
    called = call("status", "--json")
    last = the_integration(called)["last_run"]
    assert (called.code, last["outcome"], last["reason"]) == (1, "failed", "sign_in_refused")
    assert called.json["sentence"] == "Today's bill is not right: the last run failed, a run is overdue."
    people = call("status")
    assert "The sign-in was refused" in people.stderr
    assert "FAILED" in people.stdout


def test_a_tenant_that_failed_stays_failed_until_it_is_run_again(call: Call, calendar: Calendar, write_config: WriteConfig, world: Sandbox) -> None:
    write_config(links=RIGHT_LINKS)

    def contoso_and_litware(scenario: dict[str, Any]) -> None:
        scenario["ksc"].update(virtual_servers=scenario["ksc"]["virtual_servers"][:4:3])
        scenario["tigerpaw"].update(accounts=scenario["tigerpaw"]["accounts"][:1])

    load(world, contoso_and_litware)
    world.set_faults([{"on": "tigerpaw_rest", "call": "/api/agreements/*", "do": "http_500", "times": 0}])
    assert call("run").code == 1
    world.set_faults([])
    calendar.wait(minutes=1)
    assert call("run", "--tenant", "Litware").code == 0
    called = call("status", "--json")
    assert (called.code, [one["tenant"] for one in the_integration(called)["stopped"]]) == (1, ["Contoso Dental"])
    calendar.wait(minutes=1)
    assert call("run", "--tenant", "Contoso Dental").code == 0
    called = call("status", "--json")
    assert (called.code, called.json["sentence"]) == (3, "Today's bill is not right: 2 seats are not billed.")


def test_a_tenant_that_was_linked_after_the_run_waits_for_the_next(call: Call, calendar: Calendar, write_config: WriteConfig, world: Sandbox) -> None:
    load(world, contoso_alone)
    write_config(links=RIGHT_LINKS)
    call("run")
    write_config(links=RIGHT_LINKS | {"Litware": (1053148, 2045)})
    called = call("status", "--json")
    assert (called.code, called.json["sentence"]) == (3, "Today's bill is not right: 1 linked customer was not run today.")
    assert the_integration(called)["not_run_today"] == [{"tenant": "Litware", "account": 1053148, "agreement": 2045, "last": None}]


@pytest.mark.usefixtures("only_contoso")
def test_l12_a_day_that_was_not_observed_stays_visible_and_is_nobodys_task(call: Call, calendar: Calendar, write_config: WriteConfig) -> None:
    write_config(links=RIGHT_LINKS)
    call("run")
    calendar.wait(days=3)
    call("run")
    called = call("status", "--json")
    assert (called.code, called.json["sentence"]) == (0, "Today's bill is right.")
    assert the_integration(called)["gaps"] == [
        {
            "tenant": "Contoso Dental",
            "account": CONTOSO,
            "agreement": 2041,
            "days": ["2026-11-24", "2026-11-25"],
            "last_observed": "2026-11-26",
        }
    ]
    assert "11-24, 11-25" in call("status").stdout
    calendar.wait(days=31)
    call("run")
    days = the_integration(call("status", "--json"))["gaps"][0]["days"]
    assert (days[0], days[-1], len(days)) == ("2026-11-27", "2026-12-26", 30)


@pytest.mark.usefixtures("only_contoso")
@pytest.mark.parametrize(
    ("end", "days_left", "stage", "code", "sentence"),
    [
        ("2026-12-24", None, None, 0, "Today's bill is right."),
        ("2026-12-23", 30, "within_30_days", 0, "Today's bill is right. 1 agreement ends within 30 days."),
        ("2026-12-01", 8, "within_30_days", 0, "Today's bill is right. 1 agreement ends within 30 days."),
        ("2026-11-30", 7, "within_7_days", 3, "Today's bill is right. 1 agreement ends within 7 days."),
        ("2026-11-25", 2, "within_7_days", 3, "Today's bill is right. 1 agreement ends within 7 days."),
        ("2026-11-24", 1, "within_1_day", 3, "1 agreement ENDS BY TOMORROW. Today's bill is right."),
        ("2026-11-23", 0, "within_1_day", 3, "1 agreement ENDS BY TOMORROW. Today's bill is right."),
    ],
    ids=["in 31 days", "in 30 days", "in 8 days", "in 7 days", "in 2 days", "tomorrow", "today"],
)
def test_an_agreement_that_ends_soon_is_told_before_it_costs_money(
    call: Call, calendar: Calendar, write_config: WriteConfig, world: Sandbox, end: str, days_left: int | None, stage: str, code: int, sentence: str
) -> None:
    end_contoso(world, end)
    write_config(links=RIGHT_LINKS)
    call("run")
    called = call("status", "--json")
    assert (called.code, called.json["sentence"]) == (code, sentence)
    assert [(one["agreement"], one["end"], one["days_left"], one["stage"]) for one in the_integration(called)["agreements"]] == (
        [(2041, end, days_left, stage)] if days_left is not None else []
    )


@pytest.mark.usefixtures("only_contoso")
def test_an_agreement_that_has_ended_is_still_told_and_before_anything_else(
    call: Call, calendar: Calendar, write_config: WriteConfig, world: Sandbox
) -> None:
    end_contoso(world, "2026-11-24")
    write_config(links=RIGHT_LINKS)
    call("run")
    calendar.wait(days=2)
    call("run")
    called = call("status", "--json")
    assert called.json["sentence"] == (
        "1 agreement HAS ENDED: nothing is billed on it. Today's bill is not right: 1 customer is blocked, 5 seats are not billed."
    )
    assert [(one["days_left"], one["stage"]) for one in the_integration(called)["agreements"]] == [(-1, "ended")]
    people = call("status").stdout
    assert people.index("AGREEMENTS THAT HAVE ENDED, OR END BY TOMORROW: 1") < people.index("Failed and blocked: 1")


def test_accounts_without_a_link_change_no_exit_code_and_end_with_their_link(call: Call, calendar: Calendar, write_config: WriteConfig) -> None:
    """An account that another integration of the same PSA links is linked."""
    write_config(links=RIGHT_LINKS)
    ran = call("run", "--json")
    unlinked = [{"account": number, "name": name} for number, name in ((FABRIKAM, "Fabrikam"), *NOT_IN_LINKS)]
    assert ran.json["run"]["accounts_not_linked"] == unlinked
    write_config(links=RIGHT_LINKS | {"Fabrikam": (FABRIKAM, 2042)})
    assert the_integration(call("status", "--json"))["accounts_not_linked"] == unlinked[1:]
    calendar.wait(minutes=1)
    assert call("run", "--tenant", "Contoso Dental", "--json").json["run"]["accounts_not_linked"] is None
    called = call("status", "--json")
    assert the_integration(called)["accounts_not_linked"] == unlinked[1:], "a run for one tenant does not tell"
    assert called.json["sentence"].endswith("2 cross-referenced accounts are linked to no customer.")
    people = call("status").stdout
    assert "Cross-referenced to the External Product, and linked to no tenant: 2" in people
    assert "Wingtip Toys, Inc." in people


@pytest.mark.usefixtures("only_contoso")
def test_an_account_without_a_link_is_shown_and_the_bill_is_right(call: Call, calendar: Calendar, write_config: WriteConfig, world: Sandbox) -> None:
    state = world.state()
    state["tigerpaw"]["accounts"] = [*state["tigerpaw"]["accounts"], *small_world()["tigerpaw"]["accounts"][2:4]]
    world.replace(state)
    write_config(links=RIGHT_LINKS)
    ran = call("run")
    assert ran.code == 0
    assert "Cross-referenced, and linked to no tenant: 1" in ran.stdout
    called = call("status", "--json")
    assert (called.code, called.json["sentence"]) == (0, "Today's bill is right. 1 cross-referenced account is linked to no customer.")
    assert the_integration(called)["accounts_not_linked"] == [{"account": LITWARE, "name": "Litware"}], "Northwind is not cross-referenced"


@pytest.mark.usefixtures("only_contoso")
@pytest.mark.parametrize(("until", "days_left"), [("2026-11-30", [7]), ("2026-12-01", [])], ids=["in 7 days", "in 8 days"])
def test_a_stated_count_that_ends_soon_is_told(call: Call, calendar: Calendar, write_config: WriteConfig, until: str, days_left: list[int]) -> None:
    write_config(links=RIGHT_LINKS, more=MAILBOX_MAPPING)
    stated = ("--tenant", "Contoso Dental", "--application", MAIL, "--quantity", 7, "--reason", "portal", "--until", until)
    assert call("count", "set", *stated).code == 0
    call("run")
    called = call("status", "--json")
    assert called.code == (3 if days_left else 0)
    assert [one["days_left"] for one in the_integration(called)["stated_counts"]] == days_left


@pytest.mark.usefixtures("only_contoso")
def test_lines_that_are_wanted_nowhere_any_more_are_told(call: Call, calendar: Calendar, write_config: WriteConfig, world: Sandbox) -> None:
    file = write_config(links=RIGHT_LINKS)
    call("run")
    file.write_text(file.read_text(encoding="utf-8").replace('windows_workstation = "KES-WKS"\n', ""), encoding="utf-8")
    calendar.wait(minutes=1)
    call("run")
    standing = the_integration(call("status", "--json"))
    (line,) = (one for one in charges(world) if one["item_id"] == "KES-WKS")
    assert [(one["tenant"], one["agreement"], one["item"], one["charge"], one["quantity"]) for one in standing["left_behind"]] == [
        ("Contoso Dental", 2041, "KES-WKS", line["detail_id"], 3)
    ]
    assert [(one["category"], one["quantity"], one["reason"]) for one in standing["not_billed"]] == [("windows_workstation", 3, "no_mapping")]


@pytest.mark.usefixtures("only_contoso")
def test_lines_that_were_set_to_0_are_told_no_more_before_the_next_run(call: Call, calendar: Calendar, write_config: WriteConfig) -> None:
    write_config(links=RIGHT_LINKS)
    call("run")
    write_config(links={"Nobody": (9999, 1)})
    calendar.wait(minutes=1)
    call("run")
    told = the_integration(call("status", "--json"))
    assert [(one["item"], one["quantity"], one["reason"]) for one in told["left_behind"]] == [
        ("KES-WKS", 3, "not_linked"),
        ("KES-NIX", 1, "not_linked"),
        ("KES-SRV", 1, "not_linked"),
    ]
    calendar.wait(minutes=1)
    assert call("left-behind", "zero", "--all", "--reason", "the customer has left").code == 0
    after = the_integration(call("status", "--json"))
    assert after["left_behind"] == []
    assert after["last_run"] == told["last_run"], "the run that counted"


@pytest.mark.usefixtures("only_contoso")
def test_a_line_on_an_ended_agreement_is_shown_apart_and_asks_for_nothing(
    call: Call, calendar: Calendar, write_config: WriteConfig, world: Sandbox
) -> None:
    write_config(links=RIGHT_LINKS)
    call("run")
    load(world, lambda scenario: scenario["ksc"].update(virtual_servers=[]))
    write_config(links={})
    end_contoso(world, "2026-11-22")
    calendar.wait(minutes=1)
    call("run")
    called = call("status", "--json")
    assert (called.code, called.json["sentence"].split(". ")[0]) == (3, "Today's bill is not right: 3 lines are left behind")
    calendar.wait(minutes=1)
    assert call("left-behind", "zero", "--all", "--reason", "the customer has left").code == 3
    called = call("status", "--json")
    assert (called.code, called.json["sentence"].split(". ")[0]) == (0, "Today's bill is right")
    assert {one["on_ended_agreement"] for one in the_integration(called)["left_behind"]} == {True}
    people = call("status").stdout
    assert "On an agreement that has ended: never written, and bills nothing any more: 3" in people
    assert "Left behind" not in people


@pytest.mark.usefixtures("only_contoso")
def test_what_was_decided_is_shown_as_long_as_it_is_in_force(call: Call, calendar: Calendar, write_config: WriteConfig, world: Sandbox) -> None:
    """Design 6.6: nobody forgets a pin."""
    write_config(links=RIGHT_LINKS)
    call("run")
    state = world.state()
    (account,) = (one for one in state["tigerpaw"]["accounts"] if one["number"] == CONTOSO)
    for charge in account["agreements"][0]["charges"]:
        charge["quantity"] += 4
    world.replace(state)
    calendar.wait(minutes=1)
    assert call("run").code == 3
    keep, pin, *_ = (one["id"] for one in the_integration(call("status", "--json"))["holds"])
    assert call("holds", "keep", keep, "--reason", "agreed so").code == 0
    pinned = ("--quantity", 5, "--until", "2026-11-29", "--reason", "a promise")
    assert call("holds", "pin", pin, *pinned).code == 0
    called = call("status", "--json")
    assert called.json["sentence"].endswith("1 pin ends within 7 days.")
    assert [(one["id"], one["decision"], one["quantity"], one["until"], one["days_left"]) for one in the_integration(called)["decisions"]] == [
        (pin, "pin", 5, "2026-11-29", 6),
        (keep, "keep", None, None, None),
    ]
    listed = call("holds", "list", "--decided", "--json").json
    without_days = [{name: value for name, value in one.items() if name != "days_left"} for one in the_integration(called)["decisions"]]
    assert sorted(without_days, key=lambda one: str(one["id"])) == sorted(listed, key=lambda one: str(one["id"]))
    assert "Decided, and in force, see: tallybridge holds list --decided: 2" in call("status").stdout


@pytest.mark.usefixtures("only_contoso")
def test_holds_are_shown_as_their_own_list_shows_them(call: Call, calendar: Calendar, write_config: WriteConfig, world: Sandbox) -> None:
    write_config(links=RIGHT_LINKS)
    call("run")
    state = world.state()
    (account,) = (one for one in state["tigerpaw"]["accounts"] if one["number"] == CONTOSO)
    account["agreements"][0]["charges"][0]["quantity"] += 4
    world.replace(state)
    calendar.wait(minutes=1)
    call("run")
    assert the_integration(call("status", "--json"))["holds"] == call("holds", "list", "--json").json != []


def test_a_list_for_people_stops_and_says_so(call: Call, calendar: Calendar, write_config: WriteConfig, world: Sandbox) -> None:
    load(world, lambda scenario: scenario["ksc"].update(virtual_servers=[_unlinked(number) for number in range(1, 23)]))
    write_config(links={})
    call("run")
    assert len(the_integration(call("status", "--json"))["not_billed"]) == 22
    people = call("status").stdout
    assert "Not billed: 22 (the first 20; all with --json)" in people
    assert "Customer 21" not in people


def _unlinked(number: int) -> dict[str, Any]:
    server = small_world()["ksc"]["virtual_servers"][3]
    return {**server, "id": number, "uid": f"vs-{number}", "name": f"Customer {number:02}"}


@pytest.mark.usefixtures("only_contoso")
def test_of_several_integrations_the_ones_in_trouble_are_named(call: Call, calendar: Calendar, write_config: WriteConfig, tmp_path: Path) -> None:
    text = write_config(links={}).read_text(encoding="utf-8")
    other = tmp_path / "other.toml"
    other.write_text(text.replace('name = "Integration with Tigerpaw"', 'name = "Other"'), encoding="utf-8")
    other.chmod(0o600)
    first = write_config(links=RIGHT_LINKS)
    assert call("run", "--config", first).code == 0
    called = call("status", "--json", "--config", first, "--config", other)
    assert (called.code, called.json["sentence"]) == (1, "Today's bill is not right: no run has been made yet (“Other”).")
    assert [one["integration"] for one in called.json["integrations"]] == ["Integration with Tigerpaw", "Other"]
