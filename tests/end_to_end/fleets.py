"""Random fleets by seed: every kind of license, seat, device and customer that must not count, among some that must."""

from __future__ import annotations

import copy
import random
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.end_to_end.oracle import SetUp
from tests.end_to_end.worlds import ADVANCED, SELECT, account, agreement, charge, link, price_book, world

Json = dict[str, Any]

CLOUD = "Kaspersky Endpoint Security Cloud Plus"
MAIL = "Kaspersky Security for Microsoft Office 365"
TOTAL = "Kaspersky Total Security для бизнеса"
ACME, ACME_PRO = "Acme Suite", "Acme Suite Pro"
BY_PART = "Licensed by part number"
GHOST, OLD, FREE = "Billed on a missing item", "Billed on an inactive item", "Billed on an item without price"

APPLICATIONS: list[Json] = [
    {
        "name": ADVANCED,
        "unit": "device",
        "match": [{"exact": "KESB Advanced, 100-149 nodes"}, {"prefix": "Kaspersky Endpoint Security for Business - Advanced"}],
    },
    {"name": ACME, "unit": "device", "match": [{"prefix": "Acme"}]},
    {"name": ACME_PRO, "unit": "device", "match": [{"prefix": "Acme Pro"}]},
    {"name": BY_PART, "unit": "device", "match": [{"part_number": "KL4863"}]},
]
MAPPINGS: list[Json] = [
    {"application": ADVANCED, "windows_workstation": "KES-WKS", "windows_server": "KES-SRV", "non_windows": "KES-NIX"},
    # No item for non-Windows devices; its servers are billed on the same item as those of another application.
    {"application": TOTAL, "windows_workstation": "TOTAL-WKS", "windows_server": "KES-SRV"},
    {"application": SELECT, "item": "KES-SELECT"},
    {"application": ACME, "item": "KES-SELECT"},
    {"application": ACME_PRO, "item": "ACME-PRO"},
    {"application": CLOUD, "item": "CLOUD-USER"},
    {"application": MAIL, "item": "MAILBOX"},
    {"application": BY_PART, "item": "PART"},
    {"application": GHOST, "item": "NOT-IN-BOOK"},
    {"application": OLD, "item": "OLD-ITEM"},
    {"application": FREE, "item": "FREE-ITEM"},
]
ITEMS = ("KES-WKS", "KES-SRV", "KES-NIX", "TOTAL-WKS", "KES-SELECT", "ACME-PRO", "CLOUD-USER", "MAILBOX", "PART", "OLD-ITEM", "FREE-ITEM", "OTHER")
LICENSE_NAMES = [
    ADVANCED,
    "KESB Advanced, 100-149 nodes",
    "Kaspersky Endpoint Security for Business - Advanced",
    "Kaspersky Endpoint Security for Business - Advanced, 50-99",
    SELECT,
    TOTAL,
    "Acme 3",
    "Acme Pro 3",
    CLOUD,
    MAIL,
    GHOST,
    OLD,
    FREE,
    "Renamed by the reseller",
    "Kaspersky Security for Mail Server",
    "Nobody knows this one",
]
SYSTEMS: list[tuple[str | None, int | None]] = [
    ("Microsoft Windows 11", 0x1003),
    ("Microsoft Windows 11", 0x1003),
    ("Microsoft Windows 10 Pro", None),
    ("microsoft windows server 2022 datacenter", 0x1003),
    ("Microsoft Windows Server 2016", 0x9007),
    ("Microsoft Windows 10", 0x8000),
    ("Ubuntu 22.04", 0x200800),
    ("macOS 14", 0x1000),
    ("Android 14", None),
    ("iOS 17", 0x0),
    (None, 0x1003),
    (None, 0x9007),
    (None, 0x400000),
    (None, 0x800),
    (None, 0x3),
    (None, None),
]
CUSTOMER_NAMES = [
    "Contoso Dental",
    "Łódź Papier",
    "株式会社テスト",
    "شركة الاختبار",
    'Müller & "Söhne" <GmbH>',
    "O'Brien; DROP",
    "Ελλάς",
    "Ω" * 60,
]


class Fleet:
    """A world and what is declared about it."""

    def __init__(self, scenario: Json, set_up: SetUp, links: list[Json], source: Json) -> None:
        self.scenario = scenario
        self.set_up = set_up
        self.links = links
        self.source = source


