"""The source against the simulated Security Center, which was written from the same reference by itself (contracts 4)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from tallybridge.billing.model import License, LicenseKind, Observation, Seat, Tenant
from tallybridge.billing.reasons import Reason
from tallybridge.sandbox import Sandbox
from tallybridge.sources.base import SourceFailed, TenantBlocked, TenantNotObserved
from tallybridge.sources.ksc import KscSettings, KscSource
from tallybridge.wire.certificate import Trust
from tallybridge.wire.retrying import IMPATIENT
from tallybridge.wire.secret import Secret

NOW = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
CONTOSO = Tenant(id="vs-1", number=1, name="Contoso Dental")
MUELLER = Tenant(id="vs-2", number=2, name="Zahnärzte Müller 歯")


def customer(number: int, name: str) -> dict[str, Any]:
    """Three keys and sixty devices; every device uses the first key, some also the second, one only as reserve."""
    hosts = [f"{number}-host-{place:02}" for place in range(60)]
    first = [{"serial": f"{number}-K1", "host": host, "expires": "2027-12-31T23:59:59Z"} for host in hosts]
    second = [{"serial": f"{number}-K2", "host": host, "current": place > 0, "pending": place == 1} for place, host in enumerate(hosts[:20])]
    return {
        "id": number,
        "uid": f"vs-{number}",
        "name": name,
        "hosts": [
            {"id": host, "name": host.upper(), "os_name": "Microsoft Windows 11", "ctype": 4103, "managed": host != hosts[-1]} for host in hosts
        ],
        "keys": [
            {"serial": f"{number}-K1", "name": "Kaspersky A", "type": 1, "limit_date": "2027-12-31T23:59:59Z"},
            {
                "serial": f"{number}-K2",
                "name": "Kaspersky B",
                "type": 6,
                "limit_date": "2027-12-31T23:59:59Z",
                "subscription": {"state": 0, "end_type": 1, "end_date": "2027-12-31T23:59:59Z", "grace_days": 0},
            },
            {"serial": f"{number}-K3", "name": "Kaspersky C", "type": 3, "limit_date": "2027-12-31T23:59:59Z"},
        ],
        "uses": [*first, *second, {"serial": f"{number}-K3", "host": hosts[0]}],
    }


SCENARIO: dict[str, Any] = {"ksc": {"virtual_servers": [customer(1, CONTOSO.name), customer(2, MUELLER.name)]}}


@pytest.fixture(scope="module")
def running() -> Iterator[Sandbox]:
    with Sandbox(SCENARIO) as running:
        yield running


@pytest.fixture
def sandbox(running: Sandbox) -> Sandbox:
    running.replace(SCENARIO)
    running.set_faults([])
    return running


@pytest.fixture
def unused_sandbox() -> Iterator[Sandbox]:
    with Sandbox(SCENARIO) as running:
        yield running


def settings_of(sandbox: Sandbox, **changed: Any) -> KscSettings:
    settings = KscSettings(
        url=sandbox.ksc_url,
        user="tallybridge",
        password=Secret("secret"),
        trust=Trust(fingerprint=sandbox.fingerprint),
        seat_chunk=7,
        host_chunk=25,
        read_timeout=5,
        patience=IMPATIENT,
    )
    return replace(settings, **changed)


def countable(one: License) -> bool:
    return one.kind in {LicenseKind.COMMERCIAL, LicenseKind.SUBSCRIPTION}


def source_of(sandbox: Sandbox, **changed: Any) -> KscSource:
    return KscSource(settings_of(sandbox, **changed), clock=lambda: NOW, eligible=countable)


def observed(sandbox: Sandbox, tenant: Tenant = CONTOSO, **changed: Any) -> Observation:
    source = source_of(sandbox, **changed)
    try:
        return source.observe(tenant, deadline=lambda: 30.0)
    finally:
        source.close()


def nothing_is_open(sandbox: Sandbox) -> bool:
    return not sandbox.ksc.open_sessions() and not sandbox.ksc.open_objects()


def test_the_fleet_is_listed(sandbox: Sandbox) -> None:
    source = source_of(sandbox)

    listing = source.tenants()
    source.close()

    assert listing.tenants == (CONTOSO, MUELLER)
    assert listing.unassigned is not None
    assert nothing_is_open(sandbox)


def test_a_session_beside_those_of_other_processes_keeps_to_its_share_of_the_calls(sandbox: Sandbox) -> None:
    before, began = len(sandbox.log()), time.monotonic()
    observed(sandbox, max_sessions=4, calls_per_second=400, sessions_elsewhere=True)
    calls = len(sandbox.log()) - before

    assert time.monotonic() - began > (calls - 1) / (400 / 4)


@pytest.mark.parametrize("number", [1, 2])
def test_a_tenant_is_observed_as_the_scenario_says(sandbox: Sandbox, number: int) -> None:
    observation = observed(sandbox, [CONTOSO, MUELLER][number - 1])

    assert [one.serial for one in observation.licenses] == [f"{number}-K1", f"{number}-K2", f"{number}-K3"]
    assert [one.unlimited for one in observation.licenses] == [False, True, False]
    assert len(observation.devices) == 59, "the unassigned one is not managed"
    assert len(observation.seats) == 80
    assert Seat(f"{number}-K2", f"{number}-host-00", False, False, None, "") in observation.seats
    assert Seat(f"{number}-K2", f"{number}-host-01", True, True, None, "") in observation.seats
    unmanaged = Seat(f"{number}-K1", f"{number}-host-59", True, False, datetime(2027, 12, 31, 23, 59, 59, tzinfo=UTC), f"{number}-HOST-59")
    assert unmanaged in observation.seats
    assert observation.notices == ()
    assert nothing_is_open(sandbox)


def test_a_ca_file_serves_as_well_as_a_fingerprint(sandbox: Sandbox) -> None:
    trust = Trust(ca_file=Path(sandbox.ca_file))

    assert observed(sandbox, trust=trust) == observed(sandbox)


@pytest.mark.parametrize("sizes", [(1, 1, 1), (50, 50, 500), (50, 500, 1000), (2, 30, 59)])
def test_chunk_sizes_change_nothing(sandbox: Sandbox, sizes: tuple[int, int, int]) -> None:
    key_chunk, seat_chunk, host_chunk = sizes

    assert observed(sandbox, key_chunk=key_chunk, seat_chunk=seat_chunk, host_chunk=host_chunk) == observed(sandbox)


READING = [
    "HostGroup.GetStaticInfo",
    "LicenseKeys.EnumKeys",
    "GroupSyncIterator.GetNextItems",
    "LicenseKeys.AcquireKeyHosts",
    "HostGroup.FindHosts",
    "ChunkAccessor.GetItemsChunk",
]
CLOSING = ["GroupSyncIterator.ReleaseIterator", "ChunkAccessor.Release", "Session.EndSession"]
PASSING: list[dict[str, Any]] = [
    {"do": "http_500"},
    {"do": "http_503"},
    {"do": "pxg_error", "code": 1195, "module": "KLSTD"},
    {"do": "pxg_error", "code": 1229, "module": "KLSTD"},
    {"do": "close"},
    {"do": "lose_reply"},
    {"do": "delay", "ms": 20},
    {"do": "end_session"},
]


def named(fault: dict[str, Any]) -> str:
    return "-".join(str(value) for value in fault.values())


@pytest.mark.parametrize("call", READING)
@pytest.mark.parametrize("fault", PASSING, ids=named)
def test_a_passing_fault_gives_the_same_observation(sandbox: Sandbox, fault: dict[str, Any], call: str) -> None:
    whole = observed(sandbox)
    for nth in (1, 3):
        sandbox.set_faults([{"on": "ksc", "call": call, "nth": nth, **fault}])

        assert observed(sandbox) == whole
        assert nothing_is_open(sandbox)


@pytest.mark.parametrize("call", CLOSING)
@pytest.mark.parametrize("fault", PASSING, ids=named)
def test_a_fault_of_closing_gives_the_same_observation(sandbox: Sandbox, fault: dict[str, Any], call: str) -> None:
    whole = observed(sandbox)
    sandbox.set_faults([{"on": "ksc", "call": call, **fault}])

    assert observed(sandbox) == whole
    assert nothing_is_open(sandbox)


@pytest.mark.parametrize("fault", [fault for fault in PASSING if fault["do"] not in {"lose_reply", "end_session"}], ids=named)
def test_a_passing_fault_of_the_sign_in_gives_the_same_observation(sandbox: Sandbox, fault: dict[str, Any]) -> None:
    whole = observed(sandbox)
    sandbox.set_faults([{"on": "ksc", "call": "Session.StartSession", **fault}])

    assert observed(sandbox) == whole
    assert nothing_is_open(sandbox)


def test_a_lost_reply_of_the_sign_in_leaves_one_session_to_its_idle_limit(sandbox: Sandbox) -> None:
    """Its token never arrived, so nobody can end it."""
    whole = observed(sandbox)
    sandbox.set_faults([{"on": "ksc", "call": "Session.StartSession", "do": "lose_reply"}])

    assert observed(sandbox) == whole
    assert sandbox.ksc.open_sessions() == 1


@pytest.mark.parametrize("call", ["GroupSyncIterator.GetNextItems", "ChunkAccessor.GetItemsChunk"])
def test_an_iterator_that_expires_once_gives_the_same_observation(sandbox: Sandbox, call: str) -> None:
    whole = observed(sandbox)
    for nth in (1, 2):
        sandbox.set_faults([{"on": "ksc", "call": call, "nth": nth, "do": "expire_iterator"}])

        assert observed(sandbox) == whole
        assert nothing_is_open(sandbox)


@pytest.mark.parametrize("do", ["reverse_eof", "short_chunks"])
def test_untrustworthy_chunks_give_the_same_observation(sandbox: Sandbox, do: str) -> None:
    whole = observed(sandbox)
    sandbox.set_faults([{"on": "ksc", "call": "*", "times": 0, "do": do}])

    assert observed(sandbox) == whole
    assert nothing_is_open(sandbox)


SPOILED: list[tuple[str, str, dict[str, Any], Reason]] = [
    *[(call, "not_json", {}, Reason.OBSERVATION_INCOMPLETE) for call in READING],
    ("LicenseKeys.EnumKeys", "http_500", {}, Reason.OBSERVATION_INCOMPLETE),
    ("LicenseKeys.EnumKeys", "http_503", {}, Reason.OBSERVATION_INCOMPLETE),
    ("GroupSyncIterator.GetNextItems", "close", {}, Reason.OBSERVATION_INCOMPLETE),
    ("GroupSyncIterator.GetNextItems", "truncate", {}, Reason.OBSERVATION_INCOMPLETE),
    ("ChunkAccessor.GetItemsChunk", "truncate", {}, Reason.OBSERVATION_INCOMPLETE),
    ("ChunkAccessor.GetItemsChunk", "lose_reply", {}, Reason.OBSERVATION_INCOMPLETE),
    ("HostGroup.FindHosts", "end_session", {}, Reason.OBSERVATION_INCOMPLETE),
    ("GroupSyncIterator.GetNextItems", "expire_iterator", {}, Reason.OBSERVATION_INCOMPLETE),
    ("GroupSyncIterator.GetNextItems", "drop_attribute", {"name": "KLLIC_SERIAL"}, Reason.OBSERVATION_INCOMPLETE),
    ("GroupSyncIterator.GetNextItems", "drop_attribute", {"name": "KLLICSRV_HOSTNAME"}, Reason.OBSERVATION_INCOMPLETE),
    ("ChunkAccessor.GetItemsChunk", "drop_attribute", {"name": "KLHST_WKS_HOSTNAME"}, Reason.OBSERVATION_INCOMPLETE),
    ("HostGroup.GetStaticInfo", "drop_attribute", {"name": "KLADMSRV_VSID"}, Reason.OBSERVATION_INCOMPLETE),
    ("HostGroup.FindHosts", "pxg_error", {"code": 1681, "module": "KLFT"}, Reason.OBSERVATION_INCOMPLETE),
    ("HostGroup.FindHosts", "pxg_error", {"code": 1184, "module": "KLSTD"}, Reason.NO_ACCESS),
    ("Session.StartSession", "refuse_login", {}, Reason.NO_ACCESS),
]


@pytest.mark.parametrize(("call", "do", "more", "reason"), SPOILED, ids=[f"{row[0]}-{row[1]}-{named(row[2])}" for row in SPOILED])
def test_a_lasting_fault_gives_no_observation_and_leaves_nothing_open(
    sandbox: Sandbox, call: str, do: str, more: dict[str, Any], reason: Reason
) -> None:
    sandbox.set_faults([{"on": "ksc", "call": call, "times": 0, "do": do, **more}])

    with pytest.raises(TenantNotObserved) as caught:
        observed(sandbox)

    assert caught.value.reason is reason
    assert isinstance(caught.value, TenantBlocked) is (reason is Reason.NO_ACCESS)
    assert nothing_is_open(sandbox)


def test_a_missing_attribute_is_none(sandbox: Sandbox) -> None:
    sandbox.set_faults([{"on": "ksc", "call": "GroupSyncIterator.GetNextItems", "times": 0, "do": "drop_attribute", "name": "KLLICSRV_HOST_CURRENT"}])

    assert {seat.active for seat in observed(sandbox).seats} == {None}


def test_a_slow_server_runs_into_the_time_limit(sandbox: Sandbox) -> None:
    """L7."""
    sandbox.set_faults([{"on": "ksc", "call": "HostGroup.FindHosts", "do": "delay", "ms": 600}])
    source = source_of(sandbox)
    begun = monotonic()

    with pytest.raises(TenantNotObserved) as caught:
        source.observe(CONTOSO, deadline=lambda: begun + 0.3 - monotonic())
    source.close()

    assert caught.value.reason is Reason.TIME_LIMIT


@pytest.mark.parametrize("changed", [{"password": Secret("wrong")}, {"user": "nobody"}], ids=["password", "user"])
def test_a_refused_sign_in_fails_the_source_after_one_attempt(unused_sandbox: Sandbox, changed: dict[str, Any]) -> None:
    source = source_of(unused_sandbox, **changed)

    with pytest.raises(SourceFailed) as caught:
        source.tenants()
    source.close()

    assert caught.value.reason is Reason.SIGN_IN_REFUSED
    assert [entry["call"] for entry in unused_sandbox.log()] == ["Session.StartSession"]


def test_another_certificate_fails_the_source_before_the_password_is_sent(unused_sandbox: Sandbox) -> None:
    source = source_of(unused_sandbox, trust=Trust(fingerprint="0" * 64))

    with pytest.raises(SourceFailed, match=unused_sandbox.fingerprint) as caught:
        source.tenants()
    source.close()

    assert caught.value.reason is Reason.SOURCE_UNREACHABLE
    assert unused_sandbox.log() == []


def test_a_stopped_server_fails_the_source() -> None:
    with Sandbox(SCENARIO) as sandbox:
        settings = settings_of(sandbox)
    source = KscSource(settings, clock=lambda: NOW, eligible=countable)

    with pytest.raises(SourceFailed, match="could not be reached") as caught:
        source.tenants()
    source.close()

    assert caught.value.reason is Reason.SOURCE_UNREACHABLE


def test_a_user_without_right_to_one_virtual_server_reads_the_other() -> None:
    scenario = {"ksc": {**SCENARIO["ksc"], "users": [{"name": "tallybridge", "password": "secret", "virtual_servers": [2]}]}}
    with Sandbox(scenario) as sandbox:
        with pytest.raises(TenantBlocked) as caught:
            observed(sandbox, CONTOSO)

        assert caught.value.reason is Reason.NO_ACCESS
        assert observed(sandbox, MUELLER).seats


def test_a_virtual_server_that_was_replaced_under_its_name_is_not_read(sandbox: Sandbox) -> None:
    for tenant in (replace(CONTOSO, number=2), replace(CONTOSO, id="vs-9")):
        with pytest.raises(TenantBlocked) as caught:
            observed(sandbox, tenant)

        assert caught.value.reason is Reason.TENANT_REPLACED
    assert nothing_is_open(sandbox)


def test_the_main_server_is_observed_too(sandbox: Sandbox) -> None:
    source = source_of(sandbox)
    unassigned = source.tenants().unassigned
    assert unassigned is not None

    assert source.observe(unassigned, deadline=lambda: 30.0).devices == ()
    source.close()
    assert nothing_is_open(sandbox)


def test_a_limit_of_the_server_is_backed_off_from_and_changes_nothing(sandbox: Sandbox) -> None:
    """Reference 1.4, 1229: twice at the sign-in, where sessions are counted, and once in the middle."""
    whole = observed(sandbox)
    limit = {"on": "ksc", "do": "pxg_error", "code": 1229, "module": "KLSTD"}
    sandbox.set_faults([{**limit, "call": "Session.StartSession", "times": 2}, {**limit, "call": "LicenseKeys.AcquireKeyHosts"}])

    assert observed(sandbox) == whole
    assert nothing_is_open(sandbox)
