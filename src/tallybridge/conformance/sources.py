"""What every source owes (`sources.base`), as checks that pytest runs for any adapter.

    class TestMySource(SourceConformance):
        def stage(self) -> SourceStage:
            return MyStage()

A check needs nothing but a stage, so `checks_of` and `getattr` run it without pytest, too. It raises NotConforming where something owed is not kept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from time import monotonic

from tallybridge.billing.model import Observation, Tenant
from tallybridge.billing.reasons import Reason
from tallybridge.conformance.comparing import evidence_of, facts_of, owes_order, without_announced_counts
from tallybridge.conformance.owing import (
    NotConforming,
    counting_down,
    not_staged,
    owes,
    owes_a_plain_error,
    owes_no_secret,
    owes_plain_checks,
)
from tallybridge.conformance.stages import PARTS_UNREADABLE, SourceBreakage, SourceStage
from tallybridge.conformance.worlds import EXAMPLE_TENANTS, TenantWorld
from tallybridge.sources.base import Source, SourceError, SourceFailed, TenantListing, TenantNotObserved

_PLENTY = 60.0


class SourceConformance:
    """The checks. A subclass says what the stage is; one is made for each check."""

    closing_seconds = 5.0
    """How long past its time limit a source may take to end what it has begun."""

    def stage(self) -> SourceStage:
        """A new stage."""
        raise NotImplementedError

    def test_every_tenant_is_listed_once(self) -> None:
        """Every tenant of the world by name, each with an id of its own."""
        with self._built() as (_, source):
            listing = source.tenants()
            names = Counter(tenant.name for tenant in listing.tenants)
            expected = Counter(world.tenant.name for world in EXAMPLE_TENANTS)
            owes(names == expected, f"Every tenant is listed once: {sorted(expected)}; listed are {sorted(names.elements())}.")
            ids = [tenant.id for tenant in listing.tenants]
            owes(all(ids) and len(set(ids)) == len(ids), f"Every tenant has an id of its own; the ids are {ids}.")
            owes(bool(listing.version), "The listing names the source's version, for people.")

    def test_a_tenant_keeps_its_id(self) -> None:
        """A name is a label: whether listed again, in another order or under another name, the id is the same (design 6.4)."""
        renamed = tuple(replace(world, tenant=replace(world.tenant, name=f"{world.tenant.name} Group")) for world in reversed(EXAMPLE_TENANTS))
        with self._built() as (stage, source):
            first, again = _ids(source.tenants()), _ids(source.tenants())
            owes(first == again, f"A tenant keeps its id from one listing to the next; {first} became {again}.")
            other = stage.build(renamed)
            try:
                after = {name.removesuffix(" Group"): its_id for name, its_id in _ids(other.tenants()).items()}
            finally:
                other.close()
            owes(first == after, f"A tenant keeps its id under another name and in another order; {first} became {after}.")

    def test_l1_an_observation_is_whole(self) -> None:
        """All licenses, devices, seats and mailboxes of the tenant, and nothing of another."""
        with self._built() as (stage, source):
            for world, observation in _observed(source):
                expected, found = facts_of(world, mailboxes=stage.mailboxes), facts_of(observation, mailboxes=stage.mailboxes)
                missing, too_much = expected - found, found - expected
                name = world.tenant.name
                owes(not missing and not too_much, f"{name!r} is observed whole (L1); missing: {list(missing)}, too much: {list(too_much)}.")

    def test_an_observation_is_of_the_tenant_that_was_asked_for(self) -> None:
        """It carries the tenant's id."""
        with self._built() as (_, source):
            for tenant in source.tenants().tenants:
                found = _observation(source, tenant).tenant
                owes(found.id == tenant.id, f"An observation carries the tenant's id; asked for {tenant.id!r}, it carries {found.id!r}.")

    def test_an_observation_is_sorted_and_free_of_repetitions(self) -> None:
        """Tuples in order; one record per license, device and mailbox."""
        with self._built() as (_, source):
            for _, observation in _observed(source):
                owes_order(observation)

    def test_repetitions_in_the_world_change_nothing(self) -> None:
        """A seat that is reported twice is one seat (L2); only the number that the source itself announces may count reports."""
        repeated = tuple(replace(world, seats=world.seats + world.seats) for world in EXAMPLE_TENANTS)
        self._owes_the_same(without_announced_counts, repeated, "A seat that is reported twice is one seat (L2)")

    def test_the_order_of_the_world_changes_nothing(self) -> None:
        """Equal usage is equal bytes, in whatever order it arrives (design 7)."""
        reversed_world = tuple(
            replace(world, licenses=world.licenses[::-1], devices=world.devices[::-1], seats=world.seats[::-1], mailboxes=world.mailboxes[::-1])
            for world in reversed(EXAMPLE_TENANTS)
        )
        self._owes_the_same(evidence_of, reversed_world, "The order in which things are reported changes nothing")

    def test_observing_twice_gives_equal_evidence(self) -> None:
        """Apart from the instant: an unchanged tenant costs no new bytes (design 7)."""
        with self._built() as (_, source):
            first, second = _evidence_by_name(source), _evidence_by_name(source)
            for name, evidence in first.items():
                owes(evidence == second[name], f"Observing {name!r} twice gives equal evidence apart from the instant.")

    def test_l10_instants_are_aware_and_utc(self) -> None:
        """The observation's own, and each expiry."""
        with self._built() as (_, source):
            for _, observation in _observed(source):
                expiries = [*(one.expires for one in observation.licenses), *(seat.expires for seat in observation.seats)]
                for instant in (observation.started, *(expiry for expiry in expiries if expiry is not None)):
                    owes(instant.utcoffset() == timedelta(0), f"Instants are aware and in UTC (L10); {instant!r} is not.")

    def test_every_seat_has_its_license_in_the_observation(self) -> None:
        """Each seat and mailbox names a license that is listed, so that whether it counts can be decided."""
        with self._built() as (_, source):
            for _, observation in _observed(source):
                listed = {one.serial for one in observation.licenses}
                named = {seat.license for seat in observation.seats} | {one.license for one in observation.mailboxes if one.license is not None}
                owes(named <= listed, f"Every seat's license is among the licenses; {sorted(named - listed)} are not.")

    def test_a_managed_device_is_named_in_one_place(self) -> None:
        """A seat carries a device's name only where the tenant does not manage the device."""
        with self._built() as (_, source):
            for _, observation in _observed(source):
                managed = {device.id for device in observation.devices}
                twice = [seat.device for seat in observation.seats if seat.device in managed and seat.device_name]
                owes(not twice, f"A seat names only a device that is not among the devices; these are named twice: {twice}.")

    def test_devices_of_no_tenant_are_no_tenant(self) -> None:
        """What stands for them is not among the tenants, and can be observed."""
        with self._built() as (_, source):
            listing = source.tenants()
            if listing.unassigned is None:
                return
            owes(
                listing.unassigned.id not in {tenant.id for tenant in listing.tenants},
                "What stands for devices of no tenant is not listed as a tenant.",
            )
            found = _observation(source, listing.unassigned).tenant.id
            owes(found == listing.unassigned.id, f"Devices of no tenant are observed under {listing.unassigned.id!r}; it was {found!r}.")

    def test_l1_an_unknown_tenant_gives_no_observation(self) -> None:
        """A tenant that the source does not know is not an empty tenant."""
        with self._built() as (stage, source):
            source.tenants()
            unknown = Tenant(id="t-unknown", number=987_654, name="Nobody at all")
            owes_a_plain_error(_not_observed(source, unknown, "an unknown tenant"), stage.secrets)

    def test_l1_an_unreadable_tenant_gives_no_observation(self) -> None:
        """Unread is not zero."""
        with self._broken(SourceBreakage.UNREADABLE) as (stage, source, tenant):
            owes_a_plain_error(_not_observed(source, tenant, SourceBreakage.UNREADABLE), stage.secrets)

    def test_l1_an_unreadable_part_gives_no_smaller_observation(self) -> None:
        """Whichever part it is: a whole observation or none."""
        parts = [part for part in PARTS_UNREADABLE if part in self._possible()]
        owes(bool(parts), "A stage can make at least one part of a tenant unreadable; without that, L1 is not checked.")
        for part in parts:
            with self._broken(part) as (stage, source, tenant):
                owes_a_plain_error(_not_observed(source, tenant, part), stage.secrets)

    def test_l7_a_failing_tenant_does_not_disturb_another(self) -> None:
        """The others are listed and observed as before, by the same source."""
        with self._built() as (stage, source):
            before = _evidence_by_name(source)
            tenant = _first(source.tenants())
            stage.break_(SourceBreakage.UNREADABLE, EXAMPLE_TENANTS[0].tenant)
            source.tenants()
            _not_observed(source, tenant, SourceBreakage.UNREADABLE)
            others = [one for one in source.tenants().tenants if one.name in before and one.id != tenant.id]
            owes(len(others) == len(EXAMPLE_TENANTS) - 1, "Where one tenant cannot be read, the others are still listed (L7).")
            for other in others:
                same = evidence_of(_observation(source, other)) == before[other.name]
                owes(same, f"Where one tenant cannot be read, {other.name!r} is observed as before (L7).")

    def test_l7_without_time_left_there_is_no_observation(self) -> None:
        """A deadline at 0 is TIME_LIMIT at once."""
        with self._built() as (stage, source):
            tenant = _first(source.tenants())
            error = _not_observed(source, tenant, "no time left", seconds=0.0)
            owes(error.reason is Reason.TIME_LIMIT, f"Without time left the reason is {Reason.TIME_LIMIT}; it was {error.reason}.")
            owes_a_plain_error(error, stage.secrets)

    def test_l7_a_slow_tenant_is_given_up_in_time(self) -> None:
        """The time limit holds also in the midst of a read."""
        with self._broken(SourceBreakage.SLOW) as (stage, source, tenant):
            begun = monotonic()
            error = _not_observed(source, tenant, SourceBreakage.SLOW, seconds=0.3)
            took = monotonic() - begun
            owes(error.reason is Reason.TIME_LIMIT, f"A read that outlasts its time limit ends with {Reason.TIME_LIMIT}; it was {error.reason}.")
            owes(took < 0.3 + self.closing_seconds, f"A read ends within its time limit (L7); with 0.3 s to go it took {took:.1f} s.")
            owes_a_plain_error(error, stage.secrets)

    def test_l1_a_source_that_is_down_lists_nothing_and_says_so(self) -> None:
        """No list, and above all no empty one."""
        with self._broken(SourceBreakage.DOWN, listing=False) as (stage, source, _):
            owes_a_plain_error(_failed(source, SourceBreakage.DOWN), stage.secrets)

    def test_l11_a_refused_sign_in_fails_the_source_without_showing_a_secret(self) -> None:
        """The reason is SIGN_IN_REFUSED, because nobody should try again and lock the account."""
        with self._broken(SourceBreakage.SIGN_IN_REFUSED, listing=False) as (stage, source, _):
            error = _failed(source, SourceBreakage.SIGN_IN_REFUSED)
            owes(error.reason is Reason.SIGN_IN_REFUSED, f"A refused sign-in has the reason {Reason.SIGN_IN_REFUSED}; it was {error.reason}.")
            owes_a_plain_error(error, stage.secrets)

    def test_l11_no_secret_is_shown_where_all_is_well(self) -> None:
        """Neither by the source itself nor in what it gives."""
        with self._built() as (stage, source):
            listing = source.tenants()
            for what in (source, listing, *(observation for _, observation in _observed(source))):
                owes_no_secret(repr(what), stage.secrets, where=type(what).__name__)

    def test_the_checks_tell_a_sound_source_from_one_that_is_down(self) -> None:
        """They never raise: `doctor` shows them all."""
        with self._built() as (stage, source):
            sound = source.checks()
            owes_plain_checks(sound, stage.secrets)
            owes(not [check for check in sound if check.ok is False], f"Nothing is wrong with a sound source; its checks say {sound}.")
            stage.break_(SourceBreakage.DOWN, EXAMPLE_TENANTS[0].tenant)
            down = source.checks()
            owes_plain_checks(down, stage.secrets)
            owes(any(check.ok is False for check in down), "A check says so where the source is down.")

    def test_two_threads_observe_two_tenants_at_once(self) -> None:
        """With the same result as one after the other."""
        with self._built() as (_, source):
            alone = _evidence_by_name(source)
            tenants = [tenant for tenant in source.tenants().tenants if tenant.name in alone][:2]
            together = Barrier(len(tenants), timeout=_PLENTY)

            def observe(tenant: Tenant) -> bytes:
                together.wait()
                return evidence_of(_observation(source, tenant))

            with ThreadPoolExecutor(len(tenants)) as threads:
                found = [threads.submit(observe, tenant) for tenant in tenants]
            for tenant, one in zip(tenants, found, strict=True):
                owes(one.result() == alone[tenant.name], f"Two threads observe two tenants at once as one does; {tenant.name!r} differs.")

    def test_close_may_be_called_twice(self) -> None:
        """And before anything was read."""
        with self._staged() as stage:
            source, unused = stage.build(EXAMPLE_TENANTS), stage.build(EXAMPLE_TENANTS)
            source.tenants()
            for closing in (source, source, unused, unused):
                try:
                    closing.close()
                except Exception as error:
                    raise NotConforming(f"`close` may be called more than once, also before anything was read; it raised {error!r}.") from error

    @contextmanager
    def _staged(self) -> Iterator[SourceStage]:
        stage = self.stage()
        try:
            yield stage
        finally:
            stage.close()

    @contextmanager
    def _built(self) -> Iterator[tuple[SourceStage, Source]]:
        with self._staged() as stage:
            source = stage.build(EXAMPLE_TENANTS)
            try:
                yield stage, source
            finally:
                source.close()

    @contextmanager
    def _broken(self, how: SourceBreakage, *, listing: bool = True) -> Iterator[tuple[SourceStage, Source, Tenant]]:
        """The first tenant as it was listed while all was well, and the source after the breakage."""
        if how not in self._possible():
            owes(how not in (SourceBreakage.UNREADABLE, SourceBreakage.DOWN), f"A stage can bring about {how.value!r}; L1 rests on it.")
            raise not_staged(how.value)
        with self._built() as (stage, source):
            tenant = _first(source.tenants())
            stage.break_(how, EXAMPLE_TENANTS[0].tenant)
            if listing:
                source.tenants()
            yield stage, source, tenant

    def _possible(self) -> Collection[SourceBreakage]:
        with self._staged() as stage:
            return stage.breakages

    def _owes_the_same(self, told: Callable[[Observation], bytes], world: tuple[TenantWorld, ...], promise: str) -> None:
        with self._built() as (stage, source):
            expected = {one.tenant.name: told(observation) for one, observation in _observed(source)}
            other = stage.build(world)
            try:
                found = {one.tenant.name: told(observation) for one, observation in _observed(other)}
            finally:
                other.close()
        for name, evidence in expected.items():
            owes(evidence == found[name], f"{promise}; the evidence of {name!r} differs.")


