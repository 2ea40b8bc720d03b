"""Link proposals with their agreements, as documents and as the `[[link]]` blocks that a person pastes; saves them only when told to."""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tallybridge.configuration.errors import ConfigurationError
from tallybridge.configuration.reading import read_configuration
from tallybridge.configuration.records import Configuration
from tallybridge.configuration.toml_text import toml_value
from tallybridge.runs.day import billing_date
from tallybridge.runs.doors import links_of
from tallybridge.runs.listing import destination_of, source_of
from tallybridge.runs.suggesting import Suggestion, suggest_links
from tallybridge.sources.base import Clock

Document = dict[str, Any]


class NotSaved(Exception):
    """The links could not be added to the file, which is as it was. The text says why."""


def propose_links(configuration: Configuration, clock: Clock) -> list[Document]:
    """Proposals for tenants without link, exact names first; nothing is saved.

    Each has the account's agreement where the account has exactly one that has not ended, and `block`, the TOML that would link it.

    Raises:
        SourceFailed, DestinationError: one of the sides cannot be read.
    """
    today = billing_date(configuration, clock())
    with source_of(configuration, clock) as source, destination_of(configuration, clock) as destination:
        tenants = source.tenants().tenants
        names = Counter(tenant.name for tenant in tenants)
        found = []
        for suggestion in suggest_links(tenants, destination.all_accounts(), links_of(configuration)):
            open_ones = [one.number for one in destination.agreements(suggestion.account.number) if not one.ended(today)]
            agreement = open_ones[0] if len(open_ones) == 1 else None
            document = _document(configuration, suggestion, agreement, by_name=names[suggestion.tenant.name] == 1)
            found.append(document | {"agreements": open_ones})
    return found


def _document(configuration: Configuration, suggestion: Suggestion, agreement: int | None, *, by_name: bool) -> Document:
    tenant, account = suggestion.tenant, suggestion.account
    settings: dict[str, object] = {"tenant": tenant.name} if by_name else {"tenant_id": tenant.id}
    settings |= {"account": account.number} | ({"agreement": agreement} if agreement is not None else {})
    return {
        "integration": configuration.integration.name,
        "tenant": tenant.name,
        "tenant_id": tenant.id,
        "account": account.number,
        "account_name": account.name,
        "agreement": agreement,
        "likeness": suggestion.likeness,
        "exact": suggestion.exact,
        "block": "[[link]]\n" + "".join(f"{name} = {toml_value(value)}\n" for name, value in settings.items()),
    }


def save_links(file: Path, blocks: Iterable[str]) -> None:
    """Adds blocks at the end of a configuration file, which is replaced in one step, and only by one that reads without errors.

    Raises:
        NotSaved: the file is as it was.
    """
    # A hidden name, so that a folder of configuration files does not take it for another one.
    draft = file.with_name(f".{file.name}.new")
    try:
        text = file.read_text(encoding="utf-8")
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as stream:
            stream.write("\n".join([text.rstrip("\n") + "\n", *blocks]))
        draft.chmod(stat.S_IMODE(file.stat().st_mode))
        read_configuration(draft)
        draft.replace(file)
    except ConfigurationError as error:
        raise NotSaved(f"{file} would not be right with the new links, so it is as it was. {error}") from error
    except OSError as error:
        raise NotSaved(f"The links could not be added to {file}: {error.strerror}. It is as it was.") from error
    finally:
        draft.unlink(missing_ok=True)
