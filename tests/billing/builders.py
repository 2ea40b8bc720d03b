"""Small builders for the records of `billing`: each fills in an unremarkable default, so that a test names only what it is about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from tallybridge.billing.counting import count
from tallybridge.billing.model import (
    Application,
    Category,
    Device,
    License,
    LicenseKind,
    LicenseState,
    Mapping,
    Observation,
    Rules,
    Seat,
    Tenant,
    Unit,
    Usage,
)
from tallybridge.billing.plan import (
    Action,
    Bounds,
    Change,
    IntentKind,
    OpenIntent,
    OurLine,
    Part,
    Plan,
    PlanningInputs,
    Proof,
    StandingDecision,
    Wanted,
)
from tallybridge.billing.psa import Agreement, Charge, Item
from tallybridge.billing.reasons import Reason

NOW = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
TODAY = date(2026, 11, 22)
NEXT_YEAR = datetime(2027, 12, 31, 23, 59, 59, tzinfo=UTC)
SECOND = timedelta(seconds=1)

ADVANCED = "Kaspersky Endpoint Security for Business Advanced"
SELECT = "Kaspersky Endpoint Security for Business - Select"
CLOUD = "Kaspersky Endpoint Security Cloud"
OFFICE_365 = "Kaspersky Security for Microsoft Office 365"

WORKSTATION = Category.WINDOWS_WORKSTATION
SERVER = Category.WINDOWS_SERVER
NON_WINDOWS = Category.NON_WINDOWS
UNCLASSIFIED = Category.UNCLASSIFIED

AGREEMENT = 2041
ITEM = "KES"


def a_license(
    serial: str = "K1",
    name: str | None = ADVANCED,
    *,
    kind: LicenseKind | None = LicenseKind.COMMERCIAL,
    is_subscription: bool = False,
    state: LicenseState | None = None,
    expires: datetime | None = NEXT_YEAR,
    unlimited: bool = False,
    installed: bool | None = True,
    part_number: str | None = None,
    application_id: int | None = None,
    reported_devices: int | None = None,
) -> License:
    """A commercial key in the tenant's own storage that expires next year."""
    return License(
        serial=serial,
        name=name,
        kind=kind,
        is_subscription=is_subscription,
        state=state,
        expires=expires,
        unlimited=unlimited,
        installed=installed,
        part_number=part_number,
        application_id=application_id,
        reported_devices=reported_devices,
    )


def a_subscription(
    serial: str = "K1",
    name: str | None = ADVANCED,
    *,
    state: LicenseState | None = LicenseState.ACTIVE,
    expires: datetime | None = NEXT_YEAR,
    unlimited: bool = False,
) -> License:
    """An active subscription that ends next year."""
    return a_license(serial, name, kind=LicenseKind.SUBSCRIPTION, is_subscription=True, state=state, expires=expires, unlimited=unlimited)


def workstation(name: str = "d1") -> Device:
    """A device with a Windows workstation system."""
    return Device(name, f"PC {name}", "Microsoft Windows 11", 0x1007)


def server(name: str = "s1") -> Device:
    """A device with a Windows server system, with the bits seen on a real one (KSC Open API reference 3.6)."""
    return Device(name, f"SRV {name}", "Microsoft Windows Server 2022", 0x9007)


def linux(name: str = "n1") -> Device:
    """A device with another system than Windows."""
    return Device(name, f"NIX {name}", "Ubuntu 22.04", 0x200800)


def unclassified(name: str = "u1") -> Device:
    """A device of which nothing tells the kind."""
    return Device(name, f"? {name}", None, None)


def mobile(name: str = "m1") -> Device:
    """A phone."""
    return Device(name, f"PHONE {name}", "Android 14", None)


def a_seat(
    device: str = "d1",
    license: str = "K1",
    *,
    active: bool | None = True,
    pending: bool = False,
    expires: datetime | None = None,
    device_name: str = "",
) -> Seat:
    """A use of the license as the active key."""
    return Seat(license, device, active, pending, expires, device_name)


