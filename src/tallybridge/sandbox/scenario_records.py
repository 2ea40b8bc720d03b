"""The records of a scenario: what both simulators hold, member by member as in contracts 4 (companies: `company_records`).

Names of members, defaults and nesting are the JSON format itself. Records are mutable because the simulated Tigerpaw changes them; instants are
aware (any offset is read, UTC is served), dates are the PSA's calendar dates, quantities are integers and money is Decimal.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from msgspec import UNSET, Meta, UnsetType, field

from tallybridge.sandbox.company_records import BusinessHubScenario
from tallybridge.sandbox.record import Instant, Record

Attributes = dict[str, Any]
SUBSCRIPTION_KEY = 6


class KscUser(Record):
    """An internal user of the simulated Security Center; `virtual_servers` limits it to those ids, null means all."""

    name: str
    password: str = "secret"  # noqa: S105 - the made-up password of the contract
    virtual_servers: list[int] | None = None

    def __repr__(self) -> str:
        return f"KscUser({self.name!r})"


class Host(Record):
    """A device of one virtual server; `id` is what the protocol calls KLHST_WKS_HOSTNAME. A null member is an attribute without a value."""

    id: str
    name: str
    os_name: str | None = "Microsoft Windows 11"
    ctype: int | None = 4103
    managed: bool = True
    last_visible: Instant | None = datetime(2026, 11, 21, 20, 10, tzinfo=UTC)
    attributes: Attributes = field(default_factory=dict)


class Subscription(Record):
    """Subscription terms of a key; numbers as in KSC Open API reference 2.3."""

    state: int = 0
    end_type: int = 2
    end_date: Instant | None = datetime(2027, 12, 31, 23, 59, 59, tzinfo=UTC)
    grace_days: int = 0


_NOT_GIVEN = Subscription()


class Key(Record):
    """A license key as one virtual server lists it. Subscription terms that are left out are the default ones for type 6 and null otherwise."""

    serial: str
    name: str
    type: int = SUBSCRIPTION_KEY
    limit_date: Instant | None = datetime(2027, 12, 31, 23, 59, 59, tzinfo=UTC)
    installed: bool = True
    app_id: int = 1105
    part_number: str = ""
    subscription: Subscription | None = field(default_factory=lambda: _NOT_GIVEN)
    attributes: Attributes = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.subscription is _NOT_GIVEN:
            self.subscription = Subscription() if self.type == SUBSCRIPTION_KEY else None


class Use(Record):
    """One row of AcquireKeyHosts: a key on a host, by one product. The host may be unknown to the list of hosts; `attributes` is ours."""

    serial: str
    host: str
    current: bool = True
    product: str = "KES"
    version: str = "12.0.0.0"
    expires: Instant | None = None
    pending: bool = False
    attributes: Attributes = field(default_factory=dict)


class VirtualServer(Record):
    """A virtual server with everything in it. Our choice: an entry with id 0 describes the main server itself. A uid left out is `vs-<id>`."""

    id: int
    name: str
    uid: str = ""
    enabled: bool = True
    hosts: list[Host] = field(default_factory=list)
    keys: list[Key] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)

    def __post_init__(self) -> None:
        if not self.uid:
            self.uid = f"vs-{self.id}"


class FleetRequest(Record):
    """`generate` under `ksc`: how many of what, instead of lists."""

    virtual_servers: Annotated[int, Meta(ge=0)] = 200
    hosts_each: Annotated[int, Meta(ge=0)] = 100
    keys_each: Annotated[int, Meta(ge=0)] = 3
    seed: int = 7


class KscScenario(Record):
    """The simulated Security Center."""

    version: str = "15.1"
    users: list[KscUser] = field(default_factory=lambda: [KscUser(name="tallybridge")])
    virtual_servers: list[VirtualServer] = field(default_factory=list)
    generate: FleetRequest | UnsetType = UNSET


class RestKey(Record):
    """A key pair of Tigerpaw's REST interface and the number of the Rep it belongs to."""

    public: str = "00000000-0000-4000-8000-00000000AAAA"
    private: str = "00000000-0000-4000-8000-00000000BBBB"
    rep: int = 68

    def __repr__(self) -> str:
        return f"RestKey({self.public!r}, rep={self.rep})"


