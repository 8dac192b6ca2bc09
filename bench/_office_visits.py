"""Sign officials of a commune, a province and the centre in, and count their pages' queries; JSON on the last line.

A process of its own, as Django is set up once per process; its environment is that of the office.
"""

import json
from typing import Final

import django

django.setup()

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from lienthong.office.accounts.models import Person
from lienthong.office.core import scope
from lienthong.office.organs.models import Unit

_PAGES: Final = {
    "home": "/",
    "tree": "/units/",
    "unit": "/units/{organ}/",
    "units": "/units/list/",
    "persons": "/persons/",
    "person": "/persons/{person}/",
    "search": "/search?q=ba+dinh",
}
_ORGANS: Final = {"commune": "U00004", "province": "U01", "centre": "A01"}


def visits() -> list[dict[str, object]]:
    """Return the pages to ask for: what, by whom, where, with which cookie, and with how many queries."""
    found: list[dict[str, object]] = [_visit("sign-in", "anybody", "/account/login/", "")]
    for who, code in _ORGANS.items():
        with scope.system():
            organ = Unit.objects.get(code=code)
            # Whoever looks after the accounts sees the most.
            person = Person.objects.filter(
                organ=organ, appointments__position__roles__contains=["administrator"], state="active"
            ).order_by("-id").first() or _nobody(code)
            key = _sign_in(person)
        cookie = f"{settings.SESSION_COOKIE_NAME}={key}"
        found += [
            _visit(page, who, path.format(organ=organ.pk, person=person.pk), cookie) for page, path in _PAGES.items()
        ]
    return found


def _nobody(code: str) -> Person:
    raise SystemExit(f"{code} has no administrator: fill the office with more accounts")


def _sign_in(person: Person) -> str:
    session = SessionStore()
    session["_auth_user_id"] = str(person.pk)
    session["_auth_user_backend"] = settings.AUTHENTICATION_BACKENDS[0]
    # As after signing in with a code.
    session["second_factor"] = True
    session["_auth_user_hash"] = person.get_session_auth_hash()
    session.create()
    return str(session.session_key)


def _visit(page: str, who: str, path: str, cookie: str) -> dict[str, object]:
    client = Client(headers={"host": settings.ALLOWED_HOSTS[0], "cookie": cookie})
    client.get(path)
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(path)
    if answer.status_code != 200:
        raise SystemExit(f"{path} as {who}: {answer.status_code} {answer.headers.get('Location', '')}")
    return {"page": page, "who": who, "path": path, "cookie": cookie, "queries": len(queries)}


print(json.dumps(visits()))
