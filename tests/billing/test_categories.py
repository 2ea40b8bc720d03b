"""Device → category, by the rules of the KSC Open API reference 3.6, in their order."""

from __future__ import annotations

import pytest

from tallybridge.billing.categories import category_of, is_mobile
from tallybridge.billing.model import BILLABLE_CATEGORIES, Category, Device
from tests.billing.builders import NON_WINDOWS, SERVER, UNCLASSIFIED, WORKSTATION

ROWS = [
    # 1: the UNIX bit, or a name without "Windows"
    pytest.param("Ubuntu 22.04", 0x200800, NON_WINDOWS, id="Linux by name and bits"),
    pytest.param(None, 0x800 | 0x200000, NON_WINDOWS, id="Linux by bits alone"),
    pytest.param(None, 0x800 | 0x2000, NON_WINDOWS, id="FreeBSD by bits alone"),
    pytest.param("Microsoft Windows 10", 0x800, NON_WINDOWS, id="the UNIX bit goes before the name"),
    pytest.param("macOS 14", None, NON_WINDOWS, id="another name, no bits"),
    pytest.param("Debian server", 0x9007, NON_WINDOWS, id="another name goes before the server bit"),
    pytest.param("Apple iOS 17", 0x1000, NON_WINDOWS, id="another name goes before the Windows bits"),
    # 2: the bit of a Windows server system, or a name with "Windows" and "Server"
    pytest.param("Microsoft Windows Server 2016", 36871, SERVER, id="the observed server"),
    pytest.param(None, 0x8000, SERVER, id="server by bit alone"),
    pytest.param("Microsoft Windows 10", 0x8000, SERVER, id="the server bit goes before a workstation's name"),
    pytest.param("Microsoft Windows Server 2022", None, SERVER, id="server by name alone"),
    pytest.param("microsoft windows server 2022", None, SERVER, id="server by name in small letters"),
    pytest.param("Microsoft Windows Server 2022", 0x1000, SERVER, id="server by name with workstation bits"),
    # 3: a name with "Windows", or a bit of a Windows system
    pytest.param("Microsoft Windows 11", 4103, WORKSTATION, id="workstation by name and bits"),
    pytest.param("Microsoft Windows 11", None, WORKSTATION, id="workstation by name alone"),
    pytest.param("Microsoft Windows 11", 0, WORKSTATION, id="workstation by name with an empty mask"),
    pytest.param(None, 0x1000, WORKSTATION, id="Windows NT by bit alone"),
    pytest.param("", 0x400000, WORKSTATION, id="Windows 98 by bit alone"),
    # 4: nothing tells
    pytest.param(None, None, UNCLASSIFIED, id="nothing is told"),
    pytest.param("", 0, UNCLASSIFIED, id="empty name, empty mask"),
    pytest.param("  ", None, UNCLASSIFIED, id="blank name"),
    pytest.param(None, 0x1 | 0x2, UNCLASSIFIED, id="running services tell no system"),
    pytest.param(None, 0x8 | 0x100 | 0x10000, UNCLASSIFIED, id="roles in the domain tell no system"),
    pytest.param(None, 0x2000, UNCLASSIFIED, id="the FreeBSD bit without the UNIX bit is Windows for Workgroups"),
]


@pytest.mark.parametrize(("os_name", "type_bits", "category"), ROWS)
def test_category(os_name: str | None, type_bits: int | None, category: Category) -> None:
    assert category_of(Device("d1", "D1", os_name, type_bits)) is category


@pytest.mark.parametrize(
    ("os_name", "mobile"),
    [
        ("Android 14", True),
        ("Apple iOS 17.1", True),
        ("iPadOS 17", True),
        ("iOS/iPadOS", True),
        ("Microsoft Windows 11", False),
        ("macOS 14", False),
        ("Ubuntu 22.04", False),
        ("Cisco-biosystems 2", False),
        (None, False),
    ],
)
def test_mobiles_are_android_ios_and_ipados(os_name: str | None, mobile: bool) -> None:
    assert is_mobile(Device("d1", "D1", os_name, None)) is mobile


def test_every_category_but_the_one_that_nobody_knows_can_be_billed() -> None:
    assert set(BILLABLE_CATEGORIES) == set(Category) - {Category.UNCLASSIFIED}
    assert len(BILLABLE_CATEGORIES) == len(set(BILLABLE_CATEGORIES))
