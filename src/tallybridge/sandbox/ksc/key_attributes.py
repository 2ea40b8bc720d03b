"""Attributes of license keys (reference 2.3) and of the hosts that use them (reference 2.5).

Every documented key attribute has a value, because clients read them without defaults: a date that the scenario leaves null is the documented
empty datetime, and a key without subscription terms shows neutral ones, with its own limit date as their end (our choice). Only a key of type 6
whose `subscription` is null has no terms to show.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from tallybridge.sandbox.ksc.values import NO_INSTANT, container, instant
from tallybridge.sandbox.scenario_records import SUBSCRIPTION_KEY, Subscription

if TYPE_CHECKING:
    from tallybridge.sandbox.ksc.fleet import Server
    from tallybridge.sandbox.ksc.rows import Getters
    from tallybridge.sandbox.scenario_records import Key, Use

# Our choice: values that no scenario states.
LICENSE_DAYS = 365
SMALLEST_LIMIT = 100
MAJOR_VERSION = 11
INSTALLED_AT = instant(datetime(2026, 1, 1, tzinfo=UTC))
# No key is made in the future, however late its limit.
CREATED_AT_THE_LATEST = datetime(2024, 1, 1, tzinfo=UTC)


def key_getters(server: Server) -> Getters[Key]:
    """How each documented key attribute is read on this server."""

    def limit(key: Key) -> int:
        return max(SMALLEST_LIMIT, len(server.uses.get(key.serial, ())))

    def nearest_expiration(key: Key) -> dict[str, Any]:
        moments = [use.expires for use in server.uses.get(key.serial, ()) if use.expires is not None]
        return _instant_or_empty(min(moments) if moments else key.limit_date)

    def applications(key: Key) -> dict[str, Any]:
        one = {"KLLIC_APP_ID": key.app_id, "KLLIC_LICOBJECT_1": limit(key)}
        return container({str(key.app_id): container(one)})

    return {
        "KLLIC_SERIAL": lambda key: key.serial,
        "KLLIC_PROD_NAME": lambda key: key.name,
        "KLLIC_APP_ID": lambda key: key.app_id,
        "KLLIC_APP_IDS": applications,
        "KLLIC_PROD_SUITE_ID": lambda key: key.app_id,
        "KLLIC_KEY_TYPE": lambda key: key.type,
        "KLLIC_CREATION_DATE": _created,
        "KLLIC_LIMIT_DATE": lambda key: _instant_or_empty(key.limit_date),
        "KLLIC_NEAREST_EXPIRATION_DATE": nearest_expiration,
        "KLLIC_LICENSE_PERIOD": lambda _key: LICENSE_DAYS,
        "KLLIC_LIC_COUNT": limit,
        "KLLIC_MAJ_VER": lambda _key: MAJOR_VERSION,
        "KLLIC_LICINFO": lambda key: key.name,
        "KLLIC_SUPPORT_INFO": lambda _key: "",
        "KLLIC_CUSTOMER_INFO": lambda _key: server.record.name,
        "KLLIC_PART_NUMBER": lambda key: key.part_number,
        "KLLIC_PARTNER_NAME": lambda _key: "",
        "KLLIC_NHOSTS_ASCURRENT": lambda key: server.key_use_count(key.serial, current=True),
        "KLLIC_NHOSTS_ASNEXT": lambda key: server.key_use_count(key.serial, current=False),
        "KLLIC_USED_BY_ADM_SRV": lambda _key: 0,
        "KLLICSRV_KEY_INSTALLED": lambda key: key.installed,
        "KLLICSRV_AUTOKEY": lambda key: key.installed,
        # The body of a key is never shown; empty, so that a client that asks for everything finds it (our choice).
        "KLLICSRV_KEYDATA": lambda _key: container({}),
        "KLLIC_LICTYPE_IS_SUBSCRIPTION": lambda key: key.type == SUBSCRIPTION_KEY or key.subscription is not None,
        "KLLIC_SUBSCRINFO_STATE": lambda key: None if (terms := _terms(key)) is None else terms.state,
        "KLLIC_SUBSCRINFO_ENDDATE": lambda key: None if (terms := _terms(key)) is None else _instant_or_empty(terms.end_date),
        "KLLIC_SUBSCRINFO_ENDDATETYPE": lambda key: None if (terms := _terms(key)) is None else terms.end_type,
        # As text: the vendor's own sample joins it to a text, and clients are told to accept both (our choice, reference 2.3).
        "KLLIC_SUBSCRINFO_GRACETERM": lambda key: None if (terms := _terms(key)) is None else str(terms.grace_days),
        "KLLIC_SUBSCRINFO_PROVIDERURL": lambda key: None if _terms(key) is None else "",
    }


def use_getters(server: Server) -> Getters[Use]:
    """How each host-specific attribute of a key is read on this server. An unknown host shows its id as its name (our choice)."""
    hosts = server.hosts
    managed_group, unassigned_group = str(server.managed_group), str(server.unassigned_group)

    def display_name(use: Use) -> str:
        host = hosts.get(use.host)
        return use.host if host is None else host.name

    return {
        "KLLICSRV_HOSTNAME": attrgetter("host"),
        "KLLICSRV_HOSTDN": display_name,
        "KLLICSRV_HOST_GRPID": lambda use: managed_group if server.managed(use.host) else unassigned_group,
        "KLLICSRV_HOST_GRPNAME": lambda use: "Managed devices" if server.managed(use.host) else "Unassigned devices",
        "KLLICSRV_HOST_CURRENT": attrgetter("current"),
        "KLLICSRV_EXPIRATION_TIME": lambda use: None if use.expires is None else instant(use.expires),
        "KLLICSRV_INSTALL_TIME": lambda _use: INSTALLED_AT,
        "KLLICSRV_PRODUCT": attrgetter("product"),
        "KLLICSRV_VERSION": attrgetter("version"),
        "KLLIC_LIC_IS_PENDING_SUBSCRIPTION": attrgetter("pending"),
    }


def _created(key: Key) -> dict[str, Any]:
    if key.limit_date is None:
        return instant(CREATED_AT_THE_LATEST)
    return instant(min(key.limit_date - timedelta(days=LICENSE_DAYS), CREATED_AT_THE_LATEST))


def _terms(key: Key) -> Subscription | None:
    if key.subscription is None and key.type != SUBSCRIPTION_KEY:
        return Subscription(state=0, end_type=0, end_date=key.limit_date, grace_days=0)
    return key.subscription


def _instant_or_empty(moment: datetime | None) -> dict[str, Any]:
    return NO_INSTANT if moment is None else instant(moment)
