"""The assistant's fourth step: which customer is which account. The same names are taken at once; a person confirms near ones."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from tallybridge.console import integrations, work
from tallybridge.console.first_start.draft import Answers, Draft, Step, keep
from tallybridge.console.first_start.frame import address_of, page, step_view
from tallybridge.runs.listing import destination_of
from tallybridge.runs.proposing import propose_links

Proposal = dict[str, Any]


@step_view(Step.LINKS)
def links(request: HttpRequest, draft: Draft) -> HttpResponse:
    """Looks for proposals in the background, shows them, and takes those that a person leaves chosen."""
    answers = draft.answers(Step.LINKS)
    if request.method == "POST":
        if request.POST.get("do") == "look":
            return _look(request, draft)
        if "proposals" in answers:
            return _take(request, answers)
        return redirect(address_of(Step.LINKS))
    proposals = [_shown(number, one, answers.get("link", [])) for number, one in enumerate(answers.get("proposals", []))]
    return page(request, draft, Step.LINKS, {"looked": "proposals" in answers, "proposals": proposals})


def _look(request: HttpRequest, draft: Draft) -> HttpResponse:
    configuration = draft.configuration(links=False)
    clock = integrations.clock()

    def deed(_under_way: work.Work) -> str:
        proposals = propose_links(configuration, clock)
        with destination_of(configuration, clock) as destination:
            ready = set(destination.accounts())
        for one in proposals:
            one["cross_referenced"] = one["account"] in ready
        exact = [_link(one, one["agreement"]) for one in proposals if one["exact"]]
        keep(Step.LINKS, {"proposals": proposals, "link": exact}, checked=None)
        return address_of(Step.LINKS)

    try:
        begun = work.start("Looking for customers with the same name", request.user.get_username(), clock(), deed)
    except work.Busy as busy:
        messages.error(request, str(busy))
        return redirect(address_of(Step.LINKS))
    return redirect("work", work=begun.id)


def _take(request: HttpRequest, answers: Answers) -> HttpResponse:
    chosen = set(request.POST.getlist("take"))
    taken = []
    for number, proposal in enumerate(answers["proposals"]):
        if str(number) in chosen:
            asked = request.POST.get(f"agreement-{number}", "")
            agreement = int(asked) if asked in map(str, proposal["agreements"]) else proposal["agreement"]
            taken.append(_link(proposal, agreement))
    changed = taken != answers.get("link") or "taken" not in answers
    keep(Step.LINKS, answers | {"link": taken, "taken": True}, checked=integrations.clock()(), anew=changed)
    return redirect(address_of(Step.MAPPING))


def _link(proposal: Proposal, agreement: int | None) -> dict[str, Any]:
    """A link as the configuration spells it; with billing off where the agreement or the cross-reference that billing needs is missing."""
    named = {"tenant": proposal["tenant"]} if "\ntenant_id = " not in proposal["block"] else {"tenant_id": proposal["tenant_id"]}
    ready = agreement is not None and proposal["cross_referenced"]
    return {**named, "account": proposal["account"], **({"agreement": agreement} if agreement is not None else {}), "billing": ready}


def _shown(number: int, proposal: Proposal, taken: list[dict[str, Any]]) -> dict[str, Any]:
    link = next((one for one in taken if one["account"] == proposal["account"]), None)
    return {
        **proposal,
        "number": number,
        "taken": link is not None,
        "chosen_agreement": link.get("agreement") if link is not None else proposal["agreement"],
        "percent": round(proposal["likeness"] * 100),
    }
