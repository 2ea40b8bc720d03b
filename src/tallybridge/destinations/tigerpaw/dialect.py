"""A dialect: what stands inside `Params` of a charge write, and how to read the result. Data, because the vendor's vocabulary is not public.

A dialect is a TOML file (docs/how-to/write-a-dialect.md). An MSP with a real Tigerpaw makes one from a captured exchange; ours,
`sandbox-0`, speaks to the sandbox alone (Tigerpaw reference 4.4).
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

import msgspec

from tallybridge.destinations.tigerpaw.template import ChargeTemplate, TemplateError

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

_CREATE_NEEDS = frozenset({"agreement", "item", "quantity"})
_UPDATE_NEEDS = frozenset({"charge", "quantity"})
_NO_LINE_YET = frozenset({"charge"})

# ASMX services refuse a user by a fault in words of their own; these words have no place in a refusal of a charge.
_USUAL_SIGN_IN_WORDS = ("password", "credential", "authenticat", "user name", "username", "login", "log in", "invalid user")


class DialectError(Exception):
    """A dialect cannot be found or used; the text names the file and the member."""


class Spot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A place in the result: a simple path from the result element (`{*}Charge` means any namespace), and an attribute or its text."""

    at: str
    attribute: str | None = None

    def read(self, result: Element) -> str | None:
        """What stands there; None where the place does not exist."""
        found = result.find(self.at)
        if found is None:
            return None
        return found.get(self.attribute) if self.attribute else (found.text or "").strip()


class SuccessSpot(Spot, frozen=True, forbid_unknown_fields=True):
    """The place that tells success: by one of `values` (case-insensitive), or, where none are given, by being there."""

    values: tuple[str, ...] = ()


class ResultReading(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the result says what became of a write."""

    success: SuccessSpot
    message: Spot | None = None
    charge: Spot | None = None

    def succeeded(self, result: Element) -> bool | None:
        """Whether the result says that the write was done; None where it says nothing that this dialect can read."""
        said = self.success.read(result)
        if not self.success.values:
            return said is not None
        return None if said is None else said.strip().lower() in {value.lower() for value in self.success.values}

    def message_in(self, result: Element) -> str:
        """The server's words, "" where there are none."""
        return (self.message.read(result) if self.message else None) or ""

    def charge_in(self, result: Element) -> int | None:
        """The line's id where the result names one."""
        said = (self.charge.read(result) if self.charge else None) or ""
        return int(said) if said.isdecimal() else None


class _DialectFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    about: str
    create: str
    update: str
    result: ResultReading
    sign_in_words: tuple[str, ...] = _USUAL_SIGN_IN_WORDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """A checked dialect. Safe to share between threads."""

    name: str
    about: str
    create: ChargeTemplate
    update: ChargeTemplate
    result: ResultReading
    sign_in_words: tuple[str, ...]
    """A fault whose text holds one of these means that the SOAP user was refused, not the charge."""

    def refuses_sign_in(self, fault_text: str) -> bool:
        """Whether a fault speaks of the SOAP user."""
        return any(word.lower() in fault_text.lower() for word in self.sign_in_words)


def load_dialect(name_or_path: str, *, beside: Path | None) -> Dialect:
    """A shipped dialect by its name, or one's own by the path of its file, which ends with `.toml`.

    Args:
        name_or_path: `sandbox-0`, or a path, absolute or relative to `beside`.
        beside: the configuration file or its folder; None means the current folder.

    Raises:
        DialectError: not found (the shipped names are listed) or not usable (the file and the member are named).
    """
    if not name_or_path.endswith(".toml"):
        return _shipped(name_or_path)
    folder = Path() if beside is None else beside if beside.is_dir() else beside.parent
    path = folder / name_or_path
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DialectError(f"The dialect file {path} cannot be read: {error}. {_shipped_sentence()}") from error
    return parse_dialect(text, file=str(path))


def shipped_dialects() -> tuple[str, ...]:
    """The names of the dialects that come with the program."""
    return tuple(sorted(each.name.removesuffix(".toml") for each in _folder().iterdir() if each.name.endswith(".toml")))


def parse_dialect(text: str, *, file: str) -> Dialect:
    """A dialect from the text of its file. Raises DialectError, naming `file` and the member."""
    try:
        read = msgspec.convert(tomllib.loads(text), _DialectFile)
    except tomllib.TOMLDecodeError as error:
        raise DialectError(f"The dialect file {file} is not valid TOML: {error}.") from error
    except msgspec.ValidationError as error:
        raise DialectError(f"The dialect file {file} is not a dialect: {error}.") from error
    for member, spot in (("success", read.result.success), ("message", read.result.message), ("charge", read.result.charge)):
        if spot is not None:
            _check_path(spot, member=f"result.{member}.at", file=file)
    return Dialect(
        name=read.name,
        about=read.about,
        create=_template(read.create, member="create", file=file, required=_CREATE_NEEDS, forbidden=_NO_LINE_YET),
        update=_template(read.update, member="update", file=file, required=_UPDATE_NEEDS),
        result=read.result,
        sign_in_words=read.sign_in_words,
    )


def _shipped(name: str) -> Dialect:
    if name not in shipped_dialects():
        raise DialectError(f"There is no shipped dialect {name!r}. {_shipped_sentence()}")
    file = f"{name}.toml"
    return parse_dialect((_folder() / file).read_text(encoding="utf-8"), file=file)


def _shipped_sentence() -> str:
    return f"Shipped: {', '.join(shipped_dialects())}. Your own dialect is named by the path of its file, ending with .toml."


def _folder() -> Traversable:
    return resources.files("tallybridge.destinations.tigerpaw") / "dialects"


def _template(text: str, *, member: str, file: str, required: frozenset[str], forbidden: frozenset[str] = frozenset()) -> ChargeTemplate:
    try:
        return ChargeTemplate(text, required=required, forbidden=forbidden)
    except TemplateError as error:
        raise DialectError(f"The dialect file {file} cannot be used: `{member}`: {error}.") from error


def _check_path(spot: Spot, *, member: str, file: str) -> None:
    try:
        Element("result").find(spot.at)
        Element("result").find(f"./{spot.at}")  # a lone name is compared as it stands; only a longer path has its prefixes checked
    except (SyntaxError, KeyError) as error:
        raise DialectError(
            f"The dialect file {file} cannot be used: `{member}`: {spot.at!r} is not a simple path from the result element: {error}."
        ) from error
