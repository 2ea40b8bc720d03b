"""Saves a changed configuration that the ledger rules: checked as a file is, with its secrets sealed and its entry in the audit trail."""

from __future__ import annotations

from pathlib import Path

from django.http import HttpRequest

from tallybridge.configuration.collisions import check_together
from tallybridge.configuration.consistency import check_one
from tallybridge.configuration.document import Draft, document_of, read_document
from tallybridge.configuration.errors import ConfigurationError
from tallybridge.configuration.records import Configuration
from tallybridge.configuration.values import Where
from tallybridge.console import audit, integrations
from tallybridge.console.named_places import NamedPlaces
from tallybridge.ledger.opening import together
from tallybridge.runs.configuring import LEDGER, Configured, take_own


class DeclaredByFile(Exception):
    """A configuration file declares this integration, so pages cannot change it; the text names the file. Nothing was changed."""

    def __init__(self, file: str) -> None:
        super().__init__(f"{file} declares this integration, so it is changed there, not here. Nothing was changed.")


def may_change(configured: Configured) -> bool:
    """Whether pages may change this integration: the ledger rules it, not a file (contracts 3)."""
    return configured.origin == LEDGER


def save(
    request: HttpRequest,
    changed: Configuration,
    *,
    was: Configured | None,
    action: str,
    subject: str,
    before: str = "",
    after: str = "",
) -> Configured:
    """Saves a configuration as the newest version of its integration, and what was changed in the audit trail, both or neither.

    Args:
        request: whose deed it is.
        changed: the whole new configuration; secrets in clear text are sealed, those without a value stay as they are.
        was: the configuration in force before; None for a new integration.
        action, subject, before, after: for the audit trail, see `audit.note`; never a secret.

    Raises:
        DeclaredByFile: a file declares the integration; nothing was changed.
        ConfigurationError: everything that is wrong with it, told as of a file; nothing was changed.
        LedgerError: the ledger cannot be written.
    """
    if was is not None and not may_change(was):
        raise DeclaredByFile(was.origin)
    check(changed, was=was)
    with together():
        taken = take_own(changed, integrations.clock())
        audit.note(request, action, subject, before=before, after=after)
    integrations.reread(request)
    return taken


def check(changed: Configuration, *, was: Configured | None) -> None:
    """Checks a configuration as if it stood in a file beside those of the other integrations.

    Raises:
        ConfigurationError: everything that is wrong with it; the places are settings such as `source.url`, or what an entry is about.
    """
    old_name = was.configuration.integration.name if was is not None else None
    others = [one.configuration for one in integrations.all_configured() if one.configuration.integration.name != old_name]
    draft = _draft(changed, file=None)
    name = changed.integration.name
    if old_name is not None and name != old_name:
        draft.refuse(
            "integration.name", found=f"another name than “{old_name}”", expected="the same name, because runs and secrets are kept under it"
        )
    check_one(draft)
    check_together([*(_draft(one, file=f"the integration “{one.integration.name}”") for one in others), draft])
    if draft.problems:
        raise ConfigurationError(tuple(draft.problems))


def _draft(configuration: Configuration, *, file: str | None) -> Draft:
    where = Where(place="", folder=Path("/"), canonical=True)
    document = document_of(configuration)
    return read_document(document, where=where, file=file, places=NamedPlaces(document))
