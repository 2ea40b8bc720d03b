"""The suite for destinations can fail: for each of its checks there are fakes that break exactly that promise."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any
from unittest import SkipTest

import pytest

from tallybridge.billing.psa import Account, Agreement, Charge, Item
from tallybridge.billing.reasons import Reason
from tallybridge.conformance import (
    DestinationBreakage,
    DestinationConformance,
    DestinationStage,
    FakeDestination,
    NotConforming,
    PsaWorld,
    checks_of,
)
from tallybridge.conformance.stages import NEEDED_OF_DESTINATIONS
from tallybridge.destinations.base import ChargeWrite, DestinationError, DestinationFailed, ReadFailed, WriteRefused, WriteReply
from tallybridge.wire.checks import Check
from tests.conformance.stages_of_fakes import SECRET, FakeDestinationStage

Kind = type[FakeDestination]


def giving(call: str, change: Callable[[Any], Any]) -> Kind:
    """A destination in which what this method gives is altered like this."""

    def altered(self: FakeDestination, *given: Any) -> Any:
        return change(getattr(FakeDestination, call)(self, *given))

    return type("Altered", (FakeDestination,), {call: altered})


def instead_of_failing(call: str, answer: Callable[[DestinationError], Any]) -> Kind:
    """A destination in which this method gives this, or raises it, where it should raise an error."""

    def altered(self: FakeDestination, *given: Any) -> Any:
        try:
            return getattr(FakeDestination, call)(self, *given)
        except DestinationError as error:
            return answer(error)

    return type("Altered", (FakeDestination,), {call: altered})


def instead_of_no_reply(answer: Callable[[FakeDestination, ChargeWrite, WriteReply], WriteReply]) -> Kind:
    """A destination whose `write` gives this, or raises it, where there was no reply."""

    class Altered(FakeDestination):
        def write(self, change: ChargeWrite) -> WriteReply:
            reply = super().write(change)
            return reply if reply.answered else answer(self, change, reply)

    return Altered


def raising(error: Exception) -> Callable[..., Any]:
    def answer(*_: object) -> Any:
        raise error

    return answer


def repeated(psa: FakeDestination, change: ChargeWrite, _: WriteReply) -> WriteReply:
    FakeDestination.write(psa, change)
    return WriteReply(answered=False)


class Prefixes(FakeDestination):
    """Matches items by their beginning."""

    def items(self, ids: Iterable[str]) -> Mapping[str, Item]:
        return {wanted: item for wanted in ids for item in self.search_items("") if item.id.startswith(wanted)}


class AnySpelling(FakeDestination):
    """Matches items whatever their case."""

    def items(self, ids: Iterable[str]) -> Mapping[str, Item]:
        return {wanted: item for wanted in ids for item in self.search_items("") if item.id.casefold() == wanted.casefold()}


class ActiveOnly(FakeDestination):
    """Hides items that are inactive."""

    def items(self, ids: Iterable[str]) -> Mapping[str, Item]:
        return {wanted: item for wanted, item in super().items(ids).items() if not item.inactive}


class Merging(FakeDestination):
    """Adds to a line that the item has already."""

    def _act(self, change: ChargeWrite) -> int:
        known = {line.item: line.id for line in self._agreements.get(change.agreement, Agreement(number=0, account=0)).charges}
        return super()._act(replace(change, charge=change.charge or known.get(change.item)))


class WritingText(FakeDestination):
    """Writes the price book's text with every quantity."""

    def _act(self, change: ChargeWrite) -> int:
        done = super()._act(change)
        held = self._agreements[change.agreement]
        text = self._items[change.item].description
        lines = tuple(replace(line, description=text) if line.id == done else line for line in held.charges)
        self._agreements[held.number] = replace(held, charges=lines)
        return done


class WritingAll(FakeDestination):
    """Writes one quantity to all lines."""

    def _act(self, change: ChargeWrite) -> int:
        done = super()._act(change)
        held = self._agreements[change.agreement]
        self._agreements[held.number] = replace(held, charges=tuple(replace(line, quantity=change.quantity) for line in held.charges))
        return done


class DeletingAtZero(FakeDestination):
    """Deletes a line at 0."""

    def _act(self, change: ChargeWrite) -> int:
        done = super()._act(change)
        held = self._agreements[change.agreement]
        self._agreements[held.number] = replace(held, charges=tuple(line for line in held.charges if line.quantity))
        return done


class MakingWhatIsMissing(FakeDestination):
    """Makes a line where the one to be changed does not exist."""

    def _act(self, change: ChargeWrite) -> int:
        known = {line.id for line in self._agreements.get(change.agreement, Agreement(number=0, account=0)).charges}
        return super()._act(change if change.charge in known else replace(change, charge=None))


