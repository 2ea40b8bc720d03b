"""Tigerpaw as a destination: REST to read, SOAP to write, a replaceable dialect for what the vendor does not publish."""

from tallybridge.destinations.tigerpaw.destination import TigerpawDestination
from tallybridge.destinations.tigerpaw.dialect import Dialect, DialectError, load_dialect, shipped_dialects
from tallybridge.destinations.tigerpaw.settings import TigerpawSettings

__all__ = ["Dialect", "DialectError", "TigerpawDestination", "TigerpawSettings", "load_dialect", "shipped_dialects"]