def _ids(listing: TenantListing) -> dict[str, str]:
    return {tenant.name: tenant.id for tenant in listing.tenants}


def _first(listing: TenantListing) -> Tenant:
    (tenant,) = (tenant for tenant in listing.tenants if tenant.name == EXAMPLE_TENANTS[0].tenant.name)
    return tenant


def _observation(source: Source, tenant: Tenant) -> Observation:
    try:
        return source.observe(tenant, deadline=counting_down(_PLENTY))
    except Exception as error:
        raise NotConforming(f"{tenant.name!r} can be read, so there is an observation of it; it gave {error!r}.") from error


def _observed(source: Source) -> list[tuple[TenantWorld, Observation]]:
    listed = {tenant.name: tenant for tenant in source.tenants().tenants}
    return [(world, _observation(source, listed[world.tenant.name])) for world in EXAMPLE_TENANTS]


def _evidence_by_name(source: Source) -> dict[str, bytes]:
    return {world.tenant.name: evidence_of(observation) for world, observation in _observed(source)}


def _not_observed(source: Source, tenant: Tenant, why: str, *, seconds: float = _PLENTY) -> TenantNotObserved:
    try:
        observation = source.observe(tenant, deadline=counting_down(seconds))
    except TenantNotObserved as error:
        return error
    except Exception as error:
        raise NotConforming(f"Where this holds: {why}, `observe` raises TenantNotObserved; it raised {error!r}.") from error
    raise NotConforming(
        f"Where this holds: {why}, there is no observation (L1); there was one with {len(observation.licenses)} licenses, "
        f"{len(observation.devices)} devices and {len(observation.seats)} seats."
    )


def _failed(source: Source, why: str) -> SourceError:
    try:
        listing = source.tenants()
    except SourceFailed as error:
        return error
    except Exception as error:
        raise NotConforming(f"Where this holds: {why}, `tenants` raises SourceFailed; it raised {error!r}.") from error
    raise NotConforming(f"Where this holds: {why}, there is no list of tenants (L1); there was one of {len(listing.tenants)}.")
