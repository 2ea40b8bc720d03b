"""Reading and showing scenarios (contracts 4): JSON in, checked records out, and back.

The records live in `scenario_records` and are offered here again, so that this module is the one to import from.
"""

from __future__ import annotations

from collections import Counter
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from tallybridge.sandbox.company_records import BusinessHubScenario, Company, CompanyDevice, CompanyLicense, CompanyMailbox
from tallybridge.sandbox.generation import expand
from tallybridge.sandbox.scenario_errors import ScenarioError
from tallybridge.sandbox.scenario_records import (
    Account,
    Agreement,
    Charge,
    Fault,
    Host,
    Key,
    KscScenario,
    KscUser,
    PriceBookItem,
    RestKey,
    Scenario,
    SoapUser,
    Subscription,
    TigerpawScenario,
    Use,
    VirtualServer,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

__all__ = [
    "Account",
    "Agreement",
    "BusinessHubScenario",
    "Charge",
    "Company",
    "CompanyDevice",
    "CompanyLicense",
    "CompanyMailbox",
    "Fault",
    "Host",
    "Key",
    "KscScenario",
    "KscUser",
    "PriceBookItem",
    "RestKey",
    "Scenario",
    "ScenarioError",
    "SoapUser",
    "Subscription",
    "TigerpawScenario",
    "Use",
    "VirtualServer",
    "dump_scenario",
    "encode_scenario",
    "load_scenario",
    "parse_faults",
    "parse_scenario",
]

_Decoded = TypeVar("_Decoded")

_scenario_decoder = msgspec.json.Decoder(Scenario)
_faults_decoder = msgspec.json.Decoder(list[Fault])
_encoder = msgspec.json.Encoder(decimal_format="number")


def load_scenario(path: Path) -> Scenario:
    """The scenario in a JSON file. Raises ScenarioError, naming the file, when it cannot be read or used."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ScenarioError(f"The scenario {path} cannot be read: {error.strerror or error}.") from error
    try:
        return parse_scenario(content)
    except ScenarioError as error:
        raise ScenarioError(f"{path}: {error}") from error


def parse_scenario(document: bytes | str | Mapping[str, Any]) -> Scenario:
    """A scenario from JSON text or from an object of the same shape; `generate` is replaced by what it makes.

    Raises ScenarioError with the path of the member and what was expected.
    """
    scenario = _decode(_scenario_decoder, document, "scenario", "")
    expand(scenario)
    wrong = next(chain(_repetitions(scenario), _unlisted_licenses(scenario)), None)
    if wrong is not None:
        raise ScenarioError(f"The scenario cannot be used: {wrong}.")
    return scenario


def parse_faults(document: bytes | str | list[dict[str, Any]]) -> list[Fault]:
    """A list of faults from JSON text or objects. Raises ScenarioError with the path of the member and what was expected."""
    return _decode(_faults_decoder, document, "list of faults", "faults")


def encode_scenario(scenario: Scenario) -> bytes:
    """The scenario as JSON text in the format of contracts 4, money as numbers."""
    return _encoder.encode(scenario)


def dump_scenario(scenario: Scenario) -> dict[str, Any]:
    """The scenario as plain objects in the format of contracts 4."""
    document: dict[str, Any] = msgspec.json.decode(encode_scenario(scenario))
    return document


def _decode(decoder: msgspec.json.Decoder[_Decoded], document: object, what: str, root: str) -> _Decoded:
    content = document if isinstance(document, bytes | str) else msgspec.json.encode(document)
    try:
        return decoder.decode(content)
    except msgspec.ValidationError as error:
        raise ScenarioError(f"The {what} cannot be used: {str(error).replace('$.', '').replace('`$', f'`{root}')}.") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ScenarioError(f"The {what} is not JSON: {error}.") from error


def _repetitions(scenario: Scenario) -> Iterator[str]:
    ksc, tigerpaw = scenario.ksc, scenario.tigerpaw
    yield from _twice("ksc.users", "name", (user.name for user in ksc.users))
    yield from _twice("ksc.virtual_servers", "id", (server.id for server in ksc.virtual_servers))
    yield from _twice("ksc.virtual_servers", "uid", (server.uid for server in ksc.virtual_servers))
    for place, server in enumerate(ksc.virtual_servers):
        yield from _twice(f"ksc.virtual_servers[{place}].hosts", "id", (host.id for host in server.hosts))
        yield from _twice(f"ksc.virtual_servers[{place}].keys", "serial", (key.serial for key in server.keys))
    yield from _twice("business_hub.companies", "id", (company.id for company in scenario.business_hub.companies))
    for place, company in enumerate(scenario.business_hub.companies):
        path = f"business_hub.companies[{place}]"
        yield from _twice(f"{path}.licenses", "id", (license_.id for license_ in company.licenses))
        yield from _twice(f"{path}.devices", "id", (device.id for device in company.devices))
        yield from _twice(f"{path}.mailboxes", "address", (mailbox.address for mailbox in company.mailboxes))
    agreements = [agreement for account in tigerpaw.accounts for agreement in account.agreements]
    yield from _twice("tigerpaw.rest_keys", "public", (key.public for key in tigerpaw.rest_keys))
    yield from _twice("tigerpaw.soap_users", "name", (user.name for user in tigerpaw.soap_users))
    yield from _twice("tigerpaw.external_products", "name", tigerpaw.external_products)
    yield from _twice("tigerpaw.price_book", "number", (item.number for item in tigerpaw.price_book))
    yield from _twice("tigerpaw.price_book", "item_id", (item.item_id for item in tigerpaw.price_book))
    yield from _twice("tigerpaw.accounts", "number", (account.number for account in tigerpaw.accounts))
    yield from _twice("tigerpaw.accounts[].agreements", "number", (agreement.number for agreement in agreements))
    details = (charge.detail_id for agreement in agreements for charge in agreement.charges)
    yield from _twice("tigerpaw.accounts[].agreements[].charges", "detail_id", details)


def _unlisted_licenses(scenario: Scenario) -> Iterator[str]:
    for place, company in enumerate(scenario.business_hub.companies):
        path = f"business_hub.companies[{place}]"
        listed = {None, *(license_.id for license_ in company.licenses)}
        named = chain(
            ((f"devices[{number}]", device.license) for number, device in enumerate(company.devices)),
            ((f"mailboxes[{number}]", mailbox.license) for number, mailbox in enumerate(company.mailboxes)),
        )
        for member, license_id in named:
            if license_id not in listed:
                yield f"expected `{path}.{member}.license` to be null or an id of `{path}.licenses`, found {license_id!r}"


def _twice(path: str, member: str, values: Iterable[int | str]) -> Iterator[str]:
    for value, count in Counter(values).items():
        if count > 1:
            yield f"the {member} {value!r} stands {count} times in `{path}`, expected once"
