"""What every destination owes (`destinations.base`), as checks that pytest runs for any adapter.

    class TestMyPsa(DestinationConformance):
        def stage(self) -> DestinationStage:
            return MyStage()

A check needs nothing but a stage, so `checks_of` and `getattr` run it without pytest, too. It raises NotConforming where something owed is not kept.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from threading import Barrier
from time import monotonic, sleep

from tallybridge.billing.psa import Account, Agreement, Charge
from tallybridge.billing.reasons import Reason
from tallybridge.conformance.owing import NotConforming, not_staged, owes, owes_a_plain_error, owes_no_secret, owes_plain_checks
from tallybridge.conformance.stages import NEEDED_OF_DESTINATIONS, DestinationBreakage, DestinationStage
from tallybridge.conformance.worlds import EXAMPLE_PSA
from tallybridge.destinations.base import ChargeWrite, Destination, DestinationError, DestinationFailed, ReadFailed, WriteRefused, WriteReply

_AGREEMENT, _EMPTY, _ENDED = 2001, 2002, 2000
_LINE, _OTHER_LINE = EXAMPLE_PSA.agreements[0].charges
_CREATE = ChargeWrite(agreement=_AGREEMENT, item="KES-SRV", quantity=7, charge=None)
_UPDATE = ChargeWrite(agreement=_AGREEMENT, item=_LINE.item, quantity=90, charge=_LINE.id)
_UNKNOWN = 4_711_471
_LATE_AT_LEAST = 0.7
"""Seconds; a stage's late write is done within half a second."""


