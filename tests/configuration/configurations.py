"""Random configurations, with every setting and every awkward letter, for property tests."""

from __future__ import annotations

from datetime import time
from pathlib import Path

from hypothesis import strategies as st

from tallybridge.billing.model import BILLABLE_CATEGORIES, Application, KeyScope, Mapping, Unit
from tallybridge.configuration import (
    BusinessHubSourceSettings,
    Configuration,
    IntegrationSettings,
    KscSourceSettings,
    LinkSettings,
    TigerpawDestinationSettings,
)
from tallybridge.configuration.records import GuardSettings
from tallybridge.configuration.secrets import SecretHome, SecretReference

letters = st.one_of(
    st.characters(exclude_categories=["Cs"]),
    st.sampled_from(list("\"'\\\n\r\t\b\f\x00\x1f\x7f\x85\u2028 #=[]{}юض漢🙂")),
)
texts = st.text(letters, min_size=1, max_size=12).filter(lambda text: bool(text.strip()) and "\0" not in text)
"""A file with a NUL character in a text is refused, because PostgreSQL keeps none."""
file_names = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=8)
fingerprints = st.integers(0, 2**256 - 1).map(lambda number: f"sha256:{number:064x}")
numbers = st.integers(1, 2**63 - 1)
chunks = st.none() | st.integers(1, 10_000)
urls = st.tuples(st.sampled_from(["https://ksc.example", "https://[::1]", "http://localhost"]), st.integers(1, 65535)).map(
    lambda parts: f"{parts[0]}:{parts[1]}" if parts[1] not in {80, 443} else parts[0]
)


@st.composite
def references(draw: st.DrawFn, place: str) -> SecretReference:
    """A reference to a variable or a file; clear text has a test of its own."""
    name = draw(file_names)
    if draw(st.booleans()):
        return SecretReference(home=SecretHome.ENVIRONMENT, place=place, locator=name)
    return SecretReference(home=SecretHome.FILE, place=place, locator=f"/etc/{name}")


@st.composite
def hub_sources(draw: st.DrawFn) -> BusinessHubSourceSettings:
    return BusinessHubSourceSettings(
        folder=Path("/srv") / draw(file_names),
        export_days=draw(st.integers(1, 31)),
        count_oem=draw(st.booleans()),
        max_sessions=draw(st.integers(1, 32)),
        read_unlinked=draw(st.booleans()),
        tenant_minutes=draw(st.sampled_from([0.01, 0.5, 10, 240])),
    )


@st.composite
def ksc_sources(draw: st.DrawFn) -> KscSourceSettings:
    fingerprint = draw(st.none() | fingerprints)
    return KscSourceSettings(
        url=draw(urls),
        user=draw(texts),
        password=draw(references("source.password")),
        fingerprint=fingerprint,
        ca_file=Path("/etc") / draw(file_names) if fingerprint is None else None,
        key_scope=draw(st.sampled_from(KeyScope)),
        count_oem=draw(st.booleans()),
        max_sessions=draw(st.integers(1, 32)),
        read_unlinked=draw(st.booleans()),
        tenant_minutes=draw(st.sampled_from([0.01, 0.5, 10, 240])),
        key_chunk=draw(chunks),
        seat_chunk=draw(chunks),
        host_chunk=draw(chunks),
        insecure=draw(st.booleans()),
    )


@st.composite
def destinations(draw: st.DrawFn) -> TigerpawDestinationSettings:
    soap = draw(st.booleans())
    return TigerpawDestinationSettings(
        url=draw(urls),
        public_key=draw(texts),
        private_key=draw(references("destination.private_key")),
        external_product=draw(texts),
        write_mode="soap" if soap else "worklist",
        soap_user=draw(texts) if soap else None,
        soap_password=draw(references("destination.soap_password")) if soap else None,
        dialect=draw(st.sampled_from(["sandbox-0", "/etc/mine.toml"])) if soap else None,
        settle=draw(st.sampled_from([0, 0.25, 30])),
        date_header=draw(st.sampled_from(["X-TSI-Date", "Date"])),
        page_size=draw(st.integers(1, 1000)),
        paging_names=draw(st.tuples(texts, texts).filter(lambda names: names[0] != names[1])),
        fingerprint=draw(st.none() | fingerprints),
        insecure=draw(st.booleans()),
    )


@st.composite
def applications(draw: st.DrawFn, name: str) -> Application:
    """Its matchers bear its name, so that no two applications share one."""
    own = st.lists(st.sampled_from(["a", "b", '"', "\\"]).map(lambda letter: f"{name}/{letter}"), unique=True, max_size=3).map(tuple)
    ids = st.sampled_from([(), (abs(hash(name)) % 2**60,)])
    return Application(
        name=name,
        unit=draw(st.sampled_from(Unit)),
        exact=draw(own),
        prefixes=draw(own),
        part_numbers=draw(own),
        application_ids=draw(ids),
    )


@st.composite
def mappings(draw: st.DrawFn, application: str, *, by_category: bool) -> Mapping:
    categories = draw(st.lists(st.sampled_from(BILLABLE_CATEGORIES), unique=True, max_size=3)) if by_category else []
    if not categories:
        return Mapping(application=application, item=draw(texts))
    items = tuple((category, draw(texts)) for category in BILLABLE_CATEGORIES if category in categories)
    return Mapping(application=application, by_category=items)


@st.composite
def configurations(draw: st.DrawFn) -> Configuration:
    """Configurations that reading accepts."""
    names = draw(st.lists(texts, unique=True, max_size=4))
    declared = tuple(draw(applications(f"{number} {name}")) for number, name in enumerate(names))
    tenants = draw(st.lists(st.tuples(texts, st.booleans()), unique=True, max_size=4))
    return Configuration(
        integration=IntegrationSettings(
            name=draw(texts),
            time_zone=draw(st.sampled_from(["Europe/Berlin", "UTC", "America/Argentina/Buenos_Aires"])),
            run_at=time(draw(st.integers(0, 23)), draw(st.integers(0, 59))),
            apply=draw(st.sampled_from(["automatic", "approve"])),
        ),
        source=draw(ksc_sources() | hub_sources()),
        destination=draw(destinations()),
        guards=draw(st.just(GuardSettings()) | st.builds(GuardSettings, fall_units=st.integers(0, 9), run_percent=st.integers(0, 100))),
        links=tuple(
            LinkSettings(
                tenant=name if by_name else None,
                tenant_id=None if by_name else name,
                account=number,
                agreement=draw(st.none() | numbers),
                billing=draw(st.booleans()),
            )
            for number, (name, by_name) in enumerate(tenants, start=1)
        ),
        applications=declared,
        mappings=tuple(draw(mappings(entry.name, by_category=entry.unit is Unit.DEVICE)) for entry in declared if draw(st.booleans())),
    )
