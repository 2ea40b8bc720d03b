"""Background work: its progress, its result, and what went wrong, in words."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from tallybridge.console import work
from tallybridge.console.models import Role
from tallybridge.console.work import Work
from tests.console.conftest import Desk
from tests.console.working import body, ended


@pytest.fixture
def going(desk: Desk) -> Iterator[tuple[Work, threading.Event]]:
    """A piece of work that has done 3 of 12 customers and goes on when it is told to."""
    go_on = threading.Event()
    reached = threading.Event()

    def deed(piece: Work) -> str:
        piece.begin(12)
        for _ in range(3):
            piece.step()
        reached.set()
        assert go_on.wait(20)
        if piece.stop.is_set():
            raise RuntimeError("It was stopped. Nothing was written.")
        return "/plan/"

    piece = work.start("Looking", "kim", desk.now(), deed)
    assert reached.wait(20)
    yield piece, go_on
    go_on.set()
    while not piece.finished:
        threading.Event().wait(0.01)


def test_progress_is_shown_and_asked_for_again_each_second(desk: Desk, going: tuple[Work, threading.Event]) -> None:
    piece, _ = going
    text = desk.text(f"/work/{piece.id}/", Role.VIEW)
    assert "Looking" in text
    assert "Begun by kim" in text
    assert "3 of 12 customers" in text
    assert 'hx-trigger="every 1s"' in text
    assert f'<a class="button" href="/work/{piece.id}/">Refresh</a>' in text
    part = body(desk.get(f"/work/{piece.id}/", Role.VIEW, headers={"HX-Request": "true", "HX-Target": "progress"}))
    assert "3 of 12 customers" in part
    assert "<html" not in part


def test_finished_work_leads_to_its_result(desk: Desk, going: tuple[Work, threading.Event]) -> None:
    piece, go_on = going
    go_on.set()
    while not piece.finished:
        threading.Event().wait(0.01)
    assert desk.get(f"/work/{piece.id}/", Role.VIEW)["Location"] == "/plan/"
    polled = desk.get(f"/work/{piece.id}/", Role.VIEW, headers={"HX-Request": "true", "HX-Target": "progress"})
    assert (polled.status_code, polled["HX-Redirect"]) == (204, "/plan/")


def test_whoever_may_operate_stops_it_and_is_told_what_happened(desk: Desk, going: tuple[Work, threading.Event]) -> None:
    piece, go_on = going
    assert desk.post(f"/work/{piece.id}/stop/", role=Role.VIEW).status_code == 403
    assert not piece.stop.is_set()
    desk.post(f"/work/{piece.id}/stop/", role=Role.OPERATE)
    assert piece.stop.is_set()
    assert "Stopping…" in desk.text(f"/work/{piece.id}/", Role.OPERATE)
    go_on.set()
    while not piece.finished:
        threading.Event().wait(0.01)
    text = desk.text(f"/work/{piece.id}/", Role.VIEW)
    assert "It did not go through" in text
    assert "It was stopped. Nothing was written." in text
    assert "every 1s" not in text


def test_an_unreachable_psa_is_told_in_words(desk: Desk) -> None:
    desk.text("/plan/?integration=Integration with Tigerpaw", Role.OPERATE)
    desk.sandbox.set_faults([{"on": "tigerpaw_rest", "call": "*", "do": "http_503", "times": 0}])
    piece = ended(desk.post("/plan/preview/", role=Role.OPERATE))
    assert piece.failed
    assert "Nothing was written" in desk.text(f"/work/{piece.id}/", Role.VIEW)


def test_work_that_is_not_known_any_more_leads_on(desk: Desk) -> None:
    answer = desk.get("/work/long-gone/", Role.VIEW)
    assert answer.status_code == 404
    assert "What it did stands under Runs." in body(answer)
