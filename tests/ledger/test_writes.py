"""Intents, lines, PSAs and links: what the ledger keeps of each write (L5, design 6.2)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from tallybridge.billing.model import Tenant
from tallybridge.billing.plan import IntentKind, IntentOutcome, OpenIntent, Part
from tallybridge.ledger import configurations, destinations, errors, intents, lines, tenants
from tallybridge.ledger.prepared import models
from tests.databases import past_the_program
from tests.ledger.examples import AGREEMENT, INTEGRATION, START, TENANT, StandingClock, begin, intent, line, statements, wait_briefly


@pytest.fixture
def psa(ledger: Path) -> int:
    begin()
    return destinations.identify("tigerpaw", "http://127.0.0.1:8085", "public")


def _record(psa: int, **members: Any) -> OpenIntent:
    return intents.record(intent(**members), destination=psa, integration=INTEGRATION, tenant_id=TENANT.id, run="r1")


def _conclude(key: str, outcome: IntentOutcome = IntentOutcome.APPLIED) -> None:
    intents.conclude(key, outcome, 9001, 90, "read back", START, "r1")


# Intents


def test_an_intent_is_on_disk_before_record_returns(psa: int, home: Path) -> None:
    """L5: intent first."""
    recorded = _record(psa)
    assert past_the_program.rows(home, "SELECT key FROM ledger_intent") == [(recorded.key,)]


def test_an_intent_cannot_be_part_of_a_transaction_that_may_still_be_undone(psa: int) -> None:
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        _record(psa)


def test_an_intent_is_read_back_as_it_was_recorded(psa: int) -> None:
    recorded = _record(psa, worklist=True)
    assert recorded == replace(intent(worklist=True), key=recorded.key)
    assert intents.open_intents(psa, AGREEMENT) == (recorded,)


def test_no_second_intent_for_a_line_before_the_first_is_resolved(psa: int) -> None:
    """L5: a write is never blindly repeated."""
    first = _record(psa)
    with pytest.raises(errors.IntentStillOpen, match="KES-WKS"):
        _record(psa)
    _record(psa, item="KES-SRV")
    _conclude(first.key, IntentOutcome.NOT_WRITTEN)
    _record(psa)


def test_the_same_write_made_again_is_another_intent(psa: int) -> None:
    first = _record(psa)
    _conclude(first.key, IntentOutcome.NOT_WRITTEN)
    assert _record(psa).key != first.key


@pytest.mark.parametrize(
    "members", [{"agreement": 7}, {"item": "X"}, {"kind": IntentKind.UPDATE}, {"charge": 9001}, {"from_quantity": 1}, {"to_quantity": 91}]
)
def test_the_key_tells_writes_apart(psa: int, members: dict[str, Any]) -> None:
    first = _record(psa)
    if not members.keys() & {"agreement", "item"}:
        _conclude(first.key)
    assert _record(psa, **members).key != first.key


def test_open_intents_come_oldest_first_and_of_one_agreement(psa: int) -> None:
    later = _record(psa, item="A", recorded=START + timedelta(minutes=1))
    earlier = _record(psa, item="B")
    _record(psa, agreement=7)
    done = _record(psa, item="C")
    _conclude(done.key)
    assert [one.key for one in intents.open_intents(psa, AGREEMENT)] == [earlier.key, later.key]
    assert intents.open_intents(psa + 1, AGREEMENT) == ()


@pytest.mark.parametrize("again", [lambda key: _conclude(key, IntentOutcome.REFUSED), lambda key: intents.mark_called(key, START)])
def test_a_concluded_intent_takes_nothing_more(psa: int, again: Callable[[str], None]) -> None:
    recorded = _record(psa)
    intents.mark_called(recorded.key, START)
    _conclude(recorded.key)
    with pytest.raises(errors.IntentConcluded, match="concluded before as applied"):
        again(recorded.key)
    assert models.IntentResult.objects.count() == models.IntentCall.objects.count() == 1


def test_an_unknown_intent_is_said_to_be_unknown(psa: int) -> None:
    with pytest.raises(errors.IntentUnknown):
        _conclude("0" * 64)


def test_an_intent_is_not_recorded_in_a_locked_ledger(psa: int, home: Path) -> None:
    """Nothing is sent that was not first recorded."""
    with past_the_program.locked(home):
        wait_briefly()
        with pytest.raises(errors.LedgerUnwritable, match="locked"):
            _record(psa)
    assert intents.open_intents(psa, AGREEMENT) == ()


# Our lines


def test_lines_are_read_back_as_they_were_taken_over(psa: int) -> None:
    whole = line(
        item="B",
        closed=True,
        delete_after_invoicing=True,
        last_billed=date(2026, 11, 1),
        next_billing=date(2026, 12, 1),
        parts=(Part(application="A", category=None, quantity=90),),
        left=(9007, 9008),
    )
    lines.take_over(psa, INTEGRATION, TENANT.id, (whole, line(item="A")), [(9001, "A"), (9002, "B")])
    assert lines.lines_of(psa, AGREEMENT) == (line(item="A"), whole)
    assert lines.seen(psa, AGREEMENT) == (9001, 9002)
    assert lines.lines_of(psa + 1, AGREEMENT) == ()
    assert lines.seen(psa, 7) == ()


def test_lines_and_charges_that_have_not_changed_are_not_written(psa: int) -> None:
    """L8."""
    lines.take_over(psa, INTEGRATION, TENANT.id, (line(),), [(9001, "KES-WKS")])
    with statements() as sql:
        lines.take_over(psa, INTEGRATION, TENANT.id, (line(),), [(9001, "KES-WKS")])
    assert not [statement for statement in sql if statement.startswith(("INSERT", "UPDATE", "DELETE"))]
    lines.take_over(psa, INTEGRATION, TENANT.id, (line(written=91),), [(9001, "KES-WKS"), (9002, "KES-WKS")])
    assert lines.lines_of(psa, AGREEMENT) == (line(written=91),)
    assert lines.seen(psa, AGREEMENT) == (9001, 9002)


def test_charges_are_taken_over_without_any_line_of_ours(psa: int) -> None:
    lines.take_over(psa, INTEGRATION, TENANT.id, (), [(9001, "KES-WKS")], agreement=AGREEMENT)
    assert lines.seen(psa, AGREEMENT) == (9001,)
    with pytest.raises(ValueError, match="agreement"):
        lines.take_over(psa, INTEGRATION, TENANT.id, (), [(9002, "KES-WKS")])


def test_lines_elsewhere_are_those_of_the_same_tenant_that_are_not_closed(psa: int) -> None:
    lines.take_over(psa, INTEGRATION, TENANT.id, (line(agreement=1), line(agreement=1, item="OLD", closed=True)), [])
    lines.take_over(psa, INTEGRATION, TENANT.id, (line(),), [])
    lines.take_over(psa, INTEGRATION, "vs-2", (line(agreement=2),), [])
    lines.take_over(psa, "another", TENANT.id, (line(agreement=3),), [])
    assert lines.lines_elsewhere(psa, INTEGRATION, TENANT.id, AGREEMENT) == (line(agreement=1),)


def test_an_adopted_line_is_ours_with_the_quantity_it_shows(psa: int) -> None:
    """L6."""
    lines.adopt(psa, AGREEMENT, "KES-SRV", 9007, 12, (9008,), integration=INTEGRATION, tenant_id=TENANT.id)
    assert lines.lines_of(psa, AGREEMENT) == (line(item="KES-SRV", charge=9007, written=12, left=(9008,)),)
    assert lines.seen(psa, AGREEMENT) == (9007, 9008)


def test_adopting_another_line_replaces_the_one_we_had(psa: int) -> None:
    lines.take_over(psa, INTEGRATION, TENANT.id, (line(closed=True),), [])
    lines.adopt(psa, AGREEMENT, "KES-WKS", 9009, 5, ())
    assert lines.lines_of(psa, AGREEMENT) == (line(charge=9009, written=5),)
    assert models.Line.objects.get().tenant_id == TENANT.id


# Which PSA


@pytest.mark.parametrize(
    ("url", "key", "same"),
    [
        ("http://127.0.0.1:8085", "public", True),
        ("http://elsewhere", "public", True),
        ("http://127.0.0.1:8085", "another", True),
        ("http://elsewhere", "another", False),
        ("http://elsewhere", "", False),
    ],
)
def test_a_psa_is_known_by_its_address_or_its_key(psa: int, url: str, key: str, same: bool) -> None:
    assert (destinations.identify("tigerpaw", url, key) == psa) is same


def test_a_psa_that_moves_and_then_gets_another_key_is_still_the_same(psa: int) -> None:
    assert destinations.identify("tigerpaw", "http://moved", "public") == psa
    assert destinations.identify("tigerpaw", "http://moved", "new key") == psa
    assert destinations.identify("another kind", "http://moved", "new key") != psa


def test_address_and_key_of_two_psas_are_refused(psa: int) -> None:
    destinations.identify("tigerpaw", "http://second", "second")
    with pytest.raises(errors.LedgerError, match="that of another"):
        destinations.identify("tigerpaw", "http://second", "public")


# Links


def test_the_first_use_binds_a_link_to_the_tenant(psa: int) -> None:
    assert tenants.bound(INTEGRATION, 1053145) is None
    tenants.bind(INTEGRATION, 1053145, TENANT)
    tenants.bind(INTEGRATION, 1053145, TENANT)
    assert tenants.bound(INTEGRATION, 1053145) == TENANT
    assert tenants.bound("another", 1053145) is None
    assert tenants.all_bound(INTEGRATION) == {1053145: TENANT}


def test_a_link_that_is_pointed_at_another_tenant_is_bound_to_that_one(psa: int) -> None:
    other = Tenant(id="vs-2", name="Fabrikam", number=2)
    tenants.bind(INTEGRATION, 1053145, TENANT)
    tenants.bind(INTEGRATION, 1053145, other)
    assert tenants.bound(INTEGRATION, 1053145) == other


def test_the_label_of_a_bound_tenant_follows_the_link(psa: int) -> None:
    renamed = Tenant(id=TENANT.id, name="Contoso Dental Group", number=9)
    tenants.bind(INTEGRATION, 1053145, TENANT)
    tenants.bind(INTEGRATION, 1053145, renamed)
    assert tenants.bound(INTEGRATION, 1053145) == renamed


# Configurations


def test_a_configuration_becomes_a_version_only_when_it_differs_from_the_newest(ledger: Path, clock: StandingClock) -> None:
    for content in (b"one", b"one", b"two", b"one"):
        configurations.take("Integration", content, origin="tallybridge.toml", at=clock())
        clock.advance(1)
    assert models.ConfigurationVersion.objects.count() == 3
    newest = configurations.newest("Integration")
    assert newest is not None
    assert (newest.content, newest.origin, newest.at) == (b"one", "tallybridge.toml", START + timedelta(seconds=3))
    assert configurations.newest("another") is None


def test_taking_what_is_in_force_already_locks_nothing(ledger: Path, clock: StandingClock) -> None:
    configurations.take("Ours", b"the content", origin="/etc/a.toml", at=clock())
    with statements() as said:
        configurations.take("Ours", b"the content", origin="/etc/a.toml", at=clock())
    assert [statement.split()[0] for statement in said] == ["SELECT"]


def test_a_released_configuration_belongs_to_the_ledger_until_the_file_changes(ledger: Path, clock: StandingClock) -> None:
    configurations.take("Integration", b"one", origin="tallybridge.toml", at=clock())
    clock.advance(60)
    for _ in range(2):
        configurations.release("Integration")
        configurations.take("Integration", b"one", origin="tallybridge.toml", at=clock())
    released = configurations.newest("Integration")
    assert released == configurations.StoredConfiguration(
        address=configurations.take("Integration", b"one", origin="tallybridge.toml", at=clock()),
        content=b"one",
        origin=configurations.OWN,
        at=START + timedelta(seconds=60),
    )
    configurations.take("Integration", b"two", origin="tallybridge.toml", at=clock())
    changed = configurations.newest("Integration")
    assert changed is not None
    assert changed.origin == "tallybridge.toml"


def test_integrations_are_listed_by_name(ledger: Path) -> None:
    for name in ("b", "a", "b"):
        configurations.take(name, name.encode(), origin="file", at=START)
    assert configurations.integrations() == ("a", "b")
