"""The bar of pending changes, at the bottom of the pages that make them."""

from __future__ import annotations

from typing import Any

from django import template

from tallybridge.console.integrations import chosen
from tallybridge.console.pending.edits import PendingChanges

register = template.Library()


@register.inclusion_tag("console/pending/bar.html", takes_context=True)
def pending_bar(context: dict[str, Any]) -> dict[str, Any]:
    """How many changes of the chosen integration are pending for this person, with Save and Cancel."""
    request = context["request"]
    configured = chosen(request)
    count = len(PendingChanges(request, configured)) if configured is not None else 0
    return {"request": request, "csrf_token": context.get("csrf_token"), "count": count, "may_operate": context.get("may_operate")}
