"""Checks each precondition of a correct bill, and says for each failure what to do. Writes nothing to the PSA and binds no link.

A failing connection ends the checks of its side; the others go on. What only a first write can prove stays *not checked*.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path

from tallybridge.billing.model import Observation, Tenant
from tallybridge.billing.psa import Account
from tallybridge.configuration.catalog import rules_of
from tallybridge.configuration.errors import ConfigurationError
from tallybridge.configuration.locating import locate_configuration
from tallybridge.configuration.reading import read_configurations
from tallybridge.configuration.records import Configuration
from tallybridge.destinations.base import Destination, DestinationError
from tallybridge.destinations.tigerpaw.diagnostics import CLOCK, CONNECTION, KEYS, SOAP_PAGE, SOAP_WRITE
from tallybridge.ledger import tenants as ledger_tenants
from tallybridge.ledger.errors import LedgerError
from tallybridge.ledger.key import KEY_VARIABLE
from tallybridge.ledger.opening import open_ledger
from tallybridge.runs.configuring import from_ledger, kept_secrets
from tallybridge.runs.day import billing_date
from tallybridge.runs.doctor.items import item_checks, leak_checks
from tallybridge.runs.doctor.links import Sides, link_checks
from tallybridge.runs.doctor.setup import dialect_check, ledger_words, setup_checks
from tallybridge.runs.doors import open_destination, open_source
from tallybridge.sources.base import Clock, Source, SourceError
from tallybridge.wire.checks import Check

CONFIGURATION = "Configuration"
SOURCE = "Kaspersky Security Center"


@dataclass(frozen=True, slots=True, kw_only=True)
class Examination:
    """What was checked, in order."""

    checks: tuple[Check, ...]

    @property
    def ok(self) -> bool:
        """Nothing is wrong; something may still be unproved."""
        return all(check.ok is not False for check in self.checks)


def examine(config: Sequence[Path], home: Path, clock: Clock, *, note: Callable[[str], None] = lambda _: None) -> Examination:
    """Checks everything that a run rests on.

    Args:
        config: the values of `--config`.
        home: the data folder; made where it is missing.
        note: told what is being checked now, for a person who waits.
    """
    checks: list[Check] = []
    ledger_is_open = _open_ledger(home, clock, checks)
    configurations = _configurations(config, checks, ledger_is_open=ledger_is_open)
    for origin, configuration in configurations:
        name = configuration.integration.name
        bound = ledger_tenants.all_bound(name) if ledger_is_open else {}
        size = f"{len(configuration.links)} links, {len(configuration.mappings)} mappings"
        found = [
            Check(name=CONFIGURATION, ok=True, detail=f"{origin}: {size}"),
            *_Integration(configuration, bound, clock, note).checks(),
        ]
        several = len(configurations) > 1
        checks += [replace(check, name=f"{name}: {check.name}") for check in found] if several else found
    return Examination(checks=tuple(checks))


def _open_ledger(home: Path, clock: Clock, checks: list[Check]) -> bool:
    try:
        open_ledger(home, clock=clock)
    except LedgerError as error:
        checks.append(Check(name="Ledger and key", ok=False, detail=str(error), advice=f"The data folder is {home}; --home names another one."))
        return False
    checks.append(Check(name="Ledger and key", ok=True, detail=ledger_words(home, KEY_VARIABLE)))
    return True


def _configurations(config: Sequence[Path], checks: list[Check], *, ledger_is_open: bool) -> tuple[tuple[str, Configuration], ...]:
    """Every configuration in force with its origin; none where there is an error in one."""
    try:
        located = locate_configuration(config)
        if located.paths or not ledger_is_open:
            return tuple((str(file.path), file.configuration) for file in read_configurations(located.demand()))
        kept = from_ledger()
        if not kept:
            located.demand()
    except ConfigurationError as error:
        for problem in error.problems:
            where = ": ".join(part for part in (problem.file, problem.place) if part)
            detail = f"{where + ': ' if where else ''}found {problem.found}; expected {problem.expected}."
            checks.append(Check(name=CONFIGURATION, ok=False, detail=detail, advice=problem.advice))
        return ()
    return tuple((one.origin, one.configuration) for one in kept)


class _Integration:
    """The checks of one integration."""

    def __init__(self, configuration: Configuration, bound: Mapping[int, Tenant], clock: Clock, note: Callable[[str], None]) -> None:
        self._configuration = configuration
        self._bound = bound
        self._clock = clock
        self._note = note
        self._rules = rules_of(configuration)

    def checks(self) -> list[Check]:
        return list(self._checks())

    def _checks(self) -> Iterator[Check]:
        configuration = self._configuration
        yield from setup_checks(configuration, kept_secrets(configuration), self._clock)
        observations: list[Observation] = []
        with ExitStack() as stack:
            self._note("Kaspersky Security Center")
            source, tenants = yield from self._source_side(stack)
            self._note("Tigerpaw")
            destination, accounts = yield from self._destination_side(stack)
            self._note("links")
            sides = Sides(source=source, tenants=tenants, destination=destination, accounts=accounts)
            today = billing_date(configuration, self._clock())
            yield from link_checks(configuration, sides, self._bound, today=today, observed=observations.append)
            self._note("price book items")
            yield from item_checks(self._rules, destination)
        yield from leak_checks(observations, self._rules, now=self._clock())

    def _source_side(self, stack: ExitStack) -> Generator[Check, None, tuple[Source | None, tuple[Tenant, ...] | None]]:
        nothing = None, None
        try:
            source = stack.enter_context(closing(open_source(self._configuration, self._rules, self._clock)))
        except ConfigurationError:
            yield Check(name=SOURCE, ok=None, detail="not checked, because the password is missing")
            return nothing
        except ValueError as error:
            yield Check(name=SOURCE, ok=False, detail=str(error), advice="Correct url or ca_file in [source].")
            return nothing
        checks = source.checks()
        yield from checks
        if any(check.ok is False for check in checks):
            return nothing
        try:
            return source, source.tenants().tenants
        except SourceError as error:
            yield Check(name=SOURCE, ok=False, detail=str(error), advice="Run `tallybridge doctor` again.")
            return nothing

    def _destination_side(self, stack: ExitStack) -> Generator[Check, None, tuple[Destination | None, Mapping[int, Account] | None]]:
        nothing = None, None
        configuration = self._configuration
        writing = dialect_check(configuration).ok is not False and not _soap_password_is_missing(configuration)
        try:
            destination = stack.enter_context(closing(open_destination(configuration, self._clock, writing=writing)))
        except ConfigurationError:
            yield Check(name="Tigerpaw", ok=None, detail="not checked, because the private key is missing")
            return nothing
        except ValueError as error:
            yield Check(name="Tigerpaw", ok=False, detail=str(error), advice="Correct url or ca_file in [destination].")
            return nothing
        checks = destination.checks()
        yield from (_as_it_would_write(check, writing=writing) for check in checks)
        if any(check.ok is False for check in checks if check.name in (CONNECTION, KEYS, CLOCK)):
            return nothing
        try:
            return destination, destination.accounts()
        except DestinationError as error:
            yield Check(name="Tigerpaw accounts", ok=False, detail=str(error), advice="Let the rep's security role get accounts and master tables.")
            return nothing


def _soap_password_is_missing(configuration: Configuration) -> bool:
    reference = configuration.destination.soap_password
    if reference is None or configuration.destination.write_mode != "soap":
        return False
    try:
        reference.resolve(kept=kept_secrets(configuration))
    except ConfigurationError:
        return True
    return False


def _as_it_would_write(check: Check, *, writing: bool) -> Check:
    """A check of the SOAP side that was tested without what writing needs has tested nothing."""
    if writing or check.name not in (SOAP_PAGE, SOAP_WRITE):
        return check
    return Check(name=check.name, ok=None, detail="not checked, because the dialect or the SOAP password must be there first")
