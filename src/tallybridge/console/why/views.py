"""Any charge: its seats, what was left out and why, its history; as a page, as a file, and to print for the customer."""

from __future__ import annotations

from collections.abc import Iterator

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from tallybridge.configuration.errors import ConfigurationError
from tallybridge.configuration.records import Configuration
from tallybridge.console import integrations
from tallybridge.console.access import needs
from tallybridge.console.csv_files import csv_response
from tallybridge.console.models import Role
from tallybridge.console.naming import with_names
from tallybridge.console.why.reading import Charge, read_charge
from tallybridge.ledger.errors import EvidenceDamaged, EvidenceUnknown
from tallybridge.runs.explaining import NothingKnown
from tallybridge.runs.seats_since import Since

A_PAGE = 50


@needs(Role.VIEW)
def why(request: HttpRequest, agreement: int, item: str) -> HttpResponse:
    """Why a charge is what it is."""
    try:
        charge = _charge(request, agreement, item)
    except (EvidenceDamaged, EvidenceUnknown) as damaged:
        return _damaged(request, damaged)
    page = Paginator(charge.seats, A_PAGE).get_page(request.GET.get("page"))
    return render(request, "console/why/why.html", {"charge": charge, "page": page, "zone": _zone(request)})


@needs(Role.VIEW)
def printable(request: HttpRequest, agreement: int, item: str) -> HttpResponse:
    """A page for the customer: what is charged, and for which devices."""
    try:
        charge = _charge(request, agreement, item)
    except (EvidenceDamaged, EvidenceUnknown) as damaged:
        return _damaged(request, damaged)
    return render(request, "console/why/print.html", {"charge": charge, "zone": _zone(request)})


@needs(Role.VIEW)
def seats_file(request: HttpRequest, agreement: int, item: str) -> HttpResponse:
    """The seats, what was stated and what was left out, as CSV."""
    try:
        charge = _charge(request, agreement, item)
    except (EvidenceDamaged, EvidenceUnknown) as damaged:
        return _damaged(request, damaged)
    header = ("counts", "units", "device", "device id", "category", "application", "license", "license name", "counts since", "reason", "why")
    name = f"why-{agreement}-{item.replace('/', '-')}-{charge.document['date']}.csv"
    return csv_response(name, header, _rows(charge))


def _rows(charge: Charge) -> Iterator[tuple[object, ...]]:
    for seat in charge.seats:
        device = seat.device if not seat.devices else ", ".join(seat.devices)
        license_ = (seat.license, seat.license_name)
        yield ("yes", 1, device, seat.device_id, seat.category, seat.application, *license_, _since(seat.since), None, None)
    for stated in charge.explanation.stated:
        category = stated.category.value if stated.category is not None else None
        why = f"stated by {stated.author} until {stated.until}: {stated.reason}"
        yield ("yes", stated.quantity, None, None, category, stated.application, None, None, None, "stated", why)
    for group in charge.left_out:
        for one in group.of:
            units = 1 if one.device is not None else one.devices
            reason = (group.reason.value, with_names(group.reason.sentence))
            yield ("no", units, one.device, one.device_id, None, one.application, one.license, one.license_name, None, *reason)


def _since(since: Since | None) -> str:
    if since is None:
        return ""
    return f"{since.date} or before" if since.at_least else since.date.isoformat()


def _charge(request: HttpRequest, agreement: int, item: str) -> Charge:
    request.section = "customers"  # type: ignore[attr-defined]  # which place of the navigation is lit
    configuration = _configuration(request)
    name = configuration.integration.name if configuration is not None else None
    try:
        return read_charge(agreement, item, integration=name)
    except NothingKnown as unknown:
        sentence = f"No run has planned a charge for item {item} on agreement {agreement} yet, so there is nothing to explain."
        raise Http404(f"{sentence} The plan and the pages of the customers lead to those that are known.") from unknown


def _configuration(request: HttpRequest) -> Configuration | None:
    """What a charge is explained by is all in the ledger, so a configuration that cannot be read keeps nobody from it."""
    try:
        configured = integrations.chosen(request)
    except ConfigurationError:
        return None
    return configured.configuration if configured is not None else None


def _zone(request: HttpRequest) -> str:
    configuration = _configuration(request)
    return configuration.integration.time_zone if configuration is not None else "UTC"


def _damaged(request: HttpRequest, error: EvidenceDamaged | EvidenceUnknown) -> HttpResponse:
    said = {"title": "The evidence cannot be read", "sentence": f"{error} Nothing was changed. “tallybridge verify” says what is wrong."}
    return render(request, "console/failure.html", said, status=500)
