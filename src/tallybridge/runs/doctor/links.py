"""`doctor`, link by link: the tenant, the account, the agreement, and the right to read."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from tallybridge.billing.linking import Assignment, Link, assign
from tallybridge.billing.model import Observation, Tenant
from tallybridge.billing.psa import Account, Agreement
from tallybridge.billing.reasons import Reason
from tallybridge.configuration.records import Configuration
from tallybridge.destinations.base import Destination, DestinationError, DestinationFailed
from tallybridge.runs.doors import links_of
from tallybridge.runs.pool import run_all
from tallybridge.sources.base import Source, SourceError
from tallybridge.wire.checks import Check

_TENANT_ADVICE = {
    Reason.TENANT_NOT_FOUND: "Names are compared letter by letter: `tallybridge tenants` lists them. Correct tenant in the [[link]], or create the "
    "virtual server in Kaspersky Security Center.",
    Reason.TENANT_AMBIGUOUS: "`tallybridge tenants` lists the unique ids: write tenant_id instead of tenant in the [[link]].",
    Reason.TENANT_REPLACED: "Compare with Kaspersky Security Center. If the new virtual server is right, write its tenant_id "
    "(`tallybridge tenants`) instead of tenant in the [[link]].",
    Reason.TENANT_GONE: "If the customer has left, remove the [[link]] and set its lines to 0 in Tigerpaw. If not, look for the virtual server in "
    "Kaspersky Security Center.",
    Reason.TENANT_DISABLED: "In Kaspersky Security Center, open the properties of the virtual server and enable it; or set billing = false "
    "in the [[link]].",
}
_ACCESS_ADVICE = {
    Reason.NO_ACCESS: "In Kaspersky Security Center, open the properties of the virtual server, Security, and give the user the right "
    "to read: Basic functionality, Read.",
    Reason.SIGN_INS_STOPPED: "Put right what was refused above, then run `tallybridge doctor` again.",
    Reason.TIME_LIMIT: "Raise tenant_minutes in [source], or look at the load of the Administration Server.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sides:
    """What could be reached of the two sides; None where an earlier check failed."""

    source: Source | None
    tenants: tuple[Tenant, ...] | None
    destination: Destination | None
    accounts: Mapping[int, Account] | None
    """The cross-referenced ones."""


def link_checks(
    configuration: Configuration, sides: Sides, bound: Mapping[int, Tenant], *, today: date, observed: Callable[[Observation], None]
) -> Iterator[Check]:
    """Every check of every link, in the order of the links. Binds nothing and writes nothing.

    Args:
        bound: per account, the tenant that its link is bound to.
        today: the billing date; an agreement that ended before it cannot be billed.
        observed: told of every tenant that was read to prove that it can be.
    """
    links = links_of(configuration)
    if not links:
        yield Check(name="Links", ok=False, detail="No tenant is linked to an account.", advice="Type: tallybridge links suggest")
        return
    assignments = assign(links, sides.tenants, bound) if sides.tenants is not None else None
    access = _access(configuration, sides.source, assignments, observed)
    psa = _Psa(configuration, sides, today)
    for position, link in enumerate(links):
        assignment = assignments[position] if assignments is not None else None
        yield _tenant(link, assignment)
        yield _account(link, psa)
        yield _agreement(link, psa)
        yield access.get(link.account) or _not_checked(_name(link, "right to read"), _why_no_access_check(link, assignment))
    if assignments is not None:
        yield from _unlinked(assignments)


def _name(link: Link, what: str) -> str:
    return f"Link {link.label}: {what}"


def _not_checked(name: str, why: str) -> Check:
    return Check(name=name, ok=None, detail=why)


def _tenant(link: Link, assignment: Assignment | None) -> Check:
    name = _name(link, "tenant")
    if assignment is None:
        return _not_checked(name, "not checked, because the list of virtual servers could not be read")
    if assignment.blocked is not None:
        return Check(name=name, ok=False, detail=assignment.blocked.sentence, advice=_TENANT_ADVICE.get(assignment.blocked, ""))
    tenant = assignment.tenant
    renamed = f", now named {tenant.name}" if tenant is not None and assignment.notices else ""
    return Check(name=name, ok=True, detail=f"unique id {tenant.id}{renamed}" if tenant is not None else "")


def _unlinked(assignments: tuple[Assignment, ...]) -> Iterator[Check]:
    names = [one.label for one in assignments if one.link is None]
    if names:
        yield Check(
            name="Tenants without link",
            ok=True,
            detail=f"{len(names)}, billed to nobody: {', '.join(names)}",
            advice="To link one: tallybridge links suggest",
        )


class _Psa:
    """The PSA for link checks: asked as little as possible, and no more once it has failed as a whole."""

    def __init__(self, configuration: Configuration, sides: Sides, today: date) -> None:
        self.product = configuration.destination.external_product
        self.today = today
        self.cross_referenced = sides.accounts
        self.door = sides.destination if sides.accounts is not None else None

    def account(self, number: int) -> Account | None:
        known = (self.cross_referenced or {}).get(number)
        return known if known is not None or self.door is None else self.door.account(number)

    def open_agreements(self, account: int) -> str:
        """The agreements of an account that could be chosen, in words."""
        found = [one for one in self.door.agreements(account) if not one.ended(self.today)] if self.door is not None else []
        return ", ".join(f"{one.number} ({one.type})" if one.type else str(one.number) for one in found) or "none"

    def failed(self, name: str, error: DestinationError) -> Check:
        if isinstance(error, DestinationFailed):
            self.door = None
        return Check(name=name, ok=False, detail=str(error), advice="Run `tallybridge doctor` again; if it stays, look at Tigerpaw's own log.")


def _account(link: Link, psa: _Psa) -> Check:
    name = _name(link, f"account {link.account}")
    if psa.door is None:
        return _not_checked(name, "not checked, because Tigerpaw could not be read")
    try:
        account = psa.account(link.account)
    except DestinationError as error:
        return psa.failed(name, error)
    if account is None:
        return Check(
            name=name,
            ok=False,
            detail=Reason.ACCOUNT_NOT_FOUND.sentence,
            advice="`tallybridge accounts` lists them; correct account in the [[link]].",
        )
    if not account.cross_referenced:
        return Check(
            name=name,
            ok=False,
            detail=f"{account.name} is not cross-referenced to the External Product {psa.product!r}.",
            advice=f"In Tigerpaw, open the account {account.name}, External Products, and add {psa.product!r} "
            "(Tigerpaw help: Assign External Products to an Account).",
        )
    return Check(name=name, ok=True, detail=f"{account.name}, cross-referenced to {psa.product!r}")


def _agreement(link: Link, psa: _Psa) -> Check:
    if link.agreement is None and not link.billing:
        return _not_checked(_name(link, "agreement"), "not needed: billing is off")
    name = _name(link, "agreement" if link.agreement is None else f"agreement {link.agreement}")
    if psa.door is None:
        return _not_checked(name, "not checked, because Tigerpaw could not be read")
    try:
        agreement = psa.door.agreement(link.agreement) if link.agreement is not None else None
        reason = _agreement_reason(link, agreement, psa.today)
        if reason is not None:
            open_ones = psa.open_agreements(link.account)
            advice = f"Write agreement = N in the [[link]]. Account {link.account} has these that have not ended: {open_ones}."
            return Check(name=name, ok=False, detail=_agreement_words(reason, agreement), advice=advice)
    except DestinationError as error:
        return psa.failed(name, error)
    return Check(name=name, ok=True, detail=f"{agreement.type}; charges: {len(agreement.charges)}" if agreement is not None else "")


def _agreement_reason(link: Link, agreement: Agreement | None, today: date) -> Reason | None:
    if link.agreement is None:
        return Reason.NO_AGREEMENT
    if agreement is None:
        return Reason.AGREEMENT_NOT_FOUND
    if agreement.account != link.account:
        return Reason.AGREEMENT_OF_OTHER_ACCOUNT
    return Reason.AGREEMENT_ENDED if agreement.ended(today) else None


def _agreement_words(reason: Reason, agreement: Agreement | None) -> str:
    if agreement is not None and reason is Reason.AGREEMENT_OF_OTHER_ACCOUNT:
        return f"The agreement belongs to account {agreement.account}."
    if agreement is not None and reason is Reason.AGREEMENT_ENDED:
        return f"The agreement ended on {agreement.end}."
    return reason.sentence


def _why_no_access_check(link: Link, assignment: Assignment | None) -> str:
    if not link.billing:
        return "not needed: billing is off"
    return "not checked, because the tenant must be found first" if assignment is not None else "not checked, because the sign-in must work first"


def _access(
    configuration: Configuration, source: Source | None, assignments: tuple[Assignment, ...] | None, observed: Callable[[Observation], None]
) -> dict[int, Check]:
    """Reads every linked tenant whose billing is on, the only proof that it can be read whole; by account.

    After three refusals in a row the source itself stops signing in, so a wrong right does not lock the account.
    """
    if source is None or assignments is None:
        return {}
    seconds = configuration.source.tenant_minutes * 60

    def read(assignment: Assignment) -> tuple[int, Check]:
        link, tenant = assignment.link, assignment.tenant
        assert link is not None
        assert tenant is not None
        name = _name(link, "right to read")
        began = time.monotonic()
        try:
            observation = source.observe(tenant, deadline=lambda: seconds - (time.monotonic() - began))
        except SourceError as error:
            return link.account, Check(name=name, ok=False, detail=str(error), advice=_ACCESS_ADVICE.get(error.reason, ""))
        observed(observation)
        return link.account, Check(
            name=name, ok=True, detail=f"read whole; devices: {len(observation.devices)}, licenses: {len(observation.licenses)}"
        )

    wanted = [one for one in assignments if one.link is not None and one.link.billing and one.tenant is not None and one.blocked is None]
    return dict(run_all(wanted, read, threads=configuration.source.max_sessions, stop=threading.Event()))
