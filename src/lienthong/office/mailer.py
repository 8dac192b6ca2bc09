"""How mails are sent: one address in the environment, as with the database."""

from typing import Final
from urllib.parse import unquote, urlsplit

_PORTS: Final = {"smtp": 25, "smtp+tls": 587, "smtps": 465}
_SECONDS: Final = 15


def mailer(url: str) -> dict[str, object]:
    """Return Django's settings of a mailer.

    Args:
        url: ``smtp://HOST``, ``smtp+tls://USER:PASSWORD@HOST:587`` (STARTTLS) or ``smtps://…`` (TLS from the start);
            user and password percent-encoded.

    Raises:
        ValueError: it is none of these.
    """
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        message = "LIENTHONG_MAIL_URL: write smtp://HOST, smtp+tls://USER:PASSWORD@HOST or smtps://USER:PASSWORD@HOST"
        raise ValueError(message)
    return {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {
            "host": parts.hostname,
            "port": parts.port or _PORTS[parts.scheme],
            "username": unquote(parts.username or ""),
            "password": unquote(parts.password or ""),
            "use_tls": parts.scheme == "smtp+tls",
            "use_ssl": parts.scheme == "smtps",
            "timeout": _SECONDS,
        },
    }
