"""What a person's hand does between two runs: decides on holds, makes a customer larger or smaller, sets the guards, edits lines."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.databases import past_the_program
from tests.end_to_end.conftest import Bench, Called
from tests.end_to_end.test_lines import remove, set_quantity
from tests.end_to_end.worlds import (
    ADVANCED,
    CONTOSO,
    SERVER,
    WORKSTATION,
    account,
    agreement,
    charge,
    declaration,
    host,
    key,
    link,
    two_customers,
    use,
    world,
)

Json = dict[str, Any]
ALONE = (link("Contoso Dental", 1041, CONTOSO),)


def decide(bench: Bench, decision: str, *words: object, reason: str = "agreed", code: int = 0) -> Called:
    """Types one of the five decisions; it must end with this code."""
    called = bench.call("holds", decision, *words, *(("--reason", reason) if reason else ()))
    assert called.code == code, called.words
    return called


def hold_on(bench: Bench, item: str, reason: str) -> str:
    """The id of the hold that waits on an item for this reason."""
    (found,) = [one for one in bench.holds() if one["item"] == item]
    assert found["reason"] == reason, found
    return str(found["id"])


def decided(bench: Bench) -> list[Json]:
    """The decisions that stand."""
    listed = bench.call("holds", "list", "--decided", "--json")
    assert listed.code == 0
    return list(listed.json)


def fleet(workstations: int, servers: int = 1) -> Json:
    """Lists of a virtual server with so many devices, each of them using the application."""
    hosts = [host(f"w{place:03}", WORKSTATION) for place in range(workstations)] + [host(f"s{place:03}", SERVER) for place in range(servers)]
    return {"hosts": hosts, "uses": [use("S001-1", one["id"]) for one in hosts]}


def one_customer(workstations: int, servers: int = 1) -> Json:
    """A world of Contoso alone, with so many devices."""
    server = {"id": 1, "uid": "vs-1", "name": "Contoso Dental", "keys": [key("S001-1", ADVANCED)], **fleet(workstations, servers)}
    return world([server], [account(1041, "Contoso Dental", [agreement(CONTOSO)])])


def has(bench: Bench, workstations: int, servers: int = 1) -> None:
    """From now on Contoso has so many devices: others are gone, or new."""
    bench.edit_server(1, lambda one: one.update(fleet(workstations, servers)))


def guards(bench: Bench, *, text: str | None = None, **bounds: int) -> None:
    """Writes the configuration with these guards."""
    bench.write_config((text or declaration(bench.sandbox)) + "[guards]\n" + "".join(f"{name} = {value}\n" for name, value in bounds.items()))


def require_every_proof(bench: Bench) -> None:
    """`verify` holds, and each run of this ledger, made again from what was kept, is the same."""
    bench.require_proof()
    for (run,) in past_the_program.rows(bench.home, "select id from ledger_run order by id"):
        replayed = bench.call("replay", run, "--json")
        assert replayed.code == 0, replayed.words


def until(bench: Bench, days: int = 10) -> str:
    """A day so far from today, in the integration's zone."""
    return str(bench.today() + timedelta(days=days))


def foreign(bench: Bench) -> None:
    """Contoso's line was entered by hand; 3 are used."""
    bench.load(two_customers(contoso=[charge(77, "KES-WKS", 9)]))


def duplicates(bench: Bench) -> None:
    """Two lines were entered by hand."""
    bench.load(two_customers(contoso=[charge(77, "KES-WKS", 9), charge(78, "KES-WKS", 1)]))


def edited(bench: Bench) -> None:
    """Somebody wrote 50 on our line of 3."""
    bench.run()
    bench.edit_charges(CONTOSO, set_quantity("KES-WKS", 50))


def removed(bench: Bench) -> None:
    """Somebody deleted our line of 3."""
    bench.run()
    bench.edit_charges(CONTOSO, remove("KES-WKS"))


def alone(bench: Bench, workstations: int, servers: int = 1) -> None:
    """Contoso alone, billed once."""
    bench.load(one_customer(workstations, servers))
    bench.declare(links=ALONE)
    assert bench.run().code == 0
    assert ("KES-WKS", workstations) in bench.quantities(CONTOSO)


def workstations(bench: Bench) -> int:
    """What the PSA bills for workstations."""
    return dict(bench.quantities(CONTOSO))["KES-WKS"]
