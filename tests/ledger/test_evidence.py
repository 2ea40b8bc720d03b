"""The evidence store: content-addressed, compressed, checked, and without a byte for what is known already."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from django.db.models import Sum
from django.db.models.functions import Length

from tallybridge.ledger import canonical, evidence, opening
from tallybridge.ledger.prepared import models
from tests.databases.homes import on_postgresql
from tests.ledger.examples import StandingClock, observation, statements, tamper
from tests.ledger.tampering import bytes_in_sql


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


NINTH_BYTE = "CAST(substr(data, 1, 8) || x'ff' || substr(data, 10) AS BLOB)"


@pytest.mark.parametrize(
    "change",
    [
        f"data = {bytes_in_sql(bytes(1))}",
        f"data = {bytes_in_sql(b'')}",
        f"data = {'set_byte(data, 8, 255)' if on_postgresql() else NINTH_BYTE}",
        "data = 'text'",
        "size = size + 1",
    ],
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


# Differences


def _history(days: int, *, devices: int = 200) -> list[bytes]:
    """What is put for one tenant on so many days, each with one device more."""
    return [canonical.encode_observation(observation(devices=devices + day)) for day in range(days)]


def _put_one_after_the_other(contents: list[bytes]) -> list[str]:
    addresses: list[str] = []
    for content in contents:
        addresses.append(evidence.put(content, "observation", earlier=addresses[-1] if addresses else None))
    return addresses


def test_a_changed_content_adds_little_more_than_what_has_changed(ledger: Path) -> None:
    first, second = _history(2)
    address = evidence.put(first, "observation")
    whole = _stored_bytes()
    evidence.put(second, "observation", earlier=address)
    assert _stored_bytes() - whole < whole / 10


def test_a_long_row_of_differences_is_read_back_whole_and_begins_anew_now_and_then(ledger: Path) -> None:
    contents = _history(100, devices=5)
    addresses = _put_one_after_the_other(contents)
    assert [evidence.get(address) for address in addresses] == contents
    assert evidence.get_many(addresses) == dict(zip(addresses, contents, strict=True))
    depths = list(models.Blob.objects.order_by("id").values_list("depth", flat=True))
    assert depths.count(0) == 3
    assert max(depths) == 40


def test_reading_a_difference_takes_two_statements_however_many_it_builds_on(ledger: Path) -> None:
    addresses = _put_one_after_the_other(_history(30, devices=5))
    with statements() as sql:
        evidence.get(addresses[-1])
    assert len(sql) == 2


@pytest.mark.parametrize("change", ["data = address", "base_id = id", "base_id = NULL", "base_id = 3"])
def test_a_difference_is_handed_out_only_if_all_that_it_builds_on_is_right(ledger: Path, home: Path, clock: StandingClock, change: str) -> None:
    addresses = _put_one_after_the_other(_history(4, devices=5))
    opening.close_ledger()
    tamper(home, f"UPDATE ledger_blob SET {change} WHERE id = 2")
    opening.open_ledger(home, clock=clock)
    assert evidence.get(addresses[0])
    for address in addresses[1:]:
        with pytest.raises(evidence.EvidenceDamaged, match=address):
            evidence.get(address)


def test_what_replaces_a_damaged_or_unknown_content_is_kept_whole(ledger: Path, home: Path, clock: StandingClock) -> None:
    first, second, third = _history(3)
    address = evidence.put(first, "observation")
    opening.close_ledger()
    tamper(home, "UPDATE ledger_blob SET data = address")
    opening.open_ledger(home, clock=clock)
    for content, earlier in ((second, address), (third, evidence.address_of(b"never put"))):
        assert evidence.get(evidence.put(content, "observation", earlier=earlier)) == content
    assert not models.Blob.objects.filter(base__isnull=False).exists()
