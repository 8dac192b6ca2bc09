"""Find out who acts, and read only what they may see."""

from collections.abc import Callable
from typing import Final, cast

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse

from lienthong.office.accounts.acting import signed_in
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.errors import OfficeError
from lienthong.office.core.views.errors import refuse

API: Final = "/api/"
"""Where no session counts: the API finds out by the token who acts, and nothing is read before."""

type Next = Callable[[HttpRequest], HttpResponse]


class OfficeRequest(HttpRequest):
    """A request of which it is known who makes it."""

    # None before signing in.
    actor: Actor | None
    unread: int


class ActingMiddleware:
    """Set ``request.user`` and ``request.actor``, and the scope of the database's connection for the time of a request.

    It stands in the place of Django's own ``AuthenticationMiddleware``: person and position come in one query.
    """

    def __init__(self, get_response: Next) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Serve a request within the scope of whoever makes it."""
        known = cast("OfficeRequest", request)
        known.actor, known.unread, known.user = None, 0, AnonymousUser()
        if request.path_info.startswith(API):
            return self._serve_token(request)
        found = signed_in(request)
        if found:
            known.actor, known.unread, known.user = found.actor, found.unread, found.person
        try:
            # Whoever is not signed in may only be on the way to it: those pages look accounts up and list nothing.
            scope.switch(scope.of(found.actor) if found else scope.SIGN_IN)
            return self._next(request)
        finally:
            scope.switch(scope.NONE)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer what an action refused with a page that says why; everything else breaks as it should."""
        return refuse(request, exception) if isinstance(exception, OfficeError) else None

    def _serve_token(self, request: HttpRequest) -> HttpResponse:
        scope.switch(scope.NONE)
        try:
            return self._next(request)
        finally:
            scope.switch(scope.NONE)
