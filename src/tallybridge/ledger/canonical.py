"""Records ⇄ canonical bytes: equal records give equal bytes, so an unchanged tenant adds nothing to the ledger (design 7).

Compact JSON. Rows that come by the hundred thousand are arrays; a seat names its license by its place in the observation, and its device by how
many places it lies behind the seat before: so a device that comes or goes changes the bytes of its own rows only, and the difference from one
day to the next stays small (decision 0027). Volatile values are not in the bytes: an observation's `started` and planning inputs' `now` and
`today` are kept with the run and given back to the decoder. Members that a later version adds must have a default, so that older evidence can
still be read.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, NamedTuple, TypeVar

import msgspec

from tallybridge.billing.model import Device, License, Mailbox, Notice, Observation, Rules, Seat, Stated, Tenant, Usage
from tallybridge.billing.plan import Bounds, OpenIntent, OurLine, Plan, PlanningInputs, Proof, StandingDecision, Wanted
from tallybridge.billing.psa import Agreement, Item

_Record = TypeVar("_Record")

_encoder = msgspec.json.Encoder(order="deterministic")


class _StoredSeat(NamedTuple):
    license: int | str
    """Place of the license in the observation, or its serial where the observation does not list it."""
    device: int | str
    """How many places the device lies behind that of the seat before, or its id where the tenant does not manage it."""
    active: bool | None
    pending: bool
    expires: datetime | None
    device_name: str


class _StoredObservation(msgspec.Struct, kw_only=True):
    tenant: tuple[str, str, int | None]
    licenses: tuple[License, ...]
    devices: tuple[Device, ...]
    seats: tuple[_StoredSeat, ...]
    steps: bool = False
    """False in older evidence: there a seat names the place of its device itself."""
    mailboxes: tuple[Mailbox, ...] = ()
    stated: tuple[Stated, ...] = ()
    notices: tuple[Notice, ...] = ()


class _StoredInputs(msgspec.Struct, kw_only=True, omit_defaults=True):
    """`PlanningInputs` without `now` and `today`."""

    agreement: Agreement
    wanted: tuple[Wanted, ...]
    lines: tuple[OurLine, ...] = ()
    former: tuple[_StoredInputs, ...] = ()
    seen: tuple[int, ...] = ()
    intents: tuple[OpenIntent, ...] = ()
    items: tuple[Item, ...] = ()
    settle: int = 30
    worklist: bool = False
    decisions: tuple[StandingDecision, ...] = ()
    bounds: Bounds | None = None
    proofs: tuple[Proof, ...] = ()
    may_fall: int | None = None


_observation_decoder = msgspec.json.Decoder(_StoredObservation)
_inputs_decoder = msgspec.json.Decoder(_StoredInputs)
_plan_decoder = msgspec.json.Decoder(Plan)
_usage_decoder = msgspec.json.Decoder(Usage)
_rules_decoder = msgspec.json.Decoder(Rules)


class CanonicalDamaged(Exception):
    """Bytes that do not hold the record they should."""


def encode(value: object) -> bytes:
    """Any record, mapping or sequence of the kinds used here as canonical bytes."""
    return _encoder.encode(value)


def _decode(decoder: msgspec.json.Decoder[_Record], data: bytes, what: str) -> _Record:
    try:
        return decoder.decode(data)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise CanonicalDamaged(f"The stored bytes are not {what}: {error}.") from error


def encode_observation(observation: Observation) -> bytes:
    """An observation without `started` and without whether the tenant is enabled. Instants must be UTC, tuples sorted, as `Observation` says."""
    tenant = observation.tenant
    licenses = {found.serial: place for place, found in enumerate(observation.licenses)}
    devices = {found.id: place for place, found in enumerate(observation.devices)}
    before = 0
    seldom = {name: rows for name, rows in (("mailboxes", observation.mailboxes), ("stated", observation.stated)) if rows}
    return _encoder.encode(
        seldom
        | {
            "devices": observation.devices,
            "licenses": observation.licenses,
            "notices": observation.notices,
            "seats": [
                (
                    licenses.get(serial, serial),
                    device if (place := devices.get(device)) is None else -before + (before := place),
                    active,
                    pending,
                    expires,
                    device_name,
                )
                for serial, device, active, pending, expires, device_name in observation.seats
            ],
            "steps": True,
            "tenant": (tenant.id, tenant.name, tenant.number),
        }
    )


def decode_observation(data: bytes, *, started: datetime) -> Observation:
    """The observation behind `encode_observation`; its tenant is shown as enabled. Raises CanonicalDamaged."""
    stored = _decode(_observation_decoder, data, "an observation")
    licenses = [found.serial for found in stored.licenses]
    devices = [found.id for found in stored.devices]
    before = 0
    try:
        seats = tuple(
            Seat(
                licenses[license_] if isinstance(license_, int) else license_,
                device if isinstance(device, str) else devices[before := before + device if stored.steps else device],
                active,
                pending,
                expires,
                device_name,
            )
            for license_, device, active, pending, expires, device_name in stored.seats
        )
    except IndexError as error:
        raise CanonicalDamaged("The stored bytes are not an observation: a seat names a license or a device that is not listed.") from error
    tenant_id, name, number = stored.tenant
    return Observation(
        tenant=Tenant(id=tenant_id, name=name, number=number),
        started=started,
        licenses=stored.licenses,
        devices=stored.devices,
        seats=seats,
        mailboxes=stored.mailboxes,
        stated=stored.stated,
        notices=stored.notices,
    )


def encode_inputs(inputs: PlanningInputs) -> bytes:
    """Planning inputs without `now` and `today`."""
    return _encoder.encode(_stored_inputs(inputs))


def decode_inputs(data: bytes, *, now: datetime, today: date) -> PlanningInputs:
    """The planning inputs behind `encode_inputs`. Raises CanonicalDamaged."""
    return _given_inputs(_decode(_inputs_decoder, data, "planning inputs"), now, today)


def _stored_inputs(inputs: PlanningInputs) -> _StoredInputs:
    members: dict[str, Any] = {name: getattr(inputs, name) for name in _StoredInputs.__struct_fields__}
    return _StoredInputs(**members | {"former": tuple(_stored_inputs(one) for one in inputs.former)})


def _given_inputs(stored: _StoredInputs, now: datetime, today: date) -> PlanningInputs:
    members: dict[str, Any] = {name: getattr(stored, name) for name in _StoredInputs.__struct_fields__}
    return PlanningInputs(**members | {"former": tuple(_given_inputs(one, now, today) for one in stored.former)}, now=now, today=today)


def encode_plan(plan: Plan) -> bytes:
    """A plan."""
    return _encoder.encode(plan)


def decode_plan(data: bytes) -> Plan:
    """The plan behind `encode_plan`. Raises CanonicalDamaged."""
    return _decode(_plan_decoder, data, "a plan")


def encode_usage(usage: Usage) -> bytes:
    """Usage, whole: quantities, seats and what was left out."""
    return _encoder.encode(usage)


def decode_usage(data: bytes) -> Usage:
    """The usage behind `encode_usage`. Raises CanonicalDamaged."""
    return _decode(_usage_decoder, data, "usage")


def encode_rules(rules: Rules) -> bytes:
    """Everything that decides how an observation is counted, besides the code."""
    return _encoder.encode(rules)


def decode_rules(data: bytes) -> Rules:
    """The rules behind `encode_rules`. Raises CanonicalDamaged."""
    return _decode(_rules_decoder, data, "rules")
