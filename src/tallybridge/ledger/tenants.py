"""Which tenant a link was first used with: a link is bound to the tenant's unique id, names and numbers are labels (design 6.4)."""

from __future__ import annotations

from collections.abc import Mapping

from tallybridge.billing.model import Tenant
from tallybridge.ledger import plain_sql
from tallybridge.ledger.errors import ledger_errors
from tallybridge.ledger.prepared import models


@ledger_errors()
def bind(integration: str, account: int, tenant: Tenant) -> None:
    """Binds the link of an account to a tenant, in place of the one it was bound to; binding it again to the same tenant changes nothing.

    Only a person re-points a link; a tenant that merely took over a bound one's name or number never reaches this (`billing.linking`).
    """
    found = {"tenant_id": tenant.id, "name": tenant.name, "number": tenant.number}
    first = {"integration": integration, "account": account, **found}
    if plain_sql.add("ledger_tenantbinding", list(first), [list(first.values())], unless_known=True):
        return
    if not models.TenantBinding.objects.filter(integration=integration, account=account, **found).exists():
        models.TenantBinding.objects.update_or_create(integration=integration, account=account, defaults=found)


@ledger_errors()
def bound(integration: str, account: int) -> Tenant | None:
    """The tenant that the account's link is bound to, with the name and number last known; None before its first use."""
    row = models.TenantBinding.objects.filter(integration=integration, account=account).first()
    return _tenant(row) if row else None


@ledger_errors()
def all_bound(integration: str) -> Mapping[int, Tenant]:
    """Every bound tenant of an integration, by account."""
    rows = models.TenantBinding.objects.filter(integration=integration).order_by("account").values_list("account", "tenant_id", "name", "number")
    return {account: Tenant(id=tenant_id, name=name, number=number) for account, tenant_id, name, number in rows}


def _tenant(row: models.TenantBinding) -> Tenant:
    return Tenant(id=row.tenant_id, name=row.name, number=row.number)
