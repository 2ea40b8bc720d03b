"""What must not be said twice in one file is refused with both places named (issue table "Bad input")."""

from __future__ import annotations

from pathlib import Path

import pytest

from tallybridge.configuration import ConfigurationError, read_configuration
from tests.configuration.builders import DESTINATION, INTEGRATION, SOURCE, write

HEAD = "\n".join([INTEGRATION, SOURCE, DESTINATION])


def link(tenant: str, account: int) -> str:
    return f'[[link]]\ntenant = "{tenant}"\naccount = {account}\n'


def mapping(application: str, items: str = 'item = "A"') -> str:
    return f'[[mapping]]\napplication = "{application}"\n{items}\n'


def application(name: str, match: str, unit: str = "device") -> str:
    return f'[[application]]\nname = "{name}"\nunit = "{unit}"\nmatch = [{match}]\n'


ROWS = {
    "two links to one account": (
        [link("A", 1), link("B", 2), link("C", 1)],
        ("[[link]] number 3 (line {third})", "account 1, which stands in [[link]] number 1 (line {first})"),
    ),
    "one tenant twice": (
        [link("A", 1), link("B", 2), link("A", 3)],
        ("[[link]] number 3 (line {third})", 'tenant "A", which stands in [[link]] number 1 (line {first})'),
    ),
    "one tenant twice, with billing off": (
        [link("A", 1), link("B", 2), link("A", 3) + "billing = false\n"],
        ("[[link]] number 3 (line {third})", "[[link]] number 1 (line {first})"),
    ),
    "one tenant id twice": (
        ['[[link]]\ntenant_id = "vs-1"\naccount = 1\n', link("B", 2), '[[link]]\ntenant_id = "vs-1"\naccount = 3\n'],
        ("[[link]] number 3 (line {third})", 'tenant_id "vs-1", which stands in [[link]] number 1 (line {first})'),
    ),
    "one application mapped twice": (
        [mapping("A"), mapping("B"), mapping("A")],
        ("[[mapping]] number 3 (line {third})", '"A", which stands in [[mapping]] number 1 (line {first})'),
    ),
    "one application declared twice": (
        [application("A", '{ exact = "a" }'), application("B", '{ exact = "b" }'), application("A", '{ exact = "c" }')],
        ("[[application]] number 3 (line {third})", "[[application]] number 1 (line {first})"),
    ),
    "one name for two applications": (
        [application("A", '{ exact = "N" }'), mapping("A"), application("B", '{ exact = "N" }')],
        ("[[application]] number 2 (line {third})", '"N" for "B", which [[application]] number 1 (line {first}) claims for "A"'),
    ),
    "one prefix for two applications": (
        [application("A", '{ prefix = "N" }'), mapping("A"), application("B", '{ prefix = "N" }')],
        ("the prefix", "[[application]] number 2 (line {third})", "[[application]] number 1 (line {first})"),
    ),
    "one part number for two applications": (
        [application("A", '{ part_number = "N" }'), mapping("A"), application("B", '{ part_number = "N" }')],
        ("the part number", "[[application]] number 2 (line {third})", "[[application]] number 1 (line {first})"),
    ),
    "a mapped name that belongs to another application": (
        [application("A", '{ exact = "N" }'), mapping("A"), mapping("N")],
        ("[[mapping]] number 2 (line {third})", '"N" for "N", which [[application]] number 1 (line {first}) claims for "A"'),
    ),
    "categories for a shipped application per user": (
        [mapping("A"), mapping("B"), mapping("Kaspersky Endpoint Security Cloud Plus", 'windows_server = "A"')],
        ("[[mapping]] number 3 (line {third})", "counted by users", "the shipped catalog", "takes one item"),
    ),
    "categories for a shipped application per mailbox": (
        [mapping("A"), mapping("B"), mapping("Kaspersky Security for Microsoft Office 365", 'windows_server = "A"')],
        ("[[mapping]] number 3 (line {third})", "counted by mailboxes", "the shipped catalog"),
    ),
    "categories for a declared application per user": (
        [application("A", '{ exact = "N" }', unit="user"), mapping("B"), mapping("A", 'non_windows = "A"')],
        ("[[mapping]] number 2 (line {third})", "counted by users", "[[application]] number 1 (line {first})"),
    ),
}


@pytest.mark.parametrize(("blocks", "words"), ROWS.values(), ids=ROWS.keys())
def test_what_stands_twice_is_refused_with_both_places(blocks: list[str], words: tuple[str, ...], tmp_path: Path) -> None:
    text = HEAD + "".join(blocks)
    first = HEAD.count("\n") + 1
    third = (HEAD + blocks[0] + blocks[1]).count("\n") + 1
    with pytest.raises(ConfigurationError) as refused:
        read_configuration(write(tmp_path, text))
    (problem,) = refused.value.problems
    for word in words:
        assert word.format(first=first, third=third) in str(problem)


ALLOWED = {
    "one item in several categories": [mapping("A", 'windows_server = "X"\nnon_windows = "X"')],
    "one item for two applications": [mapping("A"), mapping("B")],
    "an application per user on one item": [mapping("Kaspersky Endpoint Security Cloud Plus")],
    "a shipped application declared by devices": [
        application("Kaspersky Endpoint Security Cloud Plus", "", unit="device"),
        mapping("Kaspersky Endpoint Security Cloud Plus", 'windows_server = "A"'),
    ],
    "one matcher twice in one application": [application("A", '{ exact = "N" }, { exact = "N" }, { exact = "A" }')],
    "prefixes of different length": [application("A", '{ prefix = "N" }'), application("B", '{ prefix = "NN" }')],
    "an agreement that two links name": [link("A", 1) + "agreement = 7\n", link("B", 2) + "agreement = 7\n"],
    "a link without agreement": [link("A", 1)],
    "nothing linked or mapped": [],
}


@pytest.mark.parametrize("blocks", ALLOWED.values(), ids=ALLOWED.keys())
def test_what_is_no_contradiction_is_accepted(blocks: list[str], tmp_path: Path) -> None:
    read_configuration(write(tmp_path, HEAD + "".join(blocks)))
