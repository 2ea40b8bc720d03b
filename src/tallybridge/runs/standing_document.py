"""The document that `status --json` prints: every list complete, in the style of contracts 2."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from tallybridge.billing.linking import Link
from tallybridge.ledger.holds import StoredHold
from tallybridge.ledger.standing_queries import TenantRecord
from tallybridge.ledger.worklist import WorklistEntry
from tallybridge.runs.reports import instant
from tallybridge.runs.standing import IntegrationStanding
from tallybridge.runs.standing_decisions import DecisionInForce
from tallybridge.runs.standing_left_behind import LineLeftBehind
from tallybridge.runs.standing_runs import LastRun
from tallybridge.runs.standing_verdict import Verdict

Document = dict[str, Any]


def standing_document(verdict: Verdict, standings: Sequence[IntegrationStanding], at: datetime) -> Document:
    """The whole answer, as it stood at this UTC instant."""
    return {
        "sentence": verdict.sentence,
        "right": verdict.right,
        "exit_code": verdict.exit_code,
        "at": instant(at),
        "integrations": [_integration(one) for one in standings],
    }


def _integration(standing: IntegrationStanding) -> Document:
    upcoming = standing.next_run
    return {
        "integration": standing.integration,
        "date": standing.date.isoformat(),
        "last_run": _last_run(standing.last_run) if standing.last_run is not None else None,
        "next_run": {
            "at": instant(upcoming.at),
            "overdue_since": instant(upcoming.overdue_since) if upcoming.overdue_since is not None else None,
            "under_way": upcoming.under_way,
        },
        "not_run_today": [_of_link(one.link) | {"last": one.last.isoformat() if one.last else None} for one in standing.not_run_today],
        "stopped": [
            _of_record(one) | {"outcome": one.outcome, "reason": one.reason.value if one.reason else None, "detail": one.sentence or None}
            for one in standing.stopped
        ],
        "to_apply": [_of_record(one.record) | {"changes": one.changes} for one in standing.to_apply],
        "holds": [_hold(one) for one in standing.held],
        "worklist": [_entry(one) for one in standing.worklist],
        "not_billed": [
            _of_record(one.record)
            | {
                "application": one.not_billed.application,
                "category": one.not_billed.category.value if one.not_billed.category is not None else None,
                "quantity": one.not_billed.quantity,
                "reason": one.not_billed.reason.value,
            }
            for one in standing.not_billed
        ],
        "accounts_not_linked": [{"account": number, "name": name} for number, name in standing.accounts_not_linked],
        "problems": list(standing.problems),
        "left_behind": [_left_behind(one) for one in standing.left_behind],
        "agreements": [
            _of_link(one.link)
            | {
                "type": one.agreement.type,
                "start": one.agreement.start.isoformat() if one.agreement.start is not None else None,
                "end": one.agreement.end.isoformat() if one.agreement.end is not None else None,
                "days_left": one.days_left,
                "stage": one.stage.value,
                "successor": one.successor,
                "read": one.read.isoformat(),
            }
            for one in standing.agreements
        ],
        "stated_counts": [
            {
                "tenant": one.stated.tenant,
                "application": one.stated.stated.application,
                "category": one.stated.stated.category.value if one.stated.stated.category is not None else None,
                "quantity": one.stated.stated.quantity,
                "author": one.stated.stated.author,
                "reason": one.stated.stated.reason,
                "until": one.stated.stated.until.isoformat(),
                "days_left": one.days_left,
            }
            for one in standing.stated_counts
        ],
        "decisions": [_decision(one) for one in standing.decisions],
        "gaps": [
            _of_link(one.link)
            | {"days": [day.isoformat() for day in one.days], "last_observed": one.last_observed.isoformat() if one.last_observed else None}
            for one in standing.gaps
        ],
    }


def _last_run(last: LastRun) -> Document:
    run = last.run
    return {
        "id": run.id,
        "kind": run.kind,
        "date": run.date.isoformat(),
        "started": instant(run.started),
        "finished": instant(run.finished) if run.finished is not None else None,
        "outcome": last.outcome,
        "reason": last.reason.value if last.reason is not None else None,
        "detail": last.sentence or None,
        "head": run.head,
    }


def _of_link(link: Link) -> Document:
    return {"tenant": link.label, "account": link.account, "agreement": link.agreement}


def _of_record(record: TenantRecord) -> Document:
    return {
        "tenant": record.tenant,
        "tenant_id": record.tenant_id if record.listed else None,
        "account": record.account,
        "agreement": record.agreement,
        "date": record.date.isoformat(),
        "run": record.run,
    }


def _left_behind(line: LineLeftBehind) -> Document:
    return {
        "tenant": line.tenant.name,
        "tenant_id": line.tenant_id,
        "account": line.tenant.account,
        "agreement": line.agreement,
        "date": line.told.date.isoformat() if line.told is not None else None,
        "run": line.told.run if line.told is not None else None,
        "item": line.item,
        "charge": line.charge,
        "quantity": line.quantity,
        "reason": line.reason.value,
        "on_ended_agreement": line.on_ended_agreement,
    }


def _hold(hold: StoredHold) -> Document:
    """As `holds list --json` shows it."""
    names = ("id", "tenant", "agreement", "item", "psa", "last_written", "wanted", "charge")
    shown = {name: getattr(hold, name) for name in names}
    told = {"reason": hold.reason.value, "detail": hold.detail or None, "since": instant(hold.since)}
    return shown | told | {"charges": list(hold.charges), "decisions": list(hold.decisions)}


def _decision(one: DecisionInForce) -> Document:
    """As `holds list --decided --json` shows it, with the days that are left."""
    stored = one.stored
    return {
        "id": stored.hold.id,
        "decision": stored.decision.kind.value,
        "tenant": stored.hold.tenant,
        "agreement": stored.hold.agreement,
        "item": stored.decision.item,
        "reason": stored.decision.reason.value,
        "quantity": stored.decision.quantity,
        "until": stored.decision.until.isoformat() if stored.decision.until is not None else None,
        "days_left": one.days_left,
        "because": stored.because,
        "author": stored.author,
        "at": instant(stored.at),
    }


def _entry(entry: WorklistEntry) -> Document:
    """As `worklist --json` shows it."""
    names = ("tenant", "account", "agreement", "item", "charge", "now", "enter")
    return {name: getattr(entry, name) for name in names} | {"since": instant(entry.since)}
