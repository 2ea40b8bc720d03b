"""The settings of each kind of destination."""

from __future__ import annotations

from tallybridge.configuration import combinations
from tallybridge.configuration.connection_values import DialectName, FilePath, Fingerprint, SecretValue, Url
from tallybridge.configuration.records import TigerpawDestinationSettings
from tallybridge.configuration.table import Setting, Table
from tallybridge.configuration.values import Choice, Duration, Flag, Text, TwoNames, WholeNumber

TIGERPAW_DESTINATION = Table(
    name="destination",
    sentence="The Tigerpaw server whose agreements are billed.",
    build=TigerpawDestinationSettings,
    check=combinations.check_destination,
    settings=(
        Setting(name="kind", kind=Choice(("tigerpaw",)), required=True, sentence="The kind of destination.", example='"tigerpaw"'),
        Setting(
            name="url",
            kind=Url(),
            required=True,
            sentence="Address of the Tigerpaw API server, without `/api`.",
            example='"https://tigerpaw.example"',
        ),
        Setting(
            name="public_key",
            kind=Text(),
            required=True,
            sentence="REST public key of an account rep: Edit > Master Tables > Rep > Account Reps > Admin > REST API Security.",
            example='"00000000-0000-0000-0000-000000000000"',
        ),
        Setting(
            name="private_key",
            kind=SecretValue(),
            required=True,
            sentence="REST private key of the same rep.",
            example='"env:TALLYBRIDGE_DESTINATION_PRIVATE_KEY"',
        ),
        Setting(
            name="external_product",
            kind=Text(),
            required=True,
            sentence="The External Product that billed accounts are cross-referenced to: Edit > Master Tables > Account > External Products.",
            example='"Kaspersky MSP"',
        ),
        Setting(
            name="write_mode",
            kind=Choice(("soap", "worklist")),
            sentence='"worklist": print what a person should enter, and verify it by reading back. "soap": write the charges; needs a dialect.',
        ),
        Setting(
            name="soap_user",
            kind=Text(),
            needed='with write_mode = "soap"',
            sentence="API user made with the Tigerpaw API Users utility and bound to the External Product.",
            example='"kaspersky"',
        ),
        Setting(
            name="soap_password",
            kind=SecretValue(),
            needed='with write_mode = "soap"',
            sentence="Password of the API user.",
            example='"env:TALLYBRIDGE_DESTINATION_SOAP_PASSWORD"',
        ),
        Setting(
            name="dialect",
            kind=DialectName(),
            needed='with write_mode = "soap"',
            sentence='How charges are spelled in SOAP calls: your own dialect file, or "sandbox-0" for the sandbox of Tallybridge.',
            example='"my-dialect.toml"',
        ),
        Setting(
            name="settle",
            kind=Duration("seconds", 0, 3600),
            sentence='How long after an unanswered create the answer "not there" is believed.',
        ),
        Setting(
            name="date_header",
            kind=Choice(("X-TSI-Date", "Date")),
            sentence="The header that carries the signed time.",
        ),
        Setting(name="page_size", kind=WholeNumber(1, 1000), sentence="How many rows of a search are asked for at once."),
        Setting(
            name="paging_names",
            kind=TwoNames(),
            sentence="How the server spells the two paging parameters: rows of a page, first row.",
        ),
        Setting(
            name="fingerprint",
            kind=Fingerprint(),
            default_words="the certificate authorities of the system",
            sentence="SHA-256 fingerprint of the server's certificate, where no public authority vouches for it.",
            example='"sha256:…"',
        ),
        Setting(
            name="ca_file",
            kind=FilePath(),
            default_words="the certificate authorities of the system",
            sentence="Certificate authority (PEM) that the server's certificate is checked with, instead of a fingerprint.",
            example='"tigerpaw-ca.pem"',
        ),
        Setting(
            name="insecure",
            kind=Flag(),
            sentence="Accept an http:// address beyond this machine. Passwords then travel unencrypted.",
        ),
    ),
)

DESTINATIONS = {"tigerpaw": TIGERPAW_DESTINATION}
