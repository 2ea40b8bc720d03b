"""Gives the drawings of published charts."""

from __future__ import annotations

from typing import cast

from django.http import Http404, HttpRequest, HttpResponse

from tallybridge.console.access import needs
from tallybridge.console.charts.drawing import SIZES, Size
from tallybridge.console.charts.palette import Scheme
from tallybridge.console.charts.shelf import drawing_of
from tallybridge.console.models import Role


@needs(Role.VIEW)
def chart(_request: HttpRequest, address: str, scheme: str, size: str) -> HttpResponse:
    """One chart in one scheme and size; what stands under an address never changes, so it is kept by the browser."""
    known = scheme in ("light", "dark") and size in SIZES
    drawn = drawing_of(address, cast("Scheme", scheme), cast("Size", size)) if known else None
    if drawn is None:
        raise Http404("The chart is not there any more. Load the page that shows it again.")
    answer = HttpResponse(drawn, content_type="image/svg+xml")
    answer["Cache-Control"] = "private, max-age=86400, immutable"
    # The drawing styles itself; nothing in it can run or load anything.
    answer["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
    return answer
