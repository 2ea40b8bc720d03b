"""Shows a published chart: light or dark by the person's system, wide or narrow by the screen."""

from __future__ import annotations

from django import template
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from tallybridge.console.charts import PublishedChart

register = template.Library()


_SCREENS = {"narrow": "(max-width: 40rem)", "wide": "(max-width: 72rem)"}
"""On which screens a size takes the place of a larger one."""


@register.simple_tag
def chart(published: PublishedChart, said: str, size: str = "wide") -> SafeString:
    """The picture of a chart; `said` is what it shows, in words, for those who cannot see it, and `size` is "broad" where it has the whole page."""

    def source(at: str, media: str) -> tuple[str, str, str, str]:
        return (f"{media} and (prefers-color-scheme: dark)", _address(published, "dark", at), media, _address(published, "light", at))

    smaller = [(at, media) for at, media in _SCREENS.items() if at != size]
    sources = format_html_join("", '<source media="{}" srcset="{}"><source media="{}" srcset="{}">', (source(at, media) for at, media in smaller))
    return format_html(
        '<picture>{}<source media="(prefers-color-scheme: dark)" srcset="{}"><img src="{}" alt="{}" loading="lazy"></picture>',
        sources,
        _address(published, "dark", size),
        _address(published, "light", size),
        said,
    )


def _address(published: PublishedChart, scheme: str, size: str) -> str:
    return reverse("chart", args=(published.address, scheme, size))