class DestinationConformance:
    """The checks. A subclass says what the stage is; one is made for each check."""

    late_seconds = 3.0
    """How long to wait at most for a write that is done late, where the machine is slow."""

    def stage(self) -> DestinationStage:
        """A new stage."""
        raise NotImplementedError

    def test_the_cross_referenced_accounts_are_listed(self) -> None:
        """These and no others, by number."""
        with self._built() as (_, psa):
            expected = {account.number: account for account in EXAMPLE_PSA.accounts if account.cross_referenced}
            found = dict(psa.accounts())
            owes(found == expected, f"`accounts` gives every cross-referenced account; expected {expected}, found {found}.")

    def test_one_account_is_read_with_its_cross_reference(self) -> None:
        """None where there is none."""
        with self._built() as (_, psa):
            for account in EXAMPLE_PSA.accounts:
                found = psa.account(account.number)
                owes(found == account, f"`account` gives {account}; it gave {found}.")
            owes(psa.account(_UNKNOWN) is None, "`account` gives None where the PSA has no such account.")

    def test_every_account_is_listed_for_suggestions(self) -> None:
        """Cross-referenced or not, which is right for each."""
        with self._built() as (_, psa):
            found = sorted(psa.all_accounts(), key=_account_number)
            expected = sorted(EXAMPLE_PSA.accounts, key=_account_number)
            owes(found == expected, f"`all_accounts` gives every account once; expected {expected}, found {found}.")

    def test_the_agreements_of_an_account_are_listed(self) -> None:
        """Ended ones too, and none of another account."""
        with self._built() as (_, psa):
            for account in EXAMPLE_PSA.accounts:
                expected = sorted(_agreement_facts(replace(one, charges=())) for one in EXAMPLE_PSA.agreements if one.account == account.number)
                found = sorted(_agreement_facts(one) for one in psa.agreements(account.number))
                owes(found == expected, f"`agreements` gives those of account {account.number}, without charges; expected {expected}, found {found}.")

    def test_an_agreement_is_read_with_its_charges_in_one_call(self) -> None:
        """As `charges` gives them; none where there are none; None where the PSA has no such agreement."""
        with self._built() as (_, psa):
            for expected in EXAMPLE_PSA.agreements:
                found = _agreement(psa, expected.number)
                owes(_agreement_facts(found) == _agreement_facts(expected), f"`agreement` gives {expected}; it gave {found}.")
                alone = psa.charges(expected.number)
                owes(
                    _by_id(alone) == _by_id(expected.charges), f"`charges` of agreement {expected.number} are {expected.charges}; they were {alone}."
                )

    def test_an_unknown_agreement_is_none(self) -> None:
        """And not an agreement without charges (L1)."""
        with self._built() as (_, psa):
            found = psa.agreement(_UNKNOWN)
            owes(found is None, f"`agreement` gives None where the PSA has no such agreement; it gave {found}.")

    def test_items_are_matched_exactly(self) -> None:
        """An id that is the beginning of another, or another spelling, is another item; inactive ones are given and told."""
        with self._built() as (_, psa):
            expected = {item.id: item for item in EXAMPLE_PSA.items}
            found = dict(psa.items([*expected, "KES-", "kes-wks", "GONE"]))
            owes(found == expected, f"`items` gives the named items and no others; expected {expected}, found {found}.")
            owes(dict(psa.items([])) == {}, "`items` gives nothing where nothing is asked for.")

    def test_items_are_found_by_a_part_of_id_or_description(self) -> None:
        """An empty text finds all."""
        with self._built() as (_, psa):
            for text in ("", "KES", "workstation", "NOTHING LIKE IT"):
                expected = sorted(item.id for item in EXAMPLE_PSA.items if text in item.id or text in item.description)
                found = sorted(item.id for item in psa.search_items(text))
                owes(found == expected, f"`search_items({text!r})` finds {expected}; it found {found}.")

    def test_a_write_without_a_line_always_makes_a_new_line(self) -> None:
        """Also where the item has one already; no other line changes (L6)."""
        with self._built() as (_, psa):
            for change in (_CREATE, replace(_CREATE, item=_LINE.item), replace(_CREATE, agreement=_EMPTY), replace(_CREATE, item='A&B "<x>"')):
                before = _by_id(psa.charges(change.agreement))
                reply = _written(psa, change)
                after = _by_id(psa.charges(change.agreement))
                made = [line for number, line in after.items() if number not in before]
                owes(len(made) == 1, f"A write without a line makes one new line; {change} made {len(made)}.")
                found = (made[0].item, made[0].quantity)
                owes(found == (change.item, change.quantity), f"A new line has the item and quantity that were written; {change} made {made[0]}.")
                owes(
                    reply.charge in (None, made[0].id),
                    f"A reply names the line that was made, or none; {made[0].id} was made, it names {reply.charge}.",
                )
                same = {number: after.get(number) for number in before} == before
                owes(same, f"A write of one line changes no other (L6); {before} became {after}.")

    def test_l6_a_write_of_a_line_changes_its_quantity_alone(self) -> None:
        """Price, text and every other line stay; 0 is a quantity, not a deletion."""
        with self._built() as (_, psa):
            for quantity in (90, 0, 1):
                before = _by_id(psa.charges(_AGREEMENT))
                _written(psa, replace(_UPDATE, quantity=quantity))
                after = _by_id(psa.charges(_AGREEMENT))
                expected = before | {_LINE.id: replace(before[_LINE.id], quantity=quantity)}
                owes(after == expected, f"A write changes the quantity of its line and nothing else (L6); expected {expected}, found {after}.")

    def test_l5_a_lost_reply_is_no_error_and_the_write_is_not_repeated(self) -> None:
        """It was done once."""
        self._owes_one_attempt(DestinationBreakage.REPLY_LOST, done=True)

    def test_l5_an_unreadable_reply_is_no_error_and_the_write_is_not_repeated(self) -> None:
        """It was done once."""
        self._owes_one_attempt(DestinationBreakage.REPLY_UNREADABLE, done=True)

    def test_l5_a_dropped_write_is_no_error_and_is_not_repeated(self) -> None:
        """It was not done; only the next run may write again, after reading."""
        self._owes_one_attempt(DestinationBreakage.WRITE_DROPPED, done=False)

    def test_l5_a_write_that_is_done_late_is_not_repeated(self) -> None:
        """No reply; some time later there is one line."""
        with self._broken(DestinationBreakage.WRITE_DONE_LATE) as (_, psa):
            owes(not _lines_for(psa, _CREATE), f"`charges` of agreement {_AGREEMENT} has no line for {_CREATE.item} at first.")
            _unanswered(psa, _CREATE, DestinationBreakage.WRITE_DONE_LATE)
            sent = monotonic()
            # The late write must have been done before lines are counted: a repeated one would be there alone until then.
            while monotonic() < sent + _LATE_AT_LEAST or (not _lines_for(psa, _CREATE) and monotonic() < sent + self.late_seconds):
                sleep(0.05)
            found = _lines_for(psa, _CREATE)
            owes(len(found) == 1, f"A write that is done late makes one line, and `charges` shows it (L5); found {found}.")

    def test_a_refused_write_is_an_error_and_changes_nothing(self) -> None:
        """WriteRefused means: nothing was written."""
        for change in (_CREATE, _UPDATE):
            with self._broken(DestinationBreakage.WRITE_REFUSED) as (stage, psa):
                _owes_refusal(psa, change, stage.secrets, DestinationBreakage.WRITE_REFUSED)

    def test_what_does_not_exist_cannot_be_written(self) -> None:
        """An unknown agreement, item or line is refused."""
        for what, change in (
            ("the agreement does not exist", replace(_CREATE, agreement=_UNKNOWN)),
            ("the item does not exist", replace(_CREATE, item="GONE")),
            ("the line does not exist", replace(_UPDATE, charge=_UNKNOWN)),
        ):
            with self._built() as (stage, psa):
                _owes_refusal(psa, change, stage.secrets, what)

    def test_reading_back_shows_what_the_psa_holds_and_not_what_was_sent(self) -> None:
        """The truth is what the PSA says afterwards (L5)."""
        with self._broken(DestinationBreakage.WRONG_QUANTITY) as (_, psa):
            psa.charges(_AGREEMENT)
            _written(psa, _UPDATE)
            for what, lines in (("charges", psa.charges(_AGREEMENT)), ("agreement", _agreement(psa, _AGREEMENT).charges)):
                quantity = _by_id(lines)[_LINE.id].quantity
                owes(quantity not in (_UPDATE.quantity, _LINE.quantity), f"`{what}` shows what the PSA holds now; it shows {quantity}.")

    def test_l1_charges_that_cannot_be_read_are_an_error_and_never_none(self) -> None:
        """Unread is not "no lines" and not "no agreement"."""
        with self._broken(DestinationBreakage.CHARGES_UNREADABLE) as (stage, psa):
            reads: tuple[Callable[[], object], ...] = (lambda: psa.charges(_AGREEMENT), lambda: psa.agreement(_AGREEMENT))
            for read in reads:
                owes_a_plain_error(_error_of(read, ReadFailed, DestinationBreakage.CHARGES_UNREADABLE), stage.secrets)

    def test_l1_a_psa_that_is_down_lists_nothing_and_says_so(self) -> None:
        """No accounts, and above all not an empty list of them; a write that cannot be sent is not taken for one that was."""
        with self._broken(DestinationBreakage.DOWN) as (stage, psa):
            owes_a_plain_error(_error_of(psa.accounts, DestinationFailed, DestinationBreakage.DOWN), stage.secrets)
            reads: tuple[Callable[[], object], ...] = (
                psa.all_accounts,
                lambda: psa.account(1001),
                lambda: psa.agreements(1001),
                lambda: psa.agreement(_AGREEMENT),
                lambda: psa.charges(_AGREEMENT),
                lambda: psa.items(["KES"]),
                lambda: psa.search_items(""),
            )
            for read in reads:
                owes_a_plain_error(_error_of(read, DestinationError, DestinationBreakage.DOWN), stage.secrets)
            try:
                reply = psa.write(_CREATE)
            except DestinationFailed as error:
                owes_a_plain_error(error, stage.secrets)
            else:
                owes(not reply.answered, f"A PSA that is down answers no write; the reply was {reply}.")

    def test_l11_refused_credentials_fail_the_write_without_showing_them(self) -> None:
        """DestinationFailed with SIGN_IN_REFUSED: no other line is tried, and nothing was written."""
        with self._broken(DestinationBreakage.SIGN_IN_REFUSED) as (stage, psa):
            error = _error_of(lambda: psa.write(_UPDATE), DestinationFailed, DestinationBreakage.SIGN_IN_REFUSED)
            reason = getattr(error, "reason", None)
            owes(reason is Reason.SIGN_IN_REFUSED, f"Refused credentials have the reason {Reason.SIGN_IN_REFUSED}; it was {reason}.")
            owes_a_plain_error(error, stage.secrets)
            _owes_as_at_first(psa, "the credentials are refused")

    def test_l11_no_secret_is_shown_where_all_is_well(self) -> None:
        """Neither by the destination itself nor in the reply to a write."""
        with self._built() as (stage, psa):
            for what in (psa, psa.accounts(), psa.agreement(_AGREEMENT), psa.write(_UPDATE)):
                owes_no_secret(repr(what), stage.secrets, where=type(what).__name__)

    def test_the_checks_tell_a_sound_psa_from_one_that_is_down_and_write_nothing(self) -> None:
        """They never raise: `doctor` shows them all."""
        with self._built() as (stage, psa):
            sound = psa.checks()
            owes_plain_checks(sound, stage.secrets)
            owes(not [check for check in sound if check.ok is False], f"Nothing is wrong with a sound PSA; its checks say {sound}.")
            _owes_as_at_first(psa, "only `checks` was called")
            stage.break_(DestinationBreakage.DOWN)
            down = psa.checks()
            owes_plain_checks(down, stage.secrets)
            owes(any(check.ok is False for check in down), "A check says so where the PSA is down.")

    def test_two_threads_write_and_read_at_once(self) -> None:
        """Each write makes its own line."""
        quantities = tuple(range(101, 107))
        together = Barrier(len(quantities), timeout=60)
        with self._built() as (_, psa):

            def work(quantity: int) -> bool:
                together.wait()
                psa.write(replace(_CREATE, quantity=quantity))
                return any(line.quantity == quantity for line in psa.charges(_AGREEMENT))

            with ThreadPoolExecutor(len(quantities)) as threads:
                found = [threads.submit(work, quantity) for quantity in quantities]
            for one in found:
                error = one.exception()
                if error is not None:
                    raise NotConforming(f"Several threads use one destination; one of them met {error!r}.") from error
            shown = sorted(line.quantity for line in _lines_for(psa, _CREATE))
            owes(all(one.result() for one in found), "Each thread sees the line that it has made.")
            owes(shown == list(quantities), f"Each of several writes at once makes its own line; written {quantities}, found {shown}.")

    def test_close_may_be_called_twice(self) -> None:
        """And before anything was read."""
        with self._staged() as stage:
            psa, unused = stage.build(EXAMPLE_PSA), stage.build(EXAMPLE_PSA)
            psa.account(1001)
            for closing in (psa, psa, unused, unused):
                try:
                    closing.close()
                except Exception as error:
                    raise NotConforming(f"`close` may be called more than once, also before anything was read; it raised {error!r}.") from error

    @contextmanager
    def _staged(self) -> Iterator[DestinationStage]:
        stage = self.stage()
        try:
            yield stage
        finally:
            stage.close()

    @contextmanager
    def _built(self) -> Iterator[tuple[DestinationStage, Destination]]:
        with self._staged() as stage:
            psa = stage.build(EXAMPLE_PSA)
            try:
                yield stage, psa
            finally:
                psa.close()

    @contextmanager
    def _broken(self, how: DestinationBreakage) -> Iterator[tuple[DestinationStage, Destination]]:
        if how not in self._possible():
            owes(how not in NEEDED_OF_DESTINATIONS, f"A stage can bring about {how.value!r}; L1 and L5 rest on it.")
            raise not_staged(how.value)
        with self._built() as (stage, psa):
            stage.break_(how)
            yield stage, psa

    def _owes_one_attempt(self, how: DestinationBreakage, *, done: bool) -> None:
        with self._broken(how) as (stage, psa):
            reply = _unanswered(psa, _CREATE, how)
            owes_no_secret(repr(reply), stage.secrets, where="the reply to a write")
            found = _lines_for(psa, _CREATE)
            owes(len(found) == int(done), f"Where this holds: {how.value}, a new line is there {int(done)} times (L5); found {found}.")
        with self._broken(how) as (_, psa):
            _unanswered(psa, _UPDATE, how)
            quantity = _by_id(psa.charges(_AGREEMENT))[_LINE.id].quantity
            expected = _UPDATE.quantity if done else _LINE.quantity
            owes(quantity == expected, f"Where this holds: {how.value}, the line has the quantity {expected} (L5); it has {quantity}.")

    def _possible(self) -> Collection[DestinationBreakage]:
        with self._staged() as stage:
            return stage.breakages


