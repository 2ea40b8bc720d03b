"""The second configuration file of `sandbox --write-config`: Business Hub, for the companies of a scenario (contracts 3 to 5)."""

from __future__ import annotations

import os
import stat
import tomllib
from pathlib import Path
from typing import Any

import pytest

from tallybridge.sandbox import Scenario, ScenarioError, declare, declare_hub, parse_scenario, write_declaration
from tallybridge.sandbox.demo_world import ADVANCED, CLOUD, DEMO_UNMAPPED, HYBRID, MAILBOXES, SELECT, demo_world
from tests.sandbox.ksc_caller import key, server
from tests.sandbox.test_companies import company
from tests.sandbox.test_sandbox_declaration import ANNOUNCED, SIGN_IN, account


def world(*companies: dict[str, Any], servers: tuple[dict[str, Any], ...] = (), items: tuple[str, ...] = (), **tigerpaw: Any) -> Scenario:
    """A scenario with these companies, virtual servers and price book items."""
    price_book = [{"number": number, "item_id": item} for number, item in enumerate(items, start=1)]
    return parse_scenario(
        {
            "ksc": {"virtual_servers": list(servers)},
            "business_hub": {"companies": list(companies)},
            "tigerpaw": {**SIGN_IN, "price_book": price_book, **tigerpaw},
        }
    )


def using(*applications: str, **members: Any) -> dict[str, Any]:
    """A company with a license of each application."""
    return company(licenses=[{"id": f"l-{number}", "application": name} for number, name in enumerate(applications)], **members)


def mapped(text: str) -> dict[str, list[str]]:
    """Application → its items, as a declaration says."""
    return {one.pop("application"): list(one.values()) for one in tomllib.loads(text).get("mapping", [])}


def test_business_hub_is_an_integration_of_its_own_with_the_same_destination() -> None:
    scenario = world(company())
    hub, center = (tomllib.loads(text) for text in (declare_hub(scenario, ANNOUNCED, "exports"), declare(scenario, ANNOUNCED)))
    assert hub["integration"] == {**center["integration"], "name": "Business Hub"}
    assert hub["source"] == {"kind": "business_hub", "folder": "exports"}
    assert hub["destination"] == center["destination"]


def test_companies_and_accounts_of_one_name_are_linked() -> None:
    companies = [company(), company(id="c-2", name="Nobody"), company(id="c-3", name="Twice"), company(id="c-4", name="Twice")]
    accounts = [account(1, "A"), account(3, "Twice"), account(4, "Idle")]
    hub = tomllib.loads(declare_hub(world(*companies, accounts=accounts), ANNOUNCED, "exports"))
    assert hub["link"] == [
        {"tenant": "A", "account": 1, "agreement": 1001, "billing": True},
        {"tenant_id": "c-3", "account": 3, "agreement": 1003, "billing": True},
    ]


THREE = ("X-WKS", "X-SRV", "X-NIX")


@pytest.mark.parametrize(
    ("items", "center", "hub"),
    [
        pytest.param((*THREE, "C", "M"), {"A": [*THREE]}, {CLOUD: ["C"], MAILBOXES: ["M"]}, id="the singles are left for the companies"),
        pytest.param((*THREE, "S", "C", "M"), {"A": [*THREE]}, {CLOUD: ["C"], MAILBOXES: ["M"]}, id="the last ones are taken"),
        pytest.param(("C", "M", *THREE), {"A": [*THREE]}, {CLOUD: ["C"], MAILBOXES: ["M"]}, id="in any place of the price book"),
        pytest.param((*THREE, "C"), {"A": [*THREE]}, {CLOUD: ["C"], MAILBOXES: ["C"]}, id="too few are shared"),
        pytest.param(("S", "C"), {"A": ["S"]}, {CLOUD: ["C"], MAILBOXES: ["C"]}, id="one is left to Security Center"),
        pytest.param(THREE, {"A": [*THREE]}, {}, id="nothing free: not mapped"),
        pytest.param(("S",), {"A": ["S"]}, {}, id="the only one is Security Center's"),
        pytest.param((), {}, {}, id="no price book"),
    ],
)
def test_applications_of_companies_take_single_items_that_security_center_does_not_use(
    items: tuple[str, ...], center: dict[str, list[str]], hub: dict[str, list[str]]
) -> None:
    scenario = world(using(CLOUD, MAILBOXES, CLOUD), servers=(server(keys=[key("1", "A")]),), items=items)
    assert mapped(declare(scenario, ANNOUNCED)) == center
    assert mapped(declare_hub(scenario, ANNOUNCED, "exports")) == hub


