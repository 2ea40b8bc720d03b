"""The one error that a scenario can cause."""

from __future__ import annotations


class ScenarioError(ValueError):
    """A scenario or a list of faults that cannot be used. The text names the member and what was expected; nothing was changed."""
