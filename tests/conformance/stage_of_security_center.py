"""Kaspersky Security Center's source over the sandbox: a world becomes a scenario, a breakage another scenario or a fault."""

from __future__ import annotations

from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

from tallybridge.billing.model import Device, License, LicenseKind, Seat, Tenant
from tallybridge.conformance import SourceBreakage, TenantWorld
from tallybridge.sandbox import Sandbox
from tallybridge.sources.base import Source
from tallybridge.sources.ksc import KscSettings, KscSource
from tallybridge.wire.certificate import Trust
from tallybridge.wire.retrying import IMPATIENT
from tallybridge.wire.secret import Secret

NOW = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
USER, PASSWORD = "tallybridge", "p4ss-of-security-center"
_KINDS = {LicenseKind.COMMERCIAL: 1, LicenseKind.TRIAL: 3, LicenseKind.SUBSCRIPTION: 6}
_ROWS = {
    SourceBreakage.LICENSES_UNREADABLE: ("keys", "KLLIC_SERIAL"),
    SourceBreakage.DEVICES_UNREADABLE: ("hosts", "KLHST_WKS_HOSTNAME"),
    SourceBreakage.SEATS_UNREADABLE: ("uses", "KLLICSRV_HOSTNAME"),
}


class SecurityCenterStage:
    secrets = (PASSWORD,)
    breakages = tuple(SourceBreakage)
    mailboxes = False

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._sandbox.set_faults([])

    def build(self, world: tuple[TenantWorld, ...]) -> Source:
        self._scenario: dict[str, Any] = {
            "ksc": {"users": [{"name": USER, "password": PASSWORD}], "virtual_servers": [_virtual_server(one) for one in world]}
        }
        self._sandbox.replace(deepcopy(self._scenario))
        settings = KscSettings(
            url=self._sandbox.ksc_url,
            user=USER,
            password=Secret(PASSWORD),
            trust=Trust(fingerprint=self._sandbox.fingerprint),
            key_chunk=2,
            seat_chunk=3,
            host_chunk=2,
            read_timeout=5,
            patience=IMPATIENT,
        )
        return KscSource(settings, clock=lambda: NOW, eligible=lambda one: one.kind in {LicenseKind.COMMERCIAL, LicenseKind.SUBSCRIPTION})

    def break_(self, how: SourceBreakage, tenant: Tenant) -> None:
        scenario = deepcopy(self._scenario)
        (user,) = scenario["ksc"]["users"]
        servers = scenario["ksc"]["virtual_servers"]
        faults: list[dict[str, Any]] = []
        if how is SourceBreakage.UNREADABLE:
            user["virtual_servers"] = [0, *(server["id"] for server in servers if server["uid"] != tenant.id)]
        elif how in _ROWS:
            rows, attribute = _ROWS[how]
            (server,) = (server for server in servers if server["uid"] == tenant.id)
            server[rows][-1]["attributes"] = {attribute: None}
        elif how is SourceBreakage.SLOW:
            faults = [{"on": "ksc", "call": "HostGroup.FindHosts", "times": 0, "do": "delay", "ms": 1000}]
        elif how is SourceBreakage.SIGN_IN_REFUSED:
            user["password"] = "another"
        else:
            faults = [{"on": "ksc", "call": "*", "times": 0, "do": "close"}]
        self._sandbox.replace(scenario)
        self._sandbox.set_faults(faults)

    def close(self) -> None:
        self._sandbox.set_faults([])


def _virtual_server(world: TenantWorld) -> dict[str, Any]:
    return {
        "id": world.tenant.number,
        "uid": world.tenant.id,
        "name": world.tenant.name,
        "hosts": [_host(device) for device in world.devices],
        "keys": [_key(one) for one in world.licenses],
        "uses": [_use(place, seat) for place, seat in enumerate(world.seats)],
    }


def _host(device: Device) -> dict[str, Any]:
    return {"id": device.id, "name": device.name, "os_name": device.os_name, "ctype": device.type_bits}


def _key(one: License) -> dict[str, Any]:
    return {"serial": one.serial, "name": one.name, "type": _KINDS[one.kind or LicenseKind.COMMERCIAL], "limit_date": one.expires}


def _use(place: int, seat: Seat) -> dict[str, Any]:
    # A key is reported once per product of a device (KSC Open API reference 2.5): that is how a seat comes twice.
    return {"serial": seat.license, "host": seat.device, "product": f"P{place}"}
