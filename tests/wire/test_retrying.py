"""Reads are repeated within bounds; what will not pass by itself is not."""

from __future__ import annotations

import pytest

from tallybridge.wire.http import HttpReply, TransportFailed, TransportKind
from tallybridge.wire.retrying import IMPATIENT, Patience, read_patiently, with_patience

OK = HttpReply(200, {}, b"ok")


class Outcomes:
    """Gives or raises one after the other, and counts."""

    def __init__(self, *outcomes: HttpReply | Exception) -> None:
        self.outcomes = list(outcomes)
        self.calls = 0

    def __call__(self) -> HttpReply:
        self.calls += 1
        outcome = self.outcomes[min(self.calls, len(self.outcomes)) - 1]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome


def failure(kind: TransportKind) -> TransportFailed:
    return TransportFailed(kind, str(kind))


@pytest.mark.parametrize("kind", [TransportKind.UNREACHABLE, TransportKind.TIMED_OUT, TransportKind.BROKEN])
def test_a_passing_transport_failure_is_tried_again(kind: TransportKind) -> None:
    read = Outcomes(failure(kind), failure(kind), OK)

    assert read_patiently(read, patience=IMPATIENT) is OK
    assert read.calls == 3


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_passing_status_is_tried_again(status: int) -> None:
    assert read_patiently(Outcomes(HttpReply(status, {}, b""), OK), patience=IMPATIENT) is OK


def test_the_last_failure_is_given_when_patience_ends() -> None:
    broken, busy = Outcomes(failure(TransportKind.BROKEN)), Outcomes(HttpReply(503, {}, b"busy"))

    with pytest.raises(TransportFailed):
        read_patiently(broken, patience=IMPATIENT)
    assert read_patiently(busy, patience=IMPATIENT).status == 503
    assert (broken.calls, busy.calls) == (3, 3)


@pytest.mark.parametrize("outcome", [HttpReply(401, {}, b""), HttpReply(404, {}, b""), HttpReply(302, {}, b"")])
def test_another_status_is_the_answer(outcome: HttpReply) -> None:
    read = Outcomes(outcome)

    assert read_patiently(read, patience=IMPATIENT) is outcome
    assert read.calls == 1


def test_a_wrong_certificate_is_not_tried_again() -> None:
    read = Outcomes(failure(TransportKind.CERTIFICATE))

    with pytest.raises(TransportFailed):
        read_patiently(read, patience=IMPATIENT)
    assert read.calls == 1


def test_an_attempt_after_the_time_is_not_begun() -> None:
    read = Outcomes(failure(TransportKind.BROKEN))

    with pytest.raises(TransportFailed):
        read_patiently(read, patience=IMPATIENT, seconds_left=lambda: 0.0)
    assert read.calls == 1


def test_waits_do_not_outlast_the_time() -> None:
    patience = Patience(first_wait=60, longest_wait=60, jitter=0)
    read = Outcomes(failure(TransportKind.BROKEN), OK)

    assert read_patiently(read, patience=patience, seconds_left=lambda: 0.01) is OK


def test_an_error_that_is_not_passing_comes_as_it_is_even_later() -> None:
    read = Outcomes(failure(TransportKind.BROKEN), KeyError("a bug"))

    with pytest.raises(KeyError, match="a bug"):
        with_patience(read, passing=lambda error: isinstance(error, TransportFailed), patience=IMPATIENT)
    assert read.calls == 2


def test_one_attempt_means_no_repetition() -> None:
    read = Outcomes(failure(TransportKind.BROKEN), OK)

    with pytest.raises(TransportFailed):
        read_patiently(read, patience=Patience(attempts=1))
