"""Two-step verification of one person: the secret of their authenticator, and recovery codes of which only hashes are kept."""

from __future__ import annotations

import base64
import hmac
import io
import secrets
from typing import TYPE_CHECKING

import segno
from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

if TYPE_CHECKING:
    from django_otp.models import Device

RECOVERY_CODES = 10
_RECOVERY_LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
_HALF = 5
_HASH_LENGTH = 16
"""Characters that the table of static tokens has room for: 80 bits of the hash."""


def is_set_up(user: User) -> bool:
    """Whether the person has confirmed an authenticator."""
    return bool(TOTPDevice.objects.filter(user=user, confirmed=True).exists())


def begin(user: User) -> TOTPDevice:
    """The authenticator that is about to be set up: the one begun before, or a new one."""
    waiting = TOTPDevice.objects.filter(user=user, confirmed=False).first()
    return waiting or TOTPDevice.objects.create(user=user, name="authenticator", confirmed=False)


def begun(user: User) -> TOTPDevice | None:
    """The authenticator that is about to be set up, if one is."""
    found: TOTPDevice | None = TOTPDevice.objects.filter(user=user, confirmed=False).first()
    return found


def secret_of(device: TOTPDevice) -> str:
    """The secret as authenticators take it by hand, in groups of four."""
    text = base64.b32encode(device.bin_key).decode().rstrip("=")
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))


def picture_of(device: TOTPDevice) -> bytes:
    """The same as a QR code, an SVG in black on white so that every camera reads it in dark mode too."""
    written = io.BytesIO()
    segno.make(device.config_url, error="m").save(
        written, kind="svg", scale=6, border=4, dark="#000", light="#fff", xmldecl=False, svgclass=None, lineclass=None
    )
    return written.getvalue()


def confirm(device: TOTPDevice, code: str) -> tuple[str, ...] | None:
    """Sets the authenticator up if the code is one of its own; gives the recovery codes, which are never shown again, else None."""
    # Who sets it up has the secret before them: there is nothing to guess, and a right code right after a mistyped one is right.
    device.throttle_reset(commit=False)
    if not device.verify_token(_digits(code)):
        return None
    with transaction.atomic():
        TOTPDevice.objects.filter(user=device.user).exclude(pk=device.pk).delete()
        device.confirmed = True
        device.save()
        return make_recovery_codes(device.user)


def make_recovery_codes(user: User) -> tuple[str, ...]:
    """New recovery codes in place of the old ones. Each can be used once."""
    codes = tuple("-".join("".join(secrets.choice(_RECOVERY_LETTERS) for _ in range(_HALF)) for _ in range(2)) for _ in range(RECOVERY_CODES))
    with transaction.atomic():
        StaticDevice.objects.filter(user=user).delete()
        device = StaticDevice.objects.create(user=user, name="recovery codes")
        StaticToken.objects.bulk_create(StaticToken(device=device, token=_hashed(code)) for code in codes)
    return codes


def recovery_codes_left(user: User) -> int:
    """How many recovery codes have not been used."""
    return int(StaticToken.objects.filter(device__user=user).count())


def verify(user: User, code: str) -> Device | None:
    """The device that accepts the code, an authenticator's or a recovery code; None where none does or the person must wait after wrong ones."""
    with transaction.atomic():
        authenticator = TOTPDevice.objects.select_for_update().filter(user=user, confirmed=True).first()
        if _digits(code).isdecimal():
            return authenticator if authenticator is not None and authenticator.verify_token(_digits(code)) else None
        spare = StaticDevice.objects.select_for_update().filter(user=user, confirmed=True).first()
        return spare if spare is not None and spare.verify_token(_hashed(code)) else None


def remove(user: User) -> bool:
    """Removes the authenticator and the recovery codes; whether there was a confirmed one."""
    with transaction.atomic():
        was_set_up = is_set_up(user)
        TOTPDevice.objects.filter(user=user).delete()
        StaticDevice.objects.filter(user=user).delete()
    return was_set_up


def _digits(code: str) -> str:
    return "".join(code.split())


def _hashed(code: str) -> str:
    """What is kept of a recovery code, bound to the console's own key."""
    letters = "".join(letter for letter in code.lower() if letter.isalnum())
    whole = hmac.new(settings.SECRET_KEY.encode(), b"recovery code " + letters.encode(), "sha256").digest()
    return base64.b32encode(whole).decode()[:_HASH_LENGTH]
