"""A made-up fleet that lives for many days, without any server: tenants whose devices come, go and are renamed, and a PSA that takes every write.

Each day goes into the ledger by the ledger's own functions, in the order of a run: begun, each tenant counted, planned, recorded and applied,
closed. Nothing is read over a network, so a year of a thousand tenants takes minutes.
"""

from __future__ import annotations

import hashlib
import random
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import msgspec

from tallybridge.billing.counting import RULES_VERSION, count
from tallybridge.billing.model import Application, Device, License, LicenseKind, LicenseState, Mapping, Observation, Rules, Seat, Tenant
from tallybridge.billing.plan import Action, Bounds, Change, IntentKind, IntentOutcome, OpenIntent, OurLine, Plan, PlanningInputs
from tallybridge.billing.planning import plan as make_plan
from tallybridge.billing.psa import Agreement, Charge, Item
from tallybridge.billing.wanting import not_billed, wanted_items
from tallybridge.ledger import canonical, destinations, evidence, intents, lines, plain_sql, pruning, runs
from tallybridge.runs.reports import LineReport, TenantOutcome, TenantReport, left_out_counts, tenant_document

INTEGRATION = "Integration with Tigerpaw"
FIRST_DAY = date(2026, 1, 1)
_APPLICATION = "Kaspersky Endpoint Security for Business Advanced"
_ITEM = "KES-ADVANCED"
_SYSTEMS = (("Microsoft Windows 11", 4103), ("Microsoft Windows Server 2022", 4101), ("Ubuntu 24.04", 4096))
_EXPIRES = datetime(2030, 1, 1, tzinfo=UTC)

RULES = Rules(
    applications=(Application(name=_APPLICATION, exact=(_APPLICATION,)),),
    mappings=(Mapping(application=_APPLICATION, item=_ITEM),),
)
_PRICE_BOOK = (Item(id=_ITEM, description=_ITEM),)


def started_on(day: date) -> datetime:
    """The instant at which the run of a day begins."""
    return datetime(day.year, day.month, day.day, 1, 30, tzinfo=UTC)


@dataclass(slots=True, kw_only=True)
class LivingTenant:
    """One tenant as it is on a day, and what the PSA holds for it."""

    number: int
    devices: dict[str, Device]
    charges: tuple[Charge, ...] = ()
    written: int = 0
    """Lines that the PSA has made so far."""
    yesterday: int | None = None
    """The ledger's number of what was recorded last; None where anything that it was made from has changed since."""

    @property
    def tenant(self) -> Tenant:
        """As the source lists it."""
        return Tenant(id=f"9f3c{self.number:06}", name=f"Customer {self.number:05} Limited", number=self.number)

    def observation(self, day: date) -> Observation:
        """Read whole."""
        serial = f"1A2B-{self.number:06}-073015-1-0001"
        devices = tuple(sorted(self.devices.values()))
        return Observation(
            tenant=self.tenant,
            started=started_on(day),
            licenses=(
                License(
                    serial=serial,
                    name=_APPLICATION,
                    kind=LicenseKind.SUBSCRIPTION,
                    is_subscription=True,
                    state=LicenseState.ACTIVE,
                    expires=_EXPIRES,
                    installed=True,
                    application_id=1105,
                ),
            ),
            devices=devices,
            seats=tuple(
                Seat(license=serial, device=device.id, active=True, pending=False, expires=None, device_name="")
                for device in devices
                if _uses_it(device)
            ),
        )


def _uses_it(device: Device) -> bool:
    """Seven of eight devices use the license; which ones, their ids tell."""
    return int(device.id[2], 16) > 1


