"""Pages that have nothing to show yet: each must say what to do next."""

from __future__ import annotations

from tests.browser.places import Place

BEFORE_THE_SET_UP = tuple(
    Place(f"unset-{name}", address)
    for name, address in (
        ("overview", "/"),
        ("customers", "/customers/"),
        ("mapping", "/mapping/"),
        ("plan", "/plan/"),
        ("runs", "/runs/"),
        ("compare", "/runs/compare/"),
        ("settings", "/settings/"),
        ("audit", "/audit/?text=nothing-like-this"),
    )
)
"""There is an administrator and nothing else."""

BEFORE_A_RUN = tuple(
    Place(f"empty-{name}", address)
    for name, address in (
        ("overview", "/"),
        ("customers", "/customers/"),
        ("accounts", "/customers/accounts/"),
        ("suggestions", "/customers/suggestions/"),
        ("mapping", "/mapping/"),
        ("plan", "/plan/"),
        ("runs", "/runs/"),
        ("compare", "/runs/compare/"),
        ("worklist", "/plan/worklist/"),
    )
)
"""An integration is declared, and nothing has been read."""