def _account_number(account: Account) -> int:
    return account.number


def _agreement_facts(agreement: Agreement) -> tuple[object, ...]:
    """What planning rests on; the type and the next billing are labels for people."""
    lines = tuple(sorted(agreement.charges, key=lambda line: line.id))
    return agreement.number, agreement.account, agreement.start, agreement.end, agreement.last_billed, lines


def _by_id(lines: tuple[Charge, ...]) -> dict[int, Charge]:
    owes(len({line.id for line in lines}) == len(lines), f"Every line has an id of its own; the lines are {lines}.")
    return {line.id: line for line in lines}


def _agreement(psa: Destination, number: int) -> Agreement:
    found = psa.agreement(number)
    if found is None:
        raise NotConforming(f"`agreement` gives agreement {number}; it gave None.")
    return found


def _lines_for(psa: Destination, change: ChargeWrite) -> list[Charge]:
    return [line for line in psa.charges(change.agreement) if line.item == change.item]


def _written(psa: Destination, change: ChargeWrite) -> WriteReply:
    try:
        reply = psa.write(change)
    except DestinationError as error:
        raise NotConforming(f"Where all is well, {change} is written; it raised {error!r}.") from error
    owes(reply.answered, f"Where all is well, {change} is answered; the reply was {reply}.")
    return reply


