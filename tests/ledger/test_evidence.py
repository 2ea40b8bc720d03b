"""The evidence store: content-addressed, compressed, checked, and without a byte for what is known already."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from django.db.models import Sum
from django.db.models.functions import Length

from tallybridge.ledger import canonical, evidence, opening
from tallybridge.ledger.prepared import models
from tests.ledger.examples import StandingClock, observation, statements, tamper


def _stored_bytes() -> int:
    total: int = models.Blob.objects.aggregate(bytes=Sum(Length("data")))["bytes"] or 0
    return total


@pytest.mark.parametrize("data", [b"", b"x", b"x" * 100_000, bytes(range(256))])
def test_what_is_put_is_got(ledger: Path, data: bytes) -> None:
    address = evidence.put(data, "observation")
    assert address.startswith("sha256:")
    assert len(address) == 71
    assert evidence.get(address) == data


def test_an_unchanged_tenant_adds_no_byte_and_no_writing_statement(ledger: Path) -> None:
    data = canonical.encode_observation(observation(devices=50))
    address = evidence.put(data, "observation")
    before = _stored_bytes()
    with statements() as sql:
        assert evidence.put(data, "observation") == address
    assert _stored_bytes() == before
    assert [statement.split()[0] for statement in sql] == ["SELECT"]


def test_evidence_is_kept_compressed(ledger: Path) -> None:
    data = canonical.encode_observation(observation(devices=200))
    evidence.put(data, "observation")
    assert _stored_bytes() < len(data) / 5


def test_many_contents_take_one_look_up_and_one_insertion(ledger: Path) -> None:
    with statements() as sql:
        addresses = evidence.put_many([(b"one", "inputs"), (b"two", "plan"), (b"one", "inputs")])
    assert [evidence.get(address) for address in addresses] == [b"one", b"two", b"one"]
    assert [statement.split()[0] for statement in sql if not statement.startswith(("BEGIN", "COMMIT"))] == ["SELECT", "INSERT"]


def test_an_unknown_address_is_said_to_be_unknown(ledger: Path) -> None:
    with pytest.raises(evidence.EvidenceUnknown, match="sha256:0"):
        evidence.get("sha256:" + "0" * 64)


@pytest.mark.parametrize(
    "change",
    ["data = x'00'", "data = x''", "data = CAST(substr(data, 1, 8) || x'ff' || substr(data, 10) AS BLOB)", "data = 'text'", "size = size + 1"],
)
def test_changed_evidence_is_never_handed_out(ledger: Path, home: Path, clock: StandingClock, change: str) -> None:
    address = evidence.put(b"ninety devices", "observation")
    opening.close_ledger()
    tamper(home, f"UPDATE ledger_blob SET {change}")
    opening.open_ledger(home, clock=clock)
    with pytest.raises(evidence.EvidenceDamaged, match=address):
        evidence.get(address)


def test_several_threads_may_put_the_same_content_at_once(ledger: Path) -> None:
    together = threading.Barrier(4)
    addresses: list[str] = []

    def put() -> None:
        together.wait()
        addresses.append(evidence.put(b"the same", "observation"))
        opening.close_thread()

    threads = [threading.Thread(target=put) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(addresses) == 4
    assert len(set(addresses)) == 1
    assert models.Blob.objects.count() == 1
