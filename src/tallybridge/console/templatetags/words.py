"""How numbers, instants, reasons and states are written on every page."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tallybridge.billing.reasons import Reason
from tallybridge.console.naming import CATEGORY_WORDS, with_names

register = template.Library()

_SHAPES = {
    "applied": ("good", "done"),
    "done": ("good", "done"),
    "unchanged": ("good", "same"),
    "planned": ("due", "due"),
    "waiting": ("due", "due"),
    "held": ("wait", "hold"),
    "attention": ("wait", "hold"),
    "blocked": ("bad", "stop"),
    "failed": ("bad", "stop"),
    "interrupted": ("bad", "stop"),
    "not_linked": ("quiet", "off"),
    "billing_off": ("quiet", "off"),
}


_WORDS = {category.value: said for category, said in CATEGORY_WORDS.items()} | {"attention": "needs attention"}
"""What is not written as its value with spaces."""


@register.filter
def units(value: int | None) -> str:
    """A quantity with thin spaces between thousands; an em dash for none."""
    return "—" if value is None else f"{value:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")


@register.filter
def signed(value: int | None) -> str:
    """A difference with its sign."""
    if value is None:
        return "—"
    return f"+{units(value)}" if value > 0 else units(value).replace("-", "\N{MINUS SIGN}")


@register.filter
def money(value: Decimal | None) -> str:
    """An amount with two digits; an em dash where no price is known."""
    return "—" if value is None else f"{value:,.2f}".replace(",", "\N{NARROW NO-BREAK SPACE}").replace("-", "\N{MINUS SIGN}")


@register.filter
def sentence(value: str | Reason | None) -> str:
    """The sentence of a reason; a value that is none is a sentence already."""
    if not value:
        return ""
    try:
        return with_names(Reason(value).sentence)
    except ValueError:
        return with_names(str(value))


@register.filter
def words(value: str | None) -> str:
    """A snake_case value as words."""
    return _WORDS.get(str(value or ""), str(value or "").replace("_", " ").replace("-", " "))


@register.simple_tag
def state(value: str, label: str = "") -> SafeString:
    """A state told by a word and a shape, not by color alone."""
    tone, shape = _SHAPES.get(str(value), ("quiet", "off"))
    said = label if label and label != value else words(value)
    return format_html('<span class="state {}"><span class="shape {}" aria-hidden="true"></span>{}</span>', tone, shape, said)


@register.simple_tag
def moment(value: datetime | None, zone: str = "UTC") -> SafeString | str:
    """An instant in a time zone, to the minute, with the exact UTC instant for machines."""
    if value is None:
        return "—"
    local = value.astimezone(ZoneInfo(zone))
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), f"{local:%Y-%m-%d %H:%M}")


@register.filter
def day(value: date | None) -> str:
    """A date as the ledger writes it."""
    return "—" if value is None else value.isoformat()
