"""Writing configuration files (contracts 3) that link and map everything of a scenario, for `sandbox --write-config`.

Security Center and Business Hub are two integrations and so two files; the second is written where the scenario has companies.

How a scenario that was written by hand is mapped: the price book's active items are lined up, three items whose ids differ only in the endings
`-WKS`, `-SRV` and `-NIX` standing together as one place; the distinct license names, in the order of the scenario, take one place each, and those
that are left over share the last. A name that is billed per user or mailbox never takes the three but a single item.
Applications of companies take a single item each, the last ones of the price book, which are kept free for them: an account that is linked from
both integrations must be billed for different items. Where nothing is free, they are not mapped.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING

from tallybridge.sandbox.ksc.fleet import MAIN_SERVER
from tallybridge.sandbox.scenario_errors import ScenarioError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from tallybridge.sandbox.scenario_records import Scenario

_CATEGORY_ENDINGS = {"windows_workstation": "-WKS", "windows_server": "-SRV", "non_windows": "-NIX"}
_NOT_PER_DEVICE = ("office 365", "security cloud")
EXPORTS_FOLDER = "exports"
"""The folder beside Business Hub's configuration file that exports are read from, where none is named."""

Place = list[str]
"""One item id, or three in the order of the categories."""


def declare(scenario: Scenario, announcement: Mapping[str, str], *, unmapped: Collection[str] = ()) -> str:
    """Security Center's configuration as TOML text, secrets in clear text; applications named in `unmapped` are left without an item.

    Raises ScenarioError when the scenario lacks a user or key to sign in with.
    """
    _refuse_empty({"ksc.users": scenario.ksc.users})
    user = min(scenario.ksc.users, key=lambda user: user.virtual_servers is not None)
    source = {"kind": "ksc", "url": announcement["ksc_url"], "user": user.name, "password": user.password, "fingerprint": announcement["fingerprint"]}
    servers = [(server.name, server.uid) for server in scenario.ksc.virtual_servers if server.id != MAIN_SERVER]
    return _text(
        _sections("Integration with Tigerpaw", source, scenario, announcement),
        _links(servers, scenario),
        _mappings(_security_center_places(scenario, unmapped)),
    )


def declare_hub(scenario: Scenario, announcement: Mapping[str, str], exports: str, *, unmapped: Collection[str] = ()) -> str:
    """Business Hub's configuration as TOML text, as `declare` gives Security Center's; `exports` is the folder of the exports.

    Companies are linked to the accounts of the same name. Raises ScenarioError when the scenario lacks a user or key to sign in with.
    """
    return _text(
        _sections("Business Hub", {"kind": "business_hub", "folder": exports}, scenario, announcement),
        _links([(company.name, company.id) for company in scenario.business_hub.companies], scenario),
        _mappings(_business_hub_places(scenario, unmapped)),
    )


def write_declaration(
    path: Path, scenario: Scenario, announcement: Mapping[str, str], *, unmapped: Collection[str] = (), exports: Path | None = None
) -> tuple[Path, ...]:
    """Writes `declare`'s text to a file that its owner alone can read and, if there are companies, `declare_hub`'s to `hub_file(path)`.

    `exports` is the folder that the second file names; without it the folder `exports` beside it. Existing files are replaced. Returns the files
    that were written, Security Center's first. Raises ScenarioError, and then nothing was written, and OSError.
    """
    contents = {path: declare(scenario, announcement, unmapped=unmapped)}
    if scenario.business_hub.companies:
        folder = EXPORTS_FOLDER if exports is None else str(exports.absolute())
        contents[hub_file(path)] = declare_hub(scenario, announcement, folder, unmapped=unmapped)
    for file, content in contents.items():
        _write_private(file, content.encode())
    return tuple(contents)


def hub_file(path: Path) -> Path:
    """Where Business Hub's configuration is written if Security Center's is written to `path`: `tallybridge-hub.toml` beside `tallybridge.toml`."""
    return path.with_name(f"{path.stem}-hub{path.suffix}")


