"""Proposes links by name: exact ones first, near ones with their likeness. Proposes only; nothing is saved (issue: links suggest)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

from tallybridge.billing.linking import Link
from tallybridge.billing.model import Tenant
from tallybridge.billing.psa import Account

NEAR_ENOUGH = 0.6
"""Names that share less than this are not worth a person's look."""

_LEGAL_FORMS = frozenset(
    {"ab", "ag", "bv", "co", "corp", "gmbh", "inc", "kg", "limited", "llc", "llp", "ltd", "oy", "plc", "sa", "sarl", "spa", "srl", "the"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A tenant and the account that its name speaks for. `likeness` is 1.0 only for the same name."""

    tenant: Tenant
    account: Account
    likeness: float

    @property
    def exact(self) -> bool:
        """The two names are the same, letter by letter apart from case and blanks."""
        return self.likeness == 1.0


def suggest_links(tenants: Iterable[Tenant], accounts: Iterable[Account], links: Iterable[Link]) -> tuple[Suggestion, ...]:
    """At most one account per unlinked tenant and one tenant per unlinked account, the most alike pairs first."""
    links = tuple(links)
    taken_accounts = {link.account for link in links}
    taken_tenants = {link.tenant_name for link in links} | {link.tenant_id for link in links}
    free_tenants = [tenant for tenant in tenants if tenant.name not in taken_tenants and tenant.id not in taken_tenants]
    free_accounts = [account for account in accounts if account.number not in taken_accounts]
    exact = {_letters(account.name): account for account in reversed(free_accounts)}
    pairs = [Suggestion(tenant=one, account=exact[_letters(one.name)], likeness=1.0) for one in free_tenants if _letters(one.name) in exact]
    settled_tenants = {pair.tenant.id for pair in pairs}
    settled_accounts = {pair.account.number for pair in pairs}
    words = [(account, _words(account.name)) for account in free_accounts if account.number not in settled_accounts]
    for tenant in free_tenants:
        if tenant.id not in settled_tenants:
            pairs += _near(tenant, words)
    pairs.sort(key=lambda pair: (-pair.likeness, pair.tenant.name, pair.account.number))
    chosen: list[Suggestion] = []
    for pair in pairs:
        if all(pair.tenant.id != other.tenant.id and pair.account.number != other.account.number for other in chosen):
            chosen.append(pair)
    return tuple(chosen)


def _near(tenant: Tenant, accounts: list[tuple[Account, str]]) -> list[Suggestion]:
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(_words(tenant.name))
    found = []
    for account, words in accounts:
        matcher.set_seq1(words)
        # The two quick bounds spare the full comparison for nearly all of thousands of accounts.
        if matcher.real_quick_ratio() >= NEAR_ENOUGH and matcher.quick_ratio() >= NEAR_ENOUGH:
            likeness = min(round(matcher.ratio(), 2), 0.99)
            if likeness >= NEAR_ENOUGH:
                found.append(Suggestion(tenant=tenant, account=account, likeness=likeness))
    return found


def _letters(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def _words(name: str) -> str:
    """The name without legal forms and punctuation, so that "Contoso Dental, Inc." stands near "Contoso Dental"."""
    letters = "".join(letter if letter.isalnum() else " " for letter in _letters(name))
    words = [word for word in letters.split() if word not in _LEGAL_FORMS]
    return " ".join(words) or letters
