"""A simulated Kaspersky Security Center, written from the KSC Open API reference alone."""

from __future__ import annotations

from tallybridge.sandbox.ksc.simulator import KscSimulator

__all__ = ["KscSimulator"]
