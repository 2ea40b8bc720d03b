"""What a failure inside this package means for a run or a tenant: the errors of `sources.base`, in words for people."""

from __future__ import annotations

from tallybridge.billing.model import Tenant
from tallybridge.billing.reasons import Reason
from tallybridge.sources.base import SourceFailed, TenantBlocked, TenantNotObserved
from tallybridge.sources.ksc.errors import ApiRefusal, NotThatServer, OutOfTime, SignInRefused, SignInsStopped, Unreadable
from tallybridge.sources.ksc.session import is_main
from tallybridge.sources.ksc.settings import KscSettings

RIGHTS_ADVICE = "In Kaspersky Security Center, give the user the right to read it (properties of the server, Security): Basic functionality, Read."


def source_failed(error: Exception, settings: KscSettings) -> SourceFailed:
    """Says why nothing of the source can be read; nothing has been written then."""
    if isinstance(error, SignInRefused):
        return SourceFailed(
            Reason.SIGN_IN_REFUSED,
            f"Kaspersky Security Center at {settings.url} refused the sign-in; nothing was written, and it is not tried again. {error}",
        )
    if isinstance(error, NotThatServer):
        return SourceFailed(Reason.TENANT_REPLACED, f"{error} Nothing was written.")
    if isinstance(error, ApiRefusal) and error.no_access:
        return SourceFailed(Reason.NO_ACCESS, f"The user may not read the main server; nothing was written. {error} {RIGHTS_ADVICE}")
    if isinstance(error, (Unreadable, ApiRefusal)):
        return SourceFailed(Reason.OBSERVATION_INCOMPLETE, f"The list of virtual servers could not be read; nothing was written. {error}")
    return SourceFailed(Reason.SOURCE_UNREACHABLE, f"Kaspersky Security Center could not be read; nothing was written. {error}")


def tenant_not_observed(error: Exception, tenant: Tenant) -> TenantNotObserved:
    """Says why a tenant gave no observation; nothing is written for it then (L1)."""
    about = "The main server" if is_main(tenant) else f"Virtual server {tenant.name!r}"
    nothing = "nothing was written for it"
    if isinstance(error, OutOfTime):
        return TenantNotObserved(Reason.TIME_LIMIT, f"{about} could not be read within its time limit; {nothing}. {error}")
    if isinstance(error, SignInsStopped):
        return TenantBlocked(Reason.SIGN_INS_STOPPED, f"{about} was not read; {nothing}. {error}")
    if isinstance(error, SignInRefused):
        reason = Reason.SIGN_IN_REFUSED if is_main(tenant) else Reason.NO_ACCESS
        return TenantBlocked(reason, f"{about} refused the sign-in; {nothing}. {error}")
    if isinstance(error, ApiRefusal) and error.no_access:
        return TenantBlocked(Reason.NO_ACCESS, f"{about} may not be read by this user; {nothing}. {error} {RIGHTS_ADVICE}")
    if isinstance(error, NotThatServer):
        return TenantBlocked(Reason.TENANT_REPLACED, f"{about} is not the one that was listed; {nothing}. {error} Check the link of this tenant.")
    return TenantNotObserved(Reason.OBSERVATION_INCOMPLETE, f"{about} could not be read whole; {nothing}. {error}")
