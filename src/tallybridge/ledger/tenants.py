"""Which tenant a link was first used with: a link is bound to the tenant's unique id, names and numbers are labels (design 6.4)."""

from __future__ import annotations

from collections.abc import Mapping

from tallybridge.billing.model import Tenant
from tallybridge.ledger.errors import LedgerError, ledger_errors
from tallybridge.ledger.prepared import models


@ledger_errors()
def bind(integration: str, account: int, tenant: Tenant) -> None:
    """Binds the link of an account to a tenant; binding it again to the same tenant changes nothing.

    Raises:
        LedgerError: the account is bound to another tenant.
    """
    row, _ = models.TenantBinding.objects.get_or_create(
        integration=integration, account=account, defaults={"tenant_id": tenant.id, "name": tenant.name, "number": tenant.number}
    )
    if row.tenant_id != tenant.id:
        raise LedgerError(
            f"Account {account} is bound to the tenant {row.name} ({row.tenant_id}), not to {tenant.name} ({tenant.id}). Nothing was changed."
        )


@ledger_errors()
def bound(integration: str, account: int) -> Tenant | None:
    """The tenant that the account's link is bound to, with the name and number last known; None before its first use."""
    row = models.TenantBinding.objects.filter(integration=integration, account=account).first()
    return _tenant(row) if row else None


@ledger_errors()
def all_bound(integration: str) -> Mapping[int, Tenant]:
    """Every bound tenant of an integration, by account."""
    return {row.account: _tenant(row) for row in models.TenantBinding.objects.filter(integration=integration).order_by("account")}


@ledger_errors()
def relabel(integration: str, tenant: Tenant) -> None:
    """Takes over a tenant's present name and number; its binding stays."""
    models.TenantBinding.objects.filter(integration=integration, tenant_id=tenant.id).update(name=tenant.name, number=tenant.number)


def _tenant(row: models.TenantBinding) -> Tenant:
    return Tenant(id=row.tenant_id, name=row.name, number=row.number)
