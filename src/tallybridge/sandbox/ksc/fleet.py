"""The scenario's servers as the protocol sees them: looked up by id and name, indexed once per server when first needed."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING

from tallybridge.sandbox.scenario_records import VirtualServer

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tallybridge.sandbox.scenario_records import Host, Key, KscScenario, Use

MAIN_SERVER = 0
FIRST_VERSION_COUNTING_DEVICES = (15, 4)


class Server:
    """The main server (id 0) or a virtual server. Group numbers are ours: 0, 1, 2 on the main server, ten apart on virtual ones (our choice)."""

    def __init__(self, record: VirtualServer, version: tuple[int, ...]) -> None:
        self.record = record
        self.id = record.id
        self.is_virtual = record.id != MAIN_SERVER
        self.version = version
        base = 10 * record.id
        self.managed_group = base + 1 if self.is_virtual else 0
        self.unassigned_group = base + 2 if self.is_virtual else 1
        self.super_group = base + 3 if self.is_virtual else 2

    @cached_property
    def hosts(self) -> Mapping[str, Host]:
        """Its hosts by id."""
        return {host.id: host for host in self.record.hosts}

    @cached_property
    def keys(self) -> Mapping[str, Key]:
        """Its keys by serial."""
        return {key.serial: key for key in self.record.keys}

    @cached_property
    def uses(self) -> Mapping[str, Sequence[Use]]:
        """Its rows of AcquireKeyHosts by serial; serials that it does not list may occur."""
        rows: dict[str, list[Use]] = defaultdict(list)
        for use in self.record.uses:
            rows[use.serial].append(use)
        return dict(rows)

    @cached_property
    def products(self) -> Mapping[str, list[str]]:
        """`product/version` texts by host id, for the search-only attribute KLHST_WKS_PRODUCT_ID."""
        texts: dict[str, list[str]] = defaultdict(list)
        for use in self.record.uses:
            texts[use.host].append(f"{use.product}/{use.version}")
        return dict(texts)

    def managed(self, host_id: str) -> bool:
        """Whether the host is known here and not in Unassigned devices."""
        host = self.hosts.get(host_id)
        return host is not None and host.managed

    def key_use_count(self, serial: str, *, current: bool) -> int:
        """KLLIC_NHOSTS_ASCURRENT or ..._ASNEXT: managed devices since 15.4, products before (reference 2.3)."""
        rows = [use for use in self.uses.get(serial, ()) if use.current == current]
        if self.version >= FIRST_VERSION_COUNTING_DEVICES:
            return len({use.host for use in rows if self.managed(use.host)})
        return len(rows)


class Fleet:
    """All servers of a scenario. Our choice: without an entry of id 0 the main server has neither hosts nor keys."""

    def __init__(self, scenario: KscScenario) -> None:
        self.version_text = scenario.version
        self.version = tuple(int(part) for part in scenario.version.split(".") if part.isdigit())
        self._servers = {record.id: Server(record, self.version) for record in scenario.virtual_servers}
        without_entry = Server(VirtualServer(id=MAIN_SERVER, name=""), self.version)
        self.main = self._servers.pop(MAIN_SERVER, without_entry)

    @property
    def virtual_servers(self) -> list[Server]:
        """All virtual servers, enabled or not, without the main server."""
        return list(self._servers.values())

    def server(self, number: int) -> Server | None:
        """The server with this id."""
        return self.main if number == MAIN_SERVER else self._servers.get(number)

    def named(self, name: str) -> Server | None:
        """The first virtual server with exactly this display name."""
        return next((server for server in self._servers.values() if server.record.name == name), None)
