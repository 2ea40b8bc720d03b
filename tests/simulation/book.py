"""The independent model, second half: a book of every line in the PSA, who made it, what we may believe of it, and what may be written.

Written from design 6.2, 6.3 and the laws L1, L4, L5 and L6. It sees what the PSA really holds, which the product sees only where it reads.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from tests.simulation.model import Part, Want

SETTLE = timedelta(seconds=30)
Place = tuple[int, str]
"""Agreement and item."""


class Violation(BaseException):
    """A law was broken; nothing in the product may catch it, whatever it does about errors."""


class PsaLine(NamedTuple):
    """One line as the PSA really holds it."""

    id: int
    item: str
    quantity: int
    description: str
    price: Decimal | None
    delete_after_invoicing: bool


class PsaAgreement(NamedTuple):
    """One agreement as the PSA really holds it."""

    lines: Mapping[int, PsaLine]
    last_billed: date | None
    next_billing: date | None
    end: date | None

    def ended(self, today: date) -> bool:
        """Whether its last day lies before the local date."""
        return self.end is not None and self.end < today


class Call(NamedTuple):
    """A write that the product has sent."""

    agreement: int
    item: str
    quantity: int
    charge: int | None


@dataclass
class OurLine:
    """A line that we made, or were told to adopt."""

    id: int
    tenant: str
    believable: set[int]
    """Quantities that we may take for our own; one, once a run without any trouble has seen it."""
    made_of: list[frozenset[Part]]
    """What its quantity may have been made of when it was last written; one, once a run without any trouble has seen it."""
    acknowledged: bool = False
    """A run has seen it and come to its end."""
    closed: bool = False
    """It was gone while nothing was wanted: the next one is a new line."""
    maybe_closed: bool = False
    """The same, but the run that would have seen it had trouble."""
    sure: bool = True
    """The newest run that may have seen it had no trouble."""
    deletable: bool = False
    """It was last seen with DeleteAfterInvoicing."""
    maybe_deletable: bool = False
    """The same, or a run that had trouble may have seen it so."""
    billed: tuple[date | None, date | None] = (None, None)
    """The agreement's dates when it was last seen."""
    since: date | None = None
    """Local date on which it became ours, or on which a run without any trouble first saw that."""
    seen_whole: bool = False
    evidence: set[tuple[str, str]] | None = None
    """The seats that its quantity was last written from; None where that is in doubt."""


@dataclass(frozen=True)
class Sent:
    """A call that may still act."""

    call: Call
    tenant: str
    parts: frozenset[Part]
    until: float
    """On the clock that only goes forward, in seconds: after this it acts no more."""


@dataclass
class Decision:
    """What a person has decided on a line and what stands until it ends (design 6.6)."""

    kind: str
    shown: tuple[PsaLine, ...]
    quantity: int | None = None
    """Of a pin, what is wanted; of a release and of a take-over, up to where the guards let it pass."""
    until: date | None = None
    written: int | None = None
    """What was ours when it was decided."""
    reason: str = ""
    """What the line waited for."""
    sure: bool = True
    """It stands; otherwise it may have ended."""


@dataclass
class Orders:
    """What a run may write: for each agreement that is billed in it, whose it is and what is wanted there."""

    wanted: dict[int, tuple[str, Mapping[str, Want]]] = field(default_factory=dict)
    prescribed: frozenset[Call] | None = None
    """A saved plan's writes, where one is applied: exactly these."""
    writes: bool = True
    today: date = date.min


