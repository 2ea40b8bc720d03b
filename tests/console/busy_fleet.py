"""A ledger with 2,000 customers of whom each has something to tell on the overview, and closed runs of two months."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from tallybridge.billing.model import Category, Notice, Quantity, Unit
from tallybridge.billing.plan import Action, Change, PlanningInputs
from tallybridge.billing.psa import Agreement, Charge, Item
from tallybridge.billing.reasons import Reason
from tallybridge.billing.wanting import NotBilled
from tallybridge.configuration import to_canonical
from tallybridge.configuration.records import Configuration, LinkSettings
from tallybridge.ledger import canonical, configurations, destinations, evidence
from tallybridge.ledger import runs as ledger_runs
from tallybridge.ledger.prepared import models
from tallybridge.ledger.run_records import NewRun, TenantRunRecord

NAME = "Two thousand busy ones"
OTHERS_NAME = "Some others"
DAYS = 60
APPLICATION = "Kaspersky Endpoint Security for Business Advanced"


def write_fleet(like: Configuration, now: datetime, customers: int, name: str = NAME) -> None:
    """Writes an integration that the ledger rules: its newest run whole, and closed runs of the days before, each with a manifest as large."""
    links = tuple(LinkSettings(tenant=f"Customer {n:04}", account=50_000 + n, agreement=90_000 + n) for n in range(customers))
    url = f"http://127.0.0.1:{customers}"
    configuration = replace(like, integration=replace(like.integration, name=name), links=links, destination=replace(like.destination, url=url))
    address = configurations.take(name, to_canonical(configuration), origin=configurations.OWN, at=now)
    psa = destinations.identify("tigerpaw", url, name)
    newest = NewRun(id=f"{name} run", integration=name, kind="run", date=now.date(), started=now, configuration=address, rules_version="2")
    ledger_runs.begin(newest)
    for number in range(customers):
        ledger_runs.record_tenant(newest.id, _tenant(number, now, psa))
    totals = {"tenants": customers, "created": 0, "updated": 3, "unchanged": 5, "held": 1, "waiting": 0, "blocked": 1, "failed": 2, "psa_writes": 3}
    ledger_runs.finish(newest.id, "attention", totals, now + timedelta(minutes=4), {"only": None, "accounts_not_linked": []})
    _earlier(newest.id, DAYS)


def _tenant(number: int, now: datetime, psa: int) -> TenantRunRecord:
    agreement = Agreement(
        number=90_000 + number,
        account=50_000 + number,
        end=now.date() + timedelta(days=number % 400),
        charges=tuple(Charge(id=number * 10 + place, item=f"ITEM-{place}", quantity=5) for place in range(6)),
    )
    inputs = PlanningInputs(agreement=agreement, wanted=(), items=(Item(id="KES-WKS", description="Workstation"),), now=now, today=now.date())
    leak = (NotBilled(APPLICATION, None, 1 + number % 5, Reason.NO_MAPPING),) if number % 3 == 0 else ()
    return TenantRunRecord(
        tenant_id=f"vs-{number:04}",
        tenant_name=f"Customer {number:04}",
        number=number,
        account=50_000 + number,
        destination=psa,
        agreement=90_000 + number,
        outcome=("unchanged", "applied", "held", "blocked", "failed")[number % 5],
        reason=(None, None, None, Reason.AGREEMENT_NOT_FOUND, Reason.OBSERVATION_INCOMPLETE)[number % 5],
        document=b'{"changes":[{"action":"update","agreement":%d,"item":"KES-WKS","from":1,"to":2,"charge":1,"reason":null,"detail":null,"hold":null}],'
        b'"not_billed":[]}' % (90_000 + number),
        observed_at=now,
        evidence=evidence.put(b"observation %d" % number, "observation"),
        usage=evidence.address_of(b"usage"),
        inputs=evidence.put(canonical.encode_inputs(inputs), "inputs"),
        changes=(Change(action=Action.UPDATE, item="KES-WKS", from_quantity=1, to_quantity=2, charge=1),),
        quantities=(Quantity(APPLICATION, Category.WINDOWS_WORKSTATION, Unit.DEVICE, 10 + number % 40, True),),
        not_billed=leak,
        notices=(Notice(reason=Reason.COUNT_DIFFERS, subject="1", expected=2, received=1),),
    )


def _earlier(run: str, days: int) -> None:
    """Closed runs of the days before with every thirtieth customer of the newest; their manifests are as large as that of the newest."""
    row = models.Run.objects.get(id=run)
    manifest = models.Manifest.objects.get(run=run)
    date, started, sequence, closed = row.date, row.started, manifest.sequence, manifest.finished
    some = list(models.TenantRun.objects.filter(run=run, tenant_id__endswith="00"))
    for back in range(1, days):
        row.id, row.date, row.started, row._state.adding = f"{run}-{back}", date - timedelta(days=back), started - timedelta(days=back), True
        row.save()
        manifest.sequence, manifest.run_id, manifest.head = sequence + back, row.id, f"head {row.id}"
        manifest.previous, manifest.finished, manifest._state.adding = f"before {row.id}", closed - timedelta(days=back), True
        manifest.save()
        for one in some:
            one.pk, one.run_id, one._state.adding = None, row.id, True
            one.save()
