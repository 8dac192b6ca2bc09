"""Addresses for machines that watch the office: ``/health``, ``/ready`` and ``/metrics``.

They are answered before anything else looks at the request, so that they cost nothing and tell the truth when sessions,
hosts or the database do not work.
"""

import secrets
from pathlib import Path
from typing import Final

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection
from django.http import HttpRequest, HttpResponse

from lienthong.kernel.files import write_atomically
from lienthong.office.operation import metrics, migrations

TOKEN_FILE: Final = "metrics-token"  # noqa: S105 - the name of a file
_TOKEN_BYTES: Final = 32
_BEARER: Final = "Bearer "


class _Known:
    """What need not be asked again: migrations that were applied stay so while this release runs."""

    migrated = False


def health(_request: HttpRequest) -> HttpResponse:
    """Say that this process answers."""
    return _plain("ok", 200)


def ready(_request: HttpRequest) -> HttpResponse:
    """Say whether pages can be served: the database answers and has all migrations."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        if not _Known.migrated:
            _Known.migrated = not migrations.pending()
    except DatabaseError:
        close_old_connections()
        return _plain("database", 503)
    return _plain("ready", 200) if _Known.migrated else _plain("migrations", 503)


def measured(request: HttpRequest) -> HttpResponse:
    """Tell the numbers to whoever has the token, which is in a file beside the secret key."""
    given = request.headers.get("Authorization", "")
    wanted = token(settings.STATE)
    if not wanted or not secrets.compare_digest(given.encode(), f"{_BEARER}{wanted}".encode()):
        answer = _plain("token", 401)
        answer["WWW-Authenticate"] = "Bearer"
        return answer
    try:
        answer = HttpResponse(metrics.text(), content_type=metrics.CONTENT_TYPE)
    except DatabaseError:
        close_old_connections()
        return _plain("database", 503)
    answer["Cache-Control"] = "no-store"
    return answer


def token(state: Path) -> str:
    """Return the token of the metrics, empty where none was made."""
    try:
        return (state / TOKEN_FILE).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        return ""


def make_token() -> None:
    """Make the token of the metrics where there is none (mode 0600)."""
    path = settings.STATE / TOKEN_FILE
    if not path.exists():
        write_atomically(path, f"{secrets.token_urlsafe(_TOKEN_BYTES)}\n".encode())


def _plain(text: str, status: int) -> HttpResponse:
    answer = HttpResponse(f"{text}\n", status=status, content_type="text/plain; charset=utf-8")
    answer["Cache-Control"] = "no-store"
    return answer


PROBES: Final = {"/health": health, "/ready": ready, "/metrics": measured}