class RefusingLate(FakeDestination):
    """Says that it was refused, once it has been done."""

    def write(self, change: ChargeWrite) -> WriteReply:
        try:
            return super().write(change)
        except WriteRefused:
            self._act(change)
            raise


class Remembering(FakeDestination):
    """Shows what it has written instead of what is there."""

    def __init__(self, world: PsaWorld) -> None:
        super().__init__(world)
        self.sent: dict[int, int] = {}

    def write(self, change: ChargeWrite) -> WriteReply:
        reply = super().write(change)
        if change.charge is not None:
            self.sent[change.charge] = change.quantity
        return reply

    def charges(self, agreement: int) -> tuple[Charge, ...]:
        return tuple(replace(line, quantity=self.sent.get(line.id, line.quantity)) for line in super().charges(agreement))


class Caching(FakeDestination):
    """Shows what it has read before."""

    def __init__(self, world: PsaWorld) -> None:
        super().__init__(world)
        self.read: dict[int, tuple[Charge, ...]] = {}

    def charges(self, agreement: int) -> tuple[Charge, ...]:
        return self.read.setdefault(agreement, super().charges(agreement))


class OneAtATime(FakeDestination):
    """Loses a write that is made while another one is under way."""

    def write(self, change: ChargeWrite) -> WriteReply:
        held = self._agreements[change.agreement]
        self._sleep(0.05)
        made = Charge(id=9500 + change.quantity, item=change.item, quantity=change.quantity)
        self._agreements[change.agreement] = replace(held, charges=(*held.charges, made))
        return WriteReply(answered=True, charge=made.id)


class Breaking(FakeDestination):
    """Cannot be used by two threads."""

    busy = False

    def write(self, change: ChargeWrite) -> WriteReply:
        if self.busy:
            raise RuntimeError("already writing")
        self.busy = True
        self._sleep(0.05)
        try:
            return super().write(change)
        finally:
            self.busy = False


class CheckingByWriting(FakeDestination):
    """Tries in `checks` whether it may write."""

    def checks(self) -> tuple[Check, ...]:
        self._act(ChargeWrite(agreement=2002, item="KES", quantity=1, charge=None))
        return super().checks()


class ClosedOnce(FakeDestination):
    """Fails when it is closed again."""

    closed = False

    def close(self) -> None:
        if self.closed:
            raise RuntimeError("already closed")
        self.closed = True


class Talkative(FakeDestination):
    """Shows its password."""

    def __repr__(self) -> str:
        return f"Talkative(password={SECRET!r})"


class SendingNevertheless(FakeDestination):
    """Writes before it looks at the answer to its credentials."""

    def write(self, change: ChargeWrite) -> WriteReply:
        try:
            return super().write(change)
        except DestinationFailed:
            self._act(change)
            raise


def without_first(found: Any) -> Any:
    return found[1:]


ALL_WELL = WriteReply(answered=True)
NOT_DONE = WriteRefused(Reason.WRITE_REFUSED, "There was no reply.")
SECRET_REPLY = WriteReply(answered=False, detail=f"POST with {SECRET} was not answered.")
UNREADABLE = ReadFailed(Reason.PSA_UNREACHABLE, "It could not be read.")
UNANSWERED: dict[str, Kind] = {
    "believed": instead_of_no_reply(lambda *_: ALL_WELL),
    "an error": instead_of_no_reply(raising(NOT_DONE)),
    "another error": instead_of_no_reply(raising(TimeoutError())),
    "repeated": instead_of_no_reply(repeated),
}
REFUSED: dict[str, Kind] = {
    "believed": instead_of_failing("write", lambda _: ALL_WELL),
    "as if unanswered": instead_of_failing("write", lambda _: WriteReply(answered=False)),
    "another error": instead_of_failing("write", raising(OSError("refused"))),
    "another error of ours": instead_of_failing("write", raising(DestinationFailed(Reason.WRITE_REFUSED, "It was refused."))),
    "no sentence": instead_of_failing("write", raising(WriteRefused(Reason.WRITE_REFUSED, "refused"))),
    "a secret in the sentence": instead_of_failing("write", raising(WriteRefused(Reason.WRITE_REFUSED, f"{SECRET} was refused."))),
    "done nevertheless": RefusingLate,
}

