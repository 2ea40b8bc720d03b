"""Every source and destination that is shipped passes its suite: the real ones over the sandbox and over files, the fakes over their fault plans."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tallybridge.conformance import DestinationConformance, DestinationStage, SourceConformance, SourceStage
from tallybridge.sandbox import Sandbox
from tests.conformance.stage_of_business_hub import BusinessHubStage
from tests.conformance.stage_of_security_center import SecurityCenterStage
from tests.conformance.stage_of_tigerpaw import TigerpawStage
from tests.conformance.stages_of_fakes import FakeDestinationStage, FakeSourceStage


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox({}) as running:
        yield running


class TestSecurityCenter(SourceConformance):
    @pytest.fixture(autouse=True)
    def _over_the_sandbox(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def stage(self) -> SourceStage:
        return SecurityCenterStage(self._sandbox)


class TestBusinessHub(SourceConformance):
    @pytest.fixture(autouse=True)
    def _over_files(self, tmp_path: Path) -> None:
        self._folder = tmp_path

    def stage(self) -> SourceStage:
        return BusinessHubStage(self._folder)


class TestFakeSource(SourceConformance):
    def stage(self) -> SourceStage:
        return FakeSourceStage()


class TestTigerpaw(DestinationConformance):
    @pytest.fixture(autouse=True)
    def _over_a_sandbox_of_its_own(self) -> Iterator[None]:
        # A check that fails early would leave its late write to the next check.
        with Sandbox({}) as running:
            self._sandbox = running
            yield

    def stage(self) -> DestinationStage:
        return TigerpawStage(self._sandbox)


class TestFakeDestination(DestinationConformance):
    def stage(self) -> DestinationStage:
        return FakeDestinationStage()
