"""Kaspersky Business Hub as a source: a tenant is a company, and its usage comes in export files (contracts 5), because no public API is known
(KSC Open API reference 8)."""

from __future__ import annotations

from tallybridge.sources.business_hub.canonical import decode_export, encode_export
from tallybridge.sources.business_hub.columns import COLUMNS
from tallybridge.sources.business_hub.exports import CompanyExport, ExportedLicense, Exports, Use
from tallybridge.sources.business_hub.folder import export_files, read_folder
from tallybridge.sources.business_hub.observing import observation_of
from tallybridge.sources.business_hub.reading import ReadExport, read_export
from tallybridge.sources.business_hub.refusing import ExportProblem, ExportRefused
from tallybridge.sources.business_hub.source import BusinessHubSource
from tallybridge.sources.business_hub.uniting import newest, unite

__all__ = [
    "COLUMNS",
    "BusinessHubSource",
    "CompanyExport",
    "ExportProblem",
    "ExportRefused",
    "ExportedLicense",
    "Exports",
    "ReadExport",
    "Use",
    "decode_export",
    "encode_export",
    "export_files",
    "newest",
    "observation_of",
    "read_export",
    "read_folder",
    "unite",
]
