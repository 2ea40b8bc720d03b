"""Watches what a browser does beside what is looked at: requests to other hosts, errors, and what the content security policy refused."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response, WebError


class Watch:
    """Collects what a page must never do; made before the first page is opened."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self._own = urlsplit(address).netloc
        self.wrong: list[str] = []
        self.requests = 0
        context.on("request", self._asked)
        context.on("response", self._answered)
        context.on("console", self._said)
        context.on("weberror", self._failed)

    def _asked(self, request: Request) -> None:
        self.requests += 1
        where = urlsplit(request.url)
        if where.netloc != self._own and where.scheme != "data":
            self.wrong.append(f"a request to another host: {request.url}")

    def _answered(self, response: Response) -> None:
        if response.status >= 500 or (response.status == 404 and not response.url.endswith("/favicon.ico")):
            self.wrong.append(f"{response.status} for {response.request.method} {response.url}")

    def _said(self, message: ConsoleMessage) -> None:
        # Refusals of the content security policy are told here too.
        if message.type in ("error", "warning"):
            self.wrong.append(f"{message.type} on {message.page.url if message.page else '?'}: {message.text}")

    def _failed(self, error: WebError) -> None:
        self.wrong.append(f"script failed: {error.error}")
