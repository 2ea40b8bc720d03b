"""A console over an empty ledger, walked from the one-time code on."""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.test import Client

from tallybridge.configuration.records import Configuration, KscSourceSettings
from tallybridge.console import integrations, work
from tallybridge.console.first_start import code
from tallybridge.console.models import FirstStartStep
from tallybridge.console.serving import Listening, configure_pages
from tallybridge.ledger.opening import open_ledger
from tallybridge.runs.configuring import from_ledger

PASSWORD = "a-long-enough-password"
NAME = "kim@msp.example"


class Fresh:
    """A console over an empty ledger, beside both simulated systems."""

    def __init__(self, home: Path, declared: Configuration) -> None:
        self.home = home
        self.declared = declared
        self.ahead = timedelta(0)
        self.client = Client()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.ahead

    def open(self) -> None:
        """Opens the ledger, as a server that is started again does."""
        open_ledger(self.home, clock=self.now, whole=True)
        configure_pages(self.home, Listening(names=("testserver",)))
        integrations.use(from_ledger, self.now)

    def sign_up(self, given: str, **more: str) -> Any:
        return self.client.post("/start/", {"code": given, "name": NAME, "password": PASSWORD, "again": PASSWORD, **more})

    def made(self) -> Fresh:
        """The first administrator is made and signed in."""
        assert self.sign_up(code.fresh_code())["Location"] == "/start/"
        return self

    @property
    def source(self) -> dict[str, str]:
        settings = self.declared.source
        assert isinstance(settings, KscSourceSettings)
        return {"url": settings.url, "user": settings.user, "password": settings.password.resolve().reveal()}

    @property
    def destination(self) -> dict[str, str]:
        settings = self.declared.destination
        assert settings.soap_password is not None
        return {
            "url": settings.url,
            "public_key": settings.public_key,
            "private_key": settings.private_key.resolve().reveal(),
            "external_product": settings.external_product,
            "write_mode": "soap",
            "soap_user": str(settings.soap_user),
            "soap_password": settings.soap_password.resolve().reveal(),
            "dialect": str(settings.dialect),
        }

    @property
    def secrets(self) -> list[str]:
        return [self.source["password"], self.destination["private_key"], self.destination["soap_password"]]

    def post(self, step: str, values: dict[str, Any]) -> Any:
        return self.client.post(f"/start/{step}/", values)

    def text(self, step: str) -> str:
        answer = self.client.get(f"/start/{step}/")
        assert answer.status_code == 200, (answer.status_code, answer.headers)
        return answer.content.decode()

    def connect(self) -> None:
        """Security Center and Tigerpaw, with the certificate compared."""
        self.post("security-center", self.source)
        shown = FirstStartStep.objects.get(name="source").answers["certificate"]["fingerprint"]
        assert self.post("security-center", {"do": "trust", "fingerprint": shown})["Location"] == "/start/tigerpaw/"
        assert self.post("tigerpaw", self.destination)["Location"] == "/start/schedule/"

    def schedule(self) -> None:
        assert self.post("schedule", {"name": "Ours", "time_zone": "Europe/Berlin", "run_at": "03:15"})["Location"] == "/start/customers/"

    def look(self, step: str) -> None:
        """Starts the step's work and waits for its end."""
        self.wait(self.post(step, {"do": "look"}), f"/start/{step}/")

    def wait(self, answer: Any, target: str) -> None:
        assert answer.status_code == 302, answer.content.decode()[-3000:]
        found = re.fullmatch(r"/work/([^/]+)/", answer["Location"])
        assert found is not None, answer["Location"]
        piece = work.find(found[1])
        assert piece is not None
        ended = threading.Event()
        for _ in range(600):
            if piece.finished:
                break
            ended.wait(0.05)
        assert (piece.finished, piece.failed, piece.result) == (True, "", target)