def an_observation(*, devices: Iterable[Device] = (), licenses: Iterable[License] | None = None, seats: Iterable[Seat] | None = None) -> Observation:
    """One tenant, read whole. By default one license, in active use on every device."""
    devices = tuple(devices)
    return Observation(
        tenant=Tenant(id="vs-1", name="Contoso Dental", number=1),
        started=NOW,
        licenses=(a_license(),) if licenses is None else tuple(licenses),
        devices=devices,
        seats=tuple(a_seat(device.id) for device in devices) if seats is None else tuple(seats),
    )


def an_application(name: str = ADVANCED, unit: Unit = Unit.DEVICE) -> Application:
    """An application that is matched by its own name."""
    return Application(name=name, unit=unit)


def by_category(application: str = ADVANCED) -> Mapping:
    """Three items: "bill devices by category"."""
    return Mapping(application=application, by_category=((WORKSTATION, "KES-WKS"), (SERVER, "KES-SRV"), (NON_WINDOWS, "KES-NIX")))


ADVANCED_RULES = Rules(applications=(an_application(),))


def counted(
    *,
    devices: Iterable[Device] = (),
    licenses: Iterable[License] | None = None,
    seats: Iterable[Seat] | None = None,
    rules: Rules = ADVANCED_RULES,
) -> Usage:
    """Usage of `an_observation` of these."""
    return count(an_observation(devices=devices, licenses=licenses, seats=seats), rules, now=NOW)


def quantities(usage: Usage) -> dict[tuple[str, Category | None], int]:
    """Quantity per application and category."""
    return {(one.application, one.category): one.quantity for one in usage.quantities}


def totals(usage: Usage) -> Counter[str]:
    """Quantity per application."""
    total: Counter[str] = Counter()
    for one in usage.quantities:
        total[one.application] += one.quantity
    return total


def a_charge(quantity: int, *, charge: int = 9001, item: str = ITEM, delete_after_invoicing: bool = False) -> Charge:
    """A line on the agreement."""
    return Charge(id=charge, item=item, quantity=quantity, price=Decimal("4.50"), delete_after_invoicing=delete_after_invoicing)


def an_agreement(
    *charges: Charge, number: int = AGREEMENT, last_billed: date | None = date(2026, 11, 1), next_billing: date | None = date(2026, 12, 1)
) -> Agreement:
    """A monthly agreement with these lines."""
    return Agreement(number=number, account=1053145, last_billed=last_billed, next_billing=next_billing, charges=charges)


def an_item(name: str = ITEM, *, inactive: bool = False, price: Decimal | None = Decimal("4.50")) -> Item:
    """An active price book item with a price."""
    return Item(id=name, description=name, inactive=inactive, price=price)


def a_part(quantity: int, application: str = ADVANCED, category: Category | None = None) -> Part:
    """A share of a line: on an item that serves all devices, unless a category is given."""
    return Part(application=application, category=category, quantity=quantity)


def wanting(quantity: int, item: str = ITEM, parts: tuple[Part, ...] | None = None) -> Wanted:
    """An item that should stand at this quantity; by default of one application."""
    if parts is None:
        parts = (a_part(quantity),) if quantity else ()
    return Wanted(item=item, quantity=quantity, parts=parts)


def our_line(
    written: int,
    *,
    charge: int | None = 9001,
    item: str = ITEM,
    agreement: int = AGREEMENT,
    closed: bool = False,
    delete_after_invoicing: bool = False,
    last_billed: date | None = date(2026, 11, 1),
    next_billing: date | None = date(2026, 12, 1),
    parts: tuple[Part, ...] | None = None,
    left: tuple[int, ...] = (),
) -> OurLine:
    """A line of ours, last read back at `written`, when the agreement stood as in `an_agreement`."""
    return OurLine(
        agreement=agreement,
        item=item,
        charge=None if closed else charge,
        written=written,
        closed=closed,
        delete_after_invoicing=delete_after_invoicing,
        last_billed=last_billed,
        next_billing=next_billing,
        parts=(a_part(written),) if parts is None else parts,
        left=left,
    )


