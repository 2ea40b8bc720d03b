"""Calls a test itself: the rules need nothing that pytest sets up around it, and setting that up takes longer than most of their tests."""

from __future__ import annotations

import pytest


def passes(item: pytest.Item) -> bool:
    """Whether nothing is raised."""
    assert isinstance(item, pytest.Function)
    given = item.callspec.params if hasattr(item, "callspec") else {}
    try:
        item.obj(**given)
    except (Exception, pytest.fail.Exception):  # noqa: BLE001 whatever is raised, the test has noticed something
        return False
    return True


def by_property(item: pytest.Item) -> bool:
    """Whether the test tries many examples that Hypothesis makes."""
    return hasattr(getattr(item, "obj", None), "hypothesis")
