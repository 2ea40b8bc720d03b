"""Device → category: from the network host type bits and the operating system's name (KSC Open API reference 3.6), or from the source's own word
for the device and that name (contracts 5).

The numbers 1 and 2 of the bit mask are running services, not kinds of operating systems, so they decide nothing here.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from tallybridge.billing.model import Category, Device, DeviceForm

_UNIX = 0x800
_WINDOWS_NT_SERVER = 0x8000
_WINDOWS = 0x1000 | 0x400000
_MOBILE_SYSTEMS = ("android", "ios", "ipados")


def category_of(device: Device) -> Category:
    """The category a device is billed in; `UNCLASSIFIED` where nothing tells, never a guess."""
    return _category(device.form, device.os_name, device.type_bits)


def categories_of(devices: Iterable[Device]) -> dict[str, Category]:
    """The category of each device, by its id."""
    return {device: _category(form, os_name, type_bits) for device, _, os_name, type_bits, form in devices}


# A fleet of a hundred thousand devices shows a few hundred different systems.
@lru_cache(maxsize=4096)
def _category(form: DeviceForm | None, os_name: str | None, type_bits: int | None) -> Category:
    if form is DeviceForm.MOBILE:
        return Category.NON_WINDOWS
    name = (os_name or "").strip().lower()
    bits = type_bits or 0
    windows_by_name = "windows" in name
    if form is DeviceForm.FILE_SERVER and windows_by_name:
        return Category.WINDOWS_SERVER
    if bits & _UNIX or (name and not windows_by_name):
        return Category.NON_WINDOWS
    if bits & _WINDOWS_NT_SERVER or "server" in name:
        return Category.WINDOWS_SERVER
    if windows_by_name or bits & _WINDOWS:
        return Category.WINDOWS_WORKSTATION
    return Category.UNCLASSIFIED


def is_mobile(device: Device) -> bool:
    """Whether a device is a phone or tablet, of which a user has up to two (design 5)."""
    return device.form is DeviceForm.MOBILE or (device.form is None and _is_mobile(device.os_name))


@lru_cache(maxsize=4096)
def _is_mobile(os_name: str | None) -> bool:
    words = (os_name or "").lower().replace("/", " ").split()
    return any(word in _MOBILE_SYSTEMS for word in words)
