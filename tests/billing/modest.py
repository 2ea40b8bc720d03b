"""How far the properties of the rules are tried: deterministic, so that a red build is red everywhere."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, Phase, settings

_FEW = os.environ.get("TALLYBRIDGE_EXAMPLES")
"""Set where a failure is all that is asked (`make mutants`): so many examples at most, and a failing one is not made smaller."""


def at_most(examples: int) -> settings:
    """Settings for a property that so many examples are enough for."""
    return settings(
        max_examples=min(examples, int(_FEW)) if _FEW else examples,
        phases=[Phase.explicit, Phase.generate] if _FEW else tuple(Phase),
        deadline=None,
        derandomize=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
