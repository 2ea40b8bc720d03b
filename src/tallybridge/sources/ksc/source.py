"""Kaspersky Security Center as `sources.base.Source`: lists virtual servers, observes one at a time, and says in words what went wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import TIMEOUT_MAX, BoundedSemaphore
from time import monotonic

from tallybridge.billing.model import License, Observation, Tenant
from tallybridge.billing.reasons import Reason
from tallybridge.sources.base import Clock, TenantBlocked, TenantListing
from tallybridge.sources.ksc import calls
from tallybridge.sources.ksc.errors import KscTrouble, OutOfTime, ServerFailed, SessionEnded, Unreadable
from tallybridge.sources.ksc.line import Door, Line
from tallybridge.sources.ksc.observing import observe
from tallybridge.sources.ksc.outcomes import source_failed, tenant_not_observed
from tallybridge.sources.ksc.prerequisites import prerequisites
from tallybridge.sources.ksc.replies import StaticInfo, VirtualServer
from tallybridge.sources.ksc.session import MAIN_SERVER, confirm, session
from tallybridge.sources.ksc.settings import KscSettings
from tallybridge.sources.ksc.sign_in import SignInGate
from tallybridge.wire.checks import Check
from tallybridge.wire.http import HttpDoor
from tallybridge.wire.pace import Pace
from tallybridge.wire.retrying import passing_transport, with_patience
from tallybridge.wire.transport import TransportFailed

_LISTING_SECONDS = 600.0
"""Time for the main server's list: as much as a tenant has by default (L7)."""


class KscSource:
    """Reads usage from one Kaspersky Security Center server.

    Args:
        settings: where and how.
        clock: the present instant (L10).
        eligible: whether a license counts, so that its seats are wanted; of others only the license itself is read (L3).
        door: the way to the server, if not the one of the settings.

    Raises:
        ValueError: the address or the CA file of the settings cannot be used.
    """

    def __init__(self, settings: KscSettings, *, clock: Clock, eligible: Callable[[License], bool], door: Door | None = None) -> None:
        self._settings = settings
        self._clock = clock
        self._eligible = eligible
        self._door = door or HttpDoor(settings.url, trust=settings.trust, connections=settings.max_sessions, read_timeout=settings.read_timeout)
        self._sessions = BoundedSemaphore(settings.max_sessions)
        self._gate = SignInGate()
        self._pace = Pace(None if settings.sessions_elsewhere else settings.calls_per_second)

    def tenants(self) -> TenantListing:
        """Signs in to the main server and lists every virtual server; begins a run, so sign-ins stopped earlier may be tried again.

        Raises:
            SourceFailed: the source cannot be read; a refused sign-in is never retried.
        """
        self._gate = SignInGate()
        try:
            info, servers = self._main_server()
        except (KscTrouble, TransportFailed) as error:
            raise source_failed(error, self._settings) from error
        return TenantListing(tenants=servers, version=info.full_version or info.version or "unknown", unassigned=MAIN_SERVER)

    def observe(self, tenant: Tenant, *, deadline: Callable[[], float]) -> Observation:
        """Reads one virtual server whole, or the main server for `TenantListing.unassigned`.

        A read that was cut off by a lost connection or an ended session is made once more, whole.

        Args:
            tenant: as listed by `tenants`.
            deadline: seconds that are left for this tenant.

        Raises:
            TenantNotObserved: the read could not be proved whole.
            TenantBlocked: a person must act first.
        """
        if not tenant.enabled:
            raise TenantBlocked(
                Reason.TENANT_DISABLED,
                f"Virtual server {tenant.name!r} is disabled, so it cannot be read; nothing was written for it. "
                "Enable it in Kaspersky Security Center, or unlink it here.",
            )
        try:
            with self._one_of_the_sessions(deadline):
                return with_patience(
                    lambda: self._read(tenant, deadline),
                    passing=_worth_another_read,
                    patience=replace(self._settings.patience, attempts=2),
                    seconds_left=deadline,
                )
        except (KscTrouble, TransportFailed) as error:
            raise tenant_not_observed(error, tenant) from error

    def checks(self) -> tuple[Check, ...]:
        """Tests connection, certificate, credentials, main server, version and list of virtual servers; reads no tenant's usage."""
        return prerequisites(self._settings, self.tenants)

    def close(self) -> None:
        """Closes the connections; each session was ended with its read."""
        self._door.close()

    def _main_server(self) -> tuple[StaticInfo, tuple[Tenant, ...]]:
        ends = monotonic() + _LISTING_SECONDS

        def seconds_left() -> float:
            return ends - monotonic()

        def read() -> tuple[StaticInfo, tuple[Tenant, ...]]:
            with session(self._line(seconds_left), self._settings, MAIN_SERVER, gate=SignInGate()) as within:
                return confirm(within, MAIN_SERVER), _tenants(calls.virtual_servers(within))

        with self._one_of_the_sessions(seconds_left):
            return with_patience(read, passing=_worth_another_read, patience=self._settings.patience, seconds_left=seconds_left)

    def _read(self, tenant: Tenant, deadline: Callable[[], float]) -> Observation:
        started = self._clock()
        with session(self._line(deadline), self._settings, tenant, gate=self._gate) as within:
            confirm(within, tenant)
            return observe(within, tenant, started=started, eligible=self._eligible, settings=self._settings)

    def _line(self, seconds_left: Callable[[], float]) -> Line:
        return Line(self._door, headers={}, seconds_left=seconds_left, patience=self._settings.patience, pace=self._pace_of_a_session())

    def _pace_of_a_session(self) -> Pace:
        settings = self._settings
        if not settings.sessions_elsewhere or settings.calls_per_second is None:
            return self._pace
        return self._pace.share(settings.calls_per_second / settings.max_sessions)

    @contextmanager
    def _one_of_the_sessions(self, seconds_left: Callable[[], float]) -> Iterator[None]:
        if not self._sessions.acquire(timeout=max(0.0, min(seconds_left(), TIMEOUT_MAX))):
            raise OutOfTime(f"The time was used up while waiting for one of {self._settings.max_sessions} sessions.")
        try:
            yield
        finally:
            self._sessions.release()


def _worth_another_read(error: Exception) -> bool:
    """Whether a whole new read in a new session may succeed: the connection or the session was lost, or the server failed in passing."""
    return isinstance(error, SessionEnded) or (isinstance(error, ServerFailed) and error.passing) or passing_transport(error)


def _tenants(servers: list[VirtualServer]) -> tuple[Tenant, ...]:
    call = "VServers.GetVServers"
    tenants = tuple(
        Tenant(id=server.uid or str(server.number), number=server.number, name=server.name, enabled=server.enabled is not False)
        for server in sorted(servers, key=lambda server: server.number)
    )
    for what, values in (("number", {tenant.number for tenant in tenants}), ("unique id", {tenant.id for tenant in tenants})):
        if len(values) != len(tenants):
            raise Unreadable(call, f"two virtual servers have the same {what}")
    if any(server.number <= 0 or not server.name for server in servers):
        raise Unreadable(call, "a virtual server has no number above 0, or no name")
    return tenants