DEFECTS: dict[str, dict[str, Kind]] = {
    "test_the_cross_referenced_accounts_are_listed": {
        "none": giving("accounts", lambda _: {}),
        "all": giving("accounts", lambda found: found | {1003: Account(number=1003, name="Not a customer of this product", cross_referenced=False)}),
        "not said": giving("accounts", lambda found: {number: replace(account, cross_referenced=False) for number, account in found.items()}),
    },
    "test_one_account_is_read_with_its_cross_reference": {
        "none": giving("account", lambda _: None),
        "always": giving("account", lambda found: found and replace(found, cross_referenced=True)),
        "one that is not there": giving("account", lambda found: found or Account(number=1, name="", cross_referenced=False)),
    },
    "test_every_account_is_listed_for_suggestions": {
        "one is missing": giving("all_accounts", without_first),
        "one comes twice": giving("all_accounts", lambda found: found + found[:1]),
        "not said": giving("all_accounts", lambda found: tuple(replace(account, cross_referenced=False) for account in found)),
    },
    "test_the_agreements_of_an_account_are_listed": {
        "the first is missing": giving("agreements", without_first),
        "ended ones are missing": giving("agreements", lambda found: tuple(one for one in found if one.end is None)),
        "another's": giving("agreements", lambda found: (*found, Agreement(number=2002, account=1002))),
    },
    "test_an_agreement_is_read_with_its_charges_in_one_call": {
        "without charges": giving("agreement", lambda found: found and replace(found, charges=())),
        "without its end": giving("agreement", lambda found: found and replace(found, end=None)),
        "without its last billing": giving("agreement", lambda found: found and replace(found, last_billed=None)),
        "of another account": giving("agreement", lambda found: found and replace(found, account=1)),
        "none": giving("agreement", lambda _: None),
        "other charges": giving("charges", without_first),
        "without prices": giving("charges", lambda found: tuple(replace(line, price=None) for line in found)),
    },
    "test_an_unknown_agreement_is_none": {"an empty one": giving("agreement", lambda found: found or Agreement(number=1, account=1))},
    "test_items_are_matched_exactly": {"by their beginning": Prefixes, "in any spelling": AnySpelling, "only active ones": ActiveOnly},
    "test_items_are_found_by_a_part_of_id_or_description": {
        "none": giving("search_items", lambda _: ()),
        "one is missing": giving("search_items", without_first),
    },
    "test_a_write_without_a_line_always_makes_a_new_line": {
        "merged": Merging,
        "others changed": WritingAll,
        "another line named": giving("write", lambda _: WriteReply(answered=True, charge=9001)),
        "not answered": giving("write", lambda _: WriteReply(answered=False)),
        "an error": giving("write", raising(NOT_DONE)),
        "not read back": Caching,
    },
    "test_l6_a_write_of_a_line_changes_its_quantity_alone": {
        "the text, too": WritingText,
        "other lines, too": WritingAll,
        "deleted at 0": DeletingAtZero,
    },
    "test_l5_a_lost_reply_is_no_error_and_the_write_is_not_repeated": UNANSWERED
    | {"a secret in the detail": instead_of_no_reply(lambda *_: SECRET_REPLY)},
    "test_l5_an_unreadable_reply_is_no_error_and_the_write_is_not_repeated": UNANSWERED,
    "test_l5_a_dropped_write_is_no_error_and_is_not_repeated": UNANSWERED,
    "test_l5_a_write_that_is_done_late_is_not_repeated": UNANSWERED | {"not read back": Caching},
    "test_a_refused_write_is_an_error_and_changes_nothing": REFUSED,
    "test_what_does_not_exist_cannot_be_written": {name: kind for name, kind in REFUSED.items() if name != "done nevertheless"}
    | {"made instead": MakingWhatIsMissing},
    "test_reading_back_shows_what_the_psa_holds_and_not_what_was_sent": {"what was sent": Remembering, "what was there before": Caching},
    "test_l1_charges_that_cannot_be_read_are_an_error_and_never_none": {
        "no charges": instead_of_failing("charges", lambda _: ()),
        "no agreement": instead_of_failing("agreement", lambda _: None),
        "another error": instead_of_failing("charges", raising(OSError("unreadable"))),
        "no sentence": instead_of_failing("agreement", raising(ReadFailed(Reason.PSA_UNREACHABLE, "HTTP 500"))),
        "no reason": instead_of_failing("agreement", raising(ReadFailed("broken", "It could not be read."))),  # type: ignore[arg-type]  # that is the defect
    },
    "test_l1_a_psa_that_is_down_lists_nothing_and_says_so": {
        "no accounts": instead_of_failing("accounts", lambda _: {}),
        "an error of one tenant": instead_of_failing("accounts", raising(UNREADABLE)),
        "no account": instead_of_failing("account", lambda _: None),
        "none of all": instead_of_failing("all_accounts", lambda _: ()),
        "no agreements": instead_of_failing("agreements", lambda _: ()),
        "no agreement": instead_of_failing("agreement", lambda _: None),
        "no charges": instead_of_failing("charges", lambda _: ()),
        "no items": instead_of_failing("items", lambda _: {}),
        "no items found": instead_of_failing("search_items", lambda _: ()),
        "a write believed": instead_of_failing("write", lambda _: ALL_WELL),
        "a write without a sentence": instead_of_failing("write", raising(DestinationFailed(Reason.PSA_UNREACHABLE, "down"))),
    },
    "test_l11_refused_credentials_fail_the_write_without_showing_them": {
        "an error of one line": instead_of_failing("write", raising(NOT_DONE)),
        "another reason": instead_of_failing("write", raising(DestinationFailed(Reason.PSA_UNREACHABLE, "It was refused."))),
        "shown": instead_of_failing("write", raising(DestinationFailed(Reason.SIGN_IN_REFUSED, f"{SECRET} was refused."))),
        "done nevertheless": SendingNevertheless,
    },
    "test_l11_no_secret_is_shown_where_all_is_well": {
        "by the destination": Talkative,
        "by the reply": giving("write", lambda found: replace(found, detail=SECRET)),
    },
    "test_the_checks_tell_a_sound_psa_from_one_that_is_down_and_write_nothing": {
        "none": giving("checks", lambda _: ()),
        "always well": giving("checks", lambda _: (Check(name="A", ok=True, detail="all is well"),)),
        "never well": giving("checks", lambda _: (Check(name="A", ok=False, detail="nothing is well", advice="Do something."),)),
        "without advice": giving("checks", lambda found: tuple(replace(check, advice="") for check in found)),
        "with a secret": giving("checks", lambda found: tuple(replace(check, detail=SECRET) for check in found)),
        "by writing": CheckingByWriting,
    },
    "test_two_threads_write_and_read_at_once": {"a write is lost": OneAtATime, "an error": Breaking},
    "test_close_may_be_called_twice": {"only once": ClosedOnce},
}
CASES = [(check, defect) for check, defects in DEFECTS.items() for defect in defects]


