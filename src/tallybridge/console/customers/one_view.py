"""A customer's own page with its notes, and the form of its link."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from tallybridge.billing.link_wishes import LinkWish
from tallybridge.console import changing, integrations
from tallybridge.console.access import needs, needs_to_post
from tallybridge.console.customers import accounts as unlinked
from tallybridge.console.customers import linking
from tallybridge.console.customers.agreements import agreements_known, agreements_now
from tallybridge.console.customers.asking import Asked, of_integration
from tallybridge.console.customers.fleet import Customer, Fleet, link_entry, read_fleet
from tallybridge.console.customers.linking import Errors
from tallybridge.console.customers.one_customer import TOLD_ELSEWHERE, read_customer
from tallybridge.console.models import CustomerNote, Role
from tallybridge.console.pending.edits import Entry

_LONGEST_NOTE = 4000


@needs_to_post(Role.OPERATE)
@of_integration
def customer(request: HttpRequest, asked: Asked, key: str) -> HttpResponse:
    """Everything about one customer; sends a note."""
    one = _find(read_fleet(asked.configuration, asked.changes), key)
    text = request.POST.get("text", "").replace("\x00", "").strip() if request.method == "POST" else ""
    error = ""
    if request.method == "POST":
        error = _note_error(text)
        if not error:
            now = integrations.clock()()
            CustomerNote.objects.create(integration=asked.name, tenant_id=one.key, text=text, author=request.user.get_username(), at=now)
            return redirect(f"{reverse('customer', args=(one.key,))}#notes")
    page = read_customer(asked.configuration, one, integrations.clock())
    holds = [(hold, _address_of_hold(hold.id)) for hold in page.holds]
    notices = [notice for notice in page.notices if notice.reason not in TOLD_ELSEWHERE]
    found = {**asked.shared(), "customer": one, "page": page, "holds": holds, "notices": notices, "note_error": error, "note_text": text}
    return render(request, "console/customers/customer.html", found)


@needs_to_post(Role.OPERATE)
@of_integration
def link(request: HttpRequest, asked: Asked, key: str) -> HttpResponse:
    """The form of a customer's link; what is sent becomes a pending change."""
    fleet = read_fleet(asked.configuration, asked.changes)
    one = _find(fleet, key)
    if request.method == "POST":
        return _wish(request, asked, fleet, one)
    return _form(request, asked, fleet, one, _shown_first(request, asked, one), {})


def _wish(request: HttpRequest, asked: Asked, fleet: Fleet, one: Customer) -> HttpResponse:
    if not asked.may_change:
        messages.error(request, str(changing.DeclaredByFile(asked.configured.origin)))
        return redirect("customers-link", key=one.key)
    if request.POST.get("do") == "remove":
        asked.changes.put("link", one.link_key, None)
        return redirect("customers")
    wished = linking.wished(request.POST)
    errors = linking.check(asked.configuration, asked.changes, one, wished, integrations.clock())
    if errors:
        return _form(request, asked, fleet, one, wished, errors)
    asked.changes.put("link", one.link_key, linking.entry_of(wished, linking.tenant_words(one)))
    return redirect("customers")


def _shown_first(request: HttpRequest, asked: Asked, one: Customer) -> LinkWish:
    """What the form begins with: the account that was just chosen, else the link as it is or is to be."""
    entry = _entry(asked, one)
    wished = LinkWish(
        account=entry.get("account") if entry else None,
        agreement=entry.get("agreement") if entry else None,
        billing=bool(entry.get("billing", True)) if entry else False,
    )
    chosen = request.GET.get("account", "")
    if chosen.isdecimal() and len(chosen) < 16 and int(chosen) != wished.account:
        return LinkWish(account=int(chosen), agreement=None, billing=False)
    return wished


def _entry(asked: Asked, one: Customer) -> Entry | None:
    if one.pending is not None:
        return one.pending.to
    return link_entry(asked.configuration, one.link) if one.link is not None else None


def _form(request: HttpRequest, asked: Asked, fleet: Fleet, one: Customer, wished: LinkWish, errors: Errors) -> HttpResponse:
    text = request.GET.get("q", "").strip()
    linked = {entry["account"]: str(entry.get("tenant") or entry.get("tenant_id")) for entry in asked.changes.entries("link")}
    linked.pop(wished.account or 0, None)
    accounts, found = unlinked.search(fleet, asked.name, text, linked) if text else ((), 0)
    shared: dict[str, Any] = {
        **asked.shared(),
        "customer": one,
        "wished": wished,
        "text": text,
        "accounts": accounts,
        "found": found,
        "accounts_read": fleet.accounts_read,
        "any_accounts": bool(fleet.accounts),
    }
    if getattr(request, "htmx", False) and request.headers.get("HX-Target") == "accounts-found":
        return render(request, "console/customers/accounts_found.html", shared)
    shared |= {
        **_agreements(asked, one, wished, now="read" in request.GET),
        "account_name": fleet.accounts.get(wished.account or 0, ""),
        "errors": errors,
        "entry": _entry(asked, one),
        "product": asked.configuration.destination.external_product,
    }
    return render(request, "console/customers/link.html", shared, status=200 if not errors else 422)


def _agreements(asked: Asked, one: Customer, wished: LinkWish, *, now: bool) -> dict[str, Any]:
    """The agreements to choose from. A page shows those that are known, and asks Tigerpaw for them only once it stands."""
    if wished.account is None or not asked.may_change:
        return {"wished": wished, "customer": one, "listed": None}
    listed = agreements_now(asked.configuration, wished.account) if now else agreements_known(asked.configuration, wished.account)
    other = wished.agreement is not None and wished.agreement not in {known.number for known in listed.agreements}
    return {"wished": wished, "customer": one, "listed": listed, "other_agreement": other}


@needs(Role.OPERATE)
@of_integration
def agreements(request: HttpRequest, asked: Asked, key: str) -> HttpResponse:
    """The agreements of an account as Tigerpaw shows them now: a part of the link's form, which does not wait for it."""
    one = _find(read_fleet(asked.configuration, asked.changes), key)
    wish = linking.wished(request.GET)
    return render(request, "console/customers/agreements.html", {**asked.shared(), **_agreements(asked, one, wish, now=True)})


def _find(fleet: Fleet, key: str) -> Customer:
    found = fleet.find(key)
    if found is None:
        raise Http404("No run has met this customer, and no link names it. The list of customers shows those that are known.")
    return found


def _note_error(text: str) -> str:
    if not text:
        return "Write something; an empty note was not kept."
    return f"A note has at most {_LONGEST_NOTE} letters; this one has {len(text)}." if len(text) > _LONGEST_NOTE else ""


def _address_of_hold(hold: str) -> str:
    """Where a hold is decided."""
    return f"{reverse('plan')}#hold-{hold}"
