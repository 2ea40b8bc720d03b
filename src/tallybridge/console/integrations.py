"""Which integrations there are, and which one a person looks at. The configuration is read for each request, so a changed file counts at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from django.http import Http404, HttpRequest

from tallybridge.configuration.errors import ConfigurationError
from tallybridge.runs.configuring import Configured
from tallybridge.sources.base import Clock

CHOSEN = "integration"
"""Name of the chosen one in addresses and sessions."""
_OF_REQUEST = "tallybridge_integrations"
_KEPT = "tallybridge_configured"


class SimulatedSystem(NamedTuple):
    """A system that is simulated: its name, and what one must know to connect with it, each with a word for it."""

    name: str
    facts: tuple[tuple[str, str], ...]


@dataclass(slots=True)
class _World:
    read: Callable[[], tuple[Configured, ...]]
    clock: Clock
    simulated: Callable[[], tuple[SimulatedSystem, ...]] | None


_world: _World | None = None


def use(read: Callable[[], tuple[Configured, ...]], clock: Clock, *, simulated: Callable[[], tuple[SimulatedSystem, ...]] | None = None) -> None:
    """Says where the integrations in force are read; to be called once when the console starts.

    Args:
        read: gives every integration as it is configured now.
        clock: the present instant (L10).
        simulated: gives the systems where everything is simulated; every page says so then.
    """
    global _world  # noqa: PLW0603 - one console per process, as there is one ledger
    _world = _World(read, clock, simulated)


def clock() -> Clock:
    """The console's clock."""
    return _require().clock


def sandboxed() -> bool:
    """Whether the console shows the simulated world."""
    return _require().simulated is not None


def simulated_systems() -> tuple[SimulatedSystem, ...]:
    """The simulated systems as they are now; none where systems are real."""
    simulated = _require().simulated
    return simulated() if simulated is not None else ()


def all_configured() -> tuple[Configured, ...]:
    """Every integration in force; none where nothing is configured yet.

    Raises:
        ConfigurationError: a configuration file has problems; pages show them instead of guessing.
    """
    return _require().read()


def of_request(request: HttpRequest) -> tuple[Configured, ...]:
    """The same, read once for each request. Raises as `all_configured` does."""
    kept: tuple[Configured, ...] | None = getattr(request, _KEPT, None)
    if kept is None:
        kept = all_configured()
        setattr(request, _KEPT, kept)
    return kept


def reread(request: HttpRequest) -> None:
    """Forgets what was read for this request: it has changed the configuration."""
    if hasattr(request, _KEPT):
        delattr(request, _KEPT)


def names(request: HttpRequest) -> tuple[str, ...]:
    """Names of the integrations; none where the configuration cannot be read."""
    try:
        return tuple(one.configuration.integration.name for one in of_request(request))
    except ConfigurationError:
        return ()


def chosen(request: HttpRequest) -> Configured | None:
    """The integration that the person looks at: named in the address (`?integration=`), else the one looked at before, else the first."""
    found = of_request(request)
    by_name = {one.configuration.integration.name: one for one in found}
    asked = request.GET.get(CHOSEN)
    if asked is not None:
        if asked not in by_name:
            raise Http404(f"There is no integration “{asked}”.")
        request.session[CHOSEN] = asked
    return by_name.get(str(request.session.get(CHOSEN))) or (found[0] if found else None)


def chosen_name(request: HttpRequest) -> str | None:
    """The name of the integration that the person looks at."""
    try:
        one = chosen(request)
    except (ConfigurationError, Http404):
        return None
    return one.configuration.integration.name if one is not None else None


def _require() -> _World:
    if _world is None:
        raise RuntimeError("The console was not started: integrations.use must be called first.")
    return _world
