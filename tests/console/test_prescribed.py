"""Quantities that a person prescribed (decision 0019) are no day's count: no list takes such a plan for the newest word on a customer."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tallybridge.ledger import day_lines
from tallybridge.ledger import runs as ledger_runs
from tallybridge.ledger.run_queries import history
from tallybridge.runs.configuring import Configured
from tallybridge.runs.day import Order
from tallybridge.runs.known_prices import items_in_plans
from tallybridge.runs.reports import Mode
from tallybridge.runs.reverting import plan_way_back, way_back_of
from tallybridge.runs.saved_plans import apply_saved_plan, save_plan
from tests.console.conftest import Desk
from tests.console.working import KSC

CONTOSO, WORKSTATION, COUNTED = 2041, "KES-WKS", 90


@pytest.fixture
def configured(desk: Desk) -> Configured:
    """Security Center's integration, whose run made the lines."""
    return next(one for one in desk.configured() if one.configuration.integration.name == KSC)


def _order(desk: Desk, configured: Configured, mode: Mode) -> Order:
    return Order(configuration=configured.configuration, configuration_address=configured.address, mode=mode, clock=desk.now)


def _revert(desk: Desk, configured: Configured, *, apply: bool) -> str:
    """Plans the way back to before the demo's run, and applies that plan if wanted; returns the plan's run."""
    desk.ahead = timedelta(seconds=5)
    counted = ledger_runs.latest_run(KSC)
    assert counted is not None
    order = _order(desk, configured, Mode.PLAN)
    planned = plan_way_back(order, way_back_of(order, counted), author="somebody")
    assert planned.writes
    if apply:
        desk.ahead = timedelta(seconds=10)
        apply_saved_plan(_order(desk, configured, Mode.APPLY), save_plan(planned.report, configured.address, "2"))
    return planned.report.id


@pytest.mark.parametrize("apply", [False, True], ids=["planned", "applied"])
def test_lists_go_on_saying_what_was_counted(desk: Desk, configured: Configured, apply: bool) -> None:
    before = desk.text("/customers/")
    prices = items_in_plans(KSC)
    prescribed = _revert(desk, configured, apply=apply)
    after = desk.text("/customers/")
    for page in (before, after):
        assert page.count("to apply") == before.count("to apply")
        assert page.count('class="state good"') == before.count('class="state good"')
    customer = desk.text("/customers/one/vs-1/")
    assert prescribed not in customer
    assert "Charges by the run of" in customer
    assert items_in_plans(KSC) == prices


def test_what_was_prescribed_is_not_told_as_counted(desk: Desk, configured: Configured) -> None:
    prescribed = _revert(desk, configured, apply=True)
    run = ledger_runs.get_run(prescribed)
    assert run is not None
    line = (CONTOSO, WORKSTATION)
    on_day = day_lines.lines_on(KSC, run.date)[line]
    assert (on_day.counted, on_day.charged) == (COUNTED, 0)
    psa = ledger_runs.tenant_runs(prescribed)[0].destination
    assert psa is not None
    newest = history(psa, *line)[-1]
    assert (newest.quantity, newest.charged) == (COUNTED, 0)
    compared = desk.text(f"/runs/compare/?from={ledger_runs.runs_of(KSC, run.date, run.date)[0].id}&to={prescribed}")
    assert "KES-WKS" in compared
    assert day_lines.lines_in(prescribed, prescribed=True)[line].counted is None


def test_the_plan_page_does_not_offer_it_as_the_days_plan(desk: Desk, configured: Configured) -> None:
    prescribed = _revert(desk, configured, apply=False)
    assert f'name="run" value="{prescribed}"' not in desk.text("/plan/")
