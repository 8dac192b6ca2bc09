"""Django's settings, from the environment and nothing else (docs/operations.md has the list).

``DATABASE_URL`` names the PostgreSQL server, ``LIENTHONG_OFFICE_STATE`` the folder with the secret key. What a site
may choose is read here once; everything else is fixed, so that every installation is secured alike.
"""

import os
import shutil
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

from django.utils.csp import CSP
from django.utils.translation import gettext_lazy as _

from lienthong.office.accounts.oidc import providers
from lienthong.office.core.static_files import guard
from lienthong.office.mailer import mailer
from lienthong.office.operation.logs import configuration
from lienthong.office.secret import load_key
from lienthong.office.vault.configuration import configuration as vault

_env = os.environ
STATE: Final = Path(_env.get("LIENTHONG_OFFICE_STATE", "state/office"))
LIENTHONG_PROFILE: Final = _env.get("LIENTHONG_PROFILE", "vn")

# What the trail's journal calls this office: a-z, 0-9 and "-", as the code of a site in the directory.
TRAIL_SITE: Final = _env.get("LIENTHONG_OFFICE_SITE", "office")

# The file that names the gateways documents leave and arrive through; it may be written later.
EXCHANGE: Final = Path(_env["LIENTHONG_OFFICE_EXCHANGE"]) if _env.get("LIENTHONG_OFFICE_EXCHANGE") else None
# The file that names the folders through which packets come and leave; it may be written later.
PACKETS: Final = Path(_env["LIENTHONG_OFFICE_PACKETS"]) if _env.get("LIENTHONG_OFFICE_PACKETS") else None

DEBUG: Final = False
SECRET_KEY: Final = load_key(STATE)
# Where the office is reached; a proxy in front ends TLS.
PUBLIC_URL: Final = _env.get("LIENTHONG_OFFICE_URL", "http://127.0.0.1:8000")
_public = urlsplit(PUBLIC_URL)
SECURE: Final = _public.scheme == "https"
ALLOWED_HOSTS: Final = [
    _public.hostname or "127.0.0.1",
    *filter(None, _env.get("LIENTHONG_OFFICE_HOSTS", "").split(",")),
]
CSRF_TRUSTED_ORIGINS: Final = [f"{_public.scheme}://{_public.netloc}"]

INSTALLED_APPS: Final = [
    "lienthong.office.core",
    "lienthong.office.organs",
    "lienthong.office.accounts",
    "lienthong.office.documents",
    "lienthong.office.records",
    "lienthong.office.members",
    "lienthong.office.operation",
    "lienthong.office.trail",
    "lienthong.office.api",
    "lienthong.office.vault",
    # Without the admin pages that other applications bring: operators see no persons (operation.admin).
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.mfa",
    "allauth.usersessions",
    "procrastinate.contrib.django",
]
MIDDLEWARE: Final = [
    # First: its probes answer when nothing else does, and it measures all of the rest.
    "lienthong.office.operation.middleware.OperationMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "lienthong.office.core.compressing.CompressingMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "lienthong.office.api.middleware.ApiMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "lienthong.office.core.middleware.ActingMiddleware",
    "lienthong.office.core.language.LanguageMiddleware",
    "lienthong.office.accounts.second_factor.SecondFactorMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]
# Forms are drawn by templates of ours (core/templates/django/forms).
FORM_RENDERER: Final = "django.forms.renderers.TemplatesSetting"
CSRF_FAILURE_VIEW: Final = "lienthong.office.core.views.errors.csrf_failure"
ROOT_URLCONF: Final = "lienthong.office.urls"
TEMPLATES: Final = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "lienthong.office.core.context.frame",
            ],
        },
    }
]


def _database(url: str) -> dict[str, object]:
    parts = urlsplit(url)
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.removeprefix("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        # A folder, for a Unix socket, stands in the query as libpq has it.
        "HOST": query.pop("host", parts.hostname or ""),
        "PORT": parts.port or query.pop("port", ""),
        # Threads live as long as the process, so their connections do.
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": False,
        "OPTIONS": {
            **query,
            "application_name": "lienthong-office",
            # Statements of ``core.prepared`` are kept from their first use on; Django's own cannot be.
            "prepare_threshold": 0,
            "options": "-c statement_timeout=30000 -c lock_timeout=5000 -c idle_in_transaction_session_timeout=60000",
        },
    }


