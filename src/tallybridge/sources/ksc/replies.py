"""The replies of the KSC Open API as records that msgspec fills straight from bytes (reference 1.4, 1.10).

Every reply may carry `PxgError` instead of its own members, so its own members are optional here and demanded in `calls.py`; then one
decoding finds both. Attributes that the server leaves out are None; the identity of a row is required, so a row without it does not decode.
Unknown members are skipped.
"""

from __future__ import annotations

from typing import Annotated, Generic, Literal, TypeVar

from msgspec import Meta, Struct, field

Identity = Annotated[str, Meta(min_length=1)]
Row = TypeVar("Row")


class PxgError(Struct, frozen=True, gc=False):
    """An error of the API (reference 1.4)."""

    code: int = 0
    module: str = ""
    message: str = ""


class Reply(Struct, frozen=True, kw_only=True):
    """What every reply may carry."""

    error: PxgError | None = field(default=None, name="PxgError")


class Instant(Struct, frozen=True, gc=False):
    """`{"type": "datetime", "value": "2026-01-31T22:15:00Z"}`; an empty value means none."""

    type: Literal["datetime"]
    value: str


class Wrapped(Struct, Generic[Row], frozen=True, gc=False):
    """A `params` inside an array: `{"type": "params", "value": {…}}`."""

    type: Literal["params"]
    value: Row


class Text(Reply, frozen=True, kw_only=True):
    """A call that returns a string."""

    value: str | None = field(default=None, name="PxgRetVal")


class Number(Reply, frozen=True, kw_only=True):
    """A call that returns a number."""

    value: int | None = field(default=None, name="PxgRetVal")


class StaticInfo(Struct, frozen=True, kw_only=True):
    """Which server a session belongs to (reference 3.7)."""

    is_virtual: bool | None = field(default=None, name="KLADMSRV_IS_VIRTUAL")
    number: int | None = field(default=None, name="KLADMSRV_VSID")
    uid: str | None = field(default=None, name="KLADMSRV_VSUID")
    full_version: str | None = field(default=None, name="KLADMSRV_PRODUCT_FULL_VERSION")
    version: str | None = field(default=None, name="KLADMSRV_PRODUCT_VERSION")


class StaticInfoReply(Reply, frozen=True, kw_only=True):
    """`HostGroup.GetStaticInfo`."""

    value: StaticInfo | None = field(default=None, name="PxgRetVal")


class VirtualServer(Struct, frozen=True, kw_only=True):
    """One virtual server (reference 4.1)."""

    number: int = field(name="KLVSRV_ID")
    name: str = field(name="KLVSRV_DN")
    uid: str | None = field(default=None, name="KLVSRV_UID")
    enabled: bool | None = field(default=None, name="KLVSRV_ENABLED")


class VirtualServersReply(Reply, frozen=True, kw_only=True):
    """`VServers.GetVServers`."""

    value: list[Wrapped[VirtualServer]] | None = field(default=None, name="PxgRetVal")


class Key(Struct, frozen=True, kw_only=True, gc=False):
    """One license key (reference 2.3)."""

    serial: Identity = field(name="KLLIC_SERIAL")
    name: str | None = field(default=None, name="KLLIC_PROD_NAME")
    kind: int | None = field(default=None, name="KLLIC_KEY_TYPE")
    limit_date: Instant | None = field(default=None, name="KLLIC_LIMIT_DATE")
    is_subscription: bool | None = field(default=None, name="KLLIC_LICTYPE_IS_SUBSCRIPTION")
    subscription_state: int | None = field(default=None, name="KLLIC_SUBSCRINFO_STATE")
    subscription_end: int | None = field(default=None, name="KLLIC_SUBSCRINFO_ENDDATETYPE")
    installed: bool | None = field(default=None, name="KLLICSRV_KEY_INSTALLED")
    application_id: int | None = field(default=None, name="KLLIC_APP_ID")
    part_number: str | None = field(default=None, name="KLLIC_PART_NUMBER")
    active_devices: int | None = field(default=None, name="KLLIC_NHOSTS_ASCURRENT")
    reserve_devices: int | None = field(default=None, name="KLLIC_NHOSTS_ASNEXT")


class KeyHost(Struct, frozen=True, kw_only=True, gc=False):
    """One use of a key on a host, a row per host and product (reference 2.5)."""

    host: Identity = field(name="KLLICSRV_HOSTNAME")
    name: str | None = field(default=None, name="KLLICSRV_HOSTDN")
    active: bool | None = field(default=None, name="KLLICSRV_HOST_CURRENT")
    expires: Instant | None = field(default=None, name="KLLICSRV_EXPIRATION_TIME")
    pending: bool | None = field(default=None, name="KLLIC_LIC_IS_PENDING_SUBSCRIPTION")


class Host(Struct, frozen=True, kw_only=True, gc=False):
    """One managed device (reference 3.5)."""

    id: Identity = field(name="KLHST_WKS_HOSTNAME")
    name: str | None = field(default=None, name="KLHST_WKS_DN")
    os_name: str | None = field(default=None, name="KLHST_WKS_OS_NAME")
    type_bits: int | None = field(default=None, name="KLHST_WKS_CTYPE")


class Iterator(Reply, frozen=True, kw_only=True):
    """An opened `GroupSyncIterator` and how many rows it announces (reference 2.1, 2.5)."""

    announced: int | None = field(default=None, name="lKeyCount")
    id: str | None = field(default=None, name="wstrIterator")


class Accessor(Reply, frozen=True, kw_only=True):
    """An opened `ChunkAccessor` and how many rows it holds (reference 3.1)."""

    found: int | None = field(default=None, name="PxgRetVal")
    id: str | None = field(default=None, name="strAccessor")


class Rows(Struct, Generic[Row], frozen=True, kw_only=True):
    """The container of a chunk."""

    items: list[Wrapped[Row]] = field(default_factory=list, name="KLCSP_ITERATOR_ARRAY")


class IteratorChunk(Reply, Generic[Row], frozen=True, kw_only=True):
    """`GroupSyncIterator.GetNextItems`. Its `bEOF` is left unread: reference and practice contradict each other (2.2)."""

    returned: int | None = field(default=None, name="PxgRetVal")
    rows: Rows[Row] = field(default_factory=Rows, name="pData")


class AccessorChunk(Reply, Generic[Row], frozen=True, kw_only=True):
    """`ChunkAccessor.GetItemsChunk`."""

    returned: int | None = field(default=None, name="PxgRetVal")
    rows: Rows[Row] = field(default_factory=Rows, name="pChunk")
