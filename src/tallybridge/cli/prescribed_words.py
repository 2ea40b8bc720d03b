"""Plans of prescribed quantities for people: what was left alone, and what the next run makes of what was written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tallybridge.cli.frame import Frame
    from tallybridge.runs.prescriptions import LeftAlone
    from tallybridge.runs.reports import RunReport

COUNTS_AGAIN = (
    'The next run counts again and writes what it counts. To keep these quantities until the cause is found, set apply = "approve" in the '
    "configuration, so that nothing is written without you; a line that the next plan holds can be pinned: tallybridge holds pin"
)


def no_run_document() -> dict[str, Any]:
    """What is printed with --json in place of a run's document where there was nothing to plan."""
    from tallybridge.runs.reports import totals

    return {"run": None, "tenants": [], "totals": totals(())}


def left_alone_document(left: Sequence[LeftAlone]) -> list[dict[str, Any]]:
    """The lines for which nothing was planned."""
    return [{"tenant": one.tenant, "agreement": one.agreement, "item": one.item, "detail": one.sentence} for one in left]


def say_left_alone(call: Frame, left: Sequence[LeftAlone]) -> None:
    """Names the lines for which nothing was planned, each with its reason."""
    for one in left:
        call.say(f"{one.tenant}, agreement {one.agreement}, {one.item}: left alone. {one.sentence}")


def say_what_comes_next(call: Frame, saved_plan: bytes, applied: RunReport) -> None:
    """After a revert was applied: that nothing keeps the next run from writing what it counts."""
    import msgspec

    from tallybridge.ledger import runs as ledger_runs
    from tallybridge.runs.prescriptions import prescribed_in
    from tallybridge.runs.reverting import WHAT

    if not any(line.written or line.waiting for tenant in applied.tenants for line in tenant.lines):
        return
    prescribed = prescribed_in(ledger_runs.get_run(msgspec.json.decode(saved_plan)["run"]))
    if prescribed is not None and prescribed.what == WHAT:
        call.say(COUNTS_AGAIN)
