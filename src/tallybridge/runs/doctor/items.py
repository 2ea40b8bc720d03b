"""`doctor`, item by item: whatever is mapped exists, is active and has a price; and what is in use but billed on nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

from tallybridge.billing.counting import count
from tallybridge.billing.model import Observation, Rules
from tallybridge.billing.psa import Item
from tallybridge.billing.reasons import Reason
from tallybridge.billing.wanting import not_billed
from tallybridge.destinations.base import Destination, DestinationError
from tallybridge.wire.checks import Check

_ADVICE = {
    Reason.NO_MAPPING: "If it should be billed, add a [[mapping]]; `tallybridge items` lists the price book.",
    Reason.NAME_UNMATCHED: "Add an [[application]] that matches this license name, or a [[mapping]] of this very name.",
    Reason.UNCLASSIFIED_DEVICE: "Bill the application on one item for all devices, or find out why Kaspersky Security Center does not know "
    "the operating system of these.",
}


def item_checks(rules: Rules, destination: Destination | None) -> Iterator[Check]:
    """One check per price book item that something is mapped to."""
    wanted = sorted({item for mapping in rules.mappings for item in mapping.items()})
    if not wanted:
        advice = "Add a [[mapping]]; `tallybridge applications` and `tallybridge items` list what there is."
        yield Check(name="Mappings", ok=False, detail="No application is mapped to a price book item, so nothing is billed.", advice=advice)
        return
    if destination is None:
        yield Check(name="Price book items", ok=None, detail="not checked, because Tigerpaw could not be read")
        return
    try:
        found = destination.items(wanted)
    except DestinationError as error:
        advice = "Let the rep's security role get price book items."
        yield Check(name="Price book items", ok=False, detail=str(error), advice=advice)
        return
    for item in wanted:
        yield _item(item, found.get(item))


def _item(item_id: str, item: Item | None) -> Check:
    name = f"Item {item_id}"
    if item is None:
        advice = (
            "Ids are compared letter by letter: `tallybridge items` lists them. Correct the [[mapping]], or add the item to the price book "
            "of Tigerpaw."
        )
        return Check(name=name, ok=False, detail=Reason.ITEM_MISSING.sentence, advice=advice)
    if item.inactive:
        advice = "In Tigerpaw, open the item in the price book and make it active, or map the application to another one."
        return Check(name=name, ok=False, detail=f"{item.description}: {Reason.ITEM_INACTIVE.sentence}", advice=advice)
    if not item.price_known:
        advice = "Let the rep's security role get price book items, and run doctor again. It is billed all the same."
        return Check(name=name, ok=None, detail=f"{item.description}: its price could not be read.", advice=advice)
    if not item.price:
        advice = "In Tigerpaw, open the item in the price book and give it a selling price. It is billed without one as well."
        return Check(name=name, ok=False, detail=f"{item.description}: {Reason.NO_PRICE.sentence}", advice=advice)
    return Check(name=name, ok=True, detail=f"{item.description}, {item.price}")


def leak_checks(observations: Sequence[Observation], rules: Rules, *, now: datetime) -> Iterator[Check]:
    """What linked tenants use and no line bills: worth a look, but perhaps wanted so."""
    totals: Counter[tuple[str, str, Reason]] = Counter()
    for observation in observations:
        for leak in not_billed(count(observation, rules, now=now), rules):
            totals[leak.application, leak.category.value if leak.category is not None else "", leak.reason] += leak.quantity
    for (application, category, reason), quantity in sorted(totals.items()):
        what = f"{application}, {category}" if category else application
        yield Check(name=f"In use, not billed: {what}", ok=True, detail=f"Units: {quantity}. {reason.sentence}", advice=_ADVICE.get(reason, ""))
