"""What servers say about themselves: HostGroup's static calls, VServers, VServers2, Limits and Session (reference 1.7, 3.7, 4.1, 4.3)."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from tallybridge.sandbox.ksc.calls import Answer, Context, Method
from tallybridge.sandbox.ksc.errors import not_found
from tallybridge.sandbox.ksc.fleet import MAIN_SERVER
from tallybridge.sandbox.ksc.key_attributes import key_getters
from tallybridge.sandbox.ksc.rows import RowMaker
from tallybridge.sandbox.ksc.values import container, double, instant, long

if TYPE_CHECKING:
    from tallybridge.sandbox.ksc.fleet import Fleet, Server
    from tallybridge.sandbox.scenario_records import Key

# Our choice: every server was made at this instant.
SERVER_CREATED = instant(datetime(2024, 3, 1, 9, tzinfo=UTC))
SERVER_HOST_ID = "169b91af-bba5-480f-9f67-2ecb4800be78"
_LICENSE_ATTRIBUTES = ["KLLIC_KEY_TYPE", "KLLIC_LIMIT_DATE", "KLLIC_PROD_NAME", "KLLIC_SERIAL"]
_BILLABLE_LOOKING_TYPES = {1, 6}
_TRIAL_TYPE = 3


def get_static_info(call: Context) -> Answer:
    """The fixed set for `pValues` null; names belong to another set, of which the simulator knows none (our choice)."""
    if call.arguments.optional_names("pValues") is not None:
        return {"PxgRetVal": {}}
    server, version = call.server, _full_version(call.fleet)
    return {
        "PxgRetVal": {
            "KLADMSRV_IS_VIRTUAL": server.is_virtual,
            "KLADMSRV_VSID": server.id,
            "KLADMSRV_VSUID": server.record.uid,
            "KLADMSRV_GRP_ROOT": server.managed_group,
            "KLADMSRV_GRP_UNASSIGNED": server.unassigned_group,
            "KLADMSRV_GRP_SUPER": server.super_group,
            "KLADMSRV_SERVER_VERSION_ID": call.fleet.version[0] if call.fleet.version else 0,
            "KLADMSRV_PRODUCT_FULL_VERSION": version,
            "KLADMSRV_PRODUCT_VERSION": version,
            "KLADMSRV_PRODUCT_NAME": "1093",
            "KLADMSRV_SERVER_HOSTNAME": SERVER_HOST_ID,
            "KLADMSRV_USERID": 1,
            "KLADMSRV_B2B_CLOUD_MODE": False,
            "KLADMSRV_PCLOUD_MODE": False,
            "KLSRV_NETSIZE": len(server.record.hosts),
            "KLADMSRV_EV_EV_SIZE": double(0.0),
        }
    }


def get_instance_statistics(call: Context) -> Answer:
    """Counts over all servers in one call; an empty or missing list of names returns all (our choice)."""
    servers = [call.fleet.main, *call.fleet.virtual_servers]
    statistics: dict[str, Any] = {
        "KLSRV_ST_VIRT_SERVER_COUNT": len(servers) - 1,
        "KLSRV_ST_TOTAL_HOSTS_COUNT": sum(len(server.record.hosts) for server in servers),
        "KLSRV_ST_VIRT_SERVERS_DETAILS": [container(_server_statistics(server)) for server in servers],
    }
    wanted = call.arguments.optional_names("vecFilterFields") or list(statistics)
    return {"PxgRetVal": {name: value for name, value in statistics.items() if name in wanted}}


def group_id_groups(call: Context) -> Answer:
    """The server's Managed devices group."""
    return {"PxgRetVal": call.server.managed_group}


def group_id_unassigned(call: Context) -> Answer:
    """The server's Unassigned devices group."""
    return {"PxgRetVal": call.server.unassigned_group}


def group_id_super(call: Context) -> Answer:
    """The server's topmost group."""
    return {"PxgRetVal": call.server.super_group}


def get_virtual_servers(call: Context) -> Answer:
    """All virtual servers, enabled or not. Our choice: a virtual server has none, and only -1 and the top group 0 hold any."""
    if call.server.is_virtual or call.arguments.integer("lParentGroup") not in {-1, 0}:
        return {"PxgRetVal": []}
    return {"PxgRetVal": [container(_server_attributes(server)) for server in call.fleet.virtual_servers]}


def get_virtual_server_info(call: Context) -> Answer:
    """The attributes asked for, of one virtual server."""
    server = _virtual_server(call, "lVServer")
    wanted = call.arguments.names("pFields2Return")
    return {"PxgRetVal": {name: value for name, value in _server_attributes(server).items() if name in wanted}}


