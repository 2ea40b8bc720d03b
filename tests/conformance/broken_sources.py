"""Sources in memory that each break one promise."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from tallybridge.billing.model import Observation, Tenant
from tallybridge.billing.reasons import Reason
from tallybridge.conformance import FakeSource, TenantWorld
from tallybridge.sources.base import SourceFailed, TenantListing, TenantNotObserved
from tallybridge.wire.checks import Check
from tests.conformance.stages_of_fakes import SECRET

Kind = type[FakeSource]
Deadline = Callable[[], float]


def seen(change: Callable[[Observation], Observation]) -> Kind:
    """A source whose observations are altered like this."""

    class Altered(FakeSource):
        def observe(self, tenant: Tenant, *, deadline: Deadline) -> Observation:
            return change(super().observe(tenant, deadline=deadline))

    return Altered


def listed(change: Callable[[TenantListing], TenantListing]) -> Kind:
    """A source whose listing is altered like this."""

    class Altered(FakeSource):
        def tenants(self) -> TenantListing:
            return change(super().tenants())

    return Altered


def instead_of_failing(answer: Callable[[Tenant, TenantNotObserved], Observation]) -> Kind:
    """A source that gives this, or raises it, where it should raise TenantNotObserved."""

    class Altered(FakeSource):
        def observe(self, tenant: Tenant, *, deadline: Deadline) -> Observation:
            try:
                return super().observe(tenant, deadline=deadline)
            except TenantNotObserved as error:
                return answer(tenant, error)

    return Altered


def instead_of_a_failed_list(answer: Callable[[SourceFailed], TenantListing]) -> Kind:
    """A source that gives this, or raises it, where it should raise SourceFailed."""

    class Altered(FakeSource):
        def tenants(self) -> TenantListing:
            try:
                return super().tenants()
            except SourceFailed as error:
                return answer(error)

    return Altered


def checking(change: Callable[[tuple[Check, ...]], tuple[Check, ...]]) -> Kind:
    """A source whose checks are altered like this."""

    class Altered(FakeSource):
        def checks(self) -> tuple[Check, ...]:
            return change(super().checks())

    return Altered


def raising(error: Exception) -> Callable[..., Observation]:
    def answer(*_: object) -> Observation:
        raise error

    return answer


def empty(tenant: Tenant, *_: object) -> Observation:
    return Observation(tenant=tenant, started=datetime.now(UTC), licenses=(), devices=(), seats=())


class NewIds(FakeSource):
    """Gives a tenant another id each time it lists it."""

    count = 0

    def tenants(self) -> TenantListing:
        NewIds.count += 1
        listing = super().tenants()
        return replace(listing, tenants=tuple(replace(tenant, id=f"{tenant.id}-{NewIds.count}") for tenant in listing.tenants))


class AsReported(FakeSource):
    """Takes seats as often as they are reported."""

    def _observation(self, world: TenantWorld) -> Observation:
        return replace(super()._observation(world), seats=tuple(sorted(world.seats)))


class InOrderOfArrival(FakeSource):
    """Takes devices in the order in which they arrive."""

    def _observation(self, world: TenantWorld) -> Observation:
        return replace(super()._observation(world), devices=world.devices)


class LastSeen(FakeSource):
    """Puts a volatile value into the evidence."""

    count = 0

    def _observation(self, world: TenantWorld) -> Observation:
        LastSeen.count += 1
        observation = super()._observation(world)
        return replace(observation, licenses=tuple(replace(one, reported_devices=LastSeen.count) for one in observation.licenses))


class Grudging(FakeSource):
    """Once one tenant has failed, gives no other."""

    failed = False

    def observe(self, tenant: Tenant, *, deadline: Deadline) -> Observation:
        if self.failed:
            raise TenantNotObserved(Reason.OBSERVATION_INCOMPLETE, "Another tenant has failed.")
        try:
            return super().observe(tenant, deadline=deadline)
        except TenantNotObserved:
            self.failed = True
            raise


class Shrinking(FakeSource):
    """Once one tenant has failed, gives others without their last seat."""

    failed = False

    def observe(self, tenant: Tenant, *, deadline: Deadline) -> Observation:
        try:
            observation = super().observe(tenant, deadline=deadline)
        except TenantNotObserved:
            self.failed = True
            raise
        return replace(observation, seats=observation.seats[:-1]) if self.failed else observation


class Forgetful(FakeSource):
    """Lists only the tenants that can be read."""

    def tenants(self) -> TenantListing:
        listing = super().tenants()
        if self._faults._faults:
            return replace(listing, tenants=listing.tenants[:1])
        return listing


class Timeless(FakeSource):
    """Does not look at its deadline."""

    def observe(self, tenant: Tenant, *, deadline: Deadline) -> Observation:
        return super().observe(tenant, deadline=lambda: 60.0)


class LateToGiveUp(FakeSource):
    """Gives up only after it has waited for everything."""

    def observe(self, tenant: Tenant, *, deadline: Deadline) -> Observation:
        if deadline() < 10:
            time.sleep(1.0)
        return super().observe(tenant, deadline=deadline)


class OneAtATime(FakeSource):
    """Cannot be used by two threads."""

    busy = False

    def observe(self, tenant: Tenant, *, deadline: Deadline) -> Observation:
        if self.busy:
            raise RuntimeError("already reading")
        self.busy = True
        time.sleep(0.05)
        try:
            return super().observe(tenant, deadline=deadline)
        finally:
            self.busy = False


class LastTenantWins(FakeSource):
    """Keeps what it reads in one place, for all threads."""

    reading: Tenant

    def observe(self, tenant: Tenant, *, deadline: Deadline) -> Observation:
        self.reading = tenant
        time.sleep(0.05)
        return super().observe(self.reading, deadline=deadline)


class ClosedOnce(FakeSource):
    """Fails when it is closed again."""

    closed = False

    def close(self) -> None:
        if self.closed:
            raise RuntimeError("already closed")
        self.closed = True


class ClosedAfterListing(FakeSource):
    """Fails when it is closed before anything was read."""

    used = False

    def tenants(self) -> TenantListing:
        self.used = True
        return super().tenants()

    def close(self) -> None:
        if not self.used:
            raise AttributeError("session")


class Talkative(FakeSource):
    """Shows its password."""

    def __repr__(self) -> str:
        return f"Talkative(password={SECRET!r})"


class NoTenantUnderAnotherId(FakeSource):
    """Observes devices of no tenant under the id of a tenant."""

    def tenants(self) -> TenantListing:
        return replace(super().tenants(), unassigned=Tenant(id="main", name="Main server"))

    def observe(self, tenant: Tenant, *, deadline: Deadline) -> Observation:
        return super().observe(replace(tenant, id="t-1") if tenant.id == "main" else tenant, deadline=deadline)


def without(part: str) -> Callable[[Observation], Observation]:
    return lambda observation: replace(observation, **{part: getattr(observation, part)[1:]})


def reversed_(part: str) -> Callable[[Observation], Observation]:
    return lambda observation: replace(observation, **{part: getattr(observation, part)[::-1]})


def failed(reason: Reason, sentence: str) -> Callable[[SourceFailed], TenantListing]:
    def answer(error: SourceFailed) -> TenantListing:
        raise SourceFailed(reason, sentence) from error

    return answer


def failed_because_of(cause: Exception) -> Callable[[SourceFailed], TenantListing]:
    def answer(_: SourceFailed) -> TenantListing:
        raise SourceFailed(Reason.SIGN_IN_REFUSED, "The sign-in was refused.") from cause

    return answer
