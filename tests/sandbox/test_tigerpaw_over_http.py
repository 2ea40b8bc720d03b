"""The simulated Tigerpaw behind its server: both APIs on one host, the shared log, the invoice run, and replies that are lost."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import pytest

from tallybridge.sandbox import Sandbox
from tallybridge.sandbox.tigerpaw.signature import authorization
from tests.sandbox.tigerpaw_caller import BODY_NAMESPACE, KEYS, OPERATION, SOAP_PATH, envelope, sandbox_charges, usual_tigerpaw

CREATE = '<Charge action="upsert" itemId="KES-WKS" quantity="7"/>'
CHARGES = "/api/agreements/2041/additionalcharges"


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    document = usual_tigerpaw()
    document["accounts"][0]["agreements"][0]["charges"][0]["delete_after_invoicing"] = True
    with Sandbox({"tigerpaw": document}) as started:
        yield started


def exchange(sandbox: Sandbox, method: str, path: str, body: str | None, headers: dict[str, str]) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(sandbox.tigerpaw_url.removeprefix("http://"), timeout=5)
    try:
        connection.request(method, path, body, headers)
        reply = connection.getresponse()
        return reply.status, reply.read()
    finally:
        connection.close()


def quantities(sandbox: Sandbox) -> list[Any]:
    date = format_datetime(datetime.now(UTC), usegmt=True)
    status, body = exchange(sandbox, "GET", CHARGES, None, {"Authorization": authorization("GET", CHARGES, date, KEYS), "X-TSI-Date": date})
    assert status == 200
    return [each["Quantity"] for each in json.loads(body)]


def submit(sandbox: Sandbox) -> tuple[int, bytes]:
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{BODY_NAMESPACE}/{OPERATION}"'}
    return exchange(sandbox, "POST", SOAP_PATH, envelope(sandbox_charges(CREATE)), headers)


def test_what_soap_writes_rest_reads(sandbox: Sandbox) -> None:
    assert submit(sandbox)[0] == 200
    assert quantities(sandbox) == [42, 7]


def test_the_log_names_both_kinds_of_calls(sandbox: Sandbox) -> None:
    submit(sandbox)
    quantities(sandbox)
    assert [(entry["on"], entry["call"], entry["status"]) for entry in sandbox.log()] == [
        ("tigerpaw_soap", OPERATION, 200),
        ("tigerpaw_rest", CHARGES, 200),
    ]


@pytest.mark.parametrize(("deed", "written"), [("lose_reply", [42, 7]), ("close", [42])], ids=["lost reply", "closed before"])
def test_a_connection_that_breaks_has_written_or_not(sandbox: Sandbox, deed: str, written: list[int]) -> None:
    sandbox.set_faults([{"on": "tigerpaw_soap", "call": OPERATION, "do": deed}])
    with pytest.raises((http.client.HTTPException, ConnectionError)):
        submit(sandbox)
    assert quantities(sandbox) == written


def test_faults_that_need_tigerpaws_knowledge_fire_by_the_list(sandbox: Sandbox) -> None:
    sandbox.set_faults([{"on": "tigerpaw_soap", "call": "submit*", "do": "wrong_quantity", "nth": 2}])
    submit(sandbox)
    submit(sandbox)
    assert quantities(sandbox) == [42, 7, 8]


def test_the_invoice_run_bills_on_request(sandbox: Sandbox) -> None:
    status, body = exchange(sandbox, "POST", "/_sandbox/invoice-run", "", {})
    assert status == 200
    assert json.loads(body)["removed"] == 1
    assert quantities(sandbox) == []
    submit(sandbox)
    assert sandbox.state()["tigerpaw"]["accounts"][0]["agreements"][0]["charges"][0]["detail_id"] == 9011
