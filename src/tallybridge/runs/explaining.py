"""Answers "why is this charge what it is?" from the evidence alone; needs no connection (contracts 2, `explain`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tallybridge.billing.categories import category_of
from tallybridge.billing.counting import count
from tallybridge.billing.model import Category, CountedSeat, Device, LeftOutLicense, LeftOutSeat, License, Observation, Rules, Stated
from tallybridge.billing.plan import Action, Change
from tallybridge.billing.reasons import Reason
from tallybridge.ledger import canonical, evidence
from tallybridge.ledger import runs as ledger_runs
from tallybridge.ledger.run_records import HistoryEntry, StoredTenantRun
from tallybridge.runs.prescriptions import prescribed_in
from tallybridge.runs.reports import TenantOutcome


class NothingKnown(Exception):
    """The ledger holds no usage for this agreement and item. The text says what it does hold."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """The seats behind one charge, those left out, and its history."""

    agreement: int
    item: str
    tenant_run: StoredTenantRun
    change: Change | None
    observation: Observation
    seats: tuple[CountedSeat, ...]
    stated: tuple[Stated, ...]
    """What people have stated for this line; it takes the place of seats."""
    left_out: tuple[LeftOutSeat, ...]
    left_out_licenses: tuple[LeftOutLicense, ...]
    history: tuple[HistoryEntry, ...]
    prescribed: bool = False
    """Whether a person prescribed the quantity after it was counted."""

    @property
    def quantity(self) -> int:
        """What was counted: the number of seats (L9), and what was stated where there are none."""
        return len(self.seats) + sum(one.quantity for one in self.stated)

    @property
    def charged(self) -> int | None:
        """What the PSA was last seen to hold; None where it holds no line, or several of which none is known to be ours."""
        return self.history[-1].charged if self.history else None

    @property
    def lines(self) -> tuple[int, ...]:
        """The ids of the lines in the PSA where it holds several and nobody has said which is ours; else empty."""
        known = self.change.known if self.change is not None and self.change.action is not Action.CREATE and self.charged is None else ()
        return known if len(known) > 1 else ()

    @property
    def decision(self) -> str | None:
        """Why the PSA holds something else than was counted; None where it does not."""
        if self.charged == self.quantity or self.change is None:
            return None
        if self.prescribed:
            return Reason.PRESCRIBED.value
        if self.change.reason is not None:
            return self.change.reason.value
        undone = Reason.TO_BE_ENTERED if self.tenant_run.outcome == TenantOutcome.WAITING else Reason.NOT_YET_APPLIED
        return (self.tenant_run.reason or undone).value


def explain(agreement: int, item: str, *, destinations: tuple[int, ...]) -> Explanation:
    """Recounts the newest evidence for one line.

    Args:
        destinations: ledger ids of the PSAs to look in, the likeliest first.

    Raises:
        NothingKnown: no run has planned this line yet.
        EvidenceDamaged, EvidenceUnknown: the evidence is not what it was; `verify` says where.
    """
    for destination in destinations:
        newest = ledger_runs.latest_for(destination, agreement, item)
        if newest is not None and newest.evidence is not None and newest.observed_at is not None:
            return _explain(newest, destination, agreement, item)
    raise NothingKnown(f"The ledger knows no charge for item {item} on agreement {agreement}. See “tallybridge agreements” and the newest run.")


def _explain(newest: StoredTenantRun, destination: int, agreement: int, item: str) -> Explanation:
    observation, rules = evidence_of(newest)
    usage = count(observation, rules, now=newest.run.started)
    plan = canonical.decode_plan(evidence.get(newest.plan)) if newest.plan is not None else None
    change = next((one for one in plan.changes if one.item == item), None) if plan is not None else None
    applications = {mapping.application for mapping in rules.mappings if item in mapping.items()}
    devices = {device.id: device for device in observation.devices}
    history = ledger_runs.history(destination, agreement, item)
    return Explanation(
        agreement=agreement,
        item=item,
        tenant_run=newest,
        change=change,
        observation=observation,
        seats=tuple(seat for seat in usage.seats if _item_of(seat.application, seat.category, rules) == item),
        stated=tuple(one for one in usage.stated if _item_of(one.application, one.category, rules) == item),
        left_out=tuple(seat for seat in usage.left_out if seat.application in applications and _may_be_on(item, seat, rules, devices)),
        left_out_licenses=tuple(one for one in usage.left_out_licenses if one.application in applications),
        history=history,
        prescribed=bool(history) and _prescribes(history[-1].run),
    )


def _prescribes(run_id: str) -> bool:
    """Whether a run, or the one whose saved plan it applied, was one of prescribed quantities."""
    run = ledger_runs.get_run(run_id)
    planned_by = run.tail.get("of") if run is not None else None
    return prescribed_in(run) is not None or (planned_by is not None and prescribed_in(ledger_runs.get_run(planned_by)) is not None)


def evidence_of(tenant_run: StoredTenantRun) -> tuple[Observation, Rules]:
    """The observation and the rules that a past tenant run counted with.

    Raises:
        NothingKnown: the tenant was not observed in that run.
    """
    if tenant_run.evidence is None or tenant_run.observed_at is None or tenant_run.run.rules is None:
        raise NothingKnown(f"{tenant_run.tenant_name} was not read in run {tenant_run.run.id}.")
    observation = canonical.decode_observation(evidence.get(tenant_run.evidence), started=tenant_run.observed_at)
    return observation, canonical.decode_rules(evidence.get(tenant_run.run.rules))


def _item_of(application: str, category: Category | None, rules: Rules) -> str | None:
    mapping = next((one for one in rules.mappings if one.application == application), None)
    return mapping.item_for(category) if mapping is not None else None


def _may_be_on(item: str, seat: LeftOutSeat, rules: Rules, devices: dict[str, Device]) -> bool:
    """Whether a seat that was left out would have been on this line; where its device is not known here, it may have been."""
    device = devices.get(seat.device)
    mapping = next((one for one in rules.mappings if one.application == seat.application), None)
    return device is None or mapping is None or mapping.item_for(category_of(device)) == item


def explanation_document(explanation: Explanation) -> dict[str, Any]:
    """What `explain --json` prints (contracts 2)."""
    run = explanation.tenant_run.run
    names = _device_names(explanation.observation)
    licenses = {license.serial: license for license in explanation.observation.licenses}
    return {
        "agreement": explanation.agreement,
        "item": explanation.item,
        "tenant": explanation.tenant_run.tenant_name,
        "quantity": explanation.quantity,
        "charged": explanation.charged,
        "decision": explanation.decision,
        "date": run.date.isoformat(),
        "run": run.id,
        "evidence": explanation.tenant_run.evidence,
        "seats": [_seat_document(seat, names, licenses) for seat in explanation.seats],
        "stated": _stated_document(explanation.stated),
        "left_out": [_left_out_document(seat, names, licenses) for seat in explanation.left_out] + _licenses_left_out(explanation),
        "history": [
            {"date": entry.date.isoformat(), "quantity": entry.quantity, "charged": entry.charged, "run": entry.run} for entry in explanation.history
        ],
    }


def _seat_document(seat: CountedSeat, names: dict[str, str], licenses: dict[str, License]) -> dict[str, Any]:
    return {
        "unit": seat.unit.value,
        "application": seat.application,
        "category": seat.category.value if seat.category is not None else None,
        "device": names.get(seat.device, seat.device),
        "device_id": seat.device,
        "devices": [{"device": names.get(device, device), "device_id": device} for device in seat.devices],
        "license": seat.license,
        "license_name": licenses[seat.license].name,
    }


def _stated_document(stated: tuple[Stated, ...]) -> dict[str, Any] | None:
    """What was stated for the line: as one count, which ends when the first of its parts does, and each part as it was stated."""
    if not stated:
        return None
    return {
        "quantity": sum(one.quantity for one in stated),
        "author": "; ".join(dict.fromkeys(one.author for one in stated)),
        "reason": "; ".join(dict.fromkeys(one.reason for one in stated)),
        "until": min(one.until for one in stated).isoformat(),
        "parts": [
            {
                "application": one.application,
                "category": one.category.value if one.category is not None else None,
                "quantity": one.quantity,
                "author": one.author,
                "reason": one.reason,
                "until": one.until.isoformat(),
            }
            for one in stated
        ],
    }


def _left_out_document(seat: LeftOutSeat, names: dict[str, str], licenses: dict[str, License]) -> dict[str, Any]:
    known = licenses.get(seat.license) if seat.license is not None else None
    return {
        "application": seat.application,
        "device": names.get(seat.device, seat.device),
        "device_id": seat.device,
        "license": seat.license,
        "license_name": known.name if known is not None else None,
        "reason": seat.reason.value,
    }


def _licenses_left_out(explanation: Explanation) -> list[dict[str, Any]]:
    return [
        {
            "application": one.application,
            "device": None,
            "device_id": None,
            "license": one.license,
            "license_name": one.name,
            "reason": one.reason.value,
            "devices": one.devices,
        }
        for one in explanation.left_out_licenses
    ]


def _device_names(observation: Observation) -> dict[str, str]:
    unmanaged = {seat.device: seat.device_name for seat in observation.seats if seat.device_name}
    return unmanaged | {device.id: device.name for device in observation.devices}
