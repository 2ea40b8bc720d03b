"""How categories of devices, applications and the PSA are called on every page."""

from __future__ import annotations

from tallybridge.billing.model import Category
from tallybridge.billing.reasons import naming_the_psa

CATEGORY_WORDS = {
    Category.WINDOWS_WORKSTATION: "Windows workstation",
    Category.WINDOWS_SERVER: "Windows server",
    Category.NON_WINDOWS: "Non-Windows",
    Category.UNCLASSIFIED: "Unclassified",
}


DESTINATION = "Tigerpaw"
"""What people call the PSA that every integration writes to."""


def with_names(said: str) -> str:
    """A sentence of the rules, which know no PSA by name, as pages say it."""
    return naming_the_psa(said, DESTINATION)


def short_name(application: str) -> str:
    """An application's name without what nearly all of them begin with."""
    return application.removeprefix("Kaspersky ")
