"""An independent count of a scenario: what each agreement must hold after a run.

Written from the given page and from design 5 and 6, and deliberately plain: it takes the scenario's own document and the declared links and mappings,
loops over everything, and imports nothing of the product. Where it and the product disagree, one of the two is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from math import ceil
from typing import Any

Json = dict[str, Any]

COMMERCIAL, OEM, SUBSCRIPTION = 1, 5, 6
UNLIMITED = 1
ACTIVE = 0
MOBILE = ("Android", "iOS", "iPadOS")


class SetUp:
    """What was declared: links, mappings, applications as in contracts 3, and the two settings that change counts."""

    def __init__(
        self,
        links: Iterable[Json],
        mappings: Iterable[Json],
        *,
        matchers: Mapping[str, Iterable[Json]],
        per_user: Iterable[str] = (),
        per_mailbox: Iterable[str] = (),
        installed_only: bool = False,
        count_oem: bool = False,
    ) -> None:
        self.links = list(links)
        self.mappings = {one["application"]: one for one in mappings}
        self.matchers = {name: list(found) for name, found in matchers.items()}
        self.per_user = set(per_user)
        self.per_mailbox = set(per_mailbox)
        self.installed_only = installed_only
        self.count_oem = count_oem


Line = tuple[int | None, str, int]
"""Id (None: a line that is to be made), item, quantity."""


def expected_lines(scenario: Json, set_up: SetUp, *, ours: Iterable[int] = (), now: datetime) -> dict[int, list[Line]]:
    """What each agreement must hold after a run.

    `scenario` is the world just before the run, `ours` the ids of the lines that earlier runs made. Lines that are not ours stay as they are.
    """
    ours = set(ours)
    expected = {}
    for account in scenario["tigerpaw"]["accounts"]:
        for agreement in account["agreements"]:
            wanted = wanted_on(scenario, set_up, account, agreement, now=now)
            lines: list[Line] = []
            for charge in agreement["charges"]:
                is_written = wanted is not None and charge["detail_id"] in ours
                quantity = wanted.get(charge["item_id"], 0) if is_written and wanted is not None else charge["quantity"]
                lines.append((charge["detail_id"], charge["item_id"], quantity))
            # A line that stands there already and that we did not make waits for a person; an item that is not sold cannot be billed.
            standing = {charge["item_id"] for charge in agreement["charges"]}
            sold = {item["item_id"] for item in scenario["tigerpaw"]["price_book"] if not item.get("inactive")}
            lines += [(None, item, quantity) for item, quantity in sorted((wanted or {}).items()) if quantity > 0 and item in sold - standing]
            expected[agreement["number"]] = lines
    return expected


def wanted_on(scenario: Json, set_up: SetUp, account: Json, agreement: Json, *, now: datetime) -> dict[str, int] | None:
    """Item → quantity that an agreement should bill; None where it is nobody's or somebody must act first (design 6.4)."""
    linked = next((one for one in set_up.links if one.get("agreement") == agreement["number"] and one["account"] == account["number"]), None)
    if linked is None or linked.get("billing") is False or "Kaspersky MSP" not in account["external_products"]:
        return None
    if agreement.get("end") is not None and agreement["end"] < now.date().isoformat():
        return None
    tenant = tenant_of(scenario, linked)
    return None if tenant is None else wanted_quantities(tenant, set_up, now=now)


def tenant_of(scenario: Json, linked: Json) -> Json | None:
    """The one enabled virtual server that a link means."""
    servers = [one for one in scenario["ksc"]["virtual_servers"] if one["id"] != 0]
    found = [one for one in servers if linked.get("tenant_id") == one["uid"] or linked.get("tenant") == one["name"]]
    return found[0] if len(found) == 1 and found[0].get("enabled", True) else None


def wanted_quantities(server: Json, set_up: SetUp, *, now: datetime) -> dict[str, int]:
    """Item → quantity for one virtual server."""
    wanted: dict[str, int] = {}
    for application, devices in used_by_application(server, set_up, now=now).items():
        mapping = set_up.mappings.get(application)
        if mapping is None:
            continue
        if application in set_up.per_user | set_up.per_mailbox:
            wanted[mapping["item"]] = wanted.get(mapping["item"], 0) + units(application, devices, set_up)
            continue
        for device in devices:
            item = mapping.get("item") or mapping.get(category(device))
            if item is not None:
                wanted[item] = wanted.get(item, 0) + 1
    return wanted


def used_units(server: Json, set_up: SetUp, *, now: datetime) -> int:
    """Every unit that is used and counts, billed or not: what must be found again among the charges and what is reported as not billed."""
    return sum(units(application, devices, set_up) for application, devices in used_by_application(server, set_up, now=now).items())


