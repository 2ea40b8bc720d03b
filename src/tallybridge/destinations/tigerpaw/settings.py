"""What a connection to one Tigerpaw needs to know: address, the two pairs of credentials, the External Product and the dialect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tallybridge.wire.retrying import Patience

if TYPE_CHECKING:
    from tallybridge.destinations.tigerpaw.dialect import Dialect
    from tallybridge.wire.http import Trust
    from tallybridge.wire.secret import Secret


_USUAL_PATIENCE = Patience()


@dataclass(frozen=True, slots=True, kw_only=True)
class TigerpawSettings:
    """One Tigerpaw server, as contracts 3 `[destination]` declares it; defaults follow Tigerpaw reference 4.1."""

    url: str
    """Scheme, host, port, and perhaps a path before `/api`, which the client adds itself."""
    public_key: str
    private_key: Secret
    soap_user: str
    soap_password: Secret
    external_product: str
    dialect: Dialect | None
    """None in worklist mode, where a person enters the charges and nothing is written by us."""
    trust: Trust
    date_header: str = "X-TSI-Date"
    """Or "Date"; where both are present, Tigerpaw ignores "Date"."""
    paging_names: tuple[str, str] = ("PageSize", "StartRow")
    """How the two paging parameters are spelled in a query string; the vendor's documents disagree (reference 1.5)."""
    first_row: int = 1
    page_size: int = 200
    connect_timeout: float = 10
    """Seconds."""
    read_timeout: float = 60
    """Seconds."""
    patience: Patience = _USUAL_PATIENCE
    """How reads are repeated; writes never are."""
