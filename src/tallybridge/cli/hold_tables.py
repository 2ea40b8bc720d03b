"""Holds and standing decisions as documents and tables (contracts 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tallybridge.cli.frame import Frame
    from tallybridge.ledger.decisions import StoredDecision
    from tallybridge.ledger.holds import StoredHold


def hold_document(hold: StoredHold) -> dict[str, Any]:
    """One entry of `holds list --json`."""
    return {
        "id": hold.id,
        "tenant": hold.tenant,
        "agreement": hold.agreement,
        "item": hold.item,
        "reason": hold.reason.value,
        "detail": hold.detail or None,
        "psa": hold.psa,
        "last_written": hold.last_written,
        "wanted": hold.wanted,
        "charge": hold.charge,
        "charges": list(hold.charges),
        "since": hold.since.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "decisions": list(hold.decisions),
    }


def decision_document(one: StoredDecision) -> dict[str, Any]:
    """One entry of `holds list --decided --json`."""
    decision = one.decision
    return {
        "id": one.hold.id,
        "decision": decision.kind.value,
        "tenant": one.hold.tenant,
        "agreement": one.hold.agreement,
        "item": decision.item,
        "reason": decision.reason.value,
        "quantity": decision.quantity,
        "until": decision.until.isoformat() if decision.until is not None else None,
        "because": one.because,
        "author": one.author,
        "at": one.at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def show_holds(call: Frame, found: Sequence[StoredHold], title: str) -> None:
    """Lines that wait."""
    rows = [
        (
            hold.id,
            hold.tenant,
            hold.agreement,
            hold.item,
            hold.reason.value,
            "several" if len(hold.charges) > 1 else hold.psa,
            hold.last_written,
            hold.wanted,
            hold.since.strftime("%Y-%m-%d"),
            ", ".join(hold.decisions),
        )
        for hold in found
    ]
    columns = ("Id", "Tenant", "Agreement", "Item", "Why", "In Tigerpaw", "Last written", "Wanted", "Since", "Decisions")
    call.show(columns, rows, title=title, numbers=("Agreement", "In Tigerpaw", "Last written", "Wanted"))


def show_decided(call: Frame, standing: Sequence[StoredDecision]) -> None:
    """Decisions that stand."""
    if not standing:
        return
    rows = [
        (
            one.hold.id,
            one.decision.kind.value,
            one.hold.tenant,
            one.hold.agreement,
            one.decision.item,
            one.decision.reason.value,
            one.decision.quantity,
            one.decision.until.isoformat() if one.decision.until is not None else None,
            one.author,
            one.because,
        )
        for one in standing
    ]
    columns = ("Id", "Decision", "Tenant", "Agreement", "Item", "It waited for", "Quantity", "Until", "By", "Because")
    call.show(columns, rows, title="What has been decided and stands", numbers=("Agreement", "Quantity"))
