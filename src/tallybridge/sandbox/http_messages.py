"""Requests and replies of HTTP/1.1 as the simulators see them, and reading a request from a connection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import parse_qsl, unquote

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST_LINE = 65_536
_MOST_HEADERS = 200
_LARGEST_BODY = 1 << 30


@dataclass(frozen=True, slots=True)
class Request:
    """One request. `path` is percent-decoded and without query, header names are lower case, `connection` identifies the TCP connection."""

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: Mapping[str, str]
    body: bytes
    connection: int


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply before compression; Content-Length and Content-Encoding are added when it is sent."""

    status: int
    body: bytes
    content_type: str
    headers: tuple[tuple[str, str], ...] = ()


class BadRequest(ValueError):
    """Bytes that are not an HTTP/1.1 request."""


def read_request(stream: BinaryIO, connection: int) -> Request | None:
    """The next request of a connection, or None when the other side has ended it. Raises BadRequest."""
    first = _line(stream)
    while first == "":
        first = _line(stream)
    if first is None:
        return None
    parts = first.split(" ")
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        raise BadRequest("The first line is not an HTTP/1.1 request line.")
    headers = _headers(stream)
    if parts[2] == "HTTP/1.0":
        headers.setdefault("connection", "close")
    path, _, query = parts[1].partition("?")
    return Request(
        method=parts[0].upper(),
        path=unquote(path),
        query=parse_qsl(query, keep_blank_values=True),
        headers=headers,
        body=_body(stream, headers),
        connection=connection,
    )


def accepts_gzip(headers: Mapping[str, str]) -> bool:
    """Whether Accept-Encoding allows gzip."""
    for choice in headers.get("accept-encoding", "").split(","):
        coding, _, parameter = choice.partition(";")
        if coding.strip().lower() in {"gzip", "*"}:
            quality = parameter.replace(" ", "").lower().removeprefix("q=")
            return quality.strip("0.") != "" or quality == ""
    return False


def wants_close(headers: Mapping[str, str]) -> bool:
    """Whether the connection ends after this request."""
    return "close" in headers.get("connection", "").lower()


def _line(stream: BinaryIO) -> str | None:
    line = stream.readline(_LONGEST_LINE)
    if not line:
        return None
    if not line.endswith(b"\n"):
        raise BadRequest("A line is too long or was cut short.")
    return line.rstrip(b"\r\n").decode("iso-8859-1")


def _headers(stream: BinaryIO) -> dict[str, str]:
    headers: dict[str, str] = {}
    for _ in range(_MOST_HEADERS):
        line = _line(stream)
        if line is None:
            raise BadRequest("The request was cut short.")
        if line == "":
            return headers
        name, colon, value = line.partition(":")
        if not colon:
            raise BadRequest("A header has no colon.")
        name, value = name.strip().lower(), value.strip()
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    raise BadRequest("There are too many headers.")


def _body(stream: BinaryIO, headers: Mapping[str, str]) -> bytes:
    if "chunked" in headers.get("transfer-encoding", "").lower():
        return _chunked_body(stream)
    length = headers.get("content-length", "0")
    if not length.isascii() or not length.isdigit() or int(length) > _LARGEST_BODY:
        raise BadRequest("Content-Length is not a usable number.")
    return _exactly(stream, int(length))


def _chunked_body(stream: BinaryIO) -> bytes:
    chunks: list[bytes] = []
    while True:
        line = _line(stream)
        try:
            size = int((line or "").partition(";")[0], 16)
        except ValueError:
            raise BadRequest("A chunk has no size.") from None
        if size == 0:
            _headers(stream)  # trailers, or the empty line that ends the body
            return b"".join(chunks)
        if not 0 < size <= _LARGEST_BODY:
            raise BadRequest("A chunk is too large.")
        chunks.append(_exactly(stream, size))
        if _line(stream) != "":
            raise BadRequest("A chunk is longer than its size.")


def _exactly(stream: BinaryIO, size: int) -> bytes:
    content = stream.read(size) if size else b""
    if len(content) != size:
        raise BadRequest("The body was cut short.")
    return content
