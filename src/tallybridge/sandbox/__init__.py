"""A simulated Kaspersky Security Center and a simulated Tigerpaw for the demo, tests and training (contracts 4).

Written from the protocol references and independent of everything else here, so that one misreading cannot hide in client and simulator alike.
"""

from __future__ import annotations

from tallybridge.sandbox.declare import declare, write_declaration
from tallybridge.sandbox.http import SandboxPortInUse
from tallybridge.sandbox.sandbox import Sandbox
from tallybridge.sandbox.scenario import Scenario, ScenarioError, load_scenario, parse_scenario

__all__ = [
    "Sandbox",
    "SandboxPortInUse",
    "Scenario",
    "ScenarioError",
    "declare",
    "load_scenario",
    "parse_scenario",
    "write_declaration",
]
