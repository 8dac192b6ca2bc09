"""The first to see a request and the last to see its answer: probes, the request's id, measuring and the log."""

import time
import uuid
from collections.abc import Callable

import structlog
from django.db import connection
from django.http import HttpRequest, HttpResponse

from lienthong.office.operation.metrics import Queries, observe
from lienthong.office.operation.probes import PROBES

type Next = Callable[[HttpRequest], HttpResponse]
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_log = structlog.get_logger("office.request")


class OperationMiddleware:
    """Give each request an id, count it, and write one line about it."""

    def __init__(self, get_response: Next) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a probe, or have a request answered and tell of it."""
        probe = PROBES.get(request.path_info)
        if probe is not None:
            return probe(request)
        queries = Queries()
        begun = time.perf_counter()
        # An id of ours: one that came with the request could be chosen to mislead whoever reads the log.
        number = uuid.uuid4().hex
        structlog.contextvars.bind_contextvars(request=number)
        try:
            with connection.execute_wrapper(queries):
                response = self._next(request)
            response["X-Request-Id"] = number
            self._tell(request, response.status_code, time.perf_counter() - begun, queries)
            return response
        finally:
            structlog.contextvars.clear_contextvars()

    def _tell(self, request: HttpRequest, status: int, seconds: float, queries: Queries) -> None:
        view = view_of(request)
        method = request.method if request.method in _METHODS else "other"
        observe(view, str(method), status, seconds, queries)
        actor = getattr(request, "actor", None)
        _log.info(
            "request",
            view=view,
            method=method,
            status=status,
            ms=round(seconds * 1000, 1),
            queries=queries.count,
            database_ms=round(queries.seconds * 1000, 1),
            person=actor.person_id if actor else None,
            appointment=(actor.appointment_id or None) if actor else None,
        )


def view_of(request: HttpRequest) -> str:
    """Return the name of the view that answered; never the address, in which ids and one-time keys may stand."""
    match = request.resolver_match
    if match is None:
        return "-"
    return match.view_name or match._func_path  # noqa: SLF001 - what Django itself shows for a view without a name
