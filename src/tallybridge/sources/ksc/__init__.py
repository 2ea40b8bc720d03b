"""Kaspersky Security Center as a source: a tenant is a virtual server (KSC Open API reference 9)."""

from __future__ import annotations

from tallybridge.sources.ksc.settings import KscSettings
from tallybridge.sources.ksc.source import KscSource

__all__ = ["KscSettings", "KscSource"]