def units(application: str, devices: list[Json], set_up: SetUp) -> int:
    """A user is one computer and up to two mobiles; mailboxes are not seen by Security Center."""
    if application in set_up.per_mailbox:
        return 0
    if application not in set_up.per_user:
        return len(devices)
    mobiles = sum(1 for device in devices if str(device.get("os_name")).startswith(MOBILE))
    return max(len(devices) - mobiles, ceil(mobiles / 2))


def used_by_application(server: Json, set_up: SetUp, *, now: datetime) -> dict[str, list[Json]]:
    """Application, or a license name that nobody has matched → the managed devices that use a license of it, each once (L2)."""
    managed = {host["id"]: host for host in server["hosts"] if host.get("managed", True)}
    used: dict[str, dict[str, Json]] = {}
    for key in server["keys"]:
        if not license_counts(key, set_up, now=now):
            continue
        application = application_of(key, set_up) or _attribute(key, "KLLIC_PROD_NAME", key["name"]) or f"nameless {key['serial']}"
        for use in server["uses"]:
            if use["serial"] == key["serial"] and use["host"] in managed and use_counts(use, now=now):
                used.setdefault(application, {})[use["host"]] = managed[use["host"]]
    return {application: list(devices.values()) for application, devices in used.items()}


def license_counts(key: Json, set_up: SetUp, *, now: datetime) -> bool:
    """Only unexpired and active commercial keys and subscriptions are counted (given page)."""
    kind = _attribute(key, "KLLIC_KEY_TYPE", key["type"])
    if kind not in (COMMERCIAL, SUBSCRIPTION) and not (kind == OEM and set_up.count_oem):
        return False
    if set_up.installed_only and _attribute(key, "KLLICSRV_KEY_INSTALLED", key.get("installed", True)) is not True:
        return False
    terms = key.get("subscription")
    is_subscription = kind == SUBSCRIPTION or _attribute(key, "KLLIC_LICTYPE_IS_SUBSCRIPTION", terms is not None) is True
    if is_subscription:
        if _attribute(key, "KLLIC_SUBSCRINFO_STATE", terms["state"] if terms else None) != ACTIVE:
            return False
        if _attribute(key, "KLLIC_SUBSCRINFO_ENDDATETYPE", terms["end_type"] if terms else None) == UNLIMITED:
            return True
    limit = key["limit_date"] if "KLLIC_LIMIT_DATE" not in key.get("attributes", {}) else None
    return limit is not None and datetime.fromisoformat(limit) > now


def use_counts(use: Json, *, now: datetime) -> bool:
    """The active key on that device, not pending, not expired there (design 5)."""
    current = _attribute(use, "KLLICSRV_HOST_CURRENT", use.get("current", True))
    pending = _attribute(use, "KLLIC_LIC_IS_PENDING_SUBSCRIPTION", use.get("pending", False))
    expires = use.get("expires")
    return current is True and pending is not True and (expires is None or datetime.fromisoformat(expires) > now)


def application_of(key: Json, set_up: SetUp) -> str | None:
    """Exact name, longest prefix, part number, in this order."""
    name = _attribute(key, "KLLIC_PROD_NAME", key["name"]) or ""
    for application, matchers in set_up.matchers.items():
        if name == application or {"exact": name} in matchers:
            return application
    prefixes = [(one["prefix"], application) for application, found in set_up.matchers.items() for one in found if "prefix" in one]
    fitting = [(len(prefix), application) for prefix, application in prefixes if name.startswith(prefix)]
    if fitting:
        return max(fitting)[1]
    part_number = key.get("part_number") or None
    for application, matchers in set_up.matchers.items():
        if part_number is not None and {"part_number": part_number} in matchers:
            return application
    return None


def category(host: Json) -> str:
    """The first that holds: UNIX bit or another system's name; NT server bit or a server's name; a Windows name or bit (reference 3.6)."""
    name = host.get("os_name")
    bits = _attribute(host, "KLHST_WKS_CTYPE", host.get("ctype")) or 0
    if bits & 0x800 or (name and "windows" not in name.lower()):
        return "non_windows"
    if bits & 0x8000 or (name and "server" in name.lower()):
        return "windows_server"
    if name or bits & (0x1000 | 0x400000):
        return "windows_workstation"
    return "unclassified"


def _attribute(record: Json, raw: str, value: Any) -> Any:
    """The raw attribute where the scenario overrides or removes it, else what its member says."""
    overridden: Json = record.get("attributes", {})
    return overridden.get(raw, value)
