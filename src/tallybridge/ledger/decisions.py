"""What people have decided on lines that wait, and what of it still stands (design 6.6). Rows are only added: a decision ends by another row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import msgspec
from django.db import transaction

from tallybridge.billing.plan import DecisionKind, StandingDecision
from tallybridge.billing.reasons import Reason
from tallybridge.ledger import plain_sql
from tallybridge.ledger.canonical import encode
from tallybridge.ledger.errors import HoldUnknown, LedgerError, ledger_errors
from tallybridge.ledger.holds import StoredHold, stored
from tallybridge.ledger.opening import in_turn
from tallybridge.ledger.prepared import models

_shown = msgspec.json.Decoder(tuple[tuple[int, int], ...])
_STANDING = """SELECT d.id, h.item, d.decision, h.reason, d.shown, d.written, d.quantity, d.until
FROM ledger_holddecision d JOIN ledger_hold h ON h.id = d.hold_id LEFT JOIN ledger_decisionend e ON e.decision_id = d.id
WHERE h.destination_id = %s AND h.agreement = %s AND d.stands AND e.id IS NULL ORDER BY d.id"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionMade:
    """A decision as a person makes it; its members are those of `StandingDecision`."""

    kind: DecisionKind
    reason: str
    """Why, in the person's words."""
    author: str
    at: datetime
    charge: int | None = None
    """The line that was adopted."""
    quantity: int | None = None
    until: date | None = None
    shown: tuple[tuple[int, int], ...] = ()
    written: int | None = None
    stands: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDecision:
    """A standing decision with the hold that it was made on."""

    decision: StandingDecision
    hold: StoredHold
    """As it was when it was decided."""
    because: str
    author: str
    at: datetime


@ledger_errors()
def record(hold: str, made: DecisionMade) -> int:
    """Keeps a decision with its reason and author and closes the hold; an earlier decision on the same line that still stands ends.

    Returns:
        the decision's number.

    Raises:
        HoldUnknown: no open hold has this id. Nothing was recorded.
        LedgerError: no reason was given. Nothing was recorded.
    """
    if not made.reason.strip():
        raise LedgerError("A decision needs a reason. Nothing was recorded. Give one with --reason.")
    number = hold[1:] if hold[:1] in {"H", "h"} else hold
    with transaction.atomic():
        row = models.Hold.objects.select_for_update().filter(pk=int(number), closed=None).first() if number.isascii() and number.isdecimal() else None
        if row is None:
            raise HoldUnknown(f"Nothing waits under {hold}. Nothing was recorded. See: tallybridge holds list")
        in_turn("decisions", row.destination_id, row.agreement, row.item)
        end((one.id for one in standing(row.destination_id, row.agreement) if one.item == row.item), at=made.at)
        kept = models.HoldDecision.objects.create(
            hold=row,
            decision=made.kind.value,
            reason=made.reason,
            author=made.author,
            at=made.at,
            charge=made.charge,
            quantity=made.quantity,
            until=made.until,
            shown=encode(made.shown).decode(),
            written=made.written,
            stands=made.stands,
        )
        models.Hold.objects.filter(pk=row.pk).update(closed=made.at)
        return int(kept.pk)


@ledger_errors()
def release(decision: int, reason: str, author: str, at: datetime) -> None:
    """Ends a standing keep or pin by a person's word, which is kept as a decision of its own.

    Raises:
        LedgerError: the decision does not stand any more, or no reason was given. Nothing was recorded.
    """
    if not reason.strip():
        raise LedgerError("A decision needs a reason. Nothing was recorded. Give one with --reason.")
    with transaction.atomic():
        in_turn("decision", decision)
        row = models.HoldDecision.objects.filter(pk=decision, stands=True, end__isnull=True).first()
        if row is None:
            raise LedgerError("This decision does not stand any more. Nothing was recorded. See: tallybridge holds list --decided")
        models.HoldDecision.objects.create(hold_id=row.hold_id, decision=DecisionKind.RELEASE.value, reason=reason, author=author, at=at)
        end([decision], at=at)


@ledger_errors()
def end(decisions: Iterable[int], *, at: datetime, run: str = "") -> None:
    """Records that standing decisions have come to their end; one that has ended before stays as it is.

    Args:
        run: the run that found out; "" where a person ended them.
    """
    numbers = sorted(set(decisions))
    if not numbers:
        return
    with transaction.atomic():
        for number in numbers:
            in_turn("decision", number)
        ended = set(models.DecisionEnd.objects.filter(decision__in=numbers).values_list("decision_id", flat=True))
        models.DecisionEnd.objects.bulk_create([models.DecisionEnd(decision_id=one, at=at, run=run) for one in numbers if one not in ended])


@ledger_errors()
def standing(destination: int, agreement: int) -> tuple[StandingDecision, ...]:
    """The decisions that stand on an agreement's items, the newest of each item, sorted by item."""
    newest = {row[1]: _standing(*row) for row in plain_sql.rows(_STANDING, destination, agreement)}
    return tuple(newest[item] for item in sorted(newest))


@ledger_errors()
def all_standing(integration: str | None = None) -> tuple[StoredDecision, ...]:
    """Every decision that still stands, in one integration or in all, oldest first."""
    rows = models.HoldDecision.objects.filter(stands=True, end__isnull=True).select_related("hold").order_by("pk")
    if integration is not None:
        rows = rows.filter(hold__integration=integration)
    return tuple(
        StoredDecision(
            decision=_standing(row.pk, row.hold.item, row.decision, row.hold.reason, row.shown, row.written, row.quantity, row.until),
            hold=stored(row.hold),
            because=row.reason,
            author=row.author,
            at=row.at,
        )
        for row in rows
    )


def _standing(number: int, item: str, kind: str, reason: str, shown: str, *plain: Any) -> StandingDecision:
    written, quantity, until = plain
    return StandingDecision(
        id=number,
        item=item,
        kind=DecisionKind(kind),
        reason=Reason(reason),
        shown=_shown.decode(shown),
        written=written,
        quantity=quantity,
        until=until,
    )
