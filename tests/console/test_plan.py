"""The plan page: made on demand, shown per customer, approved whole or in part (L4), and refused with a sentence."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tallybridge.console import work
from tallybridge.console.models import AuditEntry, Role
from tallybridge.ledger import runs
from tallybridge.ledger.prepared import models
from tallybridge.runs.approving import approvable, plan_of, saved_plan
from tallybridge.runs.day import Order, RunRefused, run_day
from tallybridge.runs.reports import Mode
from tallybridge.runs.saved_plans import read_saved_plan
from tests.console.conftest import Desk
from tests.console.working import HUB, KSC, body, changed_world, charges, ended, more_devices

CONTOSO, LODZ = "Contoso Dental", "Łódź Papier"


@pytest.fixture
def planned(desk: Desk) -> Desk:
    """Contoso and Łódź each protect more devices, and a plan was made on the page."""
    desk.text(f"/plan/?integration={KSC}", Role.OPERATE)
    with changed_world(desk) as world:
        more_devices(world, CONTOSO, 3)
        more_devices(world, LODZ, 2)
    preview(desk)
    return desk


def preview(desk: Desk) -> None:
    piece = ended(desk.post("/plan/preview/", role=Role.OPERATE))
    assert (piece.failed, piece.result) == ("", "/plan/")


def run_id(desk: Desk) -> str:
    found = re.search(r'name="run" value="([^"]+)"', desk.text("/plan/", Role.OPERATE))
    assert found is not None
    return found[1]


def tenant_ids(desk: Desk) -> dict[str, str]:
    """The unique ids that the page's checkboxes carry, by name."""
    text = desk.text("/plan/", Role.OPERATE)
    found = re.findall(r'name="tenant" value="([^"]+)"><span class="hidden">Choose ([^<]+)</span>', text)
    return {name: one for one, name in found}


def quantities(desk: Desk, account: str) -> dict[str, int]:
    return {one["item_id"]: one["quantity"] for one in charges(desk.sandbox.state(), account)}


def approve(desk: Desk, **values: Any) -> work.Work:
    return ended(desk.post("/plan/apply/", {"run": run_id(desk), **values}, Role.OPERATE))


def test_without_a_plan_the_page_says_what_to_do_next(desk: Desk) -> None:
    assert "No plan has been made today" in desk.text("/plan/", Role.OPERATE)
    assert "Preview now" in desk.text("/plan/", Role.OPERATE)
    assert "Preview now" not in desk.text("/plan/", Role.VIEW)


def test_a_preview_shows_each_change_with_units_and_money_and_writes_nothing(planned: Desk) -> None:
    text = planned.text("/plan/", Role.VIEW)
    rows = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))
    assert re.search(r"Contoso Dental planned agreement 2041 KES-WKS Endpoint security, workstation change 90 → 93 \+3 \+13\.50", rows)
    assert re.search(r"Łódź Papier planned .*KES-WKS .*14 → 16 \+2 \+9\.00", rows)
    assert "Lines that change 2 of 2 customers" in rows
    assert "+22.50" in rows
    assert "Fabrikam" not in text
    assert quantities(planned, CONTOSO)["KES-WKS"] == 90


def test_filters_and_search_say_how_many_and_show_only_those(planned: Desk) -> None:
    text = planned.text("/plan/?show=held", Role.VIEW)
    assert "Wingtip Insurance" in text
    assert "Contoso Dental" not in text
    assert "Choose Northwind" not in planned.text("/plan/?show=blocked", Role.OPERATE)
    assert "The account is not cross-referenced" in planned.text("/plan/?show=blocked", Role.VIEW)
    assert "Tailspin Toys" in planned.text("/plan/?show=off", Role.VIEW)
    assert "Fabrikam Logistics" in planned.text("/plan/?show=unchanged", Role.VIEW)
    found = planned.text("/plan/?show=all&text=łódź", Role.VIEW)
    assert "Łódź Papier" in found
    assert "Contoso Dental" not in found
    assert "Nothing fits" in planned.text("/plan/?text=nobody-of-this-name", Role.VIEW)


def test_before_anything_is_written_a_page_says_how_much(planned: Desk) -> None:
    answer = planned.post("/plan/confirm/", {"run": run_id(planned), "which": "all"}, Role.OPERATE)
    text = body(answer)
    assert "Write 2 lines on 2 agreements?" in text
    assert "+5" in text
    assert quantities(planned, CONTOSO)["KES-WKS"] == 90