DATABASES: Final = {"default": _database(_env.get("DATABASE_URL", "postgresql:///lienthong"))}
DEFAULT_AUTO_FIELD: Final = "django.db.models.BigAutoField"
# Attempts at signing in are counted for all processes together.
CACHES: Final = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "core_cache",
        "TIMEOUT": 3600,
        # Beyond the default of 300 whoever guesses could push their own count out by trying other addresses.
        "OPTIONS": {"MAX_ENTRIES": 200_000},
    }
}

AUTH_USER_MODEL: Final = "accounts.Person"
AUTHENTICATION_BACKENDS: Final = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS: Final = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS: Final = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL: Final = "account_login"
LOGIN_REDIRECT_URL: Final = "/"
SESSION_ENGINE: Final = "lienthong.office.core.sessions"
SESSION_COOKIE_AGE: Final = 12 * 3600
SESSION_COOKIE_NAME: Final = "__Host-session" if SECURE else "session"
SESSION_COOKIE_SECURE: Final = SECURE
CSRF_COOKIE_NAME: Final = "__Host-csrf" if SECURE else "csrf"
CSRF_COOKIE_SECURE: Final = SECURE
CSRF_COOKIE_HTTPONLY: Final = True
CSRF_COOKIE_SAMESITE: Final = "Lax"
SECURE_PROXY_SSL_HEADER: Final = ("HTTP_X_FORWARDED_PROTO", "https") if SECURE else None
SECURE_SSL_REDIRECT: Final = SECURE
SECURE_REDIRECT_EXEMPT: Final = [r"^health$", r"^ready$", r"^metrics$"]
SECURE_HSTS_SECONDS: Final = 365 * 24 * 3600 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS: Final = SECURE
SECURE_HSTS_PRELOAD: Final = SECURE
X_FRAME_OPTIONS: Final = "DENY"
SECURE_CSP: Final[dict[str, list[str]]] = {
    "default-src": [CSP.NONE],
    "script-src": [CSP.SELF, CSP.NONCE],
    "style-src": [CSP.SELF, CSP.NONCE],
    "img-src": [CSP.SELF, "data:"],
    "font-src": [CSP.SELF],
    "connect-src": [CSP.SELF],
    "form-action": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "frame-ancestors": [CSP.NONE],
}
DATA_UPLOAD_MAX_MEMORY_SIZE: Final = 2 * 1024 * 1024
# Keys that sign documents, and the authorities whose signatures count (documents.signers).
LIENTHONG_SIGNERS: Final = Path(_env.get("LIENTHONG_SIGNERS", str(STATE / "signers")))
# LibreOffice, which makes previews of what office programs wrote; empty: there are none.
LIENTHONG_SOFFICE: Final = _env.get("LIENTHONG_SOFFICE", shutil.which("soffice") or "")
# Who stamps the time of signatures (RFC 3161); nobody unless given.
LIENTHONG_TSA_URL: Final = _env.get("LIENTHONG_TSA_URL", "")
# The most bytes a file of a document may have.
LIENTHONG_FILE_LIMIT: Final = int(_env.get("LIENTHONG_FILE_LIMIT", str(256 * 1024 * 1024)))
DATA_UPLOAD_MAX_NUMBER_FIELDS: Final = 1000
FILE_UPLOAD_MAX_MEMORY_SIZE: Final = 2 * 1024 * 1024
# What is larger is never on disk in plain.
FILE_UPLOAD_HANDLERS: Final = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "lienthong.office.vault.uploads.EncryptingUploadHandler",
]

