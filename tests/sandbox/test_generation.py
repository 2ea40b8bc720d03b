"""Fleets by number and seed (contracts 4, "generate")."""

from __future__ import annotations

from typing import Any

import pytest

from tallybridge.sandbox import ScenarioError, parse_scenario
from tallybridge.sandbox.scenario import Scenario, dump_scenario, encode_scenario


def fleet(**request: Any) -> Scenario:
    """A small fleet with its accounts."""
    wanted = {"virtual_servers": 4, "hosts_each": 120, "keys_each": 3, "seed": 7, **request}
    return parse_scenario({"ksc": {"generate": wanted}, "tigerpaw": {"generate": {"match_ksc": True}}})


def test_it_has_the_numbers_asked_for() -> None:
    servers = fleet().ksc.virtual_servers
    assert len(servers) == 4
    assert {(len(server.hosts), len(server.keys)) for server in servers} == {(120, 3)}


def test_the_same_seed_makes_the_same_fleet_and_another_seed_another() -> None:
    assert encode_scenario(fleet()) == encode_scenario(fleet())
    assert encode_scenario(fleet()) != encode_scenario(fleet(seed=8))


def test_every_host_uses_at_least_one_key_of_its_virtual_server() -> None:
    for server in fleet().ksc.virtual_servers:
        serials = {key.serial for key in server.keys}
        assert {use.host for use in server.uses if use.current} == {host.id for host in server.hosts}
        assert {use.serial for use in server.uses} == serials


def test_it_mixes_kinds_of_keys_and_devices_and_seats_that_must_not_count() -> None:
    servers = fleet().ksc.virtual_servers
    keys = [key for server in servers for key in server.keys]
    hosts = [host for server in servers for host in server.hosts]
    uses = [use for server in servers for use in server.uses]
    assert {key.type for key in keys} == {1, 6}
    assert {bool((host.ctype or 0) & 0x8000) for host in hosts} == {True, False}
    assert any((host.ctype or 0) & 0x800 for host in hosts)
    assert any(not host.managed for host in hosts)
    assert any(not use.current for use in uses)
    per_product = {(use.serial, use.host, use.product) for use in uses}
    assert len(per_product) > len({(use.serial, use.host) for use in uses})


def test_identifiers_are_unique_over_the_whole_fleet() -> None:
    servers = fleet().ksc.virtual_servers
    ids = [host.id for server in servers for host in server.hosts]
    serials = [key.serial for server in servers for key in server.keys]
    assert len(set(ids)) == len(ids)
    assert len(set(serials)) == len(serials)
    assert len({server.uid for server in servers}) == len(servers)


def test_accounts_match_the_virtual_servers_and_have_an_agreement_without_charges() -> None:
    scenario = fleet()
    accounts = scenario.tigerpaw.accounts
    assert [account.name for account in accounts] == [server.name for server in scenario.ksc.virtual_servers]
    assert all(account.external_products == ["Kaspersky MSP"] for account in accounts)
    assert [len(account.agreements) for account in accounts] == [1, 1, 1, 1]
    assert not any(agreement.charges for account in accounts for agreement in account.agreements)
    assert [item.item_id for item in scenario.tigerpaw.price_book] == ["KES-WKS", "KES-SRV", "KES-NIX"]
    assert scenario.tigerpaw.soap_users[0].external_product in scenario.tigerpaw.external_products
    assert scenario.tigerpaw.rest_keys


def test_accounts_can_be_made_for_virtual_servers_written_by_hand_but_not_for_the_main_server() -> None:
    servers = [{"id": 0, "name": "Main"}, {"id": 5, "name": "Contoso"}]
    scenario = parse_scenario({"ksc": {"virtual_servers": servers}, "tigerpaw": {"generate": {"match_ksc": True}}})
    assert [account.name for account in scenario.tigerpaw.accounts] == ["Contoso"]


def test_the_state_shows_lists_and_no_generate() -> None:
    shown = dump_scenario(fleet())
    assert "generate" not in shown["ksc"]
    assert "generate" not in shown["tigerpaw"]


@pytest.mark.parametrize(
    "scenario",
    [
        {"ksc": {"generate": {"virtual_servers": 1}, "virtual_servers": [{"id": 1, "name": "A"}]}},
        {"tigerpaw": {"generate": {"match_ksc": True}, "accounts": [{"number": 1, "name": "A"}]}},
        {"tigerpaw": {"generate": {"match_ksc": True}, "price_book": [{"number": 1, "item_id": "X"}]}},
    ],
)
def test_generate_and_lists_do_not_mix(scenario: dict[str, Any]) -> None:
    with pytest.raises(ScenarioError, match="found both"):
        parse_scenario(scenario)


@pytest.mark.parametrize("request_", [{"keys_each": 0}, {"hosts_each": 0}, {"virtual_servers": 0}])
def test_nothing_of_something_is_possible(request_: dict[str, int]) -> None:
    assert len(fleet(**request_).tigerpaw.accounts) == request_.get("virtual_servers", 4)
