"""A piece of XML with placeholders, written by a person after a captured exchange and filled with the values of one change.

The text is parsed to a tree first and filled afterwards, value by value, so that no value can become markup. A DOM is used
because it keeps prefixes, default namespaces and the order of attributes as they were captured: what stands inside `Params`
is opaque to us and may be read by something less tolerant than a real XML parser.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.dom.minidom import CDATASection, Comment, ProcessingInstruction, Text
from xml.parsers.expat import ExpatError

import defusedxml.minidom
from defusedxml.common import DefusedXmlException

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from xml.dom.minidom import Attr, Element

PLACEHOLDERS = frozenset({"agreement", "item", "quantity", "charge", "external_product"})

_PLACEHOLDER = re.compile(r"\{\{|\}\}|\{([^{}]*)\}|[{}]")
_NOT_XML = re.compile("[^\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class TemplateError(ValueError):
    """The template cannot be used; the text says why, without naming the file."""


class ValueNotWritable(ValueError):
    """A value holds a character that XML cannot carry or would change on its way (control characters, tabs, line ends)."""


class ChargeTemplate:
    """One XML element with placeholders in attribute values and text, such as `<Charge itemId="{item}"/>`.

    `{{` and `}}` stand for braces. Comments and processing instructions are left out when filling.

    Raises:
        TemplateError: not one well-formed element, an unknown placeholder or one out of place, a CDATA section, or a DTD.
    """

    def __init__(self, text: str, *, required: frozenset[str], forbidden: frozenset[str] = frozenset()) -> None:
        self._text = text.strip()
        used = _placeholders_in(_parse(self._text))
        if unknown := used - PLACEHOLDERS:
            raise TemplateError(f"unknown placeholder {_braced(unknown)}; known are {_braced(PLACEHOLDERS)}")
        if misplaced := used & forbidden:
            raise TemplateError(f"placeholder {_braced(misplaced)} has no value here")
        if missing := required - used:
            raise TemplateError(f"placeholder {_braced(missing)} is missing in its attribute values and text")

    def fill(self, values: Mapping[str, str]) -> Element:
        """A new element with the values in place.

        Raises:
            ValueNotWritable: a value cannot be carried by XML unchanged.
        """
        # Parsed anew each time: a DOM is not safe to share between threads, and parsing this little costs nothing.
        root = _parse(self._text)
        for place in _places(root):
            place.nodeValue = _filled(place.nodeValue or "", values)
        return root


def _parse(text: str) -> Element:
    try:
        root = defusedxml.minidom.parseString(text, forbid_dtd=True).documentElement
    except (ExpatError, DefusedXmlException) as error:
        raise TemplateError(f"not one well-formed XML element without a DTD: {error}") from error
    assert root is not None, "a parsed document has an element"
    for element in _elements(root):
        for child in list(element.childNodes):
            if isinstance(child, CDATASection):
                raise TemplateError("a CDATA section cannot be filled safely; write its content as elements or as text")
            if isinstance(child, (Comment, ProcessingInstruction)):
                element.removeChild(child)
    root.normalize()
    return root


def _elements(root: Element) -> list[Element]:
    return [root, *root.getElementsByTagName("*")]


def _places(root: Element) -> Iterator[Attr | Text]:
    for element in _elements(root):
        yield from element.attributes.values()
        yield from (child for child in element.childNodes if isinstance(child, Text))


def _placeholders_in(root: Element) -> set[str]:
    used: set[str] = set()
    for place in _places(root):
        for match in _PLACEHOLDER.finditer(place.nodeValue or ""):
            if match[0] in ("{", "}"):
                raise TemplateError(f"a single brace in {place.nodeValue!r}; write it twice if it is meant as text")
            if match[1] is not None:
                used.add(match[1])
    return used


def _filled(text: str, values: Mapping[str, str]) -> str:
    def value_of(match: re.Match[str]) -> str:
        if match[1] is None:
            return match[0][0]
        value = values[match[1]]
        if bad := _NOT_XML.search(value):
            raise ValueNotWritable(f"{value!r} holds the character {bad[0]!r}, which cannot be sent unchanged")
        return value

    return _PLACEHOLDER.sub(value_of, text)


def _braced(names: frozenset[str] | set[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in sorted(names))
