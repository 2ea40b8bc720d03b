"""The kinds of values that lead outside: addresses, certificates, files and secrets."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from tallybridge.configuration.secrets import SecretHome, SecretReference
from tallybridge.configuration.values import Unfit, Where, described, type_of
from tallybridge.wire.secret import Secret

DEFAULT_PORTS = {"http": ":80", "https": ":443"}


@dataclass(frozen=True, slots=True)
class Url:
    """Address of a server; kept without trailing slash and default port, so that equal servers have equal addresses."""

    expected: str = 'an address such as "https://server.example:13299", without user name, question mark or "#"'

    def read(self, raw: object, where: Where) -> str:  # noqa: ARG002 - every kind has one signature
        if not isinstance(raw, str) or not raw.strip():
            raise Unfit(described(raw))
        if "@" in raw or "?" in raw:
            raise Unfit('an address with "@" or "?"', advice="A user name, password or token does not belong in an address.")
        parts = _split(raw)
        if parts is None or parts.scheme.lower() not in DEFAULT_PORTS or not parts.hostname or re.search(r"[\s\x00-\x1f\x7f?#\\]", raw) is not None:
            raise Unfit(described(raw))
        scheme = parts.scheme.lower()
        server = parts.netloc.lower().removesuffix(":").removesuffix(DEFAULT_PORTS[scheme])
        return f"{scheme}://{server}{parts.path.rstrip('/')}"

    def write(self, value: object) -> object:
        return value


def _split(address: str) -> SplitResult | None:
    """The parts of an address whose port is a possible one, or None."""
    try:
        parts = urlsplit(address)
        possible = parts.port is None or parts.port > 0
    except ValueError:
        return None
    return parts if possible else None


def is_plain_http_beyond_loopback(url: str) -> bool:
    """Whether passwords would travel unencrypted over a network (contracts 3)."""
    parts = urlsplit(url)
    if parts.scheme != "http":
        return False
    host = parts.hostname or ""
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host != "localhost"


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """SHA-256 fingerprint of a certificate; colons and capitals are accepted and not kept."""

    expected: str = '"sha256:" and 64 hexadecimal digits, as `tallybridge fingerprint URL` shows them'

    def read(self, raw: object, where: Where) -> str:  # noqa: ARG002
        if not isinstance(raw, str):
            raise Unfit(described(raw))
        scheme, _, digits = raw.strip().lower().partition(":")
        digits = digits.replace(":", "")
        if scheme != "sha256" or not re.fullmatch(r"[0-9a-f]{64}", digits):
            raise Unfit(described(raw))
        return f"sha256:{digits}"

    def write(self, value: object) -> object:
        return value


@dataclass(frozen=True, slots=True)
class FilePath:
    """A file; a relative path starts at the folder of the configuration file."""

    expected: str = "the path of a file; a relative one starts at the folder of this file"

    def read(self, raw: object, where: Where) -> Path:
        if not isinstance(raw, str) or not raw.strip() or "\0" in raw:
            raise Unfit(described(raw))
        return where.folder / Path(raw)

    def write(self, value: object) -> object:
        return str(value)


@dataclass(frozen=True, slots=True)
class FolderPath(FilePath):
    """A folder; a relative path starts at the folder of the configuration file. Whether it is there is for `doctor` and the runs to see."""

    expected: str = "the path of a folder; a relative one starts at the folder of this file"


@dataclass(frozen=True, slots=True)
class DialectName:
    """A shipped dialect by name, or a dialect file; whatever has a slash or the ending .toml is a file."""

    expected: str = 'the name of a shipped dialect, such as "sandbox-0", or the path of a dialect file that ends in .toml'

    def read(self, raw: object, where: Where) -> str:
        if not isinstance(raw, str) or not raw.strip() or "\0" in raw:
            raise Unfit(described(raw))
        is_file = "/" in raw or "\\" in raw or raw.endswith(".toml")
        return str(where.folder / raw) if is_file else raw

    def write(self, value: object) -> object:
        return value


@dataclass(frozen=True, slots=True)
class SecretValue:
    """A secret, or where it is kept. Whatever was found is never shown (L11)."""

    expected: str = '"env:NAME", "file:PATH", or the secret itself in a file that its owner alone can read'

    def read(self, raw: object, where: Where) -> SecretReference:
        if not isinstance(raw, str):
            raise Unfit(type_of(raw))
        if not raw.strip():
            raise Unfit("an empty text")
        home, _, locator = raw.partition(":")
        if home == "env":
            if not re.fullmatch(r"[^\s=\0]+", locator):
                raise Unfit('"env:" without the name of a variable')
            return SecretReference(home=SecretHome.ENVIRONMENT, place=where.place, locator=locator)
        if home == "file":
            if not locator.strip() or "\0" in locator:
                raise Unfit('"file:" without the path of a file')
            return SecretReference(home=SecretHome.FILE, place=where.place, locator=str(where.folder / locator))
        if where.canonical:
            if raw != f"clear:{where.place}":
                raise Unfit("a text that refers to no secret")
            return SecretReference(home=SecretHome.CLEAR, place=where.place)
        if where.readable_by_others is not None:
            raise Unfit(
                f"a secret in clear text, in {where.readable_by_others}",
                advice=f'Write "env:{placeholder_variable(where.place)}" and set that variable, or make the file yours alone: chmod 600.',
            )
        return SecretReference(home=SecretHome.CLEAR, place=where.place, clear=Secret(raw))

    def write(self, value: object) -> object:
        return str(value)


def placeholder_variable(place: str) -> str:
    """The environment variable that stands for a secret of ours: `source.password` → `TALLYBRIDGE_SOURCE_PASSWORD`."""
    return "TALLYBRIDGE_" + place.replace(".", "_").upper()
