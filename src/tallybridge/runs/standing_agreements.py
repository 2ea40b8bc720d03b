"""Which agreements end, as they were last read: said before the end costs money (design 6.4)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from tallybridge.billing.agreement_ends import EndStage, days_left, end_stage, told_end, told_successor
from tallybridge.billing.linking import Link
from tallybridge.billing.psa import Agreement
from tallybridge.billing.reasons import Reason
from tallybridge.ledger import canonical, standing_queries
from tallybridge.ledger.made_of_content import MadeOfContent
from tallybridge.ledger.standing_queries import LastHeard, TenantRecord

_ANY_TIME = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class EndingAgreement:
    """A linked agreement as it was last read; `days_left` is 0 on its last day and negative once it has ended."""

    link: Link
    agreement: Agreement
    """Without type and start where it had ended before it was read first."""
    days_left: int
    stage: EndStage
    successor: int | None
    """The one other agreement of the account that obviously goes on; None where the newest run that looked has found none."""
    read: date


def ending_agreements(fleet: Collection[LastHeard], links: Iterable[Link], today: date) -> tuple[EndingAgreement, ...]:
    """The agreements of billed links that have ended or end soon enough to be told, the nearest end first.

    Args:
        today: today's billing date.
    """
    billed = {link.agreement: link for link in links if link.billing and link.agreement is not None}
    agreements = _agreements_of(one.planned for one in fleet if one.planned is not None)
    found = []
    for one in fleet:
        agreement, record = _last_read(one, agreements)
        if agreement is None or record is None or agreement.end is None or agreement.number not in billed:
            continue
        left = days_left(agreement.end, today)
        if (stage := end_stage(left)) is not None:
            successor = told_successor(record.notices, agreement.number)
            link = billed[agreement.number]
            found.append(EndingAgreement(link=link, agreement=agreement, days_left=left, stage=stage, successor=successor, read=record.date))
    return tuple(sorted(found, key=lambda one: (one.days_left, one.link.label)))


def ended_agreements(destination: int, agreements: Collection[int], today: date) -> frozenset[int]:
    """Which of these agreements of a PSA have ended by what was read of each last, whoever it was read for; what was never read has not.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    if not agreements:
        return frozenset()
    readings = standing_queries.readings_of(destination, agreements)
    known = _agreements_of(readings)
    return frozenset(one.agreement for one in readings if one.agreement is not None and _had_ended(one, one.agreement, known, today))


def _had_ended(record: TenantRecord, number: int, agreements: Mapping[str, Agreement], today: date) -> bool:
    if record.inputs is not None:
        return agreements[record.inputs].ended(today)
    end = told_end(record.notices, number, record.date)
    return end < today if end is not None else record.reason is Reason.AGREEMENT_ENDED


def _agreement_in(inputs: bytes) -> Agreement:
    # Only what was read of the agreement is asked for, and that does not depend on when it is asked.
    return canonical.decode_inputs(inputs, now=_ANY_TIME, today=_ANY_TIME.date()).agreement


_agreements = MadeOfContent(_agreement_in, most=10_000)


def _agreements_of(records: Iterable[TenantRecord]) -> Mapping[str, Agreement]:
    """The agreement as it was read for each record that was planned, by the address of its inputs."""
    return _agreements.of({one.inputs for one in records if one.inputs is not None})


def _last_read(one: LastHeard, agreements: Mapping[str, Agreement]) -> tuple[Agreement | None, TenantRecord | None]:
    """A tenant's agreement, and the record that tells of it: what its newest plan was made from, unless a later run tells of its end."""
    planned, observed = one.planned, one.observed
    known = agreements[planned.inputs] if planned and planned.inputs else None
    if observed is None or observed.agreement is None:
        return known, planned
    end = told_end(observed.notices, observed.agreement, observed.date)
    if end is None:
        return known, planned
    same = known is not None and known.number == observed.agreement
    read = known if known is not None and same else Agreement(number=observed.agreement, account=observed.account or 0)
    return replace(read, end=end), observed
