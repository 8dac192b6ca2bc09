"""Turn what an action refused into a page that says so; no view needs to catch it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from http import HTTPStatus
from types import MappingProxyType
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from lienthong.office.core.errors import Conflict, Forbidden, Invalid, NotFound, OfficeError
from lienthong.office.core.views import errors

type Next = Callable[[HttpRequest], HttpResponse]
_TROUBLES: Final[Mapping[type[OfficeError], errors.Trouble]] = MappingProxyType(
    {
        Forbidden: errors.FORBIDDEN,
        NotFound: errors.NOT_FOUND,
        Conflict: errors.Trouble(
            status=HTTPStatus.CONFLICT,
            title=_("Somebody else changed this meanwhile"),
            text=_("What you sent was made from an older state, so nothing was changed."),
            hint=_("Load the page again, and repeat your change if it is still wanted."),
        ),
        Invalid: errors.Trouble(
            status=HTTPStatus.UNPROCESSABLE_ENTITY,
            title=_("This cannot be done as given"),
            text=_("Nothing was changed."),
            hint=_("Go back, correct what you entered and try again."),
        ),
    }
)


class RefusalMiddleware:
    """Answer the errors of actions (``core.errors``) that a view let through."""

    def __init__(self, get_response: Next) -> None:
        self._next = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass a request on."""
        return self._next(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Return the page for a refusal; None for what is a fault of ours."""
        for kind, trouble in _TROUBLES.items():
            if isinstance(exception, kind):
                # What is refused or hidden is not explained: the reason could tell what somebody may not know.
                quiet = isinstance(exception, (Forbidden, NotFound)) or exception.advice == kind.hint
                return errors.show(request, trouble if quiet else replace(trouble, hint=_(exception.advice)))
        return None
