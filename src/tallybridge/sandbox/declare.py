"""Writing a configuration file (contracts 3) that links and maps everything of a scenario, for `sandbox --write-config`.

How a scenario that was written by hand is mapped: the price book's active items are lined up, three items whose ids differ only in the endings
`-WKS`, `-SRV` and `-NIX` standing together as one place; the distinct license names, in the order of the scenario, take one place each, and those
that are left over share the last. A name that is billed per user or mailbox never takes the three but a single item.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from typing import TYPE_CHECKING

from tallybridge.sandbox.ksc.fleet import MAIN_SERVER
from tallybridge.sandbox.scenario_errors import ScenarioError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from pathlib import Path

    from tallybridge.sandbox.scenario_records import PriceBookItem, Scenario

_CATEGORY_ENDINGS = {"windows_workstation": "-WKS", "windows_server": "-SRV", "non_windows": "-NIX"}
_NOT_PER_DEVICE = ("office 365", "security cloud")

Place = list[str]
"""One item id, or three in the order of the categories."""


def declare(scenario: Scenario, announcement: Mapping[str, str], *, unmapped: Collection[str] = ()) -> str:
    """The configuration as TOML text, secrets in clear text; applications named in `unmapped` are left without an item.

    Raises ScenarioError when the scenario lacks a user or key to sign in with.
    """
    lines = [
        *_sections(scenario, announcement),
        *_links(scenario),
        *_mappings(scenario, unmapped),
    ]
    return "\n".join(lines) + "\n"


def write_declaration(path: Path, scenario: Scenario, announcement: Mapping[str, str], *, unmapped: Collection[str] = ()) -> None:
    """Writes `declare`'s text to a file that its owner alone can read. An existing file is replaced. Raises ScenarioError and OSError."""
    content = declare(scenario, announcement, unmapped=unmapped).encode()
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(descriptor, "wb") as file:
        if os.name == "posix":
            os.fchmod(descriptor, 0o600)
        file.write(content)


def _sections(scenario: Scenario, announcement: Mapping[str, str]) -> Iterator[str]:
    users = sorted(scenario.ksc.users, key=lambda user: user.virtual_servers is not None)
    soap_users = sorted(scenario.tigerpaw.soap_users, key=lambda user: not user.active)
    for path, list_ in (("ksc.users", users), ("tigerpaw.rest_keys", scenario.tigerpaw.rest_keys), ("tigerpaw.soap_users", soap_users)):
        if not list_:
            raise ScenarioError(f"A configuration cannot be written: expected at least one entry in `{path}`, found none.")
    yield "[integration]"
    yield from _members({"name": "Integration with Tigerpaw", "time_zone": "UTC", "run_at": "02:30", "apply": "automatic"})
    source = {"kind": "ksc", "url": announcement["ksc_url"], "user": users[0].name, "password": users[0].password}
    yield from ("", "[source]")
    yield from _members({**source, "fingerprint": announcement["fingerprint"]})
    rest_key, soap_user = scenario.tigerpaw.rest_keys[0], soap_users[0]
    yield from ("", "[destination]")
    yield from _members(
        {
            "kind": "tigerpaw",
            "url": announcement["tigerpaw_url"],
            "public_key": rest_key.public,
            "private_key": rest_key.private,
            "soap_user": soap_user.name,
            "soap_password": soap_user.password,
            "external_product": soap_user.external_product,
            "write_mode": "soap",
            "dialect": "sandbox-0",
        }
    )


def _links(scenario: Scenario) -> Iterator[str]:
    servers = [server for server in scenario.ksc.virtual_servers if server.id != MAIN_SERVER]
    names = Counter(server.name for server in servers)
    accounts = {account.name: account for account in reversed(scenario.tigerpaw.accounts) if account.agreements}
    for server in servers:
        account = accounts.pop(server.name, None)
        if account is None:
            continue
        identity = {"tenant": server.name} if names[server.name] == 1 else {"tenant_id": server.uid}
        yield from ("", "[[link]]")
        yield from _members({**identity, "account": account.number, "agreement": account.agreements[0].number, "billing": True})


def _mappings(scenario: Scenario, unmapped: Collection[str]) -> Iterator[str]:
    names = list(dict.fromkeys(key.name for server in scenario.ksc.virtual_servers for key in server.keys if key.name not in unmapped))
    places = _places([item for item in scenario.tigerpaw.price_book if not item.inactive])
    if not places:
        return
    for order, name in enumerate(names):
        place = places[min(order, len(places) - 1)]
        if len(place) > 1 and any(word in name.lower() for word in _NOT_PER_DEVICE):
            place = next((single for single in places if len(single) == 1), place[:1])
        yield from ("", "[[mapping]]")
        items = {"item": place[0]} if len(place) == 1 else dict(zip(_CATEGORY_ENDINGS, place, strict=True))
        yield from _members({"application": name, **items})


def _places(items: list[PriceBookItem]) -> list[Place]:
    left = dict.fromkeys(item.item_id for item in items)
    places: list[Place] = []
    while left:
        item_id = next(iter(left))
        stem = item_id[:-4] if item_id[-4:] in _CATEGORY_ENDINGS.values() else None
        three = [f"{stem}{ending}" for ending in _CATEGORY_ENDINGS.values()]
        place = three if stem is not None and all(one in left for one in three) else [item_id]
        for one in place:
            del left[one]
        places.append(place)
    return places


def _members(values: Mapping[str, str | int | bool]) -> Iterator[str]:
    for name, value in values.items():
        yield f"{name} = {_value(value)}"


def _value(value: str | int | bool) -> str:
    if isinstance(value, str):
        # A TOML basic string is a JSON string, except that it does not allow DEL to stand for itself.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007F")
    return json.dumps(value)