class Book:
    """Every line, by what the model knows of it."""

    def __init__(self) -> None:
        self.ours: dict[Place, OurLine] = {}
        self.left: defaultdict[Place, set[int]] = defaultdict(set)
        """Lines that a person decided to leave."""
        self.foreign: set[int] = set()
        """Lines that a run has seen and not taken for ours."""
        self.shown: dict[Place, tuple[PsaLine, ...]] = {}
        """The lines for an item as the newest run without any trouble has seen them: what a person decides on."""
        self.shown_parts: dict[Place, frozenset[Part]] = {}
        """What that run wanted there."""
        self.decided: dict[Place, Decision] = {}
        self.doubts: dict[Place, datetime] = {}
        """Places with a write whose end no answer may tell; until that instant, by the clock, it may rightly be waited for."""
        self.sent: dict[Place, list[Sent]] = defaultdict(list)

    def present(self, agreement: PsaAgreement, place: Place) -> list[PsaLine]:
        """The lines for an item, without those that a person decided to leave."""
        return [line for line in agreement.lines.values() if line.item == place[1] and line.id not in self.left[place]]

    def may_be_ours(self, agreement: PsaAgreement, place: Place, line: PsaLine) -> bool:
        """Ours by the book, or ours renewed: our line is gone, and this new one has exactly its quantity (design 6.2)."""
        known = self.ours.get(place)
        if known is None or known.closed:
            return False
        renewed = known.id not in agreement.lines and line.id not in self.foreign and line.quantity in known.believable
        return known.id == line.id or renewed

    def standing(self, agreement: PsaAgreement, place: Place) -> PsaLine | None:
        """Our line as it stands in the PSA, renewed or not."""
        known = self.ours.get(place)
        if known is not None and known.id in agreement.lines:
            return agreement.lines[known.id]
        return next((line for line in self.present(agreement, place) if self.may_be_ours(agreement, place, line)), None)

    def perhaps_standing(self, agreement: PsaAgreement, place: Place) -> PsaLine | None:
        """A line for the item with the quantity that ours had, which is gone: it may have been entered anew, and bill what ours has billed."""
        known = self.ours[place]
        return next((line for line in self.present(agreement, place) if line.quantity in known.believable), None)

    def judge(self, call: Call, orders: Orders, psa: Mapping[int, PsaAgreement], *, observed: Iterable[str]) -> None:
        """Whether a write may be sent at this moment. Raises Violation."""
        if not orders.writes:
            raise Violation(f"L4: a plan wrote {call}")
        tenant, wanted = orders.wanted.get(call.agreement, ("", {}))
        if orders.prescribed is not None:
            if call not in orders.prescribed:
                raise Violation(f"L4: {call} is not in the saved plan: {sorted(orders.prescribed, key=str)}")
        elif call.item not in wanted and self.gives_up(call, orders):
            tenant = self.ours[call.agreement, call.item].tenant
        elif call.agreement not in orders.wanted:
            raise Violation(f"L1: {call} was sent to an agreement that is not billed")
        elif tenant not in observed:
            raise Violation(f"L1: {call} was sent without a complete observation")
        elif call.item not in wanted or wanted[call.item].quantity != call.quantity:
            raise Violation(f"L1: {call} was sent; wanted is {wanted[call.item].quantity if call.item in wanted else 'nothing'}")
        else:
            self._require_not_twice(call, orders, psa)
        agreement, place = psa[call.agreement], (call.agreement, call.item)
        decision = self.decided.get(place)
        if (
            decision is not None
            and decision.kind == "keep"
            and decision.sure
            and _as_decided(decision.shown) == _as_decided(_lines_for(agreement, place))
        ):
            raise Violation(f"design 6.6: {call} was sent though a person has decided to keep the line")
        if call.agreement not in orders.wanted and agreement.ended(orders.today):
            raise Violation(f"design 6.3: {call} was sent to an agreement that has ended")
        if call.charge is None:
            self._judge_create(call, place, agreement)
        else:
            self._judge_update(call, place, agreement)

    def _judge_create(self, call: Call, place: Place, agreement: PsaAgreement) -> None:
        known = self.ours.get(place)
        standing = self.present(agreement, place)
        if any(self.may_be_ours(agreement, place, line) for line in standing):
            raise Violation(f"L5: {call} makes a line a second time beside {standing}")
        if standing:
            raise Violation(f"L6: {call} makes a line beside {standing}")
        if any(earlier.call.charge is None for earlier in self.sent[place]):
            raise Violation(f"L5: {call} repeats a write that may still arrive")
        if known is None or known.closed or known.maybe_closed or not known.acknowledged:
            return
        if not (known.maybe_deletable and billed_since(known, agreement)):
            raise Violation(f"L6: {call} makes a line again that somebody has removed")

    def _judge_update(self, call: Call, place: Place, agreement: PsaAgreement) -> None:
        line = agreement.lines.get(call.charge or 0)
        if line is None or line.item != call.item:
            raise Violation(f"L6: {call} is about a line that is not there")
        known = self.ours.get(place)
        if known is None or not self.may_be_ours(agreement, place, line):
            raise Violation(f"L6: {call} changes a line that is not ours: {line}")
        if line.quantity not in known.believable:
            raise Violation(f"L4: {call} tramples an edit by hand: {line}, ours is {sorted(known.believable)}")
        if len(self.present(agreement, place)) > 1:
            raise Violation(f"design 6.3: {call} was sent though there are several lines for the item")

    def gives_up(self, call: Call, orders: Orders) -> bool:
        """Whether a line of ours that is wanted nowhere may be set to 0, because a person has released the move of its seats."""
        known = self.ours.get((call.agreement, call.item))
        if known is None or call.charge is None or call.quantity:
            return False
        for (agreement, item), decision in self.decided.items():
            tenant, wanted = orders.wanted.get(agreement, ("", {}))
            released = decision.kind == "release" and decision.reason == "moved" and tenant == known.tenant and item in wanted
            if released and any(_share(parts, wanted[item].parts) for parts in known.made_of):
                return True
        return False

    def _require_not_twice(self, call: Call, orders: Orders, psa: Mapping[int, PsaAgreement]) -> None:
        for place, line in self.billing_twice((call.agreement, call.item), orders, psa):
            raise Violation(f"design 6.3 (moves): {call} bills seats that {line} on {place} still bills")

    def billing_twice(self, target: Place, orders: Orders, psa: Mapping[int, PsaAgreement], *, surely: bool = True) -> list[tuple[Place, OurLine]]:
        """Our other lines that stand and bill seats which are now wanted on `target`.

        Args:
            surely: only where there is no doubt what the line is made of.
        """
        tenant, wanted = orders.wanted[target[0]]
        found = []
        for place, line in self.ours.items():
            agreement = psa[place[0]]
            if place == target or line.closed or line.tenant != tenant or agreement.ended(orders.today):
                continue
            standing = self.standing(agreement, place) or self.perhaps_standing(agreement, place)
            if standing is None or not standing.quantity:
                continue
            # Of a line that was renewed after a write that nobody has read back, nobody can say that it is ours.
            unread = standing.id != line.id and len(line.believable) > 1
            if surely and unread:
                continue
            still = wanted[place[1]].parts if place[0] == target[0] and place[1] in wanted else set()
            shared = [_share(made_of - still, wanted[target[1]].parts) for made_of in line.made_of]
            if all(shared) if surely else any(shared):
                found.append((place, line))
        return found

    def sending(self, call: Call, orders: Orders, *, now: datetime, elapsed: float) -> Sent:
        """A call is being sent; its end is in doubt until a run without any trouble has seen it."""
        place = (call.agreement, call.item)
        tenant, wanted = orders.wanted.get(call.agreement, ("", {}))
        parts = frozenset(wanted[call.item].parts) if call.item in wanted else frozenset()
        sent = Sent(call, tenant, parts, elapsed + SETTLE.total_seconds())
        self.sent[place].append(sent)
        self.doubt(place, now)
        known = self.ours.get(place)
        if known is not None and call.charge is not None:
            known.id = call.charge
            known.believable.add(call.quantity)
        return sent

    def doubt(self, place: Place, now: datetime) -> None:
        """A write may be under way from now on; a few seconds more, because the product counts from when it gave the call up."""
        self.doubts[place] = now + SETTLE + timedelta(seconds=5)

    def over(self, sent: Sent) -> None:
        """The call will not act any more."""
        self.sent[sent.call.agreement, sent.call.item].remove(sent)

    def forget_sent(self, elapsed: float) -> None:
        """Calls whose time has passed will not act any more."""
        for sent in [one for many in self.sent.values() for one in many if one.until < elapsed]:
            self.over(sent)

    def happened(self, before: Mapping[int, PsaAgreement], after: Mapping[int, PsaAgreement], today: date) -> None:
        """What the product's writes have changed in the PSA, now or late. Raises Violation."""
        for number, agreement in after.items():
            if agreement is before[number]:
                continue
            old = before[number].lines
            if gone := old.keys() - agreement.lines.keys():
                raise Violation(f"L6: lines {sorted(gone)} of agreement {number} have gone")
            for line in agreement.lines.values():
                if line.id not in old:
                    self._appeared(number, line, today)
                elif line != old[line.id]:
                    self._changed(number, old[line.id], line)

    def _appeared(self, number: int, line: PsaLine, today: date) -> None:
        place = (number, line.item)
        sent = next((one for one in self.sent[place] if one.call.charge is None), None)
        if sent is None:
            raise Violation(f"L5: {line} has appeared on agreement {number}, and nothing was sent")
        self.ours[place] = OurLine(line.id, sent.tenant, believable={sent.call.quantity}, made_of=[sent.parts], since=today)

    def _changed(self, number: int, old: PsaLine, line: PsaLine) -> None:
        if line._replace(quantity=old.quantity) != old:
            raise Violation(f"L6: more than the quantity has changed: {old} → {line}")
        sent = next((one for one in self.sent[number, line.item] if one.call.charge == line.id), None)
        if sent is None:
            raise Violation(f"L6: {old} became {line}, and nothing was sent")
        self.ours[number, line.item].made_of.append(sent.parts)

    def adopt(self, place: Place, tenant: str, line: PsaLine, parts: Iterable[Part], today: date) -> None:
        """A person has decided that a line is ours from now on, as it was shown, and that the others for the item are left.

        Args:
            parts: what the newest run that began wants there; if it died, the one that has shown the line may have the word.
        """
        before = self.ours.get(place)
        if before is not None and before.id == line.id and not before.closed:
            # It goes on billing the seats that it was sent for.
            before.believable, before.acknowledged, before.maybe_closed = {line.quantity}, True, False
        else:
            made_of = [frozenset(parts), self.shown_parts.get(place, frozenset(parts))]
            self.ours[place] = OurLine(line.id, tenant, {line.quantity}, made_of, acknowledged=True, since=today, evidence=None)
        self.left[place] = {one.id for one in self.shown[place] if one.id != line.id}
        self.doubts.pop(place, None)

    def end_what_has_passed(self, place: Place, agreement: PsaAgreement, today: date, *, whole: bool) -> None:
        """A run has looked at what was decided: a pin ends with its term, a keep where the lines for the item have changed."""
        decision = self.decided.get(place)
        over = decision is not None and decision.until is not None and decision.until < today
        changed = decision is not None and decision.kind == "keep" and _as_decided(decision.shown) != _as_decided(_lines_for(agreement, place))
        if decision is None or not (over or changed):
            return
        decision.sure = False
        if whole:
            del self.decided[place]

    def seen(
        self, place: Place, agreement: PsaAgreement, want: Want | None, today: date, *, whole: bool, held: str | None = None, moving: bool = False
    ) -> None:
        """A run that has read an agreement has come to its end; `whole`: nothing went wrong about it. Otherwise everything stays possible.

        Args:
            held: the reason that the line waits for.
            moving: its seats are said to be on their way to another line; until they are, it is made of what it was.
        """
        known = self.ours.get(place)
        standing = self.present(agreement, place)
        if whole:
            self.shown[place] = _lines_for(agreement, place)
            if want is not None:
                self.shown_parts[place] = frozenset(want.parts)
        else:
            self.shown.pop(place, None)
        gone = known is not None and whole and known.id not in agreement.lines and held != "line_not_ours"
        if known is not None and want is None and len(known.believable) > 1:
            gone = False  # which quantity it was renewed with, no run has said
        if known is not None and gone and len(standing) == 1 and self.may_be_ours(agreement, place, standing[0]):
            known.id = standing[0].id
        if known is not None and gone and len(standing) == 1 and held == "edited_in_psa" and not known.sure:
            # It was renewed in a run that had trouble, and edited since.
            known.id = standing[0].id
        if known is not None:
            known.sure = whole
            if known.id in agreement.lines:
                self._saw_ours(known, agreement, want, today, whole=whole, moving=moving, may_change=held == "write_unresolved")
            elif want is not None and not want.quantity and not standing:
                known.maybe_closed, known.closed = True, known.closed or whole
        if whole:
            self.foreign |= {line.id for line in agreement.lines.values() if line.item == place[1] and (known is None or known.id != line.id)}
            if held not in ("write_unresolved", "not_as_written", "duplicate_lines", "entered_differently"):
                self.doubts.pop(place, None)

    def _saw_ours(
        self, known: OurLine, agreement: PsaAgreement, want: Want | None, today: date, *, whole: bool, moving: bool, may_change: bool
    ) -> None:
        line = agreement.lines[known.id]
        known.maybe_deletable = line.delete_after_invoicing or (known.maybe_deletable and not whole)
        if whole:
            known.acknowledged |= line.quantity in known.believable
            known.deletable = line.delete_after_invoicing
            known.billed = (agreement.last_billed, agreement.next_billing)
        if want is not None and line.quantity == want.quantity:
            parts = frozenset(want.parts)
            # A write that may still arrive makes the line what was wanted when it was sent.
            known.believable = {line.quantity} if whole and not may_change else known.believable | {line.quantity}
            if not moving and (parts or want.pinned is None):
                known.made_of = [parts] if whole else [*known.made_of, parts]
            if want.pinned is None:
                known.evidence = set(want.seats) if whole else None
            known.since = known.since if known.seen_whole else today
            known.seen_whole |= whole


def _lines_for(agreement: PsaAgreement, place: Place) -> tuple[PsaLine, ...]:
    return tuple(line for _, line in sorted(agreement.lines.items()) if line.item == place[1])


def _as_decided(lines: Iterable[PsaLine]) -> list[tuple[int, int]]:
    """What a keep is about: which lines there are, and their quantities. Price and text, and whether a line outlives its invoice, are the MSP's."""
    return [(line.id, line.quantity) for line in lines]


def _share(some: Iterable[Part], others: Iterable[Part]) -> bool:
    return any(one[0] == other[0] and (one[1] is None or other[1] is None or one[1] == other[1]) for one in some for other in others)


def billed_since(known: OurLine, agreement: PsaAgreement) -> bool:
    """Whether the agreement has been invoiced since the line was last seen."""
    then, due = known.billed
    billed = agreement.last_billed is not None and (then is None or agreement.last_billed > then)
    return billed or (agreement.next_billing is not None and due is not None and agreement.next_billing > due)
