"""Sign officials in and count the queries of their pages; for processes in which Django is set up."""

import contextlib
from collections.abc import Callable, Collection
from typing import Any, Self

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from lienthong.office.accounts.models import Person


class _Plans:
    """Asks for the plan of every query as it is run: as the reader it is run for, with what the database shows them."""

    def __init__(self, large: Collection[str]) -> None:
        self.scans: set[str] = set()
        self._large = frozenset(large)
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        if self._large:
            self._stack.enter_context(connection.execute_wrapper(self._run))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def _run(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:  # noqa: ANN401, FBT001 - Django's signature
        if sql.lstrip().startswith("SELECT") and any(table in sql for table in self._large):
            with context["connection"].connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
                self._look(cursor.fetchone()[0][0]["Plan"])
        return execute(sql, params, many, context)

    def _look(self, plan: dict[str, Any]) -> None:
        if plan["Node Type"] == "Seq Scan" and plan["Relation Name"] in self._large:
            self.scans.add(plan["Relation Name"])
        for below in plan.get("Plans", ()):
            self._look(below)


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


def visit(page: str, who: str, path: str, cookie: str, *, large: Collection[str] = ()) -> dict[str, object]:
    """Return a page to ask for, and with how many queries it is answered.

    Args:
        page: what it is called.
        who: for whom it is.
        path: its address.
        cookie: says so.
        large: names of tables that no query of it may read from end to end.
    """
    client = Client(headers={"host": settings.ALLOWED_HOSTS[0], "cookie": cookie})
    client.get(path)
    with CaptureQueriesContext(connection) as queries, _Plans(large) as plans:
        answer = client.get(path)
    if answer.status_code != 200:
        raise SystemExit(f"{path} as {who}: {answer.status_code} {answer.headers.get('Location', '')}")
    return {
        "page": page,
        "who": who,
        "path": path,
        "cookie": cookie,
        "queries": len(queries),
        "scans": sorted(plans.scans),
    }
