"""Fleets made by number and seed instead of lists (contracts 4, "generate"): the same seed makes the same fleet, to the byte.

Every host uses at least one key. Now and then there is something that must not be billed: a reserve row, an unmanaged device, or a second
product of one device under the same key.
"""

from __future__ import annotations

import random
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING
from uuid import UUID

from msgspec import UNSET

from tallybridge.sandbox.scenario_errors import ScenarioError
from tallybridge.sandbox.scenario_records import (
    Account,
    Agreement,
    Host,
    Key,
    PriceBookItem,
    RestKey,
    SoapUser,
    Subscription,
    Use,
    VirtualServer,
)

if TYPE_CHECKING:
    from tallybridge.sandbox.scenario_records import FleetRequest, KscScenario, Scenario, TigerpawScenario

EXTERNAL_PRODUCT = "Kaspersky MSP"
FIRST_ACCOUNT = 1_000_000
FIRST_AGREEMENT = 2_000
# Far ahead, so that a generated fleet does not expire while it is of use.
_LIMIT_DATE = datetime(2035, 12, 31, 23, 59, 59, tzinfo=UTC)
_COMMERCIAL, _SUBSCRIPTION = 1, 6
# Name, kind of key, product id and application id of what a fleet uses; further keys begin again at the first.
_APPLICATIONS = (
    ("Kaspersky Endpoint Security for Business Advanced", _SUBSCRIPTION, "KES", 1105),
    ("Kaspersky Endpoint Security for Business - Select", _COMMERCIAL, "KES", 1106),
    ("Kaspersky Hybrid Cloud Security", _SUBSCRIPTION, "KSVLA", 1107),
    ("Kaspersky Total Security for Business", _COMMERCIAL, "KES", 1108),
)
# Share in a fleet, name of the system and KLHST_WKS_CTYPE (bits of reference 3.6).
_SYSTEMS = (
    (60, "Microsoft Windows 11", 0x1007),
    (15, "Microsoft Windows 10", 0x1007),
    (8, "Microsoft Windows Server 2022", 0x9007),
    (5, "Microsoft Windows Server 2019", 0x9007),
    (7, "Ubuntu 22.04", 0x200800),
    (5, "macOS 14.5", 0x2800),
)
_SHARE_USING_A_KEY = 0.7
_SHARE_UNMANAGED = 0.02
_SHARE_RESERVE = 0.03
_SHARE_SECOND_PRODUCT = 0.02


def expand(scenario: Scenario) -> None:
    """Replaces each `generate` of a scenario by what it asks for. Raises ScenarioError where lists are given beside it."""
    if scenario.ksc.generate is not UNSET:
        _fill_ksc(scenario.ksc, scenario.ksc.generate)
    if scenario.tigerpaw.generate is not UNSET:
        wanted = scenario.tigerpaw.generate.match_ksc
        _refuse_lists("tigerpaw", [name for name in ("accounts", "price_book") if getattr(scenario.tigerpaw, name)])
        scenario.tigerpaw.generate = UNSET
        if wanted:
            _fill_tigerpaw(scenario.tigerpaw, [server for server in scenario.ksc.virtual_servers if server.id != 0])


def _refuse_lists(place: str, given: list[str]) -> None:
    if given:
        raise ScenarioError(f"The scenario cannot be used: expected either `{place}.generate` or `{place}.{given[0]}`, found both.")


def _fill_ksc(ksc: KscScenario, request: FleetRequest) -> None:
    _refuse_lists("ksc", ["virtual_servers"] if ksc.virtual_servers else [])
    chance = random.Random(request.seed)  # noqa: S311 - a fleet must be repeatable, not secret
    ksc.virtual_servers = [_virtual_server(number, request, chance) for number in range(1, request.virtual_servers + 1)]
    ksc.generate = UNSET


def _virtual_server(number: int, request: FleetRequest, chance: random.Random) -> VirtualServer:
    keys = [_key(number, place) for place in range(request.keys_each)]
    hosts = [_host(number, place, chance) for place in range(1, request.hosts_each + 1)]
    uses = [use for host in hosts for use in _uses(host, keys, chance)]
    return VirtualServer(id=number, uid=_identifier(chance), name=f"Customer {number:04d}", hosts=hosts, keys=keys, uses=uses)


def _key(server: int, place: int) -> Key:
    name, kind, _, app_id = _APPLICATIONS[place % len(_APPLICATIONS)]
    return Key(
        serial=f"{server:04X}-260101-000000-{place + 1}-{app_id}",
        name=name,
        type=kind,
        limit_date=_LIMIT_DATE,
        app_id=app_id,
        subscription=Subscription(end_date=_LIMIT_DATE) if kind == _SUBSCRIPTION else None,
    )


def _host(server: int, place: int, chance: random.Random) -> Host:
    _, system, ctype = chance.choices(_SYSTEMS, [share for share, _, _ in _SYSTEMS])[0]
    managed = chance.random() >= _SHARE_UNMANAGED
    return Host(id=_identifier(chance), name=f"C{server:04d}-{place:04d}", os_name=system, ctype=ctype, managed=managed)


def _uses(host: Host, keys: list[Key], chance: random.Random) -> list[Use]:
    if not keys:
        return []
    active = [place for place in range(len(keys)) if chance.random() < _SHARE_USING_A_KEY] or [chance.randrange(len(keys))]
    uses = [_use(host, keys, place) for place in active]
    for place in range(len(keys)):
        if place not in active and chance.random() < _SHARE_RESERVE:
            uses.append(_use(host, keys, place, current=False))
    if chance.random() < _SHARE_SECOND_PRODUCT:
        uses.append(_use(host, keys, active[0], product="KSVLA" if uses[0].product == "KES" else "KES"))
    return uses


def _use(host: Host, keys: list[Key], place: int, *, current: bool = True, product: str | None = None) -> Use:
    return Use(serial=keys[place].serial, host=host.id, current=current, product=product or _APPLICATIONS[place % len(_APPLICATIONS)][2])


def _identifier(chance: random.Random) -> str:
    return str(UUID(int=chance.getrandbits(128), version=4))


def _fill_tigerpaw(tigerpaw: TigerpawScenario, servers: list[VirtualServer]) -> None:
    tigerpaw.external_products = tigerpaw.external_products or [EXTERNAL_PRODUCT]
    product = tigerpaw.external_products[0]
    tigerpaw.rest_keys = tigerpaw.rest_keys or [RestKey()]
    tigerpaw.soap_users = tigerpaw.soap_users or [SoapUser(name="kaspersky", external_product=product)]
    tigerpaw.price_book = [
        PriceBookItem(number=1, item_id="KES-WKS", description="Endpoint security, workstation", price=Decimal("4.5")),
        PriceBookItem(number=2, item_id="KES-SRV", description="Endpoint security, server", price=Decimal("9.0")),
        PriceBookItem(number=3, item_id="KES-NIX", description="Endpoint security, non-Windows device", price=Decimal("4.0")),
    ]
    tigerpaw.accounts = [
        Account(
            number=FIRST_ACCOUNT + place,
            name=server.name,
            external_products=[product],
            agreements=[Agreement(number=FIRST_AGREEMENT + place)],
        )
        for place, server in enumerate(servers, start=1)
    ]
