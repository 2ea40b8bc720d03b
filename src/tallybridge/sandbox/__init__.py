"""A simulated Kaspersky Security Center and a simulated Tigerpaw for the demo, tests and training (contracts 4); the companies of a simulated
Kaspersky Business Hub are written out as export files.

Written from the protocol references and independent of everything else here, so that one misreading cannot hide in client and simulator alike.
"""

from __future__ import annotations

from tallybridge.sandbox.company_exports import ExportNotWritten
from tallybridge.sandbox.declare import EXPORTS_FOLDER, declare, declare_hub, write_declaration
from tallybridge.sandbox.http import SandboxPortInUse
from tallybridge.sandbox.sandbox import Sandbox
from tallybridge.sandbox.scenario import Scenario, ScenarioError, load_scenario, parse_scenario

__all__ = [
    "EXPORTS_FOLDER",
    "ExportNotWritten",
    "Sandbox",
    "SandboxPortInUse",
    "Scenario",
    "ScenarioError",
    "declare",
    "declare_hub",
    "load_scenario",
    "parse_scenario",
    "write_declaration",
]
