"""The simulated Tigerpaw: the REST API that reads and the SOAP service that writes additional charges."""

from __future__ import annotations

from tallybridge.sandbox.tigerpaw.invoicing import run_invoices
from tallybridge.sandbox.tigerpaw.simulator import TigerpawSimulator

__all__ = ["TigerpawSimulator", "run_invoices"]
