"""Link suggestions and the list of accounts: read in the background, shown, confirmed."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from tallybridge.console import changing, integrations, work
from tallybridge.console.access import needs, needs_to_post
from tallybridge.console.customers import suggestions as suggesting
from tallybridge.console.customers.asking import Asked, of_integration
from tallybridge.console.customers.filtering import A_PAGE
from tallybridge.console.models import Role


@needs_to_post(Role.OPERATE)
@of_integration
def suggestions(request: HttpRequest, asked: Asked) -> HttpResponse:
    """The suggestions that are open; confirming makes them pending links."""
    found, at = suggesting.offered(asked.name, asked.changes)
    if request.method == "POST":
        return _confirm(request, asked, found)
    page = Paginator(found, A_PAGE).get_page(request.GET.get("page"))
    exact = sum(1 for one in found if one.exact)
    return render(request, "console/customers/suggestions.html", {**asked.shared(), "page": page, "at": at, "exact": exact, "found": len(found)})


@needs(Role.OPERATE)
@require_POST
@of_integration
def look(request: HttpRequest, asked: Asked) -> HttpResponse:
    """Looks for suggestions in the background."""
    clock = integrations.clock()
    return _begin(request, "Looking for link suggestions", lambda: suggesting.look(asked.configuration, clock), reverse("customers-suggestions"))


@needs(Role.OPERATE)
@require_POST
@of_integration
def read_accounts(request: HttpRequest, asked: Asked) -> HttpResponse:
    """Reads the list of accounts in the background."""
    clock = integrations.clock()
    wanted = request.POST.get("next", "")
    back = wanted if wanted.startswith("/") and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) else reverse("customers-accounts")
    return _begin(request, "Reading the accounts of Tigerpaw", lambda: suggesting.read_accounts(asked.configuration, clock), back)


def _begin(request: HttpRequest, title: str, deed: Callable[[], object], result: str) -> HttpResponse:
    def carry_out(_work: work.Work) -> str:
        deed()
        return result

    try:
        begun = work.start(title, request.user.get_username(), integrations.clock()(), carry_out)
    except work.Busy as busy:
        messages.error(request, str(busy))
        return redirect(result)
    return redirect("work", work=begun.id)


def _confirm(request: HttpRequest, asked: Asked, found: tuple[suggesting.Offered, ...]) -> HttpResponse:
    if not asked.may_change:
        messages.error(request, str(changing.DeclaredByFile(asked.configured.origin)))
        return redirect("customers-suggestions")
    taken = suggesting.confirm(asked.name, asked.changes, _chosen(request.POST, found))
    if not taken:
        messages.warning(request, "No suggestion was chosen, so nothing was changed.")
    return redirect("customers-suggestions")


def _chosen(sent: QueryDict, found: tuple[suggesting.Offered, ...]) -> dict[int, int | None]:
    """The numbers of the suggestions that are confirmed, each with its agreement."""
    if sent.get("do") == "exact":
        return {one.number: one.agreement for one in found if one.exact}
    ticked = set(sent.getlist("take"))
    if (one_alone := sent.get("do", "")).startswith("one-"):
        ticked = {one_alone.removeprefix("one-")}
    chosen: dict[int, int | None] = {}
    for one in found:
        if str(one.number) in ticked:
            asked = sent.get(f"agreement-{one.number}", "")
            chosen[one.number] = int(asked) if asked in map(str, one.agreements) else None
    return chosen
