"""How a conformance check speaks: what is owed, and what was found instead."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from time import monotonic
from unittest import SkipTest

from tallybridge.billing.reasons import Reason
from tallybridge.wire.checks import Check


class NotConforming(AssertionError):
    """An adapter does not keep what its door promises; the text says what is owed and what it did."""


def owes(kept: bool, sentence: str) -> None:
    """Raises NotConforming with the sentence unless the promise is kept; no `assert`, so that `python -O` drops nothing."""
    if not kept:
        raise NotConforming(sentence)


def not_staged(what: str) -> SkipTest:
    """What a check raises where the stage cannot break the adapter in this way: pytest shows it as skipped, with this sentence."""
    return SkipTest(f"NOT CHECKED: the stage cannot bring about {what!r}.")


def checks_of(suite: type) -> tuple[str, ...]:
    """The names of a suite's checks, each a method without arguments, as pytest collects them."""
    return tuple(sorted(name for name in dir(suite) if name.startswith("test_")))


def counting_down(seconds: float) -> Callable[[], float]:
    """A deadline: how many seconds are left of `seconds` from now on."""
    ends = monotonic() + seconds
    return lambda: ends - monotonic()


def owes_a_plain_error(error: Exception, secrets: Collection[str]) -> None:
    """The error has a Reason and a whole sentence, and neither it nor what caused it shows a secret (L11)."""
    reason = getattr(error, "reason", None)
    owes(isinstance(reason, Reason), f"An error carries a Reason; {type(error).__name__} carries {reason!r}.")
    sentence = str(error)
    owes(sentence.endswith("."), f"An error is a sentence for a person and ends with a period; this one is {sentence!r}.")
    for told in _chain(error):
        owes_no_secret(f"{told!s} {told!r} {told.args!r}", secrets, where=type(told).__name__)


def owes_no_secret(text: str, secrets: Collection[str], *, where: str) -> None:
    """None of the secrets stands in the text; the text itself is not repeated, because it may hold one."""
    owes(not any(secret in text for secret in secrets), f"A secret stands in {where} (L11).")


def owes_plain_checks(checks: tuple[Check, ...], secrets: Collection[str]) -> None:
    """There are checks, each has a name and says what it found, advice stands with what is wrong, and no secret is shown."""
    owes(bool(checks), "There is at least one check for `doctor`.")
    for check in checks:
        owes(bool(check.name and check.detail), f"A check has a name and says what it found; this one is {check!r}.")
        owes(check.ok is not False or bool(check.advice), f"A check that found something wrong says what to do; {check.name!r} does not.")
        owes_no_secret(repr(check), secrets, where=f"the check {check.name!r}")


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    pending: list[BaseException | None] = [error]
    while pending:
        told = pending.pop()
        if told is not None and id(told) not in seen:
            seen.add(id(told))
            yield told
            pending += [told.__cause__, told.__context__]