def test_without_licenses_in_security_center_the_companies_have_the_whole_price_book() -> None:
    assert mapped(declare_hub(world(using("A", "B"), items=THREE), ANNOUNCED, "exports")) == {"A": ["X-SRV"], "B": ["X-NIX"]}


def test_an_application_may_be_left_unmapped_and_an_inactive_item_is_not_used() -> None:
    price_book = [{"number": 1, "item_id": "OLD", "inactive": True}, {"number": 2, "item_id": "NEW"}]
    scenario = world(using("A", "B"), price_book=price_book)
    assert mapped(declare_hub(scenario, ANNOUNCED, "exports", unmapped=["A"])) == {"B": ["NEW"]}


@pytest.mark.parametrize("unmapped", [DEMO_UNMAPPED, ()])
def test_the_demo_bills_every_integration_with_items_of_its_own(unmapped: tuple[str, ...]) -> None:
    """Whether or not an application is left out, so that the demo's world can be started again by its scenario."""
    scenario = parse_scenario(demo_world())
    by_category = ["KES-WKS", "KES-SRV", "KES-NIX"]
    shared = {} if unmapped else {HYBRID: ["KES-SELECT"]}
    assert mapped(declare(scenario, ANNOUNCED, unmapped=unmapped)) == {ADVANCED: by_category, SELECT: ["KES-SELECT"], **shared}
    assert mapped(declare_hub(scenario, ANNOUNCED, "exports", unmapped=unmapped)) == {CLOUD: ["KES-CLOUD"], MAILBOXES: ["KS-M365"]}


def test_the_demos_cloud_customers_are_those_of_the_given_rules() -> None:
    """S8, and the reference's example of users: 10 computers and 32 mobiles."""
    scenario = parse_scenario(demo_world())
    users, mailboxes = scenario.business_hub.companies
    types = [device.type for device in users.devices]
    assert (len(types) - types.count("mobile"), types.count("mobile")) == (10, 32)
    assert {device.license for device in users.devices} == {license_.id for license_ in users.licenses}
    assert [mailbox.protected for mailbox in mailboxes.mailboxes].count(False) == 1
    accounts = {account.name for account in scenario.tigerpaw.accounts}
    assert {users.name, mailboxes.name} <= accounts - {server.name for server in scenario.ksc.virtual_servers}


def test_both_files_are_written_and_named(tmp_path: Path) -> None:
    written = write_declaration(tmp_path / "tallybridge.toml", world(company()), ANNOUNCED)
    assert [file.name for file in written] == ["tallybridge.toml", "tallybridge-hub.toml"]
    assert [tomllib.loads(file.read_text())["source"]["kind"] for file in written] == ["ksc", "business_hub"]
    assert tomllib.loads(written[1].read_text())["source"]["folder"] == "exports"


def test_a_folder_of_exports_that_is_named_stands_in_the_file_as_an_absolute_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    _, hub = write_declaration(Path("world"), world(company()), ANNOUNCED, exports=Path("out"))
    assert hub == Path("world-hub")
    assert tomllib.loads(hub.read_text())["source"]["folder"] == str(tmp_path / "out")


def test_without_companies_there_is_one_file(tmp_path: Path) -> None:
    assert write_declaration(tmp_path / "tallybridge.toml", world(), ANNOUNCED) == (tmp_path / "tallybridge.toml",)
    assert [file.name for file in tmp_path.iterdir()] == ["tallybridge.toml"]


def test_without_a_way_to_sign_in_neither_is_written(tmp_path: Path) -> None:
    scenario = parse_scenario({"business_hub": {"companies": [company()]}, "tigerpaw": {"rest_keys": [{}]}})
    for write in (lambda: declare_hub(scenario, ANNOUNCED, "exports"), lambda: write_declaration(tmp_path / "x.toml", scenario, ANNOUNCED)):
        with pytest.raises(ScenarioError, match=r"`tigerpaw\.soap_users`"):
            write()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
def test_the_second_file_is_its_owners_alone_as_well(tmp_path: Path) -> None:
    """L11."""
    _, hub = write_declaration(tmp_path / "tallybridge.toml", world(company()), ANNOUNCED)
    assert stat.S_IMODE(hub.stat().st_mode) == 0o600
