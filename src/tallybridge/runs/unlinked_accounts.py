"""Accounts that are cross-referenced to the External Product and linked to no tenant: somebody may use what nobody bills.

Other accounts of the PSA are no alarm: most customers of an MSP use something else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tallybridge.billing.psa import Account
from tallybridge.configuration.canonical import from_canonical
from tallybridge.configuration.errors import ConfigurationError
from tallybridge.configuration.records import Configuration
from tallybridge.ledger import configurations


def accounts_not_linked(configuration: Configuration, accounts: Mapping[int, Account]) -> tuple[Account, ...]:
    """Those of the cross-referenced accounts that no link means, in order of their numbers.

    A link counts whether its billing is on or off, and so does one of another integration that bills in the same PSA (`linked_elsewhere`).

    Raises:
        LedgerError: the ledger cannot be read.
    """
    left = accounts.keys() - {link.account for link in configuration.links}
    if left:
        left -= linked_elsewhere(configuration)
    return tuple(accounts[number] for number in sorted(left))


def linked_elsewhere(configuration: Configuration) -> frozenset[int]:
    """The accounts that other integrations link which bill in the same PSA, by the newest configuration of each in the ledger.

    Raises:
        LedgerError: the ledger cannot be read.
    """
    return frozenset(link.account for other in _others(configuration.integration.name) if _same_psa(configuration, other) for link in other.links)


def _others(integration: str) -> Iterator[Configuration]:
    for name in configurations.integrations():
        newest = configurations.newest(name) if name != integration else None
        if newest is None:
            continue
        try:
            yield from_canonical(newest.content)
        except ConfigurationError:
            # Its own runs say so. Here it only makes the list longer, and keeps nobody from their bill (L7).
            continue


def _same_psa(one: Configuration, other: Configuration) -> bool:
    """One PSA has one address and one REST public key; either may change (`ledger.destinations.identify`)."""
    ours, theirs = one.destination, other.destination
    return ours.url == theirs.url or ours.public_key == theirs.public_key != ""
