"""Eight customers whose devices come and go from day to day, and what each agreement must bill for them, known by keeping lists, not by counting.

No change is large enough to be held (design 6.5), and a device that goes leaves the host list and the keys together, so each fall is proved.
"""

from __future__ import annotations

import random
from itertools import count
from typing import Any

from tests.end_to_end.worlds import ADVANCED, LINUX, SELECT, SERVER, WORKSTATION, account, agreement, charge, host, key, price_book, use, world

Json = dict[str, Any]

CUSTOMERS = range(1, 9)
SYSTEMS = {"KES-WKS": WORKSTATION, "KES-SRV": SERVER, "KES-NIX": LINUX, "KES-SELECT": WORKSTATION}
ITEMS = tuple(SYSTEMS)
PRICE_BOOK = price_book(*ITEMS, "CONSULTING")

BY_HAND = (1, charge(9001, "CONSULTING", 12)), (2, charge(9002, "KES-NIX", 3))
"""Lines that the MSP entered before: one for something that nobody maps, and one that stands where a line of ours would."""
NOT_OURS = (2, "KES-NIX")


def number_of_agreement(customer: int) -> int:
    """Customer 3 has account 1003 and agreement 2003."""
    return 2000 + customer


class GrowingFleet:
    """The devices of all customers, per item that bills them."""

    def __init__(self, decisions: random.Random) -> None:
        self._decisions = decisions
        self._next = count(1)
        self._devices: dict[tuple[int, str], list[str]] = {}
        for customer in CUSTOMERS:
            self._begin(customer, "KES-WKS", 24, 36)
            if customer % 2:
                self._begin(customer, "KES-SRV", 2, 6)
            if customer > 4:
                self._begin(customer, "KES-SELECT", 12, 20)
        self._begin(*NOT_OURS, 2, 4)

    def _begin(self, customer: int, item: str, least: int, most: int) -> None:
        self._devices[customer, item] = [self._new(customer) for _ in range(self._decisions.randint(least, most))]

    def _new(self, customer: int) -> str:
        return f"d{customer}-{next(self._next):05}"

    def pass_a_day(self) -> None:
        """Some devices come, some go; now and then a customer begins to use something new, and a small line falls to nothing."""
        for (customer, item), devices in self._devices.items():
            if item in ("KES-WKS", "KES-SELECT"):
                self._go_and_come(customer, devices, self._decisions.randint(0, 4), self._decisions.randint(0, 6), least=10, most=40)
            elif self._decisions.random() < 0.5:
                # Where the MSP's own line stands, something has to be in use, or nothing would have to be held there.
                least = 1 if (customer, item) == NOT_OURS else 0
                self._go_and_come(customer, devices, self._decisions.randint(0, 2), self._decisions.randint(0, 2), least=least, most=8)
        unused = [(customer, item) for customer in CUSTOMERS for item in ITEMS if (customer, item) not in self._devices]
        for customer, item in self._decisions.sample(unused, min(3, len(unused))):
            self._begin(customer, item, 1, 4)

    def _go_and_come(self, customer: int, devices: list[str], going: int, coming: int, *, least: int, most: int) -> None:
        for _ in range(min(going, len(devices) - least)):
            devices.remove(self._decisions.choice(devices))
        devices.extend(self._new(customer) for _ in range(min(coming, most - len(devices))))

    def wanted(self, customer: int, item: str) -> int:
        """How many an agreement must bill for an item."""
        return len(self._devices.get((customer, item), ()))

    def virtual_servers(self) -> list[Json]:
        """The customers as Security Center shows them (contracts 4)."""
        return [self._virtual_server(customer) for customer in CUSTOMERS]

    def _virtual_server(self, customer: int) -> Json:
        advanced, select = f"A{customer:03}", f"S{customer:03}"
        hosts, uses = [], []
        for item, system in SYSTEMS.items():
            for device in self._devices.get((customer, item), ()):
                hosts.append(host(device, system))
                uses.append(use(select if item == "KES-SELECT" else advanced, device))
        keys = [key(advanced, ADVANCED), key(select, SELECT)]
        return {"id": customer, "uid": f"vs-{customer}", "name": f"Customer {customer}", "hosts": hosts, "keys": keys, "uses": uses}

    def scenario(self) -> Json:
        """The whole world before the first run."""
        accounts = []
        for customer in CUSTOMERS:
            charges = [line for of, line in BY_HAND if of == customer]
            accounts.append(account(1000 + customer, f"Customer {customer}", [agreement(number_of_agreement(customer), charges)]))
        return world(self.virtual_servers(), accounts, PRICE_BOOK)
