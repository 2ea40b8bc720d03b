"""What happens outside while the console is looked at: a device leaves, somebody edits a line in Tigerpaw by hand."""

from __future__ import annotations

from typing import Any

from tallybridge.sandbox import Sandbox


def take_device_away(sandbox: Sandbox, customer: str, device: str) -> None:
    """A device of a virtual server is gone, and its seat with it."""
    world = sandbox.state()
    server = next(one for one in world["ksc"]["virtual_servers"] if one["name"] == customer)
    (gone,) = [host["id"] for host in server["hosts"] if host["name"] == device]
    server["hosts"] = [host for host in server["hosts"] if host["id"] != gone]
    server["uses"] = [use for use in server["uses"] if use["host"] != gone]
    sandbox.replace(world)


def charge_of(sandbox: Sandbox, customer: str, item: str) -> dict[str, Any] | None:
    """The line of an account's only agreement; None where it has none."""
    return _line(sandbox.state(), customer, item)


def edit_charge(sandbox: Sandbox, customer: str, item: str, quantity: int) -> None:
    """Somebody types another quantity in Tigerpaw."""
    world = sandbox.state()
    line = _line(world, customer, item)
    assert line is not None
    line["quantity"] = quantity
    sandbox.replace(world)


def _line(world: dict[str, Any], customer: str, item: str) -> dict[str, Any] | None:
    account = next(one for one in world["tigerpaw"]["accounts"] if one["name"] == customer)
    return next((one for one in account["agreements"][0]["charges"] if one["item_id"] == item), None)