def test_the_whole_plan_is_applied_once_it_is_approved(planned: Desk) -> None:
    run = run_id(planned)
    piece = approve(planned, which="all")
    assert piece.failed == ""
    assert re.fullmatch(r"/runs/[^/]+/", piece.result)
    assert quantities(planned, CONTOSO)["KES-WKS"] == 93
    assert quantities(planned, LODZ)["KES-WKS"] == 16
    entry = AuditEntry.objects.get(action="plan approved")
    assert (entry.who, entry.subject) == ("operate person", f"the plan of run {run}")
    assert entry.after.startswith("2 lines on 2 agreements")


def test_l4_a_part_of_the_plan_writes_that_part_and_the_rest_can_follow(planned: Desk) -> None:
    chosen = tenant_ids(planned)
    asked = planned.post("/plan/confirm/", {"run": run_id(planned), "which": "chosen", "tenant": [chosen[LODZ]]}, Role.OPERATE)
    assert "Write 1 line on 1 agreement?" in body(asked)
    assert approve(planned, which="chosen", tenant=[chosen[LODZ]]).failed == ""
    assert quantities(planned, LODZ)["KES-WKS"] == 16
    assert quantities(planned, CONTOSO)["KES-WKS"] == 90
    assert set(tenant_ids(planned)) == {CONTOSO}
    assert "taken in again by" in planned.text("/plan/", Role.VIEW)
    assert approve(planned, which="all").failed == ""
    assert quantities(planned, CONTOSO)["KES-WKS"] == 93


def test_nothing_is_applied_twice(planned: Desk) -> None:
    run, chosen = run_id(planned), tenant_ids(planned)
    approve(planned, which="chosen", tenant=[chosen[LODZ]])
    again = planned.post("/plan/apply/", {"run": run, "which": "chosen", "tenant": [chosen[LODZ]]}, Role.OPERATE)
    assert again["Location"] == "/plan/"
    assert "Nothing was written" in planned.text("/plan/", Role.OPERATE)


def test_l4_a_psa_that_moved_is_told_and_nothing_is_written(planned: Desk) -> None:
    with changed_world(planned) as world:
        next(one for one in charges(world, CONTOSO) if one["item_id"] == "KES-WKS")["quantity"] = 77
    piece = approve(planned, which="all")
    assert "Tigerpaw has changed since the plan was made" in piece.failed
    assert "Nothing was written" in piece.failed
    assert quantities(planned, LODZ)["KES-WKS"] == 14
    page = planned.text(f"/work/{piece.id}/", Role.VIEW)
    assert "Tigerpaw has changed since the plan was made" in page
    assert piece.result in page


def test_a_changed_configuration_is_told_and_nothing_is_written(planned: Desk) -> None:
    before = run_id(planned)
    file = planned.files[0]
    kept = file.read_text(encoding="utf-8")
    try:
        file.write_text(kept + "\n[guards]\nrun_units = 99\n", encoding="utf-8")
        assert "cannot be applied any more" in planned.text("/plan/", Role.OPERATE)
        piece = ended(planned.post("/plan/apply/", {"run": before, "which": "all"}, Role.OPERATE))
    finally:
        file.write_text(kept, encoding="utf-8")
    assert "The configuration has changed since the plan was made. Nothing was written." in piece.failed
    assert quantities(planned, CONTOSO)["KES-WKS"] == 90


def test_what_was_counted_is_still_shown_once_the_plan_was_applied(planned: Desk) -> None:
    """The run that applies a plan counts nothing itself."""
    approve(planned, which="all")
    listed = re.sub(r"<[^>]+>", "", planned.text("/customers/?integration=Integration+with+Tigerpaw&sort=-counted"))
    contoso = re.search(r"Contoso Dental.*?(?=</tr>|Adventure|Fabrikam|Wingtip)", re.sub(r"\s+", " ", listed))
    assert contoso is not None
    assert "103 103 103 Endpoint Security for Business Advanced" in contoso[0]
    page = planned.text("/customers/one/vs-1/")
    assert "Nothing was counted" not in page
    assert "Endpoint Security for Business Advanced · Windows workstation" in page


def test_a_plan_of_yesterday_is_neither_shown_nor_applied(planned: Desk) -> None:
    before = run_id(planned)
    planned.ahead = timedelta(days=1)
    assert "No plan has been made today" in planned.text("/plan/", Role.OPERATE)
    piece = ended(planned.post("/plan/apply/", {"run": before, "which": "all"}, Role.OPERATE))
    assert "The plan was made for" in piece.failed
    assert quantities(planned, CONTOSO)["KES-WKS"] == 90


