"""Business Hub's source over a folder of JSON exports (contracts 5), one file per company."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tallybridge.billing.model import Tenant
from tallybridge.conformance import SourceBreakage, TenantWorld
from tallybridge.sources.base import Source
from tallybridge.sources.business_hub import BusinessHubSource, read_folder

NOW = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
EXPORTED = "2026-11-22T01:00:00Z"
# The part of the file at which it breaks off; a seat stands in its device's row.
_CUT_AT = {
    SourceBreakage.UNREADABLE: '"companies"',
    SourceBreakage.LICENSES_UNREADABLE: '"kind"',
    SourceBreakage.DEVICES_UNREADABLE: '"os_name"',
    SourceBreakage.SEATS_UNREADABLE: '"license"',
}


class BusinessHubStage:
    """Files are read when the companies are listed, so one company cannot be slow; and nobody signs in."""

    secrets = ()
    breakages = (*_CUT_AT, SourceBreakage.DOWN)
    mailboxes = True

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "exports"

    def build(self, world: tuple[TenantWorld, ...]) -> Source:
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir()
        for one in world:
            export = {"exported": EXPORTED, "companies": [_company(one)]}
            self._file_of(one.tenant).write_text(json.dumps(export, ensure_ascii=False), encoding="utf-8")
        return BusinessHubSource(lambda: read_folder(self._folder, {}), clock=lambda: NOW)

    def break_(self, how: SourceBreakage, tenant: Tenant) -> None:
        if how is SourceBreakage.DOWN:
            shutil.rmtree(self._folder)
            return
        file = self._file_of(tenant)
        text = file.read_text(encoding="utf-8")
        file.write_text(text[: text.rindex(_CUT_AT[how])], encoding="utf-8")

    def close(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def _file_of(self, tenant: Tenant) -> Path:
        return self._folder / f"{tenant.id}.json"


def _company(world: TenantWorld) -> dict[str, Any]:
    used: dict[str, list[str | None]] = {device.id: [] for device in world.devices}
    for seat in world.seats:
        used[seat.device].append(seat.license)
    return {
        "id": world.tenant.id,
        "name": world.tenant.name,
        "licenses": [
            {
                "id": one.serial,
                "application": one.name,
                "kind": one.kind,
                "state": one.state or "active",
                "expires": None if one.expires is None else one.expires.isoformat(),
            }
            for one in world.licenses
        ],
        "devices": [
            {"id": device.id, "name": device.name, "os_name": device.os_name, "type": device.form, "license": license}
            for device in world.devices
            for license in used[device.id] or [None]
        ],
        "mailboxes": [one._asdict() for one in world.mailboxes],
    }
