"""A tenant is read whole, in the reference's order, with nothing asked for that is not needed."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest

from tallybridge.billing.model import Device, License, LicenseKind, LicenseState, Seat, Tenant
from tallybridge.sources.base import Source
from tests.sources.ksc.contoso import CONTOSO, EXPIRY, NOW, contoso, observed, source_of
from tests.sources.ksc.hand_made_server import HandMadeServer, HandMadeVirtualServer, altered, host, instant, key, use


def test_it_is_a_source() -> None:
    source: Source = source_of(HandMadeServer(contoso()))

    assert source.tenants().tenants == (CONTOSO,)


def test_an_observation_holds_every_license_device_and_seat_sorted_and_once() -> None:
    observation = observed(HandMadeServer(contoso()))

    assert observation.tenant == CONTOSO
    assert observation.started == NOW
    assert [one.serial for one in observation.licenses] == ["KEY-A", "KEY-B", "KEY-TRIAL"]
    assert observation.devices == (
        Device("pc-1", "PC-1", "Microsoft Windows 11", 4103),
        Device("pc-2", "PC-2", "Microsoft Windows 11", 4103),
        Device("srv-1", "SRV-1", "Ubuntu 22.04", 2099200),
    )
    assert observation.seats == (
        Seat("KEY-A", "pc-1", True, False, EXPIRY, ""),
        Seat("KEY-A", "pc-2", True, False, None, ""),
        Seat("KEY-A", "pc-9", True, False, None, "PC-9"),
        Seat("KEY-B", "pc-1", False, False, None, ""),
        Seat("KEY-B", "srv-1", True, True, None, ""),
    )
    assert observation.notices == ()


def test_calls_follow_the_reference_and_everything_opened_is_closed() -> None:
    server = HandMadeServer(contoso())

    observed(server)

    assert server.calls() == [
        "Session.StartSession",
        "HostGroup.GetStaticInfo",
        "LicenseKeys.EnumKeys",
        "GroupSyncIterator.GetNextItems",
        "GroupSyncIterator.ReleaseIterator",
        "LicenseKeys.AcquireKeyHosts",
        "GroupSyncIterator.GetNextItems",
        "GroupSyncIterator.ReleaseIterator",
        "LicenseKeys.AcquireKeyHosts",
        "GroupSyncIterator.GetNextItems",
        "GroupSyncIterator.ReleaseIterator",
        "HostGroup.FindHosts",
        "ChunkAccessor.GetItemsChunk",
        "ChunkAccessor.Release",
        "Session.EndSession",
    ]
    assert not server.sessions
    assert not server.results


def test_seats_are_read_of_eligible_licenses_only() -> None:
    server = HandMadeServer(contoso())

    observed(server)

    asked = [arguments["pInData"]["KLLIC_SERIAL"] for call, arguments in server.asked if call == "LicenseKeys.AcquireKeyHosts"]
    assert asked == ["KEY-A", "KEY-B"]


def test_the_session_is_named_by_the_display_name_and_signed_in_once() -> None:
    server = HandMadeServer(contoso(name="Zahnärzte Müller 歯"))

    observed(server, Tenant(id="vs-1", number=1, name="Zahnärzte Müller 歯"))

    start, *others = server.headers
    assert base64.b64decode(start["X-KSC-VServer"]).decode() == "Zahnärzte Müller 歯"
    assert start["Authorization"] == 'KSCBasic user="dGFsbHlicmlkZ2U=", pass="cGE6c3M=", internal="1"'
    assert all("Authorization" not in headers and headers["X-KSC-Session"] for headers in others)
    assert all(headers["Content-Type"] == "application/json" for headers in server.headers)


def test_only_managed_devices_of_this_server_are_asked_for() -> None:
    server = HandMadeServer(contoso())

    observed(server)

    (arguments,) = [arguments for call, arguments in server.asked if call == "HostGroup.FindHosts"]
    assert arguments["wstrFilter"] == "(KLHST_WKS_FROM_UNASSIGNED=0)"
    assert arguments["vecFieldsToReturn"] == ["KLHST_WKS_HOSTNAME", "KLHST_WKS_DN", "KLHST_WKS_OS_NAME", "KLHST_WKS_CTYPE"]


def test_the_main_server_is_observed_for_devices_of_no_tenant() -> None:
    server = HandMadeServer(contoso())
    server.main.hosts = [host("lone-pc")]
    source = source_of(server)
    unassigned = source.tenants().unassigned
    assert unassigned is not None

    observation = source.observe(unassigned, deadline=lambda: 60.0)

    assert [device.id for device in observation.devices] == ["lone-pc"]
    assert server.headers[-1]["X-KSC-Session"]
    assert not server.sessions


LICENSES = [
    pytest.param({"KLLIC_KEY_TYPE": 1}, {"kind": LicenseKind.COMMERCIAL}, id="commercial"),
    pytest.param({"KLLIC_KEY_TYPE": 2}, {"kind": LicenseKind.BETA}, id="beta"),
    pytest.param({"KLLIC_KEY_TYPE": 3}, {"kind": LicenseKind.TRIAL}, id="trial"),
    pytest.param({"KLLIC_KEY_TYPE": 4}, {"kind": LicenseKind.TEST}, id="test"),
    pytest.param({"KLLIC_KEY_TYPE": 5}, {"kind": LicenseKind.OEM}, id="OEM"),
    pytest.param({"KLLIC_KEY_TYPE": 77}, {"kind": LicenseKind.OTHER}, id="a kind no reference names"),
    pytest.param({"KLLIC_KEY_TYPE": None}, {"kind": None}, id="no kind"),
    pytest.param({"KLLIC_KEY_TYPE": 6}, {"kind": LicenseKind.SUBSCRIPTION, "is_subscription": True}, id="subscription by kind"),
    pytest.param({"KLLIC_LICTYPE_IS_SUBSCRIPTION": True}, {"kind": LicenseKind.COMMERCIAL, "is_subscription": True}, id="subscription by flag"),
    pytest.param({"KLLIC_KEY_TYPE": 6, "KLLIC_SUBSCRINFO_STATE": 0}, {"state": LicenseState.ACTIVE}, id="active"),
    pytest.param({"KLLIC_KEY_TYPE": 6, "KLLIC_SUBSCRINFO_STATE": 1}, {"state": LicenseState.PAUSED}, id="paused"),
    pytest.param({"KLLIC_KEY_TYPE": 6, "KLLIC_SUBSCRINFO_STATE": 2}, {"state": LicenseState.CANCELED}, id="soft cancelled"),
    pytest.param({"KLLIC_KEY_TYPE": 6, "KLLIC_SUBSCRINFO_STATE": 3}, {"state": LicenseState.CANCELED}, id="hard cancelled"),
    pytest.param({"KLLIC_KEY_TYPE": 6, "KLLIC_SUBSCRINFO_STATE": 9}, {"state": LicenseState.OTHER}, id="a state no reference names"),
    pytest.param(
        {"KLLIC_KEY_TYPE": 1, "KLLIC_SUBSCRINFO_STATE": 1}, {"state": None}, id="a state that says nothing, because the key is no subscription"
    ),
    pytest.param({"KLLIC_KEY_TYPE": 6, "KLLIC_SUBSCRINFO_ENDDATETYPE": 1}, {"unlimited": True}, id="unlimited"),
    pytest.param({"KLLIC_KEY_TYPE": 6, "KLLIC_SUBSCRINFO_ENDDATETYPE": 2}, {"unlimited": False}, id="limited"),
    pytest.param({"KLLIC_SUBSCRINFO_ENDDATETYPE": 1}, {"unlimited": False}, id="only subscriptions can be unlimited"),
    pytest.param({"KLLIC_LIMIT_DATE": instant("2026-11-22T01:30:00Z")}, {"expires": datetime(2026, 11, 22, 1, 30, tzinfo=UTC)}, id="expiry"),
    pytest.param({"KLLIC_LIMIT_DATE": instant("")}, {"expires": None}, id="empty expiry"),
    pytest.param({"KLLIC_LIMIT_DATE": None}, {"expires": None}, id="no expiry"),
    pytest.param({"KLLICSRV_KEY_INSTALLED": False}, {"installed": False}, id="not installed"),
    pytest.param({"KLLICSRV_KEY_INSTALLED": None}, {"installed": None}, id="installed not said"),
    pytest.param({"KLLIC_PROD_NAME": None}, {"name": None}, id="no name"),
    pytest.param({"KLLIC_APP_ID": None, "KLLIC_PART_NUMBER": None}, {"application_id": None, "part_number": None}, id="no ids"),
    pytest.param({"KLLIC_NHOSTS_ASCURRENT": 0}, {"reported_devices": 0}, id="no devices reported"),
]


@pytest.mark.parametrize(("attributes", "expected"), LICENSES)
def test_a_key_becomes_a_license(attributes: dict[str, object], expected: dict[str, object]) -> None:
    virtual_server = HandMadeVirtualServer(1, "Contoso Dental", "vs-1", keys=[key("K", **attributes)])

    (one,) = observed(HandMadeServer(virtual_server)).licenses

    assert isinstance(one, License)
    assert {name: getattr(one, name) for name in expected} == expected


def test_missing_attributes_of_rows_are_none() -> None:
    virtual_server = HandMadeVirtualServer(
        1,
        "Contoso Dental",
        "vs-1",
        keys=[key("K")],
        uses={"K": [use("pc-1", KLLICSRV_HOST_CURRENT=None, KLLICSRV_HOSTDN=None), use("pc-2", KLLICSRV_HOSTDN=None)]},
        hosts=[host("pc-1", KLHST_WKS_OS_NAME=None, KLHST_WKS_CTYPE=None, KLHST_WKS_DN=None)],
    )

    observation = observed(HandMadeServer(virtual_server))

    assert observation.devices == (Device("pc-1", "", None, None),)
    assert observation.seats == (Seat("K", "pc-1", None, False, None, ""), Seat("K", "pc-2", True, False, None, ""))


def test_rows_of_one_device_that_differ_are_all_kept_in_a_settled_order() -> None:
    rows = [use("pc-1", KLLICSRV_HOST_CURRENT=current) for current in (True, None, False)]
    orders = [rows, rows[::-1], [rows[1], rows[2], rows[0]]]

    seats = {
        observed(HandMadeServer(HandMadeVirtualServer(1, "Contoso Dental", "vs-1", keys=[key("K")], uses={"K": order}))).seats for order in orders
    }

    assert [[seat.active for seat in one] for one in seats] == [[None, False, True]]


SAID_OF_USES = [
    pytest.param({"KLLIC_NHOSTS_ASCURRENT": 0, "KLLIC_NHOSTS_ASNEXT": 0}, 0, id="no uses"),
    pytest.param({"KLLIC_NHOSTS_ASCURRENT": 0}, 3, id="reserve not said"),
    pytest.param({"KLLIC_NHOSTS_ASCURRENT": 0, "KLLIC_NHOSTS_ASNEXT": 1}, 3, id="reserve only"),
    pytest.param({"KLLIC_NHOSTS_ASCURRENT": 1, "KLLIC_NHOSTS_ASNEXT": 0}, 3, id="active only"),
]


@pytest.mark.parametrize(("said", "seats"), SAID_OF_USES)
def test_the_uses_of_a_key_are_not_asked_for_where_the_server_says_that_there_are_none(said: dict[str, int], seats: int) -> None:
    """Reference 9.2. A reserve key's devices do not count, and are listed with that reason (L3)."""
    virtual_server = contoso()
    virtual_server.keys = [key("KEY-A", **said)]
    server = HandMadeServer(virtual_server)

    assert len(observed(server).seats) == seats
    assert server.calls().count("LicenseKeys.AcquireKeyHosts") == (1 if seats else 0)


def test_a_server_that_does_not_say_how_many_devices_it_found_is_asked() -> None:
    server = HandMadeServer(contoso())
    server.spoil("HostGroup.FindHosts", altered(lambda reply: reply.pop("PxgRetVal")))

    assert observed(server) == observed(HandMadeServer(contoso()))
    assert server.calls().count("ChunkAccessor.GetItemsCount") == 1
    assert not server.results


def test_the_same_key_listed_twice_alike_is_one_license() -> None:
    virtual_server = contoso()
    virtual_server.keys.append(virtual_server.keys[0])

    assert observed(HandMadeServer(virtual_server)) == observed(HandMadeServer(contoso()))
