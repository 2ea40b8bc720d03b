"""Lists are read to the announced number, whatever `bEOF` says and however short the chunks are (L1, KSC Open API reference 2.2)."""

from __future__ import annotations

import pytest

from tallybridge.billing.model import Notice
from tallybridge.billing.reasons import Reason
from tallybridge.sources.base import TenantNotObserved
from tests.sources.ksc.contoso import contoso, observed
from tests.sources.ksc.hand_made_server import HandMadeServer, altered, answer, host, not_found, pxg_error

GET_NEXT, GET_CHUNK = "GroupSyncIterator.GetNextItems", "ChunkAccessor.GetItemsChunk"


def whole() -> object:
    return observed(HandMadeServer(contoso()))


@pytest.mark.parametrize("end_of_file_at_end", [True, False])
@pytest.mark.parametrize("chunk_limit", [1, 2, 10_000])
@pytest.mark.parametrize("asked", [1, 2, 3, 4, 500])
def test_neither_the_end_flag_nor_the_size_of_chunks_changes_an_observation(end_of_file_at_end: bool, chunk_limit: int, asked: int) -> None:
    server = HandMadeServer(contoso())
    server.end_of_file_at_end = end_of_file_at_end
    server.chunk_limit = chunk_limit

    assert observed(server, key_chunk=asked, seat_chunk=asked, host_chunk=asked) == whole()


def test_a_list_announced_empty_needs_no_chunk() -> None:
    virtual_server = contoso()
    virtual_server.keys, virtual_server.hosts = [], []
    server = HandMadeServer(virtual_server)

    observation = observed(server)

    assert not observation.licenses
    assert not observation.devices
    assert GET_NEXT not in server.calls()
    assert GET_CHUNK not in server.calls()


@pytest.mark.parametrize(
    ("what", "subject", "announced", "received"), [("keys", "licenses", 4, 3), ("KEY-A", "KEY-A", 6, 4), ("hosts", "devices", 5, 3)]
)
def test_fewer_rows_than_announced_twice_the_same_are_taken_with_a_notice(what: str, subject: str, announced: int, received: int) -> None:
    virtual_server = contoso()
    virtual_server.announced = {what: announced}
    server = HandMadeServer(virtual_server)

    observation = observed(server)

    assert observation.notices == (Notice(reason=Reason.COUNT_DIFFERS, subject=subject, expected=announced, received=received),)
    assert len(observation.seats) == 5
    assert not server.results


def test_a_list_that_never_ends_is_asked_at_most_once_more_than_it_announces() -> None:
    virtual_server = contoso()
    virtual_server.announced = {"hosts": 30}
    server = HandMadeServer(virtual_server)

    observed(server, host_chunk=1)

    assert server.calls().count(GET_CHUNK) == 2 * (3 + 1)


def test_fewer_rows_than_announced_and_then_others_give_no_observation() -> None:
    virtual_server = contoso()
    virtual_server.announced = {"hosts": 4}
    server = HandMadeServer(virtual_server)
    server.spoil(GET_CHUNK, altered(lambda reply: reply["pChunk"]["KLCSP_ITERATOR_ARRAY"].__setitem__(0, host("pc-7"))))

    with pytest.raises(TenantNotObserved, match="announced 4 rows") as caught:
        observed(server)

    assert caught.value.reason is Reason.OBSERVATION_INCOMPLETE
    assert not server.results
    assert not server.sessions


@pytest.mark.parametrize("what", ["keys", "KEY-A", "hosts"])
def test_more_rows_than_announced_give_no_observation(what: str) -> None:
    virtual_server = contoso()
    virtual_server.announced = {what: 1}
    server = HandMadeServer(virtual_server)

    with pytest.raises(TenantNotObserved, match="1 rows were announced") as caught:
        observed(server)

    assert caught.value.reason is Reason.OBSERVATION_INCOMPLETE
    assert not server.results


@pytest.mark.parametrize("call", ["LicenseKeys.AcquireKeyHosts", GET_NEXT, GET_CHUNK])
def test_an_expired_iterator_restarts_its_step_once(call: str) -> None:
    server = HandMadeServer(contoso())
    server.spoil(call, answer(not_found()), before_acting=True)

    assert observed(server) == whole()
    assert not server.results


def test_an_iterator_that_expires_again_gives_no_observation() -> None:
    server = HandMadeServer(contoso())
    server.spoil(GET_CHUNK, answer(not_found()), nth=(1, 2))

    with pytest.raises(TenantNotObserved, match="error 1186 of KLSTD") as caught:
        observed(server)

    assert caught.value.reason is Reason.OBSERVATION_INCOMPLETE


def test_a_server_that_refuses_large_chunks_is_asked_for_the_recommended_fifty() -> None:
    server = HandMadeServer(contoso())
    server.largest_chunk_accepted = 50

    assert observed(server, seat_chunk=500) == whole()
    assert {arguments["nCount"] for call, arguments in server.asked if call == GET_NEXT} == {50, 500}


def test_a_server_that_refuses_the_recommended_chunk_gives_no_observation() -> None:
    server = HandMadeServer(contoso())
    server.spoil(GET_NEXT, answer(pxg_error(1192, "KLSTD", "Bad format")))

    with pytest.raises(TenantNotObserved, match="1192"):
        observed(server, key_chunk=50)
