"""What a person does by hand, in Tigerpaw or in Security Center, while following a document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tallybridge.sandbox import Sandbox


def _agreements(state: dict[str, Any]) -> list[dict[str, Any]]:
    return [agreement for account in state["tigerpaw"]["accounts"] for agreement in account["agreements"]]


def enter_worklist(sandbox: Sandbox) -> None:
    """Adds the three charges that the worklist of the first steps asks for."""
    state = sandbox.state()
    (contoso,) = (one for one in _agreements(state) if one["number"] == 2041)
    for number, (item, quantity) in enumerate((("KES-NIX", 1), ("KES-SRV", 1), ("KES-WKS", 3)), start=9101):
        contoso["charges"].append({"detail_id": number, "item_id": item, "quantity": quantity})
    sandbox.replace(state)


def change_a_line(*, by: int) -> Callable[[Sandbox], None]:
    """Changes the quantity of Contoso's line for workstations."""

    def change(sandbox: Sandbox) -> None:
        state = sandbox.state()
        (line,) = (charge for agreement in _agreements(state) for charge in agreement["charges"] if charge["item_id"] == "KES-WKS")
        line["quantity"] += by
        sandbox.replace(state)

    return change


def remove_a_virtual_server(sandbox: Sandbox) -> None:
    """Removes Contoso's virtual server from Security Center."""
    state = sandbox.state()
    servers = state["ksc"]["virtual_servers"]
    state["ksc"]["virtual_servers"] = [one for one in servers if one["name"] != "Contoso Dental"]
    sandbox.replace(state)
