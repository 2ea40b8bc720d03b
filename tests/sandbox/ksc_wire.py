"""A KSC Open API connection over TLS with nothing but the standard library, for tests that need the real transport."""

from __future__ import annotations

import http.client
import json
import ssl
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tallybridge.sandbox import Sandbox

Connection = http.client.HTTPConnection


@contextmanager
def ksc_connection(sandbox: Sandbox, host: str = "127.0.0.1") -> Iterator[Connection]:
    """One kept connection to the simulated Security Center, its certificate verified by the CA file."""
    context = ssl.create_default_context(cafile=sandbox.ca_file)
    connection = http.client.HTTPSConnection(host, urlsplit(sandbox.ksc_url).port, context=context, timeout=5)
    try:
        yield connection
    finally:
        connection.close()


@contextmanager
def tigerpaw_connection(sandbox: Sandbox) -> Iterator[Connection]:
    """One kept connection to the simulated Tigerpaw."""
    connection = http.client.HTTPConnection("127.0.0.1", urlsplit(sandbox.tigerpaw_url).port, timeout=5)
    try:
        yield connection
    finally:
        connection.close()


def post(connection: Connection, name: str, arguments: dict[str, Any] | None = None, **headers: str) -> tuple[int, Any]:
    """Status and content of an API call: the object of a JSON reply, else its text."""
    body = b"" if arguments is None else json.dumps(arguments).encode()
    sent = {header.replace("_", "-"): value for header, value in headers.items()}
    connection.request("POST", f"/api/v1.0/{name}", body, {"Content-Type": "application/json", **sent})
    response = connection.getresponse()
    content = response.read()
    return response.status, json.loads(content) if response.getheader("Content-Type") == "application/json" else content.decode()


def get(connection: Connection, path: str) -> Any:
    """The object of a GET that must succeed."""
    connection.request("GET", path)
    response = connection.getresponse()
    content = response.read()
    assert response.status == 200, content
    return json.loads(content)
