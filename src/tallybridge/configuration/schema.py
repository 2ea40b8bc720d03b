"""Every table and setting of the configuration file, once, as data (contracts 3).

Reading, writing, the template of `tallybridge init` and the reference page all follow from these tables.
"""

from __future__ import annotations

from tallybridge.billing import model
from tallybridge.configuration import combinations
from tallybridge.configuration.destination_tables import DESTINATIONS
from tallybridge.configuration.naming_values import Matchers, application_of, mapping_of, plain_application, plain_mapping
from tallybridge.configuration.records import USUAL_EVIDENCE_MONTHS, GuardSettings, IntegrationSettings, LinkSettings
from tallybridge.configuration.source_tables import SOURCES
from tallybridge.configuration.table import Setting, Table
from tallybridge.configuration.values import Choice, Flag, Text, TimeOfDay, TimeZone, WholeNumber

__all__ = [
    "DESTINATIONS",
    "GUARDS",
    "INTEGRATION",
    "LINK",
    "REPEATED",
    "SOURCES",
    "TABLE_NAMES",
]

INTEGRATION = Table(
    name="integration",
    sentence="One source joined to one destination, and when its day is run.",
    build=IntegrationSettings,
    settings=(
        Setting(
            name="name",
            kind=Text(),
            sentence="Name of the integration. Each configuration file needs another one.",
        ),
        Setting(
            name="time_zone",
            kind=TimeZone(),
            required=True,
            sentence="The time zone that decides which day it is, and that run_at is in.",
            example='"Europe/Berlin"',
        ),
        Setting(
            name="run_at",
            kind=TimeOfDay(),
            sentence="When the daily run of `tallybridge serve` starts, as local time.",
        ),
        Setting(
            name="apply",
            kind=Choice(("automatic", "approve")),
            sentence='"automatic": `tallybridge serve` writes the charges by itself. "approve": it plans daily, and a person applies.',
        ),
        Setting(
            name="evidence_months",
            kind=WholeNumber(1, 1200),
            default_words=str(USUAL_EVIDENCE_MONTHS),
            example=str(USUAL_EVIDENCE_MONTHS),
            sentence=(
                "For so many months evidence is kept: which devices and mailboxes were behind a quantity. Then the daily run prunes it; "
                "what was counted, planned and charged stays. Evidence that a charge of ours was last written from is kept longer."
            ),
        ),
    ),
)

GUARDS = Table(
    name="guards",
    sentence=(
        "When a change of a charge waits for a person instead of being written. A bound is passed where both its units and its percents are. "
        "A first charge passes at any size; a fall without proof waits at any size."
    ),
    build=GuardSettings,
    settings=(
        Setting(
            name="fall_units", kind=WholeNumber(0), sentence="A proved fall of a charge, or of all charges of a customer, by more units than this…"
        ),
        Setting(name="fall_percent", kind=WholeNumber(0), sentence="…and by more percent than this waits (`fall_bound`, `tenant_bound`)."),
        Setting(name="rise_units", kind=WholeNumber(0), sentence="A rise of a charge, or of all charges of a customer, by more units than this…"),
        Setting(name="rise_percent", kind=WholeNumber(0), sentence="…and by more percent than this waits (`rise_bound`, `tenant_bound`)."),
        Setting(name="new_days", kind=WholeNumber(0), sentence="For so many days after a charge was made or adopted it may rise freely."),
        Setting(
            name="tenant_units",
            kind=WholeNumber(1),
            sentence="A customer billed for so many units or more does not fall to 0 by itself (`tenant_bound`).",
        ),
        Setting(name="run_units", kind=WholeNumber(0), sentence="One run lowers charges by so many units in all…"),
        Setting(
            name="run_percent",
            kind=WholeNumber(0, 100),
            sentence="…or by so many percent of all billed units, whichever is more; its remaining falls wait (`run_bound`).",
        ),
    ),
)

LINK = Table(
    name="link",
    repeated=True,
    sentence="One customer: its virtual server or company (tenant) and its Tigerpaw account, one to one. `tallybridge links suggest` proposes them.",
    build=LinkSettings,
    check=combinations.check_link,
    settings=(
        Setting(
            name="tenant",
            kind=Text(),
            needed="unless tenant_id is given",
            sentence="Name of the virtual server or company, letter by letter.",
            example='"Contoso Dental"',
        ),
        Setting(
            name="tenant_id",
            kind=Text(),
            needed="unless tenant is given",
            sentence="Unique id of the virtual server or company, as `tallybridge tenants` shows it.",
            example='"vs-1"',
        ),
        Setting(name="account", kind=WholeNumber(1), required=True, sentence="Number of the Tigerpaw account.", example="1053145"),
        Setting(
            name="agreement",
            kind=WholeNumber(1),
            default_words="none chosen: the customer is blocked until one is",
            sentence="Number of the agreement of that account that is billed. `tallybridge agreements` lists them.",
            example="2041",
        ),
        Setting(name="billing", kind=Flag(), sentence="Whether the customer is billed."),
    ),
)

APPLICATION = Table(
    name="application",
    repeated=True,
    sentence="A security application whose license names Tallybridge does not know by itself. Adds to the shipped catalog, or overrides it.",
    build=application_of,
    plain=plain_application,
    settings=(
        Setting(
            name="name",
            kind=Text(),
            required=True,
            sentence="Name of the application. A license of exactly this name belongs to it.",
            example='"Kaspersky Endpoint Security for Business Advanced"',
        ),
        Setting(
            name="unit",
            kind=Choice(tuple(model.Unit)),
            default_words='the unit in the shipped catalog, else "device"',
            sentence="What is counted: devices, protected mailboxes, or users (one computer and up to two mobiles).",
            example='"device"',
        ),
        Setting(
            name="match",
            kind=Matchers(),
            default_words="its own name only",
            sentence="Which licenses belong to it, tried in this order: exact name, longest prefix, part number, application id.",
            example='[{ exact = "KESB Advanced, 100-149 nodes" }, { prefix = "KESB Advanced" }]',
        ),
    ),
)

MAPPING = Table(
    name="mapping",
    repeated=True,
    sentence=(
        "An application and the price book items it is billed on: one item for all devices, or one per category (a category without item "
        "is not billed). Applications counted by users or mailboxes take one item. Items mapped more than once are summed."
    ),
    build=mapping_of,
    plain=plain_mapping,
    check=combinations.check_mapping,
    settings=(
        Setting(
            name="application",
            kind=Text(),
            required=True,
            sentence="Name of the application, as `tallybridge applications` shows it.",
            example='"Kaspersky Endpoint Security for Business Advanced"',
        ),
        Setting(
            name="item",
            kind=Text(),
            needed="unless items by category are given",
            sentence="Item id of the price book item for everything that is counted.",
            example='"KES-ALL"',
        ),
        Setting(
            name="windows_workstation",
            kind=Text(),
            default_words="not billed",
            sentence="Item id for devices with a Windows workstation system.",
            example='"KES-WKS"',
        ),
        Setting(
            name="windows_server",
            kind=Text(),
            default_words="not billed",
            sentence="Item id for devices with a Windows server system.",
            example='"KES-SRV"',
        ),
        Setting(
            name="non_windows",
            kind=Text(),
            default_words="not billed",
            sentence="Item id for all other devices.",
            example='"KES-NIX"',
        ),
    ),
)

REPEATED = (LINK, APPLICATION, MAPPING)
TABLE_NAMES = ("integration", "source", "destination", "guards", "link", "application", "mapping")