def test_a_newer_plan_takes_the_place_of_an_older_one(planned: Desk) -> None:
    before = run_id(planned)
    preview(planned)
    answer = planned.post("/plan/apply/", {"run": before, "which": "all"}, Role.OPERATE)
    assert answer["Location"] == "/plan/"
    assert quantities(planned, CONTOSO)["KES-WKS"] == 90


def test_an_unknown_plan_or_one_of_another_integration_is_not_applied(planned: Desk) -> None:
    run = run_id(planned)
    assert planned.post("/plan/apply/", {"run": "no-such-run", "which": "all"}, Role.OPERATE).status_code == 404
    planned.text(f"/plan/?integration={HUB}", Role.OPERATE)
    assert planned.post("/plan/apply/", {"run": run, "which": "all"}, Role.OPERATE).status_code == 404


def test_only_one_piece_of_work_at_a_time(planned: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    other = work.Work(id="other", title="Another preview", who="kim", begun=planned.now())
    monkeypatch.setitem(work._pieces, "other", other)
    answer = planned.post("/plan/preview/", role=Role.OPERATE)
    assert answer["Location"] == "/plan/"
    assert "“Another preview”, begun by kim" in planned.text("/plan/", Role.OPERATE)


@pytest.mark.parametrize("address", ["/plan/preview/", "/plan/confirm/", "/plan/apply/", "/plan/decide/"])
def test_who_may_only_view_starts_nothing(desk: Desk, address: str) -> None:
    before = models.Run.objects.count()
    assert desk.post(address, {"run": "x", "which": "all"}, Role.VIEW).status_code == 403
    assert models.Run.objects.count() == before


def test_l4_a_saved_plan_of_chosen_tenants_is_a_plan_of_this_ledger(planned: Desk) -> None:
    run = plan_of(KSC, planned.now().date())
    assert run is not None
    plan = approvable(run)
    of = {one.name: one.tenant_id for one in plan.tenants}
    content = saved_plan(run, [of[LODZ]])
    read = read_saved_plan(content)
    assert [one.tenant for one in read.tenants] == [LODZ]
    assert (read.run, read.configuration, read.date) == (run.id, run.configuration, run.date)
    whole = read_saved_plan(saved_plan(run, [one.tenant_id for one in plan.left]))
    assert [one for one in whole.tenants if one.tenant == LODZ] == list(read.tenants)
    with pytest.raises(RunRefused, match="Nothing was written"):
        saved_plan(run, ["nobody"])
    with pytest.raises(RunRefused, match="Nothing was written"):
        saved_plan(run, [of["Northwind Traders"]])


def test_a_plan_for_one_tenant_alone_is_not_the_plan_of_the_day(desk: Desk) -> None:
    configured = next(one for one in desk.configured() if one.configuration.integration.name == KSC)
    report = run_day(
        Order(configuration=configured.configuration, configuration_address=configured.address, mode=Mode.PLAN, clock=desk.now, only=CONTOSO)
    )
    assert runs.get_run(report.id) is not None
    assert plan_of(KSC, desk.now().date()) is None


def test_with_two_thousand_customers_a_page_of_them_is_read_and_no_more(planned: Desk) -> None:
    planned.text("/plan/?show=all", Role.VIEW)
    with CaptureQueriesContext(connection) as few:
        planned.text("/plan/?show=all", Role.VIEW)
    run = plan_of(KSC, planned.now().date())
    assert run is not None
    pattern = models.TenantRun.objects.filter(run_id=run.id, tenant_name=CONTOSO).get()
    change = models.PlannedChange.objects.filter(facts__tenantrun=pattern, item="KES-WKS").get()
    facts = models.TenantFacts.objects.get(id=pattern.facts_id)
    facts.id, facts._state.adding = None, True
    facts.save()
    models.PlannedChange.objects.create(facts=facts, action=change.action, item=change.item, from_quantity=90, to_quantity=93, charge=change.charge)
    copied = {name: getattr(pattern, name) for name in (field.attname for field in pattern._meta.concrete_fields)} | {"facts_id": facts.id}
    models.TenantRun.objects.bulk_create(
        [models.TenantRun(**{**copied, "id": None, "tenant_id": f"many-{number}", "tenant_name": f"Customer {number:04d}"}) for number in range(2000)]
    )
    with CaptureQueriesContext(connection) as many:
        text = planned.text("/plan/?show=all", Role.VIEW)
    assert len(many) == len(few), [one["sql"][:100] for one in many.captured_queries]
    assert len(many) <= 30
    assert text.count('<tr class="group">') == 50
    assert "of 2\N{NARROW NO-BREAK SPACE}00" in text