ACCOUNT_LOGIN_METHODS: Final = {"email"}
# Nobody signs up; allauth reads here that accounts have passwords, and asks for one.
ACCOUNT_SIGNUP_FIELDS: Final = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD: Final = None
ACCOUNT_ADAPTER: Final = "lienthong.office.accounts.adapter.AccountAdapter"
ACCOUNT_EMAIL_VERIFICATION: Final = "none"
ACCOUNT_PREVENT_ENUMERATION: Final = True
ACCOUNT_SESSION_REMEMBER: Final = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE: Final = True
ACCOUNT_REAUTHENTICATION_TIMEOUT: Final = 900
# Changes of how one signs in are told by mail; an address without an account gets none.
ACCOUNT_EMAIL_NOTIFICATIONS: Final = True
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS: Final = False
ACCOUNT_FORMS: Final = {
    "reset_password": "lienthong.office.accounts.forms_sign_in.ResetPasswordForm",
    "user_token": "lienthong.office.accounts.forms_sign_in.UserTokenForm",
}
# A whole organ may come from one address in the morning; what fails is counted more strictly, and for each account.
ACCOUNT_RATE_LIMITS: Final = {
    "login": "300/m/ip",
    "login_failed": "30/m/ip,5/5m/key",
    "reset_password": "20/m/ip,3/h/key",
}
# How many proxies in front are ours: the address that the outermost of them saw counts.
ALLAUTH_TRUSTED_PROXY_COUNT: Final = int(_env.get("LIENTHONG_OFFICE_PROXIES", "0"))
PASSWORD_RESET_TIMEOUT: Final = 3600
# Allauth's own would keep a second copy of each address, which goes stale.
ACCOUNT_PASSWORD_RESET_TOKEN_GENERATOR: Final = "django.contrib.auth.tokens.PasswordResetTokenGenerator"  # noqa: S105 - a class
SOCIALACCOUNT_ADAPTER: Final = "lienthong.office.accounts.single_sign_on.SingleSignOnAdapter"
SOCIALACCOUNT_PROVIDERS: Final = providers(_env)
MFA_ADAPTER: Final = "lienthong.office.accounts.second_factor.SecondFactorAdapter"
MFA_SUPPORTED_TYPES: Final = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED: Final = True
MFA_TOTP_ISSUER: Final = "Liên thông"
# Browsers allow passkeys on http only where it never leaves the machine.
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN: Final = not SECURE
USERSESSIONS_TRACK_ACTIVITY: Final = False

LANGUAGE_CODE: Final = "vi"
LANGUAGES: Final = [("vi", _("Vietnamese")), ("en", _("English")), ("de", _("German"))]
LANGUAGE_COOKIE_NAME: Final = "language"
TIME_ZONE: Final = _env.get("LIENTHONG_TIME_ZONE", "Asia/Ho_Chi_Minh")
USE_TZ: Final = True
USE_I18N: Final = True
FORMAT_MODULE_PATH: Final = ["lienthong.office.formats"]

# What describes the registry of members: a name that comes along, or a file (docs/quality.md).
LIENTHONG_REGISTRY: Final = _env.get("LIENTHONG_REGISTRY", "member")
# From how many records on, merged into one person, a second person has to agree.
LIENTHONG_MEMBERS_IMPACT: Final = int(_env.get("LIENTHONG_MEMBERS_IMPACT", "3"))
STATIC_URL: Final = "/static/"
STATIC_ROOT: Final = Path(__file__).parent / "static"
WHITENOISE_ADD_HEADERS_FUNCTION: Final = guard
MAILERS: Final = {"default": mailer(_env.get("LIENTHONG_MAIL_URL", "smtp://localhost"))}
DEFAULT_FROM_EMAIL: Final = _env.get("LIENTHONG_MAIL_FROM", f"lienthong@{_public.hostname or 'localhost'}")
# Files of documents: where, under which keys, who looks at them.
VAULT: Final = vault(_env, STATE)
STORAGES: Final = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "vault": VAULT.storage,
    "staticfiles": {"BACKEND": "lienthong.office.core.static_files.Storage"},
}
# The admin asks for Django's AuthenticationMiddleware; ActingMiddleware stands in its place (ADR 0053).
SILENCED_SYSTEM_CHECKS: Final = ["admin.E408"]
MESSAGE_STORAGE: Final = "django.contrib.messages.storage.session.SessionStorage"
LOGGING: Final = configuration()