class SoapUser(Record):
    """A user of Tigerpaw's SOAP interface, bound to one External Product."""

    name: str
    password: str = "secret"  # noqa: S105 - the made-up password of the contract
    external_product: str = "Kaspersky MSP"
    active: bool = True

    def __repr__(self) -> str:
        return f"SoapUser({self.name!r})"


class PriceBookItem(Record):
    """A price book item; `price` null is an item without a price."""

    number: int
    item_id: str
    description: str = "Endpoint security, workstation"
    type: str = "S"
    inactive: bool = False
    price: Decimal | None = Decimal("4.5")


class Charge(Record):
    """An Additional Charge on an agreement. `date_added` is ours."""

    detail_id: int
    item_id: str
    description: str = "Endpoint security, workstation"
    quantity: int = 42
    price: Decimal | None = Decimal("4.5")
    delete_after_invoicing: bool = False
    date_added: date | None = None


class Agreement(Record):
    """A recurring agreement. `last_billed` is ours."""

    number: int
    type: str = "Managed Services"
    start: date | None = date(2026, 1, 1)
    end: date | None = None
    billing_period: str = "Monthly"
    day_to_bill: int = 1
    next_billing_period: date | None = date(2026, 12, 1)
    last_billed: date | None = None
    charges: list[Charge] = field(default_factory=list)


class Account(Record):
    """A Tigerpaw account and the External Products it is cross-referenced to."""

    number: int
    name: str
    external_products: list[str] = field(default_factory=list)
    agreements: list[Agreement] = field(default_factory=list)


class AccountsRequest(Record):
    """`generate` under `tigerpaw`: accounts and price book for the virtual servers under `ksc`."""

    match_ksc: bool = True


class TigerpawScenario(Record):
    """The simulated Tigerpaw."""

    version: str = "18.2.1"
    rest_keys: list[RestKey] = field(default_factory=list)
    soap_users: list[SoapUser] = field(default_factory=list)
    external_products: list[str] = field(default_factory=list)
    price_book: list[PriceBookItem] = field(default_factory=list)
    accounts: list[Account] = field(default_factory=list)
    generate: AccountsRequest | UnsetType = UNSET


Place = Literal["ksc", "tigerpaw_rest", "tigerpaw_soap"]
Deed = Literal[
    "refuse_login",
    "http_500",
    "http_503",
    "success_false",
    "soap_fault",
    "pxg_error",
    "close",
    "lose_reply",
    "act_late",
    "wrong_quantity",
    "truncate",
    "not_json",
    "delay",
    "end_session",
    "expire_iterator",
    "drop_attribute",
    "reverse_eof",
    "short_chunks",
]


class Fault(Record):
    """A rehearsed fault (contracts 4, "Faults"). Fires at matching calls number `nth` to `nth + times - 1`; `times` 0 means for ever.

    `message`, `code`, `module`, `ms` and `name` serve the deeds that the contract names; `subcode` of a `pxg_error` is ours.
    """

    on: Place
    call: str
    do: Deed
    nth: Annotated[int, Meta(ge=1)] = 1
    times: Annotated[int, Meta(ge=0)] = 1
    message: str | None = None
    code: int | None = None
    subcode: int = 0
    module: str | None = None
    ms: Annotated[int, Meta(ge=0)] = 0
    name: str | None = None


class Scenario(Record):
    """Everything both simulators hold, and the companies that are written out as exports."""

    ksc: KscScenario = field(default_factory=KscScenario)
    business_hub: BusinessHubScenario = field(default_factory=BusinessHubScenario)
    tigerpaw: TigerpawScenario = field(default_factory=TigerpawScenario)
    faults: list[Fault] = field(default_factory=list)
