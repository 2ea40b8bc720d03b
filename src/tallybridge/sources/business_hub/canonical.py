"""One company's export ⇄ bytes: JSON in the form of contracts 5, the same bytes for the same facts, whatever file they came in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import msgspec

from tallybridge.billing.model import Device
from tallybridge.sources.business_hub.exports import CompanyExport, Use
from tallybridge.sources.business_hub.json_files import json_exports
from tallybridge.sources.business_hub.refusing import ProblemList

_encode = msgspec.json.Encoder(order="deterministic").encode


def encode_export(export: CompanyExport) -> bytes:
    """An export file with this company alone."""
    return _encode({"exported": export.exported, "companies": [company_members(export)]})


def decode_export(data: bytes) -> CompanyExport:
    """The export behind `encode_export`; raises ExportRefused if the bytes are something else."""
    problems = ProblemList("A stored export")
    (export,) = json_exports(data, problems)
    return export


def company_members(export: CompanyExport) -> dict[str, Any]:
    """A company as contracts 5 writes it. A device that uses several licenses stands there once for each."""
    return {
        "id": export.id,
        "name": export.name,
        "licenses": [one._asdict() for one in export.licenses],
        "devices": [
            {"id": device.id, "name": device.name, "os_name": device.os_name, "type": device.form, "license": license}
            for device, license in used_licenses(export.devices, export.uses)
        ],
        "mailboxes": [one._asdict() for one in export.mailboxes],
    }


def used_licenses(devices: tuple[Device, ...], uses: tuple[Use, ...]) -> Iterator[tuple[Device, str | None]]:
    """Each device with each license that it uses; one without a license comes once, with None."""
    licenses: defaultdict[str, list[str | None]] = defaultdict(list)
    for use in uses:
        licenses[use.device].append(use.license)
    for device in devices:
        for license in licenses.get(device.id, [None]):
            yield device, license