def an_intent(
    to_quantity: int,
    *,
    charge: int | None = None,
    from_quantity: int | None = None,
    known: tuple[int, ...] = (),
    age: timedelta = timedelta(days=1),
    worklist: bool = False,
    item: str = ITEM,
    key: str = "intent-1",
) -> OpenIntent:
    """An intent to create a line, or to update `charge`; a day old, so long settled."""
    return OpenIntent(
        key=key,
        agreement=AGREEMENT,
        item=item,
        kind=IntentKind.CREATE if charge is None else IntentKind.UPDATE,
        charge=charge,
        from_quantity=from_quantity,
        to_quantity=to_quantity,
        known=known,
        recorded=NOW - age,
        worklist=worklist,
        parts=(a_part(to_quantity),),
    )


def planning(
    *,
    charges: tuple[Charge, ...] = (),
    wanted: tuple[Wanted, ...] = (),
    lines: tuple[OurLine, ...] = (),
    elsewhere: tuple[OurLine, ...] = (),
    seen: tuple[int, ...] | None = None,
    intents: tuple[OpenIntent, ...] = (),
    items: tuple[Item, ...] | None = None,
    agreement: Agreement | None = None,
    worklist: bool = False,
    decisions: tuple[StandingDecision, ...] = (),
    bounds: Bounds | None = None,
    proofs: tuple[Proof, ...] = (),
    may_fall: int | None = None,
) -> PlanningInputs:
    """Inputs in which every item is in the price book, and every line of ours and every line on the agreement has been seen before."""
    agreement = agreement if agreement is not None else an_agreement(*charges)
    names = {one.item for one in wanted} | {line.item for line in lines}
    if seen is None:
        seen = tuple(sorted({charge.id for charge in agreement.charges} | {line.charge for line in lines if line.charge is not None}))
    return PlanningInputs(
        agreement=agreement,
        wanted=wanted,
        lines=lines,
        former=tuple(former_agreement(line) for line in elsewhere),
        seen=seen,
        intents=intents,
        items=tuple(an_item(name) for name in sorted(names)) if items is None else items,
        now=NOW,
        today=TODAY,
        worklist=worklist,
        decisions=decisions,
        bounds=bounds,
        proofs=proofs,
        may_fall=may_fall,
    )


def former_agreement(line: OurLine, *, quantity: int | None = None) -> PlanningInputs:
    """Another agreement of the account on which one line of ours still bills what was written, or another quantity."""
    charge = Charge(id=line.charge or 0, item=line.item, quantity=line.written if quantity is None else quantity)
    return PlanningInputs(
        agreement=Agreement(number=line.agreement, account=1053145, charges=(charge,)),
        wanted=(Wanted(item=line.item, quantity=0, parts=()),),
        lines=(line,),
        seen=(charge.id,),
        items=(an_item(line.item),),
        now=NOW,
        today=TODAY,
    )


def change_of(plan: Plan, item: str = ITEM) -> Change | None:
    """The plan's change of one item."""
    found = [change for change in plan.changes if change.item == item]
    assert len(found) <= 1, "one change per item"
    return found[0] if found else None


def decided(plan: Plan, item: str = ITEM) -> tuple[Action, Reason | None] | None:
    """What the plan does with one item, and why; None where it does nothing."""
    change = change_of(plan, item)
    return (change.action, change.reason) if change is not None else None


def said(plan: Plan) -> set[tuple[Reason, str]]:
    """What the plan reports beside its changes."""
    return {(notice.reason, notice.subject) for notice in plan.notices}
