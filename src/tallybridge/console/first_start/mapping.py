"""The assistant's fifth step: the applications in use, and the price book items that they are billed on."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from tallybridge.billing.model import BILLABLE_CATEGORIES, Category
from tallybridge.configuration.errors import ConfigurationError
from tallybridge.console import integrations, work
from tallybridge.console.first_start.draft import Answers, Draft, Step, keep
from tallybridge.console.first_start.frame import address_of, page, step_view
from tallybridge.console.naming import CATEGORY_WORDS
from tallybridge.destinations.base import DestinationError
from tallybridge.runs.listing import destination_of
from tallybridge.runs.surveying import survey

OFFERED = 300
"""Items in the list that a field offers; more would make the page slow, and a search narrows them."""

Row = dict[str, Any]

_WORDS = {"device": ("device", "devices"), "user": ("user", "users"), "mailbox": ("mailbox", "mailboxes")}


@step_view(Step.MAPPING)
def mapping(request: HttpRequest, draft: Draft) -> HttpResponse:
    """Reads what is in use in the background, shows it, and takes the items that a person gives."""
    answers = draft.answers(Step.MAPPING)
    if request.method == "POST":
        if request.POST.get("do") == "look":
            return _look(request, draft)
        if "seen" in answers:
            return _take(request, draft, answers)
        return redirect(address_of(Step.MAPPING))
    return _show(request, draft, answers, _rows(answers, _kept(answers)))


def _look(request: HttpRequest, draft: Draft) -> HttpResponse:
    configuration = draft.configuration(mappings=False)
    clock = integrations.clock()

    def deed(under_way: work.Work) -> str:
        found = survey(configuration, clock, begin=under_way.begin, step=under_way.step, stop=under_way.stop)
        with destination_of(configuration, clock) as destination:
            items = [{"id": item.id, "description": item.description} for item in destination.search_items("") if not item.inactive]
        seen = [asdict(one) for one in found.applications]
        kept = draft.answers(Step.MAPPING).get("mapping", [])
        keep(Step.MAPPING, {"seen": seen, "items": items, "unread": list(found.unread), "mapping": kept}, checked=None)
        return address_of(Step.MAPPING)

    try:
        begun = work.start("Reading what is in use", request.user.get_username(), clock(), deed)
    except work.Busy as busy:
        messages.error(request, str(busy))
        return redirect(address_of(Step.MAPPING))
    return redirect("work", work=begun.id)


def _take(request: HttpRequest, draft: Draft, answers: Answers) -> HttpResponse:
    given = {
        one["name"]: {slot: text for slot in _slots(one) if (text := request.POST.get(f"{slot}-{number}", "").strip())}
        for number, one in enumerate(answers["seen"])
    }
    rows = _rows(answers, given)
    mappings = [
        {"application": row["name"], **{slot["name"]: slot["value"] for slot in row["slots"] if slot["value"]}} for row in rows if row["mapped"]
    ]
    try:
        _refuse_unknown(draft, rows)
    except (DestinationError, ConfigurationError) as failed:
        messages.error(request, f"The items could not be checked. {failed}")
        return _show(request, draft, answers, rows, status=400)
    if any(row["error"] for row in rows):
        return _show(request, draft, answers, rows, status=400)
    keep(Step.MAPPING, answers | {"mapping": mappings}, checked=integrations.clock()())
    return redirect(address_of(Step.PREVIEW))


def _refuse_unknown(draft: Draft, rows: list[Row]) -> None:
    """Asks Tigerpaw for every item that is named, and says at its application what is wrong with one."""
    wanted = {slot["value"] for row in rows for slot in row["slots"] if slot["value"]}
    if not wanted:
        return
    with destination_of(draft.configuration(mappings=False), integrations.clock()) as destination:
        found = destination.items(wanted)
    for row in rows:
        for slot in row["slots"]:
            item = found.get(slot["value"])
            if slot["value"] and item is None:
                row["error"] = f"Tigerpaw has no item “{slot['value']}”. Ids are compared letter by letter."
            elif item is not None and item.inactive:
                row["error"] = f"The item “{item.id}” is inactive in Tigerpaw."


def _rows(answers: Answers, given: dict[str, dict[str, str]]) -> list[Row]:
    rows = []
    for number, one in enumerate(answers.get("seen", [])):
        values = given.get(one["name"], {})
        both = "item" in values and len(values) > 1
        slots = [{"name": slot, "label": _label(slot, one), "value": values.get(slot, ""), "field": f"{slot}-{number}"} for slot in _slots(one)]
        error = "Give either one item for all devices, or items by category." if both else ""
        by_category = bool(values) and "item" not in values
        counted = _WORDS[one["unit"]][one["quantity"] != 1]
        rows.append(
            {**one, "counted": counted, "number": number, "slots": slots, "mapped": bool(values), "error": error, "by_category": by_category or both}
        )
    return rows


def _slots(seen: dict[str, Any]) -> tuple[str, ...]:
    """Where an application can take items: those per device by category as well."""
    return ("item", *(category.value for category in BILLABLE_CATEGORIES)) if seen["unit"] == "device" else ("item",)


def _label(slot: str, seen: dict[str, Any]) -> str:
    if slot != "item":
        return CATEGORY_WORDS[Category(slot)]
    return "Item for all devices" if seen["unit"] == "device" else f"Item per {seen['unit']}"


def _kept(answers: Answers) -> dict[str, dict[str, str]]:
    return {one["application"]: {name: text for name, text in one.items() if name != "application"} for one in answers.get("mapping", [])}


def _show(request: HttpRequest, draft: Draft, answers: Answers, rows: list[Row], *, status: int = 200) -> HttpResponse:
    text = request.GET.get("items", "").strip()
    items = answers.get("items", [])
    wanted = [one for one in items if text.casefold() in f"{one['id']} {one['description']}".casefold()]
    shown = {
        "looked": "seen" in answers,
        "rows": rows,
        "unread": answers.get("unread", []),
        "items": wanted[:OFFERED],
        "text": text,
        "found": len(wanted),
        "offered": min(len(wanted), OFFERED),
        "narrow": len(items) > OFFERED,
    }
    return page(request, draft, Step.MAPPING, shown, status=status)
