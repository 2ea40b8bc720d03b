"""Shows a published chart: light or dark by the person's system, wide or narrow by the screen."""

from __future__ import annotations

from django import template
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from tallybridge.console.charts import PublishedChart

register = template.Library()


@register.simple_tag
def chart(published: PublishedChart, said: str) -> SafeString:
    """The picture of a chart; `said` is what it shows, in words, for those who cannot see it."""

    def address(scheme: str, size: str) -> str:
        return reverse("chart", args=(published.address, scheme, size))

    return format_html(
        '<picture><source media="(max-width: 40rem) and (prefers-color-scheme: dark)" srcset="{}"><source media="(max-width: 40rem)" srcset="{}">'
        '<source media="(prefers-color-scheme: dark)" srcset="{}"><img src="{}" alt="{}" loading="lazy"></picture>',
        address("dark", "narrow"),
        address("light", "narrow"),
        address("dark", "wide"),
        address("light", "wide"),
        said,
    )
