"""Which tenant a link means today (design 6.4, identity).

A tenant is its unique id; its name and number are labels. The first use of a link binds it to the id found under the name, and from then on
another tenant under that name or number is blocked instead of billed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from tallybridge.billing.model import Notice, Tenant
from tallybridge.billing.reasons import Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One tenant ↔ one account, one agreement of that account, billing on or off."""

    account: int
    tenant_name: str | None = None
    tenant_id: str | None = None
    agreement: int | None = None
    billing: bool = True

    @property
    def label(self) -> str:
        """How a person named the tenant in the link."""
        return self.tenant_name or self.tenant_id or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """What a link or an unlinked tenant comes to today: a tenant to read, or the reason why a person must act first."""

    link: Link | None
    tenant: Tenant | None
    blocked: Reason | None = None
    of_no_tenant: bool = False
    """Stands for devices that belong to no tenant."""
    first_use: bool = False
    """The link is bound to this tenant from now on."""
    notices: tuple[Notice, ...] = ()

    @property
    def label(self) -> str:
        """The tenant's name at the source, or as the link names it."""
        return self.tenant.name if self.tenant is not None else (self.link.label if self.link is not None else "")


def assign(links: tuple[Link, ...], listed: tuple[Tenant, ...], bound: Mapping[int, Tenant]) -> tuple[Assignment, ...]:
    """Finds the tenant of each link, then lists the tenants that no link means.

    Args:
        links: as configured.
        listed: every tenant of the source, read to the end of its list.
        bound: per account, the tenant its link is bound to: the unique id, and the name and number under which it was bound.

    Returns:
        One assignment per link in the order of the links, then one per unlinked tenant in order of name.
    """
    linked = [_find(link, listed, bound.get(link.account)) for link in links]
    claims = Counter(one.tenant.id for one in linked if one.tenant is not None)
    linked = [replace(one, blocked=Reason.TENANT_AMBIGUOUS) if one.tenant is not None and claims[one.tenant.id] > 1 else one for one in linked]
    spoken_for = claims.keys() | {link.tenant_id for link in links}
    unlinked = sorted((tenant for tenant in listed if tenant.id not in spoken_for), key=lambda tenant: (tenant.name, tenant.id))
    return (*linked, *(Assignment(link=None, tenant=tenant) for tenant in unlinked))


def _find(link: Link, listed: tuple[Tenant, ...], bound: Tenant | None) -> Assignment:
    if link.tenant_id is not None:
        found = [tenant for tenant in listed if tenant.id == link.tenant_id]
        known = bound is not None and bound.id == link.tenant_id
    elif bound is not None and bound.name == link.tenant_name:
        return _find_bound(link, listed, bound)
    else:
        # A link that names another tenant than it was bound to was changed by a person, and is bound anew.
        found = [tenant for tenant in listed if tenant.name == link.tenant_name]
        known = False
    if not found:
        return Assignment(link=link, tenant=None, blocked=Reason.TENANT_GONE if known else Reason.TENANT_NOT_FOUND)
    if len(found) > 1:
        return Assignment(link=link, tenant=None, blocked=Reason.TENANT_AMBIGUOUS)
    return _enabled(link, found[0], first_use=not known)


def _find_bound(link: Link, listed: tuple[Tenant, ...], bound: Tenant) -> Assignment:
    tenant = next((one for one in listed if one.id == bound.id), None)
    others = [one for one in listed if one.id != bound.id and (one.name == bound.name or (bound.number is not None and one.number == bound.number))]
    if tenant is None and len(others) == 1 and _now_sends_its_id(bound, others[0]):
        return _enabled(link, others[0], first_use=True)
    if others:
        return Assignment(link=link, tenant=None, blocked=Reason.TENANT_REPLACED)
    if tenant is None:
        return Assignment(link=link, tenant=None, blocked=Reason.TENANT_GONE)
    renamed = (Notice(reason=Reason.TENANT_RENAMED, subject=bound.name),) if tenant.name != bound.name else ()
    return _enabled(link, tenant, notices=renamed)


def _now_sends_its_id(bound: Tenant, found: Tenant) -> bool:
    """Whether a tenant that was known by its number alone is the one that now comes with a unique id: same number, same name."""
    return bound.number is not None and bound.id == str(bound.number) and (found.number, found.name) == (bound.number, bound.name)


def _enabled(link: Link, tenant: Tenant, *, first_use: bool = False, notices: tuple[Notice, ...] = ()) -> Assignment:
    blocked = None if tenant.enabled else Reason.TENANT_DISABLED
    return Assignment(link=link, tenant=tenant, blocked=blocked, first_use=first_use, notices=notices)
