"""Business Hub by the assistant, exports sent by browser, and a further integration beside the first."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from tallybridge.console.exports import plain_name
from tallybridge.console.models import AuditEntry, FirstStartStep, Role
from tallybridge.ledger import runs
from tallybridge.ledger.prepared import models
from tallybridge.runs.configuring import from_ledger, kept_secrets
from tests.console.conftest import Desk
from tests.console.starting import Fresh
from tests.console.working import HUB, KSC, body

SOURCE = "/start/security-center/"
HUB_ITEMS = {"Kaspersky Endpoint Security Cloud Plus": "KES-CLOUD", "Kaspersky Security for Microsoft Office 365": "KS-M365"}


def _sent(export: Path) -> SimpleUploadedFile:
    return SimpleUploadedFile("companies.json", export.read_bytes())


def _hub(name: str = "Cloud", **more: Any) -> dict[str, Any]:
    return {"kind": "business_hub", "name": name, "folder": "", "exported": "", **more}


def _preview(fresh: Fresh) -> None:
    """The steps from the customers on."""
    fresh.look("customers")
    fresh.post("customers", {"take": re.findall(r'name="take" value="(\d+)" checked', fresh.text("customers"))})
    fresh.look("price-book")
    seen = FirstStartStep.objects.get(name="mapping").answers["seen"]
    items = {f"item-{number}": HUB_ITEMS[one["name"]] for number, one in enumerate(seen) if one["name"] in HUB_ITEMS}
    assert len(items) == 2
    assert fresh.post("price-book", items)["Location"] == "/start/preview/"
    fresh.wait(fresh.post("preview", {}), "/plan/")


def test_business_hub_from_nothing_to_a_first_preview(fresh: Fresh, export: Path) -> None:
    fresh.made()
    assert "Business Hub, export files" in fresh.text("security-center")
    answer = fresh.post("security-center", _hub(exports=_sent(export)))
    assert answer["Location"] == "/start/tigerpaw/", body(answer)[-2000:]
    assert fresh.post("tigerpaw", fresh.destination)["Location"] == "/start/schedule/"
    # The exports are kept under the name already, so it is not asked for again.
    assert fresh.post("schedule", {"name": "Another", "time_zone": "UTC", "run_at": "03:15"})["Location"] == "/start/customers/"
    _preview(fresh)
    (saved,) = from_ledger()
    assert (saved.configuration.integration.name, saved.configuration.source.kind) == ("Cloud", "business_hub")
    assert saved.configuration.source.origin == str(fresh.home / "exports")
    run = runs.latest_run("Cloud")
    assert run is not None
    # Another ledger has billed these companies before, and its lines are none of ours.
    assert {one.outcome for one in runs.tenant_runs(run.id)} == {"held"}
    # A second click comes when everything is saved, and begins nothing anew.
    assert fresh.post("preview", {})["Location"] == "/"


def test_without_any_export_the_step_stays_open_and_says_so(fresh: Fresh) -> None:
    fresh.made()
    assert fresh.post("security-center", _hub())["Location"] == SOURCE
    page = fresh.text("security-center")
    assert "there is no export that can be read" in page
    assert fresh.client.get("/start/tigerpaw/")["Location"] == SOURCE


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"folder": "exports"}, "Write the whole path"),
        ({"exports": SimpleUploadedFile("companies.json", b"{}")}, "was refused and nothing of it was taken"),
        ({"exports": SimpleUploadedFile("companies.exe", b"MZ")}, "was refused and nothing of it was taken"),
        ({"exports": SimpleUploadedFile("empty.csv", b"")}, "empty"),
        ({"name": " "}, "required"),
        ({"exported": "yesterday"}, "Write an instant such as"),
    ],
)
def test_what_is_wrong_is_said_at_the_field(fresh: Fresh, change: dict[str, Any], said: str) -> None:
    answer = fresh.made().post("security-center", _hub(**change))
    assert answer.status_code == 400
    assert said in body(answer)
    assert f"id_{next(iter(change))}_error" in body(answer)
    assert not models.ImportedExport.objects.exists()


def test_a_further_integration_takes_over_the_tigerpaw_of_another(desk: Desk, export: Path) -> None:
    desk.release_configuration()
    assert "Add an integration…" in desk.text("/settings/")
    assert body(desk.post(SOURCE, _hub(HUB, exports=_sent(export)))).count("There is an integration of this name already") == 1
    assert desk.post(SOURCE, _hub(exports=_sent(export)))["Location"] == "/start/tigerpaw/"
    assert f"As “{KSC}”" in desk.text("/start/tigerpaw/")
    assert desk.post("/start/tigerpaw/", {"do": "share", "of": KSC})["Location"] == "/start/schedule/"
    first = next(one.configuration for one in from_ledger() if one.configuration.integration.name == KSC)
    answers = FirstStartStep.objects.get(name="destination").answers
    assert answers["url"] == first.destination.url
    secret = kept_secrets(first)("destination.private_key")
    assert secret is not None
    assert secret not in json.dumps(answers)
    assert secret not in desk.text("/start/tigerpaw/")
    assert "Go on adding one…" in desk.text("/settings/")
    desk.post("/start/give-up/")
    assert not FirstStartStep.objects.exists()
    assert not models.Secret.objects.filter(name__startswith="first start").exists()


def test_where_files_declare_integrations_none_is_added_beside_them(desk: Desk) -> None:
    assert "Add an integration…" not in desk.text("/settings/")
    assert desk.get(SOURCE)["Location"] == "/"


def test_exports_are_sent_to_an_integration_in_force(desk: Desk, export: Path) -> None:
    desk.text(f"/settings/?integration={HUB.replace(' ', '+')}", Role.OPERATE)
    assert "Send exports…" in desk.text("/settings/", Role.OPERATE)
    answer = desk.post("/settings/exports/", {"exports": [_sent(export), _sent(export)], "exported": ""}, Role.OPERATE)
    assert answer["Location"] == "/settings/#source"
    assert AuditEntry.objects.get(action="exports imported").after.count("companies.json: 2 companies") == 2
    assert set(models.ImportedExport.objects.filter(integration=HUB).values_list("file", flat=True)) == {"companies.json"}
    refused = desk.post("/settings/exports/", {"exports": SimpleUploadedFile("a.csv", b"x;y\n1;2\n"), "exported": ""}, Role.OPERATE)
    assert refused.status_code == 400
    assert "a.csv was refused" in body(refused)
    assert desk.post("/settings/exports/", {"exports": _sent(export)}, Role.VIEW).status_code == 403


def test_only_business_hub_takes_exports(desk: Desk) -> None:
    desk.text(f"/settings/?integration={KSC.replace(' ', '+')}", Role.OPERATE)
    assert desk.get("/settings/exports/", Role.OPERATE).status_code == 404


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        (r"C:\exports\März.xlsx", "März.xlsx"),
        ("a\x00b\n.json", "ab.json"),
        ("..", "export"),
        ("ж" * 300 + ".csv", "ж" * 120 + ".csv"),
    ],
)
def test_a_sent_files_name_leads_nowhere(sent: str, kept: str) -> None:
    assert plain_name(sent) == kept
