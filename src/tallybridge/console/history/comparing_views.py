"""Comparing two days, or two runs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode

from tallybridge.console.access import needs
from tallybridge.console.csv_files import csv_response
from tallybridge.console.history.asking import of_integration
from tallybridge.console.history.comparing import Compared, NothingToCompare, Side, compared, lines_of, side
from tallybridge.console.models import Role
from tallybridge.ledger import day_lines
from tallybridge.runs.configuring import Configured

A_PAGE = 100
_DATES_OFFERED = 60


@dataclass(slots=True, kw_only=True)
class _Asked:
    """What a person asked to compare, with what is wrong with it at each field."""

    before: str
    after: str
    every: bool
    offered: tuple[str, ...]
    errors: dict[str, str] = field(default_factory=dict)

    def sides(self, integration: str) -> tuple[Side, Side] | None:
        """Both sides; None where one of them cannot be told."""
        found = [self._side(integration, name, value) for name, value in (("from", self.before), ("to", self.after)) if value]
        return (found[0], found[1]) if len(found) == 2 and found[0] is not None and found[1] is not None else None

    def _side(self, integration: str, name: str, value: str) -> Side | None:
        try:
            return side(integration, value)
        except NothingToCompare as nothing:
            self.errors[name] = str(nothing)
            return None


@needs(Role.VIEW)
@of_integration
def compare(request: HttpRequest, configured: Configured) -> HttpResponse:
    """The lines that differ between two days."""
    asked = _asked(request, configured)
    sides = asked.sides(configured.configuration.integration.name)
    found = compared(*sides, every=asked.every) if sides is not None else ()
    page = Paginator(found, A_PAGE).get_page(request.GET.get("page"))
    shown = {
        "asked": asked,
        "sides": sides,
        "page": page,
        "lines": lines_of(*sides) if sides is not None else 0,
        "differing": sum(1 for one in found if one.differs),
        "counted": sum(one.counted_difference for one in found),
        "charged": sum(one.charged_difference for one in found),
        "filters": urlencode({"from": asked.before, "to": asked.after} | ({"all": "1"} if asked.every else {})),
    }
    return render(request, "console/history/compare.html", shown, status=400 if asked.errors else 200)


@needs(Role.VIEW)
@of_integration
def compare_file(request: HttpRequest, configured: Configured) -> HttpResponse:
    """The same as a CSV file."""
    asked = _asked(request, configured)
    sides = asked.sides(configured.configuration.integration.name)
    if sides is None:
        raise Http404(" ".join(asked.errors.values()) or "Say which two days are to be compared.")
    before, after = sides
    header = (
        "customer",
        "agreement",
        "item",
        f"counted {before.asked}",
        f"counted {after.asked}",
        "counted difference",
        f"in Tigerpaw {before.asked}",
        f"in Tigerpaw {after.asked}",
        "difference in Tigerpaw",
    )
    return csv_response(f"{before.asked}-to-{after.asked}.csv", header, [_row(one) for one in compared(before, after, every=asked.every)])


def _row(one: Compared) -> tuple[object, ...]:
    return (one.tenant, one.agreement, one.item, *one.counted, one.counted_difference, *one.charged, one.charged_difference)


def _asked(request: HttpRequest, configured: Configured) -> _Asked:
    """What the address asks for; without any, the newest day and the one before it."""
    days = [day.isoformat() for day in day_lines.dates_with_runs(configured.configuration.integration.name, _DATES_OFFERED)]
    after = request.GET.get("to", "").strip() or (days[0] if days else "")
    before = request.GET.get("from", "").strip() or next((day for day in days if day < after), _day_before(after))
    return _Asked(before=before, after=after, every=request.GET.get("all") == "1", offered=tuple(days))


def _day_before(day: str) -> str:
    try:
        return (date.fromisoformat(day) - timedelta(days=1)).isoformat()
    except ValueError:
        return day
