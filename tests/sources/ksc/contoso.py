"""One hand-made customer and a source that reads it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from tallybridge.billing.model import License, LicenseKind, Observation, Tenant
from tallybridge.sources.ksc import KscSettings, KscSource
from tallybridge.wire.certificate import Trust
from tallybridge.wire.retrying import IMPATIENT
from tallybridge.wire.secret import Secret
from tests.sources.ksc.hand_made_server import HandMadeServer, HandMadeVirtualServer, host, instant, key, use

NOW = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
EXPIRY = datetime(2027, 12, 31, 23, 59, 59, tzinfo=UTC)
CONTOSO = Tenant(id="vs-1", number=1, name="Contoso Dental")


def contoso(number: int = 1, name: str = "Contoso Dental", uid: str | None = "vs-1") -> HandMadeVirtualServer:
    """Two commercial keys, a trial key, three devices; one device uses both keys, one seat is of an unmanaged device."""
    return HandMadeVirtualServer(
        number,
        name,
        uid,
        keys=[key("KEY-B"), key("KEY-A"), key("KEY-TRIAL", KLLIC_KEY_TYPE=3)],
        uses={
            "KEY-A": [use("pc-2"), use("pc-1", KLLICSRV_EXPIRATION_TIME=instant("2027-12-31T23:59:59Z")), use("pc-2"), use("pc-9")],
            "KEY-B": [use("pc-1", KLLICSRV_HOST_CURRENT=False), use("srv-1", KLLIC_LIC_IS_PENDING_SUBSCRIPTION=True)],
            "KEY-TRIAL": [use("pc-1")],
        },
        hosts=[host("srv-1", KLHST_WKS_OS_NAME="Ubuntu 22.04", KLHST_WKS_CTYPE=2099200), host("pc-2"), host("pc-1")],
    )


def billable_kind(one: License) -> bool:
    """Stands for the billing rules: what the source is told to read."""
    return one.kind in {LicenseKind.COMMERCIAL, LicenseKind.SUBSCRIPTION}


def source_of(server: HandMadeServer, *, key_chunk: int = 50, seat_chunk: int = 500, host_chunk: int = 1000, max_sessions: int = 2) -> KscSource:
    settings = KscSettings(
        url="https://ksc.example:13299",
        user="tallybridge",
        password=Secret("pa:ss"),
        trust=Trust(),
        patience=IMPATIENT,
        key_chunk=key_chunk,
        seat_chunk=seat_chunk,
        host_chunk=host_chunk,
        max_sessions=max_sessions,
    )
    return KscSource(settings, clock=lambda: NOW, eligible=billable_kind, door=server)


def observed(server: HandMadeServer, tenant: Tenant = CONTOSO, *, deadline: Callable[[], float] = lambda: 60.0, **chunks: int) -> Observation:
    return source_of(server, **chunks).observe(tenant, deadline=deadline)
