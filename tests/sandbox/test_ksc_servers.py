"""What the simulated servers say about themselves (KSC Open API reference 3.7, 4, 5.1)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.ksc_caller import ADVANCED, SERIAL, Caller, host, key, server, use


def group() -> Caller:
    """The main server and two virtual ones, one of them disabled."""
    return Caller(
        server(0, "Main", hosts=[host(9)]),
        server(1, "Contoso", keys=[key()], hosts=[host(1), host(2, managed=False)], uses=[use(1), use(1, current=False), use(2)]),
        server(2, "Fabrikam", uid="unique", enabled=False),
        version="14.2",
    )


def test_all_virtual_servers_are_listed_enabled_or_not_without_the_main_server() -> None:
    rows = group().session("")("VServers.GetVServers", lParentGroup=-1)["PxgRetVal"]
    assert [row["type"] for row in rows] == ["params", "params"]
    listed = [tuple(row["value"][name] for name in ("KLVSRV_ID", "KLVSRV_UID", "KLVSRV_DN", "KLVSRV_ENABLED")) for row in rows]
    assert listed == [(1, "vs-1", "Contoso", True), (2, "unique", "Fabrikam", False)]
    assert rows[0]["value"]["KLVSRV_CREATED"]["type"] == "datetime"


def test_one_virtual_server() -> None:
    session = group().session("")
    info = session("VServers.GetVServerInfo", lVServer=2, pFields2Return=["KLVSRV_DN"])
    assert info == {"PxgRetVal": {"KLVSRV_DN": "Fabrikam"}}
    for unknown in (0, 5):
        assert session.error("VServers.GetVServerInfo", lVServer=unknown, pFields2Return=[]) == ("KLSTD", 1186)


def test_the_groups_agree_between_calls() -> None:
    caller = group()
    main, virtual = caller.session(""), caller.session("Contoso")
    row = main("VServers.GetVServers", lParentGroup=-1)["PxgRetVal"][0]["value"]
    info = virtual("HostGroup.GetStaticInfo", pValues=None)["PxgRetVal"]
    assert info["KLADMSRV_GRP_ROOT"] == row["KLVSRV_GROUPS"] == virtual("HostGroup.GroupIdGroups")["PxgRetVal"]
    assert info["KLADMSRV_GRP_UNASSIGNED"] == row["KLVSRV_UNASSIGNED"] == virtual("HostGroup.GroupIdUnassigned")["PxgRetVal"]
    assert info["KLADMSRV_GRP_SUPER"] == row["KLVSRV_SUPER"] == virtual("HostGroup.GroupIdSuper")["PxgRetVal"]
    assert {host_["KLHST_WKS_GROUPID"] for host_ in virtual.hosts("", "KLHST_WKS_GROUPID")} == {row["KLVSRV_GROUPS"], row["KLVSRV_UNASSIGNED"]}


def test_static_info_has_the_version_and_a_wrapped_double() -> None:
    info = group().session("Contoso")("HostGroup.GetStaticInfo", pValues=None)["PxgRetVal"]
    assert info["KLADMSRV_PRODUCT_FULL_VERSION"] == "14.2.0.0"
    assert info["KLADMSRV_EV_EV_SIZE"]["type"] == "double"


def test_static_info_by_names_is_another_set() -> None:
    assert group().session("Contoso")("HostGroup.GetStaticInfo", pValues=["KLADMSRV_VSID"]) == {"PxgRetVal": {}}


def test_instance_statistics_of_all_servers_in_one_call() -> None:
    asked = ["KLSRV_ST_VIRT_SERVER_COUNT", "KLSRV_ST_TOTAL_HOSTS_COUNT", "KLSRV_ST_VIRT_SERVERS_DETAILS"]
    statistics = group().session("")("HostGroup.GetInstanceStatistics", vecFilterFields=asked)["PxgRetVal"]
    assert (statistics["KLSRV_ST_VIRT_SERVER_COUNT"], statistics["KLSRV_ST_TOTAL_HOSTS_COUNT"]) == (2, 3)
    details = [row["value"] for row in statistics["KLSRV_ST_VIRT_SERVERS_DETAILS"]]
    assert [row["KLSRV_ST_VIRT_SERVER_ID"] for row in details] == [{"type": "long", "value": number} for number in (0, 1, 2)]
    assert [row["KLSRV_ST_VSERVER_REAL_HOST_COUNT"] for row in details] == [1, 2, 0]
    only = group().session("")("HostGroup.GetInstanceStatistics", vecFilterFields=asked[:1])["PxgRetVal"]
    assert only == {"KLSRV_ST_VIRT_SERVER_COUNT": 2}


@pytest.mark.parametrize(
    ("call", "arguments", "hosts", "keys"),
    [
        ("VServers2.GetVServerStatistic", {"lVsId": 1}, 2, 1),
        ("VServers2.GetVServerStatistic", {"lVsId": 0}, 1, 0),
        ("VServers2.GetVServerStatistic2", {"lVsId": 1, "nMaxAgentInactivityDays": 0}, 2, 1),
        ("VServers2.GetVServerStatistic2", {"lVsId": -1, "nMaxAgentInactivityDays": 0}, 3, 1),
    ],
)
def test_the_statistic_of_one_server(call: str, arguments: dict[str, Any], hosts: int, keys: int) -> None:
    statistic = group().session("")(call, **arguments)["PxgRetVal"]
    assert statistic["KLVSRV_HOSTS"] == hosts
    licenses = [row["value"] for row in statistic["KLVSRV_LICENSES"]]
    assert [(row["KLLIC_SERIAL"], row["KLLIC_PROD_NAME"], row["KLLIC_KEY_TYPE"]) for row in licenses] == [(SERIAL, ADVANCED, 6)] * keys


def test_product_counters_count_devices() -> None:
    statistic = group().session("")("VServers2.GetVServerStatistic", lVsId=1)["PxgRetVal"]
    versions = statistic["KLVSRV_PRODUCTS"]["value"]["KES"]["value"]
    assert versions["12.0.0.0"]["value"]["KLVSRV_PROD_CNT"] == 2


def test_limits_tell_how_long_a_session_may_be_idle() -> None:
    session = group().session("")
    assert session("Limits.GetLimits", param=71) == {"PxgRetVal": 180}
    assert session.error("Limits.GetLimits", param=9999) == ("KLSTD", 1186)


def test_there_are_no_events_but_they_can_be_asked_for() -> None:
    session = group().session("Contoso")
    arguments: dict[str, Any] = {"vecFieldsToReturn": ["event_db_id"], "vecFieldsToOrder": [], "lifetimeSec": 300}
    pattern = {"KLEVP_RFC2254_FILTER": "(&(GNRL_EA_SEVERITY>=2)(event_db_id>1000))", "KLEVP_EVENT_RISE_TIME_LAST_DAYS": 1}
    iterator = session("EventProcessingFactory.CreateEventProcessing2", pFilter=pattern, **arguments)["strIteratorId"]
    assert session("EventProcessing.GetRecordCount", strIteratorId=iterator) == {"PxgRetVal": 0}
    reply = session("EventProcessing.GetRecordRange", strIteratorId=iterator, nStart=0, nEnd=9)
    assert reply == {"pParamsEvents": {"KLEVP_EVENT_RANGE_ARRAY": []}}
    bad = {"KLEVP_RFC2254_FILTER": "(("}
    assert session.error("EventProcessingFactory.CreateEventProcessing2", pFilter=bad, **arguments) == ("KLSTD", 1192)
