"""NUL characters of texts from outside."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tallybridge.wire.nul_characters import without_nul


@given(st.dictionaries(st.text('\0\\ua0"é'), st.text('\0\\ua0"é')))
def test_each_nul_becomes_the_sign_for_what_cannot_be_shown_and_nothing_else_changes(texts: dict[str, str]) -> None:
    expected = {name.replace("\0", "�"): text.replace("\0", "�") for name, text in texts.items()}
    assert json.loads(without_nul(json.dumps(texts).encode())) == expected


@pytest.mark.parametrize(
    "body", [b'{"name": "PC-01"}', rb'{"path": "C:\\u0000"}', b'{"name": "\0"}'], ids=["none", "a backslash before u0000", "raw"]
)
def test_what_holds_no_escaped_nul_is_left_as_it_is(body: bytes) -> None:
    assert without_nul(body) == body
