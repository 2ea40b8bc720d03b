"""The page that tells what one needs to connect with the simulated systems, and that there is none where systems are real."""

from __future__ import annotations

from tallybridge.cli.simulated_world import facts_to_connect_with
from tallybridge.console import integrations
from tallybridge.console.integrations import SimulatedSystem
from tallybridge.console.models import Role
from tests.console.conftest import Desk


def test_where_everything_is_simulated_a_page_shows_how_to_connect_with_it(desk: Desk) -> None:
    facts = facts_to_connect_with(desk.sandbox, desk.home)
    integrations.use(desk.configured, desk.now, simulated=lambda: tuple(SimulatedSystem(*one) for one in facts.items()))
    assert 'href="/simulated/"' in desk.text("/", Role.VIEW)
    page = desk.text("/simulated/", Role.VIEW)
    (key,) = desk.sandbox.state()["tigerpaw"]["rest_keys"]
    for value in (desk.sandbox.ksc_url, desk.sandbox.fingerprint, desk.sandbox.tigerpaw_url, key["private"], "Kaspersky MSP", str(desk.home)):
        assert value in page, value


def test_where_systems_are_real_there_is_no_such_page(desk: Desk) -> None:
    assert desk.get("/simulated/").status_code == 404
    assert 'href="/simulated/"' not in desk.text("/")
