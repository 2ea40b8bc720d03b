"""L11: a secret shows itself only where it is asked to."""

from __future__ import annotations

import pickle

import pytest

from tallybridge.wire.secret import Secret


def test_a_secret_is_not_shown() -> None:
    secret = Secret("hush")

    assert "hush" not in f"{secret} {secret!r} {[secret]}"
    assert secret.reveal() == "hush"


def test_secrets_compare_by_value_and_an_empty_one_is_false() -> None:
    assert Secret("a") == Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert {Secret("a"): 1}[Secret("a")] == 1
    assert not Secret("")


def test_a_secret_cannot_be_pickled() -> None:
    with pytest.raises(TypeError, match="cannot be pickled") as caught:
        pickle.dumps(Secret("hush"))

    assert "hush" not in str(caught.value)
