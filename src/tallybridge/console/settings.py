"""Django settings of the console: the ledger's, and what pages, people and sessions need.

`serving.prepare_console` takes them over; `python -m django … --settings tallybridge.console.settings` and mypy read them directly, with an empty
database in memory. What depends on where the console listens is set when it starts.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF

from tallybridge.ledger.settings import DATABASES, DEFAULT_AUTO_FIELD, LEDGER_APPS, LOGGING_CONFIG, TIME_ZONE, USE_TZ

__all__ = ["DATABASES", "DEFAULT_AUTO_FIELD", "LOGGING_CONFIG", "TIME_ZONE", "USE_TZ"]

CONSOLE_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "django_otp.plugins.otp_static",
    "axes",
    "tallybridge.console.apps.ConsoleConfig",
]
INSTALLED_APPS = [*LEDGER_APPS, *CONSOLE_APPS]
SECRET_KEY = "set when the console starts, from the ledger's key"  # noqa: S105 - no key: `serving` puts the real one in its place
DEBUG = False
ALLOWED_HOSTS: list[str] = []
ROOT_URLCONF = "tallybridge.console.urls"
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django_otp.middleware.OTPMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "tallybridge.console.access.AccessMiddleware",
    "tallybridge.console.failures.FailuresMiddleware",
    "axes.middleware.AxesMiddleware",
]
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "tallybridge.console.context.every_page",
            ],
            "builtins": ["tallybridge.console.templatetags.words"],
        },
    }
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "overview"
LANGUAGE_CODE = "en-us"
USE_I18N = False
STATIC_URL = "/static/"
WHITENOISE_USE_FINDERS = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())
SESSION_COOKIE_NAME = "tallybridge_session"
CSRF_COOKIE_NAME = "tallybridge_csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "tallybridge.console.failures.csrf_failed"
DATA_UPLOAD_MAX_NUMBER_FIELDS = 50_000
"""A list of thousands of customers may be confirmed at once, with a field or two for each."""
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "tallybridge.console.failures.locked_out"
AXES_CLIENT_IP_CALLABLE = "tallybridge.console.signing_in.addresses.address_of"
AXES_VERBOSE = False
TALLYBRIDGE_HOME = Path()
"""The data folder; set when the console starts."""
TALLYBRIDGE_BEHIND_PROXY = False
"""Whether what a proxy says of a request is believed; see `serving.Listening`."""
OTP_TOTP_ISSUER = "Tallybridge"
SILENCED_SYSTEM_CHECKS: list[str] = []
