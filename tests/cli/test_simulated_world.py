"""What `serve --sandbox` shows: a world in which everything can be tried, kept from one start to the next, never mixed with a real one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tallybridge.cli.entry import run
from tallybridge.cli.frame import CommandFailed, utc_now
from tallybridge.cli.simulated_world import KEPT, let_the_ledger_rule, simulated_world
from tallybridge.console.changing import may_change
from tallybridge.ledger.opening import close_ledger, open_ledger
from tallybridge.runs.configuring import Configured, from_ledger
from tallybridge.runs.listing import accounts, tenants
from tallybridge.sandbox import Sandbox

in_a_file = pytest.mark.sqlite_only("the simulated world keeps its ledger in a file")


@contextmanager
def _shown(home: Path) -> Iterator[tuple[Sandbox, tuple[Configured, ...]]]:
    """The simulated world of a home, and its integrations as the pages read them."""
    with simulated_world(home) as world:
        open_ledger(home, clock=utc_now)
        try:
            let_the_ledger_rule(world, home)
            yield world, from_ledger()
        finally:
            close_ledger()


@in_a_file
def test_the_ledger_rules_every_integration_so_that_all_can_be_tried(tmp_path: Path) -> None:
    with _shown(tmp_path) as (_, integrations):
        assert {one.configuration.integration.name for one in integrations} == {"Integration with Tigerpaw", "Business Hub"}
        assert all(may_change(one) for one in integrations)
        assert {one.configuration.integration.apply for one in integrations} == {"approve"}
        assert not list(tmp_path.glob("*.toml"))


@in_a_file
def test_what_was_done_in_it_is_there_again_at_the_next_start(tmp_path: Path) -> None:
    with _shown(tmp_path) as (world, _):
        changed = world.state()
        changed["tigerpaw"]["accounts"][0]["name"] = "Renamed Dental"
        world.replace(changed)
    with _shown(tmp_path) as (world, integrations):
        assert world.state()["tigerpaw"]["accounts"][0]["name"] == "Renamed Dental"
        security_center = next(one.configuration for one in integrations if one.configuration.source.kind == "ksc")
        # Both listen elsewhere now, and Security Center shows another certificate.
        assert "Renamed Dental" in {one["name"] for one in accounts(security_center, utc_now)}
        assert "Contoso Dental" in {one["tenant"] for one in tenants(security_center, utc_now)}


@in_a_file
def test_a_home_of_real_integrations_is_left_alone(tmp_path: Path) -> None:
    open_ledger(tmp_path, clock=utc_now)
    close_ledger()
    before = sorted(tmp_path.iterdir())
    with pytest.raises(CommandFailed, match="home of real integrations"), simulated_world(tmp_path):
        pass
    assert sorted(tmp_path.iterdir()) == before


@in_a_file
def test_a_kept_world_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / KEPT).write_text('{"ksc": 7}', encoding="utf-8")
    with pytest.raises(CommandFailed, match="cannot be read"), simulated_world(tmp_path):
        pass


def test_a_configuration_file_has_no_place_in_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["serve", "--sandbox", "--config", str(tmp_path)]) == 1
    assert "leave out --config" in capsys.readouterr().err
