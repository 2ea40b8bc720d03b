"""The list of customers, switching billing of several, and the accounts that are not integrated."""

from __future__ import annotations

from datetime import datetime

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from tallybridge.console import changing, integrations
from tallybridge.console.access import needs
from tallybridge.console.customers import accounts as unlinked
from tallybridge.console.customers import linking
from tallybridge.console.customers.asking import Asked, of_integration
from tallybridge.console.customers.filtering import A_PAGE, Wish, choose
from tallybridge.console.customers.fleet import Customer, Fleet, read_fleet
from tallybridge.console.customers.states import State
from tallybridge.console.models import Role
from tallybridge.console.naming import short_name
from tallybridge.ledger import customer_queries
from tallybridge.runs import link_wishes
from tallybridge.runs.standing_runs import since_all_were_met

_REFUSALS_SHOWN = 5


@needs(Role.VIEW)
@of_integration
def customers(request: HttpRequest, asked: Asked) -> HttpResponse:
    """One row for each customer."""
    fleet = read_fleet(asked.configuration, asked.changes)
    listed = choose(
        fleet.customers, Wish.of(request.GET), units=lambda: _units(fleet), observed=lambda: dict(fleet.observed(asked.name, fleet.customers))
    )
    observed = fleet.observed(asked.name, listed.page)
    counted = customer_queries.counted_by_application([one.counted_by for one in listed.page if one.counted_by is not None])
    rows = [_row(one, counted.get(one.counted_by or 0, ()), observed.get(one.key)) for one in listed.page]
    found = {
        **asked.shared(),
        "listed": listed,
        "rows": rows,
        "anything": bool(fleet.customers),
        "unlinked": sum(1 for one in fleet.customers if one.state is State.NOT_LINKED and one.pending is None),
        "accounts_told": len(unlinked.told(asked.configuration, fleet.runs)),
    }
    part = getattr(request, "htmx", False) and request.headers.get("HX-Target") == "customer-list"
    return render(request, "console/customers/rows.html" if part else "console/customers/list.html", found)


@needs(Role.OPERATE)
@require_POST
@of_integration
def billing(request: HttpRequest, asked: Asked) -> HttpResponse:
    """Makes billing of the chosen customers pending to be switched on or off."""
    back = _back(request)
    if not asked.may_change:
        messages.error(request, str(changing.DeclaredByFile(asked.configured.origin)))
        return redirect(back)
    keys = set(request.POST.getlist("customer"))
    chosen = [one for one in read_fleet(asked.configuration, asked.changes).customers if one.key in keys]
    on = request.POST.get("do") == "on"
    if not chosen:
        messages.warning(request, "No customer was chosen, so nothing was changed. Tick the boxes in front of their names.")
        return redirect(back)
    try:
        ready = link_wishes.ready_accounts(asked.configuration, integrations.clock()) if on else frozenset()
    except link_wishes.CANNOT_ASK as error:
        messages.error(request, f"Billing cannot be switched on while Tigerpaw cannot be asked. {error} Nothing was changed.")
        return redirect(back)
    product = asked.configuration.destination.external_product
    _, refused = linking.switch(asked.changes, chosen, on=on, ready=ready, product=product)
    for sentence in refused[:_REFUSALS_SHOWN]:
        messages.error(request, sentence)
    if len(refused) > _REFUSALS_SHOWN:
        messages.error(request, f"The same holds for {len(refused) - _REFUSALS_SHOWN} more of the chosen customers.")
    return redirect(back)


@needs(Role.VIEW)
@of_integration
def accounts(request: HttpRequest, asked: Asked) -> HttpResponse:
    """Accounts of the PSA without customer."""
    show_all = request.GET.get("show") == "all"
    text = request.GET.get("q", "").strip()
    runs = since_all_were_met(asked.name)
    told = unlinked.told(asked.configuration, runs)
    every, read = unlinked.every(asked.configuration) if show_all else ((), None)
    listed = [one for one in (every if show_all else told) if text.casefold() in one.name.casefold() or text in str(one.account)]
    page = Paginator(listed, A_PAGE).get_page(request.GET.get("page"))
    product = asked.configuration.destination.external_product
    found = {
        "told": len(told),
        "page": page,
        "show_all": show_all,
        "text": text,
        "read": read,
        "product": product,
        "run": runs[-1].date if runs else None,
    }
    return render(request, "console/customers/accounts.html", {**asked.shared(), **found})


def _units(fleet: Fleet) -> dict[str, int]:
    counted = customer_queries.units_counted([run.id for run in fleet.runs])
    return {one.key: counted[one.counted_by] for one in fleet.customers if one.counted_by is not None and one.counted_by in counted}


def _row(customer: Customer, counted: tuple[tuple[str, int], ...], observed: datetime | None) -> dict[str, object]:
    return {
        "customer": customer,
        "counted": sum(units for _, units in counted) if customer.counted_by is not None else None,
        "applications": [(short_name(application), units) for application, units in counted],
        "observed": observed,
    }


def _back(request: HttpRequest) -> str:
    asked = request.POST.get("next", "")
    return asked if asked.startswith("/") and url_has_allowed_host_and_scheme(asked, allowed_hosts=None) else reverse("customers")
