"""The inventory passes what every source owes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tallybridge.billing.model import Tenant
from tallybridge.conformance import SourceBreakage, SourceConformance, SourceStage, TenantWorld
from tallybridge.sources.base import Source
from tests.conformance.inventory_source import InventorySource


class Inventory:
    secrets = ()
    mailboxes = False
    breakages = (SourceBreakage.UNREADABLE, SourceBreakage.DEVICES_UNREADABLE, SourceBreakage.DOWN)

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def build(self, world: tuple[TenantWorld, ...]) -> Source:
        for one in world:
            keys = [{"serial": key.serial, "product": key.name, "kind": key.kind, "expires": str(key.expires)} for key in one.licenses]
            machines = [
                {"id": each.id, "name": each.name, "system": each.os_name, "keys": [seat.license for seat in one.seats if seat.device == each.id]}
                for each in one.devices
            ]
            self._file(one.tenant.id).write_text(json.dumps({"keys": keys, "machines": machines}), encoding="utf-8")
        self._file("customers").write_text(json.dumps({one.tenant.id: one.tenant.name for one in world}), encoding="utf-8")
        return InventorySource(self._folder)

    def break_(self, how: SourceBreakage, tenant: Tenant) -> None:
        if how is SourceBreakage.DEVICES_UNREADABLE:
            text = self._file(tenant.id).read_text(encoding="utf-8")
            self._file(tenant.id).write_text(text[: text.rindex('"system"')], encoding="utf-8")
        else:
            self._file("customers" if how is SourceBreakage.DOWN else tenant.id).unlink()

    def close(self) -> None:
        """The folder belongs to the test."""

    def _file(self, name: str) -> Path:
        return self._folder / f"{name}.json"


class TestInventory(SourceConformance):
    @pytest.fixture(autouse=True)
    def in_a_folder(self, tmp_path: Path) -> None:
        self.folder = tmp_path

    def stage(self) -> SourceStage:
        return Inventory(self.folder)