def random_fleet(seed: int, *, now: datetime) -> Fleet:
    """The same seed makes the same fleet, with instants relative to `now`."""
    made = _Maker(seed, now)
    return made.fleet()


class _Maker:
    def __init__(self, seed: int, now: datetime) -> None:
        self.random = random.Random(seed)
        self.now = now
        self.detail_id = 9000

    def fleet(self) -> Fleet:
        names = self.random.sample(CUSTOMER_NAMES, k=self.random.randint(3, len(CUSTOMER_NAMES)))
        servers = [self.server(number, name) for number, name in enumerate(names, start=1)]
        foreign = servers[0]["hosts"]
        for server in servers[1:]:
            self.add_foreign_uses(server, foreign)
        if self.chance(0.5):
            servers.append(self.server(0, "Main"))
        accounts, links = [], []
        for number, name in enumerate(names, start=1):
            of_customer, linked = self.customer(number, name)
            accounts.append(of_customer)
            links += linked
        items = price_book(*ITEMS, OLD_ITEM={"inactive": True}, FREE_ITEM={"price": None})
        scenario = world(servers, accounts, items, version=self.random.choice(["13.2", "15.1", "15.4", "16.0"]))
        installed_only, count_oem = self.chance(0.3), self.chance(0.3)
        matchers: dict[str, list[Json]] = {name: [] for name in [*(one["application"] for one in MAPPINGS), "Kaspersky Security for Mail Server"]}
        matchers |= {one["name"]: one["match"] for one in APPLICATIONS}
        set_up = SetUp(links, MAPPINGS, matchers=matchers, per_user={CLOUD}, per_mailbox={MAIL}, installed_only=installed_only, count_oem=count_oem)
        source = {"key_scope": "installed" if installed_only else "used", "count_oem": count_oem, "max_sessions": self.random.randint(1, 3)}
        # Small chunks, so that every list is read in several.
        source |= {
            "key_chunk": self.random.choice([1, 2, 50]),
            "seat_chunk": self.random.choice([2, 3, 500]),
            "host_chunk": self.random.choice([1, 4, 500]),
        }
        return Fleet(scenario, set_up, links, source)

    def customer(self, number: int, name: str) -> tuple[Json, list[Json]]:
        """An account with its agreements, and the link to it if there is one."""
        state = self.random.choice(["plain"] * 6 + ["not_cross_referenced", "billing_off", "unlinked", "ended", "none_chosen"])
        charges = [self.charge(item) for item in self.random.sample(ITEMS, k=2)] if self.chance(0.4) else []
        chosen = agreement(2000 + number, charges, end="2020-12-31" if state == "ended" else None)
        other = agreement(3000 + number, [self.charge(self.random.choice(ITEMS))], end=self.random.choice([None, "2021-01-01"]))
        found = account(1000 + number, name, [chosen, other], cross_referenced=state != "not_cross_referenced")
        if state == "unlinked":
            return found, []
        by_id = {"tenant_id": f"vs-{number}"} if self.chance(0.3) else {}
        off = {"billing": False} if state == "billing_off" else {}
        return found, [link(name, 1000 + number, None if state == "none_chosen" else 2000 + number, **by_id, **off)]

    def charge(self, item: str) -> Json:
        self.detail_id += 1
        return charge(self.detail_id, item, self.random.randint(0, 9))

    def server(self, number: int, name: str) -> Json:
        hosts = [self.host(number, place) for place in range(0 if self.chance(0.1) else self.random.randint(1, 9))]
        keys = [self.key(number, place) for place in range(self.random.randint(0, 7))]
        uses = [use for one in keys for use in self.uses(one["serial"], hosts)]
        uses += self.uses("NOT-LISTED", hosts)
        self.random.shuffle(uses)
        return {
            "id": number,
            "uid": f"vs-{number}",
            "name": name,
            "enabled": self.chance(0.92) or number == 0,
            "hosts": hosts,
            "keys": keys,
            "uses": uses,
        }

    def host(self, number: int, place: int) -> Json:
        os_name, ctype = self.random.choice(SYSTEMS)
        return {
            "id": f"host-{number}-{place}",
            # Duplicate display names happen (reference 3.5).
            "name": self.random.choice(["PC", "PC", f"ПК-{place}", f"SRV-{place}"]),
            "os_name": os_name,
            "ctype": ctype,
            "managed": self.chance(0.85),
            "attributes": {"KLHST_WKS_DN": None} if self.chance(0.05) else {},
        }

    def key(self, number: int, place: int) -> Json:
        kind = self.random.choice([1, 1, 1, 1, 6, 6, 6, 2, 3, 4, 5])
        found: Json = {
            "serial": f"K{number}-{place}",
            "name": self.random.choice(LICENSE_NAMES),
            "type": kind,
            "limit_date": self.random.choice([self.at(days=400)] * 6 + [self.at(hours=1), self.at(hours=-1), self.at(days=-400), None]),
            "installed": self.chance(0.75),
            "part_number": self.random.choice(["", "KL4863", "KL0000"]),
            "attributes": {},
        }
        if kind == 6 or self.chance(0.1):
            state, end_type = self.random.choice([0] * 6 + [1, 2, 3]), self.random.choice([2, 2, 2, 0, 1, 3])
            found["subscription"] = {"state": state, "end_type": end_type, "end_date": self.random.choice([None, self.at(days=90)]), "grace_days": 5}
        if kind == 6 and self.chance(0.1):
            found["subscription"] = None
        if self.chance(0.15):
            removed = ["KLLIC_KEY_TYPE", "KLLIC_LIMIT_DATE", "KLLIC_SUBSCRINFO_STATE", "KLLICSRV_KEY_INSTALLED", "KLLIC_PROD_NAME"]
            removed += ["KLLIC_LICTYPE_IS_SUBSCRIPTION", "KLLIC_SUBSCRINFO_ENDDATETYPE", "KLLIC_NHOSTS_ASCURRENT"]
            found["attributes"] = {self.random.choice(removed): None}
        elif self.chance(0.05):
            found["attributes"] = {"KLLIC_KEY_TYPE": 9}
        return found

    def uses(self, serial: str, hosts: list[Json]) -> list[Json]:
        rows = []
        for device in [one["id"] for one in hosts if self.chance(0.7)] + ["unknown-host"] * self.chance(0.3):
            row: Json = {
                "serial": serial,
                "host": device,
                "current": self.chance(0.85),
                "pending": self.chance(0.08),
                "expires": self.random.choice([None] * 6 + [self.at(days=30), self.at(hours=-2)]),
                "attributes": self.random.choice([{}] * 12 + [{"KLLICSRV_HOST_CURRENT": None}, {"KLLIC_LIC_IS_PENDING_SUBSCRIPTION": None}]),
            }
            rows.append(row)
            if self.chance(0.2):
                # One row per host and product (reference 2.5), sometimes with another role.
                rows.append(row | {"product": "EDR", "current": self.chance(0.5)})
        return rows

    def add_foreign_uses(self, server: Json, foreign: list[Json]) -> None:
        """Rows for another customer's devices: never billed here."""
        if server["keys"] and foreign and self.chance(0.5):
            server["uses"].append({"serial": server["keys"][0]["serial"], "host": foreign[0]["id"]})

    def at(self, *, days: int = 0, hours: int = 0) -> str:
        return (self.now + timedelta(days=days, hours=hours)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability


def next_day(state: Json, seed: int) -> Json:
    """The world a day later: devices come and go, change their system, change keys. Everything else stays."""
    later = copy.deepcopy(state)
    dice = random.Random(seed)
    for server in later["ksc"]["virtual_servers"]:
        for place in range(dice.randint(0, 3)):
            os_name, ctype = dice.choice(SYSTEMS)
            new = {"id": f"new-{server['id']}-{place}", "name": "PC", "os_name": os_name, "ctype": ctype}
            server["hosts"].append(new)
            server["uses"] += [{"serial": one["serial"], "host": new["id"]} for one in server["keys"] if dice.random() < 0.5]
        if server["hosts"] and dice.random() < 0.5:
            server["hosts"].pop(dice.randrange(len(server["hosts"])))
        if server["uses"] and dice.random() < 0.5:
            server["uses"].pop(dice.randrange(len(server["uses"])))
        if server["hosts"] and dice.random() < 0.3:
            os_name, ctype = dice.choice(SYSTEMS)
            dice.choice(server["hosts"]).update(os_name=os_name, ctype=ctype)
    return later
