"""What every page's template knows: the person's role, the navigation, the integrations and which one is looked at, and work under way."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.http import HttpRequest
from django.urls import reverse

from tallybridge.console import integrations
from tallybridge.console.access import may
from tallybridge.console.models import Role


class Entry(NamedTuple):
    """One place of the navigation."""

    name: str
    title: str
    icon: str
    needs: Role = Role.VIEW


NAVIGATION = (
    Entry("overview", "Overview", "overview"),
    Entry("customers", "Customers", "customers"),
    Entry("mapping", "Price book mapping", "mapping"),
    Entry("plan", "Plan", "plan"),
    Entry("runs", "Runs", "runs"),
    Entry("settings", "Settings", "settings"),
    Entry("people", "Administrators", "people", Role.ADMINISTER),
    Entry("audit", "Audit trail", "audit", Role.ADMINISTER),
)


def every_page(request: HttpRequest) -> dict[str, Any]:
    """The variables of `base.html`; nothing of the ledger is read for somebody who is not signed in."""
    if getattr(request, "role", None) is None:
        return {"role": None, "navigation": (), "integrations": (), "integration": None}
    here = request.resolver_match.url_name if request.resolver_match is not None else ""
    section = getattr(request, "section", (here or "").split("-")[0])
    return {
        "role": request.role,  # type: ignore[attr-defined]  # set by AccessMiddleware
        "may_operate": may(request, Role.OPERATE),
        "may_administer": may(request, Role.ADMINISTER),
        "navigation": [(entry, reverse(entry.name), entry.name == section) for entry in NAVIGATION if may(request, entry.needs)],
        "integrations": integrations.names(request),
        "integration": integrations.chosen_name(request),
        "sandboxed": integrations.sandboxed(),
    }