def _unanswered(psa: Destination, change: ChargeWrite, how: DestinationBreakage) -> WriteReply:
    try:
        reply = psa.write(change)
    except Exception as error:
        raise NotConforming(f"An unanswered write is a reply with answered=False, not an error ({how.value}); it raised {error!r}.") from error
    owes(not reply.answered, f"Where this holds: {how.value}, the reply says answered=False; it was {reply}.")
    return reply


def _error_of(call: Callable[[], object], kind: type[DestinationError], why: str) -> Exception:
    try:
        result = call()
    except kind as error:
        return error
    except Exception as error:
        raise NotConforming(f"Where this holds: {why}, {kind.__name__} is raised; it was {error!r}.") from error
    raise NotConforming(f"Where this holds: {why}, {kind.__name__} is raised; the result was {result!r}.")


def _owes_refusal(psa: Destination, change: ChargeWrite, secrets: Collection[str], why: str) -> None:
    owes_a_plain_error(_error_of(lambda: psa.write(change), WriteRefused, why), secrets)
    _owes_as_at_first(psa, why)


def _owes_as_at_first(psa: Destination, why: str) -> None:
    for agreement in EXAMPLE_PSA.agreements:
        found = psa.charges(agreement.number)
        owes(_by_id(found) == _by_id(agreement.charges), f"Where this holds: {why}, nothing is written; expected {agreement.charges}, found {found}.")