def get_virtual_server_statistic(call: Context) -> Answer:
    """Counts of one server; 0 is the main server's own (reference 4.3). GetVServerStatistic2 answers the same, -1 adds up all (our choice)."""
    number = call.arguments.integer("lVsId")
    if number == -1:
        servers = [call.fleet.main, *call.fleet.virtual_servers]
    else:
        servers = [call.fleet.main if number == MAIN_SERVER else _virtual_server(call, "lVsId")]
    licenses: list[Any] = []
    for server in servers:
        maker: RowMaker[Key] = RowMaker(key_getters(server), _LICENSE_ATTRIBUTES)
        licenses.extend(maker.wrapped(key) for key in server.record.keys)
    hosts = [host for server in servers for host in server.record.hosts]
    return {
        "PxgRetVal": {
            "KLVSRV_CREATED": SERVER_CREATED,
            "KLVSRV_GROUPS": 1,
            "KLVSRV_HOSTS": len(hosts),
            "KLVSRV_LICENSES": licenses,
            "KLVSRV_MDMIOS": 0,
            "KLVSRV_MOBILIES": 0,
            "KLVSRV_PRODUCTS": container(_product_counters(servers)),
            "KLVSRV_USERS": 0,
            "KLVSRV_AGENTS": sum(host.managed for host in hosts),
        }
    }


def get_limits(call: Context) -> Answer:
    """One limit of the server by number (reference 1.7); those the simulator does not have are STDE_NOTFOUND (our choice)."""
    known: dict[int, Any] = {
        47: 0,
        48: 0,
        51: 900,
        52: 7200,
        57: 100,
        70: "unlim",
        71: int(call.session_idle.total_seconds()),
    }
    number = call.arguments.integer("param")
    if number not in known:
        raise not_found(f"limit {number}")
    return {"PxgRetVal": known[number]}


def ping(_call: Context) -> Answer:
    """Keeps the session alive, as every call does."""
    return {}


def _full_version(fleet: Fleet) -> str:
    parts = fleet.version_text.split(".")
    return ".".join([*parts, *["0"] * (4 - len(parts))])


def _virtual_server(call: Context, argument: str) -> Server:
    number = call.arguments.integer(argument)
    server = call.fleet.server(number)
    if server is None or not server.is_virtual:
        raise not_found(f"virtual server {number}")
    return server


def _server_attributes(server: Server) -> dict[str, Any]:
    return {
        "KLVSRV_ID": server.id,
        "KLVSRV_UID": server.record.uid,
        "KLVSRV_DN": server.record.name,
        "KLVSRV_GRP": 0,
        "KLVSRV_GROUPS": server.managed_group,
        "KLVSRV_SUPER": server.super_group,
        "KLVSRV_UNASSIGNED": server.unassigned_group,
        "KLVSRV_ENABLED": server.record.enabled,
        "KLVSRV_LIC_ENABLED": True,
        "KLVSRV_HST_UID": f"server-{server.record.uid}",
        "KLVSRV_CREATED": SERVER_CREATED,
        "KLVSRV_CUSTOM_INFO": "",
        "KLVSRV_VS_DESCR": "",
        "KLVSRV_NF_CUSTOM_URL": "",
        "KLVSRV_NEW_HOSTS_PROHIBITED": False,
        "KLVSRV_TOO_MUCH_HOSTS": False,
    }


def _server_statistics(server: Server) -> dict[str, Any]:
    types = {key.type for key in server.record.keys}
    return {
        "KLSRV_ST_VIRT_SERVER_ID": long(server.id),
        "KLSRV_ST_VIRT_SERVER_NAME": server.record.name,
        "KLSRV_ST_VSERVER_HOST_COUNT": sum(host.managed for host in server.record.hosts),
        "KLSRV_ST_VSERVER_REAL_HOST_COUNT": len(server.record.hosts),
        "KLSRV_ST_VSERVER_IOSMDM_DEV_COUNT": 0,
        "KLSRV_ST_VSERVER_KESMOB_DEV_COUNT": 0,
        "KLSRV_ST_VSERVER_TRIAL_LIC_EXISTS": _TRIAL_TYPE in types,
        "KLSRV_ST_VSERVER_COM_LIC_EXISTS": bool(types & _BILLABLE_LOOKING_TYPES),
        "KLSRV_ST_VSERVER_CREATION_DATE": SERVER_CREATED,
    }


def _product_counters(servers: list[Server]) -> dict[str, Any]:
    hosts_of = Counter({(use.product, use.version, use.host): 1 for server in servers for use in server.record.uses})
    counts = Counter((product, version) for product, version, _ in hosts_of)
    products: dict[str, dict[str, Any]] = {}
    for (product, version), count in counts.items():
        counters = {"KLVSRV_PROD_CNT": count, "KLVSRV_PROD_DN": product, "KLVSRV_PROD_DV": version}
        products.setdefault(product, {})[version] = container(counters)
    return {product: container(versions) for product, versions in products.items()}


SERVER_CALLS: dict[str, Method] = {
    "HostGroup.GetStaticInfo": get_static_info,
    "HostGroup.GetInstanceStatistics": get_instance_statistics,
    "HostGroup.GroupIdGroups": group_id_groups,
    "HostGroup.GroupIdUnassigned": group_id_unassigned,
    "HostGroup.GroupIdSuper": group_id_super,
    "VServers.GetVServers": get_virtual_servers,
    "VServers.GetVServerInfo": get_virtual_server_info,
    "VServers2.GetVServerStatistic": get_virtual_server_statistic,
    "VServers2.GetVServerStatistic2": get_virtual_server_statistic,
    "Limits.GetLimits": get_limits,
    "Session.Ping": ping,
}
