"""Price book mapping: which applications are billed on which items, and whose license names nobody has matched."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_POST

from tallybridge.billing.model import Unit
from tallybridge.configuration.errors import ConfigurationError
from tallybridge.console import integrations, work
from tallybridge.console.access import forbidden, may, needs, needs_to_post
from tallybridge.console.changing import may_change
from tallybridge.console.mapping.editing import ItemsForm, add_name, remove_name
from tallybridge.console.mapping.price_book import OFFERED, PriceBook, price_book, read_whole
from tallybridge.console.mapping.reading import ApplicationShown, MappingShown, mapping_shown
from tallybridge.console.models import Role
from tallybridge.console.pending.edits import PendingChanges
from tallybridge.ledger.usage_queries import applications_in_use
from tallybridge.runs.configuring import Configured

_PER_PAGE = 50
_SHOWS = {"used": "In use or mapped", "unmapped": "In use, not billed", "all": "All of the catalog"}


class _Looked:
    """What every page of the mapping starts from."""

    def __init__(self, request: HttpRequest, configured: Configured) -> None:
        self.configured = configured
        self.name = configured.configuration.integration.name
        self.changes = PendingChanges(request, configured)
        self.book: PriceBook = price_book(self.name)
        self.shown: MappingShown = mapping_shown(applications_in_use(self.name), self.changes, self.book)
        self.may_change = may_change(configured) and may(request, Role.OPERATE)

    def application(self, name: str) -> ApplicationShown:
        found = next((one for one in self.shown.applications if one.name == name), None)
        if found is None:
            raise Http404(f"There is no application “{name}” in the catalog or the configuration.")
        return found


@needs(Role.VIEW)
def mapping(request: HttpRequest) -> HttpResponse:
    """License names that nobody has matched, then every application with its items."""
    configured = _configured(request)
    if configured is None:
        return render(request, "console/mapping/nothing.html")
    looked = _Looked(request, configured)
    text = request.GET.get("text", "").strip()
    show = request.GET.get("show", "used")
    show = show if show in _SHOWS else "used"
    found = [one for one in looked.shown.applications if _fits(one, text)]
    of_show = {
        "used": [one for one in found if one.quantity or one.mapped or one.pending],
        "unmapped": [one for one in found if one.quantity and (not one.mapped or one.left_out)],
        "all": found,
    }
    chips = [(name, title, len(of_show[name]), "?" + urlencode({"show": name} | ({"text": text} if text else {}))) for name, title in _SHOWS.items()]
    return render(
        request,
        "console/mapping/mapping.html",
        {
            "looked": looked,
            "chips": chips,
            "show": show,
            "text": text,
            "page": Paginator(of_show[show], _PER_PAGE).get_page(request.GET.get("page")),
            "units": tuple(Unit),
            "zone": configured.configuration.integration.time_zone,
            "origin": configured.origin,
            "declared": not may_change(configured),
        },
    )


@needs_to_post(Role.OPERATE)
def application(request: HttpRequest) -> HttpResponse:
    """One application (`name`): its items, which are pending once they are given, and the license names that belong to it."""
    configured = _configured(request)
    if configured is None:
        return redirect("mapping")
    looked = _Looked(request, configured)
    found = looked.application(request.GET.get("name", ""))
    if request.method != "POST":
        return _edit(request, looked, found, ItemsForm.of(found))
    if (refused := _refused(request, configured)) is not None:
        return refused
    form = ItemsForm.sent(found, request.POST)
    form.check(found.name, configured.configuration, looked.book)
    if form.errors:
        return _edit(request, looked, found, form, status=400)
    looked.changes.put("mapping", found.name, form.entry(found.name))
    messages.info(request, f"The mapping of “{found.name}” is pending. It takes effect once it is saved.")
    return redirect("mapping")


@needs(Role.VIEW)
def items(request: HttpRequest) -> HttpResponse:
    """The part of the application's page that lists items, for a search while one types."""
    configured = _configured(request)
    if configured is None:
        return redirect("mapping")
    book = price_book(configured.configuration.integration.name)
    return render(request, "console/mapping/items.html", _offered(request, book))


@needs(Role.OPERATE)
@require_POST
def read_items(request: HttpRequest) -> HttpResponse:
    """Reads the price book anew in the background."""
    configured = _configured(request)
    if configured is None:
        return redirect("mapping")
    configuration = configured.configuration
    name = request.POST.get("name", "")
    back = f"{reverse('mapping-application')}?{urlencode({'name': name})}" if name else reverse("mapping")

    def deed(_under_way: work.Work) -> str:
        read_whole(configuration)
        return back

    try:
        begun = work.start("Reading the price book", request.user.get_username(), integrations.clock()(), deed)
    except work.Busy as busy:
        messages.warning(request, str(busy))
        return redirect(back)
    return redirect("work", work=begun.id)


@needs(Role.OPERATE)
@require_POST
def match(request: HttpRequest) -> HttpResponse:
    """A license name belongs to an application: `application`, or one of its own with `own`; with `remove`, no more."""
    configured = _configured(request)
    if configured is None:
        return redirect("mapping")
    if (refused := _refused(request, configured)) is not None:
        return refused
    looked = _Looked(request, configured)
    name = request.POST.get("license", "").strip()
    if request.POST.get("do") == "remove":
        remove_name(looked.changes, name, request.POST.get("application", ""))
        return redirect("mapping")
    own = request.POST.get("do") == "own"
    wanted = name if own else request.POST.get("application", "").strip()
    if not name or (not own and wanted not in looked.shown.catalog):
        messages.error(request, f"There is no application “{wanted}”. Choose one of the list. Nothing was changed.")
        return redirect("mapping")
    add_name(looked.changes, name, wanted, request.POST.get("unit", ""))
    said = "is an application of its own" if own else f"belongs to “{wanted}”"
    messages.info(request, f"“{name}” {said} once it is saved.")
    return redirect("mapping")


def _edit(request: HttpRequest, looked: _Looked, found: ApplicationShown, form: ItemsForm, *, status: int = 200) -> HttpResponse:
    slots = [(slot, form.values.get(slot.name, ""), form.errors.get(slot.name, "")) for slot in found.slots]
    shown = {"looked": looked, "application": found, "form": form, "slots": slots, "zone": looked.configured.configuration.integration.time_zone}
    return render(request, "console/mapping/application.html", shown | _offered(request, looked.book), status=status)


def _offered(request: HttpRequest, book: PriceBook) -> dict[str, object]:
    text = request.GET.get("text", "").strip()
    return {"text": text, "offered": book.search(text), "most": OFFERED, "book": book}


def _fits(one: ApplicationShown, text: str) -> bool:
    return text.casefold() in " ".join((one.name, *one.names, *(slot.id for slot in one.billed))).casefold()


def _configured(request: HttpRequest) -> Configured | None:
    try:
        return integrations.chosen(request)
    except ConfigurationError as wrong:
        messages.error(request, str(wrong))
        return None


def _refused(request: HttpRequest, configured: Configured) -> HttpResponse | None:
    """Why this person cannot change this integration here."""
    if not may(request, Role.OPERATE):
        return forbidden(request, Role.OPERATE)
    if not may_change(configured):
        messages.error(request, f"{configured.origin} declares this integration, so it is changed there, not here. Nothing was changed.")
        return redirect("mapping")
    return None
