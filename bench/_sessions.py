"""Sign officials in and count the queries of their pages; for processes in which Django is set up."""

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from lienthong.office.accounts.models import Person


def cookie_of(person: Person) -> str:
    """Sign somebody in and return the cookie that says so."""
    session = SessionStore()
    session["_auth_user_id"] = str(person.pk)
    session["_auth_user_backend"] = settings.AUTHENTICATION_BACKENDS[0]
    # As after signing in with a code.
    session["second_factor"] = True
    session["_auth_user_hash"] = person.get_session_auth_hash()
    session.create()
    return f"{settings.SESSION_COOKIE_NAME}={session.session_key}"


def visit(page: str, who: str, path: str, cookie: str) -> dict[str, object]:
    """Return a page to ask for, and with how many queries it is answered."""
    client = Client(headers={"host": settings.ALLOWED_HOSTS[0], "cookie": cookie})
    client.get(path)
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(path)
    if answer.status_code != 200:
        raise SystemExit(f"{path} as {who}: {answer.status_code} {answer.headers.get('Location', '')}")
    return {"page": page, "who": who, "path": path, "cookie": cookie, "queries": len(queries)}
