"""Several exports of the same company: one instant may come in several files, and of several instants the newest counts."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from tallybridge.billing.model import Device
from tallybridge.sources.business_hub.exports import CompanyExport
from tallybridge.sources.business_hub.gathering import CompanyFacts, Contradiction
from tallybridge.sources.business_hub.refusing import ExportProblem, ExportRefused, shown, utc_text


def unite(exports: Iterable[CompanyExport]) -> tuple[CompanyExport, ...]:
    """One export per company and instant, sorted by both: what several say of the same is taken together.

    Raises:
        ExportRefused: two say different things of the same license, device, mailbox or company.
    """
    apart: dict[tuple[str, datetime], list[CompanyExport]] = {}
    for export in exports:
        apart.setdefault((export.id, export.exported), []).append(export)
    return tuple(_united(apart[key]) if len(apart[key]) > 1 else apart[key][0] for key in sorted(apart))


def newest(exports: Iterable[CompanyExport]) -> dict[str, CompanyExport]:
    """The newest export of each company, by company id; of that instant everything is united.

    Raises:
        ExportRefused: as `unite`, and only where the newest exports contradict each other.
    """
    latest: dict[str, list[CompanyExport]] = {}
    for export in exports:
        known = latest.get(export.id)
        if known is None or export.exported > known[0].exported:
            latest[export.id] = [export]
        elif export.exported == known[0].exported:
            known.append(export)
    return {export.id: export for export in unite(export for known in latest.values() for export in known)}


def _united(parts: list[CompanyExport]) -> CompanyExport:
    facts = CompanyFacts(parts[0].id, parts[0].name, parts[0].exported)
    for part in parts:
        if part.name != facts.name:
            raise _refused(facts, Contradiction(f"company {facts.id}", "name", part.name, facts.name))
        _add(facts, part)
    return facts.export()


def _add(facts: CompanyFacts, part: CompanyExport) -> None:
    devices: dict[str, Device] = {device.id: device for device in part.devices}
    told = (
        *(facts.add_license(one) for one in part.licenses),
        *(facts.add_device(device, None) for device in part.devices),
        *(facts.add_device(devices[use.device], use.license) for use in part.uses),
        *(facts.add_mailbox(one) for one in part.mailboxes),
    )
    for contradiction in told:
        if contradiction is not None:
            raise _refused(facts, contradiction)


def _refused(facts: CompanyFacts, found: Contradiction) -> ExportRefused:
    expected = f"{shown(found.known)}, as another export of the same instant says"
    problem = ExportProblem(None, f"{found.about}, {found.member}", shown(found.value), expected)
    # The id leads, because two companies may bear one name.
    named = f"The export of company {facts.id} ({facts.name}) of {utc_text(facts.exported)}"
    return ExportRefused(named, [problem], companies=[(facts.id, facts.exported)])
