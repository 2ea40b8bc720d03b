"""`doctor`: each precondition of a correct bill, checked, with what to click where it is not met.

`examining` goes through the integrations; `setup` checks what the configuration alone can prove, `links` each link, `items` the mappings.
"""

from __future__ import annotations

from tallybridge.runs.doctor.examining import Examination, examine

__all__ = ["Examination", "examine"]
