"""The address that a sign-in comes from, by which wrong passwords are counted: what the connection says, or what one's own proxy says of it."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.http import HttpRequest


def address_of(request: HttpRequest) -> str:
    """The client's address.

    Behind a proxy of one's own it is the last entry of `X-Forwarded-For`: the one that the proxy itself has added. All before it came from
    outside and prove nothing. Without a proxy the header is never looked at, so nobody can claim another address.
    """
    connection = str(request.META.get("REMOTE_ADDR") or "")
    if not settings.TALLYBRIDGE_BEHIND_PROXY:
        return connection
    told = str(request.META.get("HTTP_X_FORWARDED_FOR") or "").rpartition(",")[2].strip()
    return _plain(told) or connection


def _plain(told: str) -> str:
    """The address without port and brackets, as some proxies write them; "" where it is none."""
    host = told.partition("]")[0].removeprefix("[") if told.startswith("[") else told
    if host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return ""
