"""How categories of devices and applications are written on every page."""

from __future__ import annotations

from tallybridge.billing.model import Category

CATEGORY_WORDS = {
    Category.WINDOWS_WORKSTATION: "Windows workstation",
    Category.WINDOWS_SERVER: "Windows server",
    Category.NON_WINDOWS: "Non-Windows",
    Category.UNCLASSIFIED: "Unclassified",
}


def short_name(application: str) -> str:
    """An application's name without what nearly all of them begin with."""
    return application.removeprefix("Kaspersky ")
