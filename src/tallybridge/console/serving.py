"""Starts the console: Django set up with the console's tables, and the pages served by uvicorn."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import ipaddress
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tallybridge.ledger.django_setup import prepare

DEFAULT_LISTEN = "127.0.0.1:8484"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listening:
    """Where the console listens, and whom it believes."""

    host: str = "127.0.0.1"
    port: int = 8484
    names: tuple[str, ...] = ()
    """Host names that it answers to, beside the address it listens on; a closed list."""
    behind_proxy: bool = False
    """Whether `X-Forwarded-Proto`, `-Host` and `-For` are believed: only where a proxy of one's own always sets them."""

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    def hosts(self) -> list[str]:
        """Every name that a request may be for."""
        own = {"localhost", "127.0.0.1", "[::1]"} if self.is_loopback else {self.host}
        return sorted(own | set(self.names))


def prepare_console() -> None:
    """Sets Django up with the console's tables and pages. To be called before anything else imports the ledger's tables.

    Raises:
        RuntimeError: Django was set up for the ledger alone before.
    """
    from tallybridge.console import settings  # noqa: PLC0415 - reads the settings only where there are pages

    more = {name: getattr(settings, name) for name in dir(settings) if name.isupper() and name not in ("CONSOLE_APPS", "INSTALLED_APPS", "DATABASES")}
    prepare(apps=settings.CONSOLE_APPS, **more)


def configure_pages(home: Path, listening: Listening) -> None:
    """Says where the console listens and takes its signing key from the ledger's key; the ledger must be open."""
    from django.conf import settings  # noqa: PLC0415 - after prepare_console

    from tallybridge.ledger.key import KEY_VARIABLE  # noqa: PLC0415 - as above
    from tallybridge.ledger.opening import KEY_FILE  # noqa: PLC0415 - as above

    key = os.environ.get(KEY_VARIABLE, "").strip().encode() or (home / KEY_FILE).read_bytes()
    settings.SECRET_KEY = hmac.new(key, b"tallybridge console", hashlib.sha256).hexdigest()
    settings.TALLYBRIDGE_HOME = home.absolute()
    settings.ALLOWED_HOSTS = listening.hosts()
    secure = listening.behind_proxy
    settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = secure
    settings.USE_X_FORWARDED_HOST = secure
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if secure else None
    settings.CSRF_TRUSTED_ORIGINS = [f"https://{name}" for name in listening.names] if secure else []
    settings.TALLYBRIDGE_BEHIND_PROXY = secure


def _read_pages() -> None:
    """Imports every page and what the first one is made with, which would else be done while somebody waits for it."""
    from django.template.loader import get_template  # noqa: PLC0415 - after prepare_console
    from django.urls import resolve  # noqa: PLC0415 - as above

    resolve("/")
    for name in ("base.html", "overview/overview.html", "overview/spread.html", "pending/bar.html"):
        get_template(f"console/{name}")


class PageServer:
    """Serves the pages in a thread of its own until it is stopped."""

    def __init__(self, listening: Listening) -> None:
        import uvicorn  # noqa: PLC0415 - only a process with pages needs it
        from django.core.asgi import get_asgi_application  # noqa: PLC0415 - after prepare_console

        application: Any = get_asgi_application()
        _read_pages()
        configuration = uvicorn.Config(
            application,
            host=listening.host,
            port=listening.port,
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            proxy_headers=False,
        )
        self._server = uvicorn.Server(configuration)
        self._thread = threading.Thread(target=self._serve, name="pages", daemon=True)
        self._problem: BaseException | None = None

    def start(self) -> int:
        """Starts serving and returns the port, once it is bound.

        Raises:
            OSError: the address cannot be listened on.
        """
        self._thread.start()
        while not self._server.started and self._thread.is_alive():
            self._thread.join(0.02)
        if not self._server.started:
            raise OSError(str(self._problem) if self._problem is not None else "The address is in use or not of this machine.")
        sockets: Sequence[Any] = [one for server in self._server.servers for one in server.sockets]
        return int(sockets[0].getsockname()[1])

    def stop(self) -> None:
        """Lets what is being answered come to its end, and stops."""
        self._server.should_exit = True
        self._thread.join(10)

    def _serve(self) -> None:
        try:
            asyncio.run(self._server.serve())
        except (SystemExit, OSError) as ended:
            self._problem = ended
