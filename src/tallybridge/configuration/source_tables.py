"""The settings of each kind of source."""

from __future__ import annotations

from tallybridge.billing import model
from tallybridge.configuration import combinations
from tallybridge.configuration.connection_values import FilePath, Fingerprint, FolderPath, SecretValue, Url
from tallybridge.configuration.records import BusinessHubSourceSettings, KscSourceSettings
from tallybridge.configuration.table import Setting, Table
from tallybridge.configuration.values import Choice, Duration, Flag, Text, WholeNumber

READ_UNLINKED = Setting(
    name="read_unlinked",
    kind=Flag(),
    sentence="Whether customers without link or with billing off are read too (last), to show what is not billed.",
)

TENANT_MINUTES = Setting(
    name="tenant_minutes",
    kind=Duration("minutes", 0.01, 240),
    sentence="How long one customer may take before it is given up for the day, so that it does not delay the others.",
)

KSC_SOURCE = Table(
    name="source",
    sentence="The Kaspersky Security Center server that usage is read from. Each customer is a virtual server of it.",
    build=KscSourceSettings,
    check=combinations.check_source,
    settings=(
        Setting(name="kind", kind=Choice(("ksc",)), required=True, sentence="The kind of source.", example='"ksc"'),
        Setting(
            name="url",
            kind=Url(),
            required=True,
            sentence="Address and Open API port of the Administration Server.",
            example='"https://ksc.example:13299"',
        ),
        Setting(
            name="user",
            kind=Text(),
            required=True,
            sentence="Internal user of Kaspersky Security Center that may read every virtual server.",
            example='"tallybridge"',
        ),
        Setting(
            name="password",
            kind=SecretValue(),
            required=True,
            sentence="Password of that user.",
            example='"env:TALLYBRIDGE_SOURCE_PASSWORD"',
        ),
        Setting(
            name="fingerprint",
            kind=Fingerprint(),
            needed="for an https:// address, unless ca_file is given",
            sentence="SHA-256 fingerprint of the server's certificate. `tallybridge fingerprint URL` shows it; compare it at the server.",
            example='"sha256:…"',
        ),
        Setting(
            name="ca_file",
            kind=FilePath(),
            needed="for an https:// address, unless fingerprint is given",
            sentence="Certificate authority (PEM) that the server's certificate is checked with, instead of a fingerprint.",
            example='"ksc-ca.pem"',
        ),
        Setting(
            name="key_scope",
            kind=Choice(tuple(model.KeyScope)),
            sentence='Which license keys count. "used": every key seen in use at the customer. "installed": only keys in its own storage.',
        ),
        Setting(name="count_oem", kind=Flag(), sentence="Whether keys of the type OEM count as well."),
        Setting(
            name="max_sessions",
            kind=WholeNumber(1, 32),
            sentence="How many virtual servers are read at the same time, one session each.",
        ),
        Setting(
            name="calls_per_second",
            kind=WholeNumber(1, 10_000),
            default_words="no limit",
            sentence="The most calls that begin in a second, over all sessions and workers; for a server that others need at the same time.",
            example="50",
        ),
        READ_UNLINKED,
        TENANT_MINUTES,
        Setting(
            name="key_chunk",
            kind=WholeNumber(1, 10_000),
            default_words="the measured best",
            sentence="How many license keys are asked for at once.",
            example="50",
        ),
        Setting(
            name="seat_chunk",
            kind=WholeNumber(1, 10_000),
            default_words="the measured best",
            sentence="How many devices of a license key are asked for at once.",
            example="500",
        ),
        Setting(
            name="host_chunk",
            kind=WholeNumber(1, 10_000),
            default_words="the measured best",
            sentence="How many managed devices are asked for at once.",
            example="1000",
        ),
        Setting(
            name="insecure",
            kind=Flag(),
            sentence="Accept an http:// address beyond this machine. The password then travels unencrypted.",
        ),
    ),
)

BUSINESS_HUB_SOURCE = Table(
    name="source",
    sentence=(
        "A folder of Kaspersky Business Hub exports that usage is read from. Each customer is a company in them. The files are only read, never "
        "moved; the newest export of each company is taken. There is no address, user or password to give."
    ),
    build=BusinessHubSourceSettings,
    settings=(
        Setting(name="kind", kind=Choice(("business_hub",)), required=True, sentence="The kind of source.", example='"business_hub"'),
        Setting(
            name="folder",
            kind=FolderPath(),
            required=True,
            sentence="The folder that exports are put into: files that end in .json, .csv or .xlsx.",
            example='"business-hub-exports"',
        ),
        Setting(
            name="export_days",
            kind=WholeNumber(1, 31),
            sentence="How many days old the newest export of a company may be. With an older one its charges stay as they are: unread is not zero.",
        ),
        Setting(name="count_oem", kind=Flag(), sentence="Whether licenses of the kind OEM count as well."),
        Setting(
            name="max_sessions",
            kind=WholeNumber(1, 32),
            sentence="How many companies are counted at the same time.",
        ),
        READ_UNLINKED,
        TENANT_MINUTES,
    ),
)

SOURCES = {"ksc": KSC_SOURCE, "business_hub": BUSINESS_HUB_SOURCE}