class LivingFleet:
    """A fleet of tenants; the same seed lives the same life."""

    def __init__(self, *, tenants: int, hosts: int, seed: int) -> None:
        self._random = random.Random(seed)
        self.tenants = [LivingTenant(number=number, devices={}) for number in range(1, tenants + 1)]
        for tenant in self.tenants:
            for _ in range(hosts):
                self._join(tenant)

    def change(self, share: float) -> dict[int, tuple[set[Device], set[Device]]]:
        """A day on which this share of the devices changes: a third is replaced by another, a third is renamed, a sixth goes, a sixth comes.

        Returns:
            by the tenant's number, the devices that are gone and those that are new.
        """
        changed: dict[int, tuple[set[Device], set[Device]]] = {}
        every = [(tenant, device) for tenant in self.tenants for device in tenant.devices.values()]
        for tenant, device in self._random.sample(every, round(share * len(every))):
            gone, new = changed.setdefault(tenant.number, (set(), set()))
            what = self._random.randrange(6)
            if what < 5:
                del tenant.devices[device.id]
                gone.add(device)
            if what < 2 or what == 5:
                new.add(self._join(tenant))
            elif what < 4:
                renamed = device._replace(name=self._name())
                tenant.devices[device.id] = renamed
                new.add(renamed)
            tenant.yesterday = None
        return changed

    def _join(self, tenant: LivingTenant) -> Device:
        os_name, bits = self._random.choices(_SYSTEMS, weights=(8, 1, 1))[0]
        device = Device(str(uuid.UUID(int=self._random.getrandbits(128), version=4)), self._name(), os_name, bits)
        tenant.devices[device.id] = device
        return device

    def _name(self) -> str:
        return f"{self._random.choice(('PC', 'NB', 'DESKTOP', 'LT'))}-{self._random.randrange(36**6):06X}"


