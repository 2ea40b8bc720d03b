"""Is the bill right? One sentence and one exit code for how all integrations stand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tallybridge.billing.agreement_ends import EndStage
from tallybridge.runs.reports import TenantOutcome
from tallybridge.runs.standing import IntegrationStanding

_NOTHING_TO_LOOK_AT, _WRONG, _WAITS = 0, 1, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer. `right` says nothing of what will end soon; the exit code does."""

    sentence: str
    right: bool
    exit_code: int
    """1 the last run or a tenant failed, or a run is overdue; 3 something waits, is not billed or left behind, an agreement has ended, or an
    agreement or a stated count ends within 7 days; 0 nothing to do."""
    answer: str
    """The middle of the sentence: whether it is right."""
    at_once: tuple[str, ...]
    """Sentences that stand before it."""
    wrong: tuple[str, ...]
    """What is not right."""
    later: tuple[str, ...]
    """Sentences that stand after it."""


def verdict(standings: Sequence[IntegrationStanding]) -> Verdict:
    """The answer for all integrations together.

    Before it stand, loudly, the agreements that have ended or end by tomorrow. Agreements that end within 30 days, pins that end within 7 and
    accounts without a link are told after it and change no exit code: there is time, or somebody has decided so. Days that were not observed
    and lines on an agreement that has ended change neither: nobody can do anything about them any more (L12).
    """
    wrong = [*_of_runs(standings), *_of_tenants(standings)]
    first, soon = _at_once(standings), _soon(standings)
    failed = any(_failed(one) for one in standings)
    code = _WRONG if failed else _WAITS if wrong or first or soon else _NOTHING_TO_LOOK_AT
    answer = f"{_whose(standings)} is {'not right' if wrong else 'right'}"
    later = (*soon, *_in_time(standings))
    said = f"{answer}: {', '.join(wrong)}." if wrong else f"{answer}."
    return Verdict(
        sentence=" ".join([*first, said, *later]),
        right=not wrong,
        exit_code=code,
        answer=answer,
        at_once=tuple(first),
        wrong=tuple(wrong),
        later=later,
    )


def _failed(standing: IntegrationStanding) -> bool:
    failed = standing.last_run is not None and standing.last_run.failed
    overdue = standing.next_run.overdue_since is not None or any(one.last is not None for one in standing.not_run_today)
    return failed or overdue or any(one.outcome == TenantOutcome.FAILED for one in standing.stopped)


def _whose(standings: Sequence[IntegrationStanding]) -> str:
    """Before the day's run is due, the newest bill is that of an earlier day."""
    behind = [one.last_run.run.date for one in standings if one.last_run is not None and one.last_run.run.date < one.date]
    return f"The bill of {min(behind)}" if behind else "Today's bill"


def _of_runs(standings: Sequence[IntegrationStanding]) -> list[str]:
    never = [one for one in standings if one.last_run is None]
    failed = [one for one in standings if one.last_run is not None and one.last_run.failed]
    overdue = [one for one in standings if one.next_run.overdue_since is not None and one.last_run is not None]
    unread = [one for one in standings if one.problems]
    unexplained = [one for one in standings if one.last_run is not None and one.last_run.unexplained and not one.problems]
    sentences = (
        (failed, "the last run failed"),
        (overdue, "a run is overdue"),
        (never, "no run has been made yet"),
        (unread, "something of the source could not be read"),
        (unexplained, "the last run could not read something that concerns no one customer"),
    )
    several = len(standings) > 1
    return [f"{words}{_named(found) if several else ''}" for found, words in sentences if found]


def _named(found: Iterable[IntegrationStanding]) -> str:
    return f" ({', '.join(f'“{one.integration}”' for one in found)})"


def _of_tenants(standings: Sequence[IntegrationStanding]) -> list[str]:
    outcomes = [tenant.outcome for one in standings for tenant in one.stopped]
    counted = (
        (outcomes.count(TenantOutcome.FAILED), "customer failed", "customers failed"),
        (outcomes.count(TenantOutcome.BLOCKED), "customer is blocked", "customers are blocked"),
        (sum(len(one.not_run_today) for one in standings), "linked customer was not run today", "linked customers were not run today"),
        (sum(len(one.held) for one in standings), "line is held", "lines are held"),
        (sum(len(one.worklist) for one in standings), "quantity waits to be entered", "quantities wait to be entered"),
        (sum(one.changes for standing in standings for one in standing.to_apply), "planned change is not written", "planned changes are not written"),
        (sum(one.not_billed.quantity for standing in standings for one in standing.not_billed), "seat is not billed", "seats are not billed"),
        (sum(1 for one in standings for line in one.left_behind if not line.on_ended_agreement), "line is left behind", "lines are left behind"),
    )
    return [_number(*one) for one in counted if one[0]]


def _at_once(standings: Sequence[IntegrationStanding]) -> list[str]:
    counted = (
        (_ending(standings, EndStage.ENDED), "agreement HAS ENDED: nothing is billed on it", "agreements HAVE ENDED: nothing is billed on them"),
        (_ending(standings, EndStage.WITHIN_1_DAY), "agreement ENDS BY TOMORROW", "agreements END BY TOMORROW"),
    )
    return [f"{_number(*one)}." for one in counted if one[0]]


def _soon(standings: Sequence[IntegrationStanding]) -> list[str]:
    counted = (
        (_ending(standings, EndStage.WITHIN_7_DAYS), "agreement ends within 7 days", "agreements end within 7 days"),
        (sum(len(one.stated_counts) for one in standings), "stated count ends within 7 days", "stated counts end within 7 days"),
    )
    return [f"{_number(*one)}." for one in counted if one[0]]


def _in_time(standings: Sequence[IntegrationStanding]) -> list[str]:
    accounts = len({account for one in standings for account in one.accounts_not_linked})
    counted = (
        (_ending(standings, EndStage.WITHIN_30_DAYS), "agreement ends within 30 days", "agreements end within 30 days"),
        (sum(1 for standing in standings for one in standing.decisions if one.ends_soon), "pin ends within 7 days", "pins end within 7 days"),
        (accounts, "cross-referenced account is linked to no customer", "cross-referenced accounts are linked to no customer"),
    )
    return [f"{_number(*one)}." for one in counted if one[0]]


def _ending(standings: Sequence[IntegrationStanding], stage: EndStage) -> int:
    return sum(1 for standing in standings for one in standing.agreements if one.stage is stage)


def _number(number: int, one: str, several: str) -> str:
    return f"{number} {one if number == 1 else several}"
