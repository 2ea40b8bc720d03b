"""Attributes of hosts (reference 3.5, 3.6), as FindHosts and GetHostInfo return them and filters test them."""

from __future__ import annotations

import re
import zlib
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from tallybridge.sandbox.ksc.rows import attribute
from tallybridge.sandbox.ksc.values import instant, long

if TYPE_CHECKING:
    from collections.abc import Callable

    from tallybridge.sandbox.ksc.fleet import Server
    from tallybridge.sandbox.ksc.rows import Getters
    from tallybridge.sandbox.scenario_records import Host

MANAGED_GROUP_NAME = "Managed devices"
UNASSIGNED_GROUP_NAME = "Unassigned devices"
# Bits of KLHST_WKS_STATUS: visible, added to a group, agent installed, agent alive, protection installed.
_STATUS_UNASSIGNED = 0x1
_STATUS_MANAGED = 0x1 | 0x2 | 0x4 | 0x8 | 0x10
# Our choice, after the observed 2 for Windows; the enumeration is not known (reference 3.6).
_WINDOWS_PLATFORM, _OTHER_PLATFORM = 2, 6
_AGENT_VERSION = "15.1.0.20748"
_PROTECTION_RUNNING = 4


def host_getters(server: Server) -> Getters[Host]:
    """How each attribute is read on this server. What a scenario does not state is made up from the host's name and system (our choice)."""

    def last_seen(host: Host) -> dict[str, Any] | None:
        return None if host.last_visible is None else instant(host.last_visible)

    def agent_only(value: object) -> Callable[[Host], object]:
        return lambda host: value if host.managed else None

    return {
        "KLHST_WKS_HOSTNAME": attrgetter("id"),
        "KLHST_WKS_DN": attrgetter("name"),
        "KLHST_WKS_WINHOSTNAME": attrgetter("name"),
        "KLHST_WKS_DNSNAME": lambda host: host.name.lower(),
        "KLHST_WKS_FQDN": lambda host: f"{host.name.lower()}.example",
        "KLHST_WKS_DNSDOMAIN": lambda _host: "example",
        "KLHST_WKS_WINDOMAIN": lambda _host: "EXAMPLE",
        "KLHST_WKS_GROUPID": lambda host: server.managed_group if host.managed else server.unassigned_group,
        "KLHST_WKS_FROM_UNASSIGNED": lambda host: not host.managed,
        "KLHST_WKS_CTYPE": attrgetter("ctype"),
        "KLHST_WKS_PTYPE": lambda host: None if host.os_name is None else _platform(host.os_name),
        "KLHST_WKS_OS_NAME": attrgetter("os_name"),
        "KLHST_WKS_OS_VER_MAJOR": lambda host: _version_part(host.os_name, 0),
        "KLHST_WKS_OS_VER_MINOR": lambda host: _version_part(host.os_name, 1),
        "KLHST_WKS_STATUS": lambda host: _STATUS_MANAGED if host.managed else _STATUS_UNASSIGNED,
        "KLHST_WKS_STATUS_ID": lambda _host: 0,
        "KLHST_WKS_STATUS_MASK": lambda _host: 0,
        "KLHST_WKS_LAST_VISIBLE": last_seen,
        "KLHST_WKS_LAST_NAGENT_CONNECTED": lambda host: last_seen(host) if host.managed else None,
        "KLHST_WKS_LAST_INFOUDATE": lambda host: last_seen(host) if host.managed else None,
        "KLHST_WKS_NAG_VERSION": agent_only(_AGENT_VERSION),
        "KLHST_WKS_RTP_STATE": agent_only(_PROTECTION_RUNNING),
        "KLHST_WKS_IP_LONG": lambda host: long(0x0A000000 | zlib.crc32(host.id.encode()) & 0xFFFFFF),
        "KLHST_INSTANCEID": agent_only_instance,
        "name": lambda host: MANAGED_GROUP_NAME if host.managed else UNASSIGNED_GROUP_NAME,
        "grp_full_name": lambda host: f"{MANAGED_GROUP_NAME if host.managed else UNASSIGNED_GROUP_NAME}/",
        "KLVSRV_ID": lambda _host: server.id,
        "KLVSRV_DN": lambda _host: server.record.name,
    }


def agent_only_instance(host: Host) -> str | None:
    """The Network Agent's id; only managed hosts have an agent (our choice)."""
    return f"agent-{host.id}" if host.managed else None


def search_lookup(server: Server, getters: Getters[Host], host: Host) -> Callable[[str], object]:
    """What a filter sees of one host, search-only attributes included (reference 3.5)."""

    def lookup(name: str) -> object:
        if name == "KLHST_WKS_PRODUCT_ID":
            return server.products.get(host.id)
        if name == "KLHST_WKS_GROUPID_GP":
            # Our choice: groups are flat, so a group's only ancestor is itself.
            return attribute(getters, host, "KLHST_WKS_GROUPID")
        return attribute(getters, host, name)

    return lookup


def _platform(os_name: str) -> int:
    return _WINDOWS_PLATFORM if "windows" in os_name.lower() else _OTHER_PLATFORM


def _version_part(os_name: str | None, place: int) -> int | None:
    if os_name is None:
        return None
    if re.search(r"windows.*\b(10|11|2016|2019|2022|2025)\b", os_name, re.IGNORECASE):
        return (10, 0)[place]
    found = re.search(r"(\d+)(?:\.(\d+))?", os_name)
    return int(found.group(place + 1) or 0) if found else None