def _write_private(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(descriptor, "wb") as file:
        if os.name == "posix":
            os.fchmod(descriptor, 0o600)
        file.write(content)


def _text(*parts: Iterator[str]) -> str:
    return "\n".join(chain(*parts)) + "\n"


def _refuse_empty(lists: Mapping[str, Sequence[object]]) -> None:
    for path, entries in lists.items():
        if not entries:
            raise ScenarioError(f"A configuration cannot be written: expected at least one entry in `{path}`, found none.")


def _sections(name: str, source: Mapping[str, str], scenario: Scenario, announcement: Mapping[str, str]) -> Iterator[str]:
    tigerpaw = scenario.tigerpaw
    _refuse_empty({"tigerpaw.rest_keys": tigerpaw.rest_keys, "tigerpaw.soap_users": tigerpaw.soap_users})
    rest_key, soap_user = tigerpaw.rest_keys[0], min(tigerpaw.soap_users, key=lambda user: not user.active)
    yield "[integration]"
    yield from _members({"name": name, "time_zone": "UTC", "run_at": "02:30", "apply": "automatic"})
    yield from ("", "[source]")
    yield from _members(source)
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


def _links(tenants: Sequence[tuple[str, str]], scenario: Scenario) -> Iterator[str]:
    """Names and unique ids of the tenants → links to the accounts of the same name; of tenants with one name the first gets the account."""
    names = Counter(name for name, _ in tenants)
    accounts = {account.name: account for account in reversed(scenario.tigerpaw.accounts) if account.agreements}
    for name, unique_id in tenants:
        account = accounts.pop(name, None)
        if account is None:
            continue
        identity = {"tenant": name} if names[name] == 1 else {"tenant_id": unique_id}
        yield from ("", "[[link]]")
        yield from _members({**identity, "account": account.number, "agreement": account.agreements[0].number, "billing": True})


def _mappings(places: Mapping[str, Place]) -> Iterator[str]:
    for name, place in places.items():
        yield from ("", "[[mapping]]")
        items = {"item": place[0]} if len(place) == 1 else dict(zip(_CATEGORY_ENDINGS, place, strict=True))
        yield from _members({"application": name, **items})


def _security_center_places(scenario: Scenario, unmapped: Collection[str]) -> dict[str, Place]:
    names = list(dict.fromkeys(key.name for server in scenario.ksc.virtual_servers for key in server.keys if key.name not in unmapped))
    places = _places(_active_items(scenario))
    kept_free = len(_company_applications(scenario, unmapped))
    for place in [place for place in reversed(places) if len(place) == 1][:kept_free]:
        if len(places) > 1:
            places.remove(place)
    if not places:
        return {}
    chosen = {}
    for order, name in enumerate(names):
        place = places[min(order, len(places) - 1)]
        if len(place) > 1 and any(word in name.lower() for word in _NOT_PER_DEVICE):
            place = next((single for single in places if len(single) == 1), place[:1])
        chosen[name] = place
    return chosen


def _business_hub_places(scenario: Scenario, unmapped: Collection[str]) -> dict[str, Place]:
    names = _company_applications(scenario, unmapped)
    used = set(chain.from_iterable(_security_center_places(scenario, unmapped).values()))
    free = [item for item in _active_items(scenario) if item not in used][-len(names) :]
    return {name: [free[min(order, len(free) - 1)]] for order, name in enumerate(names)} if free else {}


def _company_applications(scenario: Scenario, unmapped: Collection[str]) -> list[str]:
    licenses = chain.from_iterable(company.licenses for company in scenario.business_hub.companies)
    return list(dict.fromkeys(license_.application for license_ in licenses if license_.application not in unmapped))


def _active_items(scenario: Scenario) -> list[str]:
    return list(dict.fromkeys(item.item_id for item in scenario.tigerpaw.price_book if not item.inactive))


def _places(item_ids: Iterable[str]) -> list[Place]:
    left = dict.fromkeys(item_ids)
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