def suite_over(stage: DestinationStage) -> DestinationConformance:
    class Over(DestinationConformance):
        late_seconds = 0.3

        def stage(self) -> DestinationStage:
            return stage

    return Over()


@pytest.mark.parametrize(("check", "defect"), CASES, ids=[f"{check.removeprefix('test_')}: {defect}" for check, defect in CASES])
def test_a_defect_is_found_by_its_check(check: str, defect: str) -> None:
    stage = FakeDestinationStage(kind=DEFECTS[check][defect])

    with pytest.raises(NotConforming):
        getattr(suite_over(stage), check)()

    assert stage.closed, "the stage is closed whatever is found"


def test_every_check_has_a_defect_that_it_finds() -> None:
    assert set(DEFECTS) == set(checks_of(DestinationConformance))


@pytest.mark.parametrize("check", sorted(DEFECTS))
def test_a_sound_destination_passes(check: str) -> None:
    getattr(suite_over(FakeDestinationStage()), check)()


def test_what_a_stage_cannot_bring_about_is_shown_as_not_checked() -> None:
    possible = tuple(NEEDED_OF_DESTINATIONS)

    with pytest.raises(SkipTest, match="NOT CHECKED"):
        suite_over(FakeDestinationStage(breakages=possible)).test_l5_a_write_that_is_done_late_is_not_repeated()


NEEDED = {
    "test_a_refused_write_is_an_error_and_changes_nothing": DestinationBreakage.WRITE_REFUSED,
    "test_l5_a_lost_reply_is_no_error_and_the_write_is_not_repeated": DestinationBreakage.REPLY_LOST,
    "test_l5_a_dropped_write_is_no_error_and_is_not_repeated": DestinationBreakage.WRITE_DROPPED,
    "test_l1_charges_that_cannot_be_read_are_an_error_and_never_none": DestinationBreakage.CHARGES_UNREADABLE,
    "test_l1_a_psa_that_is_down_lists_nothing_and_says_so": DestinationBreakage.DOWN,
}


@pytest.mark.parametrize("check", NEEDED)
def test_l1_and_l5_are_not_passed_by_a_stage_that_cannot_break_them(check: str) -> None:
    possible = tuple(how for how in DestinationBreakage if how is not NEEDED[check])

    with pytest.raises(NotConforming, match="L1 and L5"):
        getattr(suite_over(FakeDestinationStage(breakages=possible)), check)()
    assert set(NEEDED.values()) == NEEDED_OF_DESTINATIONS


def test_a_suite_without_a_stage_says_so() -> None:
    with pytest.raises(NotImplementedError):
        DestinationConformance().test_an_unknown_agreement_is_none()