class Bookkeeping:
    """Bills the fleet day by day into the open ledger, as a run does."""

    def __init__(self, fleet: LivingFleet, *, kept: timedelta) -> None:
        self._fleet = fleet
        self._kept = kept
        self.pruned = pruning.Pruning(before=FIRST_DAY)
        """What the last run has pruned."""
        self._destination = destinations.identify("tigerpaw", "http://127.0.0.1:8085", "key")
        self._rules = evidence.put(canonical.encode_rules(RULES), "rules")
        self._configuration = evidence.put(b"a configuration", "configuration")

    def bill(self, day: date) -> None:
        """The run of one day."""
        run = f"{started_on(day):%Y%m%dT%H%M%SZ}-000abc"
        runs.begin(
            runs.NewRun(
                id=run,
                integration=INTEGRATION,
                kind="run",
                date=day,
                started=started_on(day),
                configuration=self._configuration,
                rules_version=str(RULES_VERSION),
                rules=self._rules,
            )
        )
        unchanged = [tenant for tenant in self._fleet.tenants if tenant.yesterday is not None]
        if unchanged:
            self._go_on(run, day, unchanged)
        for tenant in self._fleet.tenants:
            if tenant.yesterday is None:
                self._bill_tenant(run, tenant, day)
        self.pruned = pruning.prune(INTEGRATION, day - self._kept, at=started_on(day))
        runs.finish(run, "done", {"tenants": len(self._fleet.tenants)}, started_on(day) + timedelta(minutes=10), {"reason": None})

    def _go_on(self, run: str, day: date, tenants: list[LivingTenant]) -> None:
        """What `record_tenant` adds for tenants of which nothing has changed, in one statement instead of one transaction each."""
        copied = "tenant_id, tenant_name, number, account, destination, agreement, outcome, reason, detail, facts_id"
        newest = plain_sql.value_places(len(tenants))
        plain_sql.change(
            f"INSERT INTO ledger_tenantrun (run_id, observed_at, {copied}) SELECT %s, %s, {copied} FROM ledger_tenantrun WHERE id IN {newest}",
            run,
            plain_sql.instant(started_on(day)),
            *(tenant.yesterday for tenant in tenants),
        )
        rows = dict(plain_sql.rows("SELECT tenant_id, id FROM ledger_tenantrun WHERE run_id = %s", run))
        for tenant in tenants:
            tenant.yesterday = rows[tenant.tenant.id]

    def _bill_tenant(self, run: str, tenant: LivingTenant, day: date) -> None:
        agreement = Agreement(number=tenant.number, account=tenant.number, type="Managed Services", charges=tenant.charges)
        observation = tenant.observation(day)
        usage = count(observation, RULES, now=started_on(day))
        inputs = PlanningInputs(
            agreement=agreement,
            wanted=wanted_items(usage, RULES),
            lines=lines.lines_of(self._destination, tenant.number),
            seen=lines.seen(self._destination, tenant.number),
            items=_PRICE_BOOK,
            now=started_on(day),
            today=day,
            bounds=Bounds(fall_units=1000),
        )
        plan = make_plan(inputs)
        contents = tuple(
            (data, kind)
            for data, kind in (
                (canonical.encode_observation(observation), "observation"),
                (canonical.encode_inputs(inputs), "inputs"),
                (canonical.encode_plan(plan), "plan"),
            )
        )
        seen, given, planned = (evidence.address_of(data) for data, _ in contents)
        report = TenantReport(
            name=tenant.tenant.name,
            outcome=TenantOutcome.UNCHANGED,
            tenant=tenant.tenant,
            account=tenant.number,
            agreement=tenant.number,
            evidence=seen,
            usage=usage,
            left_out=left_out_counts(usage),
            lines=tuple(LineReport(change=change, agreement=tenant.number) for change in plan.changes),
            not_billed=not_billed(usage, RULES),
        )
        writes = [change for change in plan.changes if change.action in (Action.CREATE, Action.UPDATE)]
        if writes:
            report = replace(report, outcome=TenantOutcome.PLANNED)
        record = runs.TenantRunRecord(
            tenant_id=tenant.tenant.id,
            tenant_name=report.name,
            number=tenant.number,
            account=tenant.number,
            agreement=tenant.number,
            destination=self._destination,
            outcome=report.outcome.value,
            observed_at=started_on(day),
            evidence=seen,
            usage="sha256:" + hashlib.sha256(canonical.encode_usage(usage)).hexdigest(),
            inputs=given,
            plan=planned,
            quantities=usage.quantities,
            not_billed=report.not_billed,
            left_out=report.left_out,
            changes=plan.changes,
            document=msgspec.json.encode(tenant_document(report)),
            contents=contents,
        )
        runs.record_tenant(run, record)
        if writes:
            self._write(run, tenant, day, plan, writes)
            lines_written = tuple(replace(line, written=True, charge=line.change.charge) for line in report.lines)
            applied = replace(report, outcome=TenantOutcome.APPLIED, lines=lines_written)
            document = msgspec.json.encode(tenant_document(applied))
            runs.update_tenant(run, tenant.tenant.id, applied.outcome.value, None, "", document)
        else:
            self._take_over(tenant, plan.lines)
            ((tenant.yesterday,),) = plain_sql.rows("SELECT MAX(id) FROM ledger_tenantrun")

    def _write(self, run: str, tenant: LivingTenant, day: date, plan: Plan, writes: list[Change]) -> None:
        self._take_over(tenant, plan.lines)
        at = started_on(day)
        for change in writes:
            charge = change.charge if change.charge is not None else 100 * tenant.number + tenant.written
            tenant.written += change.charge is None
            intent = intents.record(
                OpenIntent(
                    key="",
                    agreement=tenant.number,
                    item=change.item,
                    kind=IntentKind.CREATE if change.action is Action.CREATE else IntentKind.UPDATE,
                    charge=change.charge,
                    from_quantity=change.from_quantity,
                    to_quantity=change.to_quantity or 0,
                    known=change.known,
                    recorded=at,
                    parts=change.parts,
                ),
                destination=self._destination,
                integration=INTEGRATION,
                tenant_id=tenant.tenant.id,
                run=run,
            )
            intents.mark_called(intent.key, at)
            quantity = change.to_quantity or 0
            tenant.charges = (*(one for one in tenant.charges if one.id != charge), Charge(id=charge, item=change.item, quantity=quantity))
            tenant.charges = tuple(sorted(tenant.charges, key=lambda one: one.id))
            intents.conclude(intent.key, IntentOutcome.APPLIED, charge, quantity, "", at, run)
            known = next((line for line in plan.lines if line.item == change.item), None)
            line = OurLine(
                agreement=tenant.number,
                item=change.item,
                charge=charge,
                written=quantity,
                parts=change.parts,
                since=known.since if known is not None else day,
            )
            self._take_over(tenant, (line,), ((charge, change.item),))

    def _take_over(self, tenant: LivingTenant, found: tuple[OurLine, ...], seen: tuple[tuple[int, str], ...] = ()) -> None:
        lines.take_over(self._destination, INTEGRATION, tenant.tenant.id, found, seen, agreement=tenant.number)
