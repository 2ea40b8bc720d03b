"""What a person asks for on lines that wait, read from a form: which lines, which decision, and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from django.http import QueryDict

from tallybridge.billing.plan import DecisionKind
from tallybridge.console.planning.waiting import DECIDED
from tallybridge.ledger.decisions import StoredDecision
from tallybridge.ledger.holds import StoredHold
from tallybridge.runs.day import RunRefused
from tallybridge.runs.deciding import Decided, Selection, Wish, decide, end, impossible, select

CHOSEN, FITTING, EQUAL = "chosen", "fitting", "equal"


@dataclass(slots=True, kw_only=True)
class Asked:
    """A form as it was sent, with what is wrong with it at each field."""

    kind: str
    reason: str
    quantity: str
    until: str
    scope: str
    ids: list[str]
    charges: dict[str, str]
    """By the hold's id, the line that is meant where several stand there."""
    author: str
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, form: QueryDict, author: str) -> Asked:
        """Reads a form and checks what can be checked without the ledger."""
        asked = cls(
            kind=form.get("kind", ""),
            reason=form.get("reason", "").replace("\x00", "").strip(),
            quantity=form.get("quantity", "").strip(),
            until=form.get("until", "").strip(),
            scope=form.get("scope", CHOSEN),
            ids=form.getlist("hold"),
            charges={name.removeprefix("charge-"): form.get(name, "") for name in form if name.startswith("charge-")},
            author=author,
        )
        asked._check()
        return asked

    @property
    def title(self) -> str:
        """The decision's name."""
        return DECIDED[self.kind][0]

    def wish(self) -> Wish:
        """The decision, without a line; to be asked for only where there are no errors."""
        pin = self.kind == DecisionKind.PIN
        return Wish(
            kind=DecisionKind(self.kind),
            reason=self.reason,
            author=self.author,
            quantity=int(self.quantity) if pin else None,
            until=date.fromisoformat(self.until) if pin else None,
        )

    def _check(self) -> None:
        if self.kind not in DECIDED:
            self.errors["kind"] = "Choose what shall be done with the lines."
        if not self.reason:
            self.errors["reason"] = "Say why. It is kept with your name."
        if self.kind == DecisionKind.PIN:
            if not (self.quantity.isascii() and self.quantity.isdecimal() and len(self.quantity) <= 9):
                self.errors["quantity"] = "Give a whole number, 0 or more."
            if not _is_day(self.until):
                self.errors["until"] = "Give the last day on which it shall be so, as YYYY-MM-DD."
        if self.scope == CHOSEN and not self.ids:
            self.errors["hold"] = "Choose at least one line above, or all that fit."


@dataclass(frozen=True, slots=True, kw_only=True)
class WouldDecide:
    """What a form would decide, to be looked at before it is done."""

    holds: tuple[tuple[StoredHold, Wish], ...] = ()
    ended: tuple[StoredDecision, ...] = ()
    problems: tuple[str, ...] = ()
    """Why it cannot be decided; then nothing is."""

    @property
    def count(self) -> int:
        """How many lines it is for."""
        return len(self.holds) + len(self.ended)


def would_decide(asked: Asked, held: Iterable[StoredHold]) -> WouldDecide:
    """What would be decided, and what keeps it from being decided.

    Args:
        held: what waits in the integration that the person looks at; "all that fit" never reaches into another one.
    """
    wish = asked.wish()
    ids = asked.ids if asked.scope == CHOSEN else _fitting(asked, wish, held)
    if not ids:
        return WouldDecide(problems=("No line fits: on none of those that wait can this be decided.",))
    try:
        chosen, standing = select(Selection(ids=tuple(ids)), wish)
    except RunRefused as refused:
        return WouldDecide(problems=(str(refused),))
    each = tuple((hold, _with_line(asked, hold, wish)) for hold in chosen)
    return WouldDecide(holds=each, ended=standing, problems=tuple(said for hold, one in each if (said := _problem(hold, one)) is not None))


def carry_out(would: WouldDecide, at: datetime) -> list[Decided]:
    """Decides it. Holds on which different lines are named are decided one group after another.

    Raises:
        RunRefused, LedgerError: what was not decided by then is not.
    """
    groups: dict[int | None, tuple[Wish, list[StoredHold]]] = {}
    for hold, wish in would.holds:
        groups.setdefault(wish.charge, (wish, []))[1].append(hold)
    done: list[Decided] = []
    for wish, holds in groups.values():
        done += decide(holds, wish, at)
    return done


def end_decisions(decisions: Sequence[StoredDecision], wish: Wish, at: datetime) -> list[Decided]:
    """Ends keeps and pins by a person's word. Raises LedgerError."""
    return [end(one, wish, at) for one in decisions]


def _problem(hold: StoredHold, wish: Wish) -> str | None:
    said = impossible(hold, wish)
    if said is not None and hold.charges and impossible(hold, replace(wish, charge=hold.charges[0])) is None:
        return f"{hold.id}: several lines for {hold.item} stand there; choose at the line which of them is meant."
    return said


def _fitting(asked: Asked, wish: Wish, held: Iterable[StoredHold]) -> list[str]:
    possible = [hold for hold in held if impossible(hold, _with_line(asked, hold, wish)) is None]
    return [hold.id for hold in possible if asked.scope == FITTING or (hold.psa is not None and hold.psa == hold.wanted)]


def _with_line(asked: Asked, hold: StoredHold, wish: Wish) -> Wish:
    named = asked.charges.get(hold.id, "")
    return replace(wish, charge=int(named)) if named.isascii() and named.isdecimal() and wish.kind in _NAMES_A_LINE else wish


_NAMES_A_LINE = (DecisionKind.ADOPT, DecisionKind.TAKE_OVER, DecisionKind.PIN)


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
