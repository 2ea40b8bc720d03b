"""What the settings of one table demand of each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tallybridge.billing.model import BILLABLE_CATEGORIES
from tallybridge.configuration.connection_values import is_plain_http_beyond_loopback
from tallybridge.configuration.values import choices, quoted


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """One demand that is not met."""

    setting: str | None
    """None where the table as a whole is meant."""
    found: str
    expected: str
    advice: str = ""


INVALID = object()
"""Stands for a value that is there but was refused already: it neither misses nor clashes."""


def nothing_to_check(values: Mapping[str, Any]) -> Iterator[Mismatch]:  # noqa: ARG001 - every check has one signature
    """For tables whose settings are independent."""
    yield from ()


def check_source(values: Mapping[str, Any]) -> Iterator[Mismatch]:
    """Encryption and trust of a Kaspersky Security Center server: its certificate is always checked, by fingerprint or authority."""
    yield from _check_encryption(values)
    yield from _check_trust(values)
    url = values.get("url")
    if isinstance(url, str) and url.startswith("https:") and "fingerprint" not in values and "ca_file" not in values:
        yield Mismatch(
            setting="fingerprint",
            found="neither fingerprint nor ca_file",
            expected="one of the two, because the server's certificate is always checked",
            advice=f"`tallybridge fingerprint {url}` shows what the server presents; compare it at the server before you write it here.",
        )


def check_destination(values: Mapping[str, Any]) -> Iterator[Mismatch]:
    """Encryption and trust, and what write mode `soap` needs."""
    yield from _check_encryption(values)
    yield from _check_trust(values)
    if values.get("write_mode", "soap") == "soap":
        for setting in ("soap_user", "soap_password", "dialect"):
            if setting not in values:
                yield Mismatch(
                    setting=setting,
                    found="nothing",
                    expected='a value, because write_mode is "soap"',
                    advice='Or set write_mode = "worklist", which needs none of soap_user, soap_password and dialect.',
                )


def check_link(values: Mapping[str, Any]) -> Iterator[Mismatch]:
    """A tenant is named by its name or by its id."""
    given = [name for name in ("tenant", "tenant_id") if name in values]
    if len(given) != 1:
        yield Mismatch(
            setting=None,
            found="both tenant and tenant_id" if given else "neither tenant nor tenant_id",
            expected="one of the two: the tenant's name, or its unique id",
        )


def check_mapping(values: Mapping[str, Any]) -> Iterator[Mismatch]:
    """One item for all devices, or items by category."""
    categories = [str(category) for category in BILLABLE_CATEGORIES]
    given = [category for category in categories if category in values]
    if ("item" in values) == bool(given):
        found = f"item and {' and '.join(given)}" if given else "no item"
        yield Mismatch(
            setting=None,
            found=found,
            expected=f"either item for all devices, or one or more of {', '.join(categories)}",
        )


def _check_encryption(values: Mapping[str, Any]) -> Iterator[Mismatch]:
    url = values.get("url")
    if isinstance(url, str) and is_plain_http_beyond_loopback(url) and values.get("insecure", False) is False:
        yield Mismatch(
            setting="url",
            found=f"{quoted(url)}, which would send passwords unencrypted over the network",
            expected="https://, or http:// to this machine itself (localhost, 127.0.0.1, ::1)",
            advice="Where the network between is trusted and nothing else is possible, set insecure = true in the same table.",
        )


def _check_trust(values: Mapping[str, Any]) -> Iterator[Mismatch]:
    if "fingerprint" in values and "ca_file" in values:
        yield Mismatch(
            setting="fingerprint",
            found="both fingerprint and ca_file",
            expected=f"one of {choices(('fingerprint', 'ca_file'))}",
        )
