"""License keys and the hosts that use them, as the simulated Security Center shows them (KSC Open API reference 2)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.ksc_caller import ADVANCED, SERIAL, Caller, host, key, server, use

KEY_ATTRIBUTES = [
    "KLLIC_SERIAL",
    "KLLIC_PROD_NAME",
    "KLLIC_APP_ID",
    "KLLIC_APP_IDS",
    "KLLIC_PROD_SUITE_ID",
    "KLLIC_KEY_TYPE",
    "KLLIC_CREATION_DATE",
    "KLLIC_LIMIT_DATE",
    "KLLIC_NEAREST_EXPIRATION_DATE",
    "KLLIC_LICENSE_PERIOD",
    "KLLIC_LIC_COUNT",
    "KLLIC_MAJ_VER",
    "KLLIC_LICINFO",
    "KLLIC_SUPPORT_INFO",
    "KLLIC_CUSTOMER_INFO",
    "KLLIC_PART_NUMBER",
    "KLLIC_PARTNER_NAME",
    "KLLIC_NHOSTS_ASCURRENT",
    "KLLIC_NHOSTS_ASNEXT",
    "KLLIC_USED_BY_ADM_SRV",
    "KLLICSRV_KEY_INSTALLED",
    "KLLICSRV_AUTOKEY",
    "KLLICSRV_KEYDATA",
    "KLLIC_LICTYPE_IS_SUBSCRIPTION",
    "KLLIC_SUBSCRINFO_STATE",
    "KLLIC_SUBSCRINFO_ENDDATE",
    "KLLIC_SUBSCRINFO_ENDDATETYPE",
    "KLLIC_SUBSCRINFO_GRACETERM",
    "KLLIC_SUBSCRINFO_PROVIDERURL",
]
USE_ATTRIBUTES = [
    "KLLICSRV_HOSTNAME",
    "KLLICSRV_HOSTDN",
    "KLLICSRV_HOST_GRPID",
    "KLLICSRV_HOST_GRPNAME",
    "KLLICSRV_HOST_CURRENT",
    "KLLICSRV_INSTALL_TIME",
    "KLLICSRV_PRODUCT",
    "KLLICSRV_VERSION",
    "KLLIC_LIC_IS_PENDING_SUBSCRIPTION",
]
LIMIT = {"type": "datetime", "value": "2027-12-31T23:59:59Z"}


def shown(*fields: str, **members: Any) -> dict[str, Any]:
    """The attributes of one key of a scenario."""
    return Caller(server(keys=[key(**members)])).session().keys(*fields)[0]


@pytest.mark.parametrize("kind", [1, 2, 3, 4, 5, 6])
@pytest.mark.parametrize("limit_date", [None, "2027-12-31T23:59:59Z"])
def test_every_documented_attribute_of_every_kind_of_key_has_a_value(kind: int, limit_date: str | None) -> None:
    row = shown(*KEY_ATTRIBUTES, type=kind, limit_date=limit_date)
    assert sorted(row) == sorted(KEY_ATTRIBUTES)
    assert None not in row.values()


@pytest.mark.parametrize(
    ("limit_date", "created"),
    [
        ("2023-06-30T12:00:00Z", "2022-06-30T12:00:00Z"),
        ("2027-12-31T23:59:59Z", "2024-01-01T00:00:00Z"),
        ("2040-12-31T23:59:59Z", "2024-01-01T00:00:00Z"),
        (None, "2024-01-01T00:00:00Z"),
    ],
)
def test_no_key_was_made_in_the_future(limit_date: str | None, created: str) -> None:
    assert shown("KLLIC_CREATION_DATE", limit_date=limit_date) == {"KLLIC_CREATION_DATE": {"type": "datetime", "value": created}}


def test_a_subscriptions_attributes() -> None:
    row = shown(*KEY_ATTRIBUTES, part_number="KL4867", subscription={"state": 2, "end_type": 1, "end_date": None, "grace_days": 14})
    assert (
        row
        | {
            "KLLIC_SERIAL": SERIAL,
            "KLLIC_PROD_NAME": ADVANCED,
            "KLLIC_KEY_TYPE": 6,
            "KLLIC_APP_ID": 1105,
            "KLLIC_PART_NUMBER": "KL4867",
            "KLLIC_LIMIT_DATE": LIMIT,
            "KLLICSRV_KEY_INSTALLED": True,
            "KLLIC_LICTYPE_IS_SUBSCRIPTION": True,
            "KLLIC_SUBSCRINFO_STATE": 2,
            "KLLIC_SUBSCRINFO_ENDDATETYPE": 1,
            "KLLIC_SUBSCRINFO_ENDDATE": {"type": "datetime", "value": ""},
            "KLLIC_SUBSCRINFO_GRACETERM": "14",
        }
        == row
    )


def test_a_commercial_key_says_that_it_is_no_subscription() -> None:
    row = shown("KLLIC_LICTYPE_IS_SUBSCRIPTION", "KLLIC_SUBSCRINFO_STATE", "KLLIC_SUBSCRINFO_ENDDATETYPE", type=1)
    assert row == {"KLLIC_LICTYPE_IS_SUBSCRIPTION": False, "KLLIC_SUBSCRINFO_STATE": 0, "KLLIC_SUBSCRINFO_ENDDATETYPE": 0}


def test_only_what_is_asked_for_is_returned_and_unknown_names_are_missing() -> None:
    assert shown("KLLIC_SERIAL", "KLLIC_NO_SUCH") == {"KLLIC_SERIAL": SERIAL}


def test_raw_attributes_override_add_and_remove() -> None:
    attributes = {"KLLIC_KEY_TYPE": None, "KLLIC_PROD_NAME": "Other", "OURS": {"type": "long", "value": 5}}
    fields = ("KLLIC_SERIAL", "KLLIC_KEY_TYPE", "KLLIC_PROD_NAME", "OURS")
    assert shown(*fields, attributes=attributes) == {"KLLIC_SERIAL": SERIAL, "KLLIC_PROD_NAME": "Other", "OURS": {"type": "long", "value": 5}}


def test_instants_are_utc_in_whole_seconds() -> None:
    assert shown("KLLIC_LIMIT_DATE", limit_date="2028-01-01T01:59:59.9+02:00") == {
        "KLLIC_LIMIT_DATE": {"type": "datetime", "value": "2027-12-31T23:59:59Z"}
    }


def test_enum_keys_announces_the_number_and_can_leave_out_keys_that_are_not_installed() -> None:
    session = Caller(server(keys=[key("a"), key("b", installed=False)])).session()
    assert session("LicenseKeys.EnumKeys", pFields=[])["lKeyCount"] == 2
    assert [row["KLLIC_SERIAL"] for row in session.keys("KLLIC_SERIAL", KLLICSRV_ENOPT_INSTALLED_ONLY=True)] == ["a"]


def test_an_iterator_goes_forward_only_and_says_true_at_its_end() -> None:
    session = Caller(server(keys=[key(f"k{n}") for n in range(5)])).session()
    iterator = session("LicenseKeys.EnumKeys", pFields=["KLLIC_SERIAL"])["wstrIterator"]
    chunks = [session("GroupSyncIterator.GetNextItems", szwIterator=iterator, nCount=2) for _ in range(4)]
    assert [(chunk["PxgRetVal"], chunk["bEOF"]) for chunk in chunks] == [(2, False), (2, False), (1, True), (0, True)]
    rows = [row["value"]["KLLIC_SERIAL"] for chunk in chunks for row in chunk["pData"]["KLCSP_ITERATOR_ARRAY"]]
    assert rows == ["k0", "k1", "k2", "k3", "k4"]


def test_a_row_for_each_host_and_product() -> None:
    caller = Caller(
        server(
            keys=[key()],
            hosts=[host(1), host(2, managed=False)],
            uses=[
                use(1),
                use(1, product="kesl", version="11.2.0.0", current=False),
                use(2, pending=True, expires="2026-12-31T23:59:59Z"),
                use(3, attributes={"KLLICSRV_HOST_CURRENT": None}),
            ],
        )
    )
    rows = caller.session().uses(*USE_ATTRIBUTES, "KLLICSRV_EXPIRATION_TIME")
    assert [row["KLLICSRV_HOSTNAME"] for row in rows] == ["h-1", "h-1", "h-2", "h-3"]
    assert [row["KLLICSRV_HOSTDN"] for row in rows] == ["PC-1", "PC-1", "PC-2", "h-3"]
    assert [row.get("KLLICSRV_HOST_CURRENT") for row in rows] == [True, False, True, None]
    assert [row["KLLIC_LIC_IS_PENDING_SUBSCRIPTION"] for row in rows] == [False, False, True, False]
    assert [(row["KLLICSRV_PRODUCT"], row["KLLICSRV_VERSION"]) for row in rows[:2]] == [("KES", "12.0.0.0"), ("kesl", "11.2.0.0")]
    assert [row.get("KLLICSRV_EXPIRATION_TIME", {}).get("value") for row in rows] == [None, None, "2026-12-31T23:59:59Z", None]
    assert all(isinstance(row["KLLICSRV_HOST_GRPID"], str) for row in rows)


def test_key_hosts_are_those_of_the_sessions_server() -> None:
    """U1 of the reference: a key of the main server that hosts of a virtual server use is answered there, by our choice."""
    caller = Caller(
        server(0, "Main", keys=[key()], uses=[use(9)]),
        server(1, "Contoso", uses=[use(1)]),
        server(2, "Fabrikam", keys=[key()]),
        server(3, "Nobody"),
    )
    answers = {name: caller.session(name).uses("KLLICSRV_HOSTNAME") for name in ("", "Contoso", "Fabrikam")}
    assert answers == {"": [{"KLLICSRV_HOSTNAME": "h-9"}], "Contoso": [{"KLLICSRV_HOSTNAME": "h-1"}], "Fabrikam": []}
    assert caller.session("Nobody").error("LicenseKeys.AcquireKeyHosts", pInData={"KLLIC_SERIAL": SERIAL}, pFields=[]) == ("KLSTD", 1186)
    assert caller.session("Contoso").keys("KLLIC_SERIAL") == []


@pytest.mark.parametrize(("version", "current", "reserve"), [("13.2", 3, 1), ("15.3", 3, 1), ("15.4", 1, 1), ("16", 1, 1)])
def test_what_the_host_counts_of_a_key_mean_changed_with_a_version(version: str, current: int, reserve: int) -> None:
    uses = [use(1), use(1, product="kesl"), use(2), use(3, current=False)]
    hosts = [host(1), host(2, managed=False), host(3)]
    row = Caller(server(keys=[key()], hosts=hosts, uses=uses), version=version).session().keys("KLLIC_NHOSTS_ASCURRENT", "KLLIC_NHOSTS_ASNEXT")
    assert row == [{"KLLIC_NHOSTS_ASCURRENT": current, "KLLIC_NHOSTS_ASNEXT": reserve}]


def test_key_data_holds_more_than_was_asked_for() -> None:
    session = Caller(server(keys=[key()])).session()
    data = session("LicenseKeys.GetKeyData", pKeyInfo={"KLLIC_SERIAL": SERIAL})["PxgRetVal"]
    assert set(KEY_ATTRIBUTES) <= set(data)
    assert session.error("LicenseKeys.GetKeyData", pKeyInfo={"KLLIC_SERIAL": "none"}) == ("KLSTD", 1186)


def test_usage_statistics_exist_from_version_16_on() -> None:
    arguments = {"wstrSerial": SERIAL}
    assert Caller(server(), version="15.1").session().error("LicenseKeys.AcquireKeyUsageStatistics", **arguments) == ("KLCONN", 1194)
    caller = Caller(server(keys=[key()], uses=[use(1)]), server(2, "Other"), version="16.0")
    rows = caller.session()("LicenseKeys.AcquireKeyUsageStatistics", **arguments)["PxgRetVal"]
    assert [(row["value"]["KLVSRV_ID"], row["value"]["KLLIC_NHOSTS_ASCURRENT"]) for row in rows] == [(1, 0)]


@pytest.mark.parametrize(
    ("call", "arguments"),
    [
        ("LicenseKeys.EnumKeys", {}),
        ("LicenseKeys.EnumKeys", {"pFields": "KLLIC_SERIAL"}),
        ("LicenseKeys.EnumKeys", {"pFields": [1]}),
        ("LicenseKeys.EnumKeys", {"pFields": [], "lTimeoutSec": "soon"}),
        ("LicenseKeys.EnumKeys", {"pFields": [], "lTimeoutSec": -1}),
        ("LicenseKeys.EnumKeys", {"pFields": [], "pOptions": []}),
        ("LicenseKeys.AcquireKeyHosts", {"pFields": []}),
        ("LicenseKeys.AcquireKeyHosts", {"pFields": [], "pInData": {"KLLIC_SERIAL": 5}}),
        ("GroupSyncIterator.GetNextItems", {"nCount": 5}),
    ],
)
def test_arguments_of_the_wrong_type_are_bad_format(call: str, arguments: dict[str, Any]) -> None:
    assert Caller(server(keys=[key()])).session().error(call, **arguments) == ("KLSTD", 1192)


@pytest.mark.parametrize("count", [0, -1])
def test_a_chunk_of_nothing_is_bad_format(count: int) -> None:
    session = Caller(server(keys=[key()])).session()
    iterator = session("LicenseKeys.EnumKeys", pFields=[])["wstrIterator"]
    assert session.error("GroupSyncIterator.GetNextItems", szwIterator=iterator, nCount=count) == ("KLSTD", 1192)
