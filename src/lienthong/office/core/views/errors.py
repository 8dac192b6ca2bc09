"""What is shown instead of a page: what happened, and what to do."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType
from typing import Final

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lienthong.office.core.errors import Conflict, Forbidden, NotFound, OfficeError

type Text = str | Promise
"""In the reader's language when it is shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """An answer that is not the page that was asked for."""

    status: HTTPStatus
    title: Text
    text: Text
    hint: Text = ""


BAD_REQUEST: Final = Trouble(
    status=HTTPStatus.BAD_REQUEST,
    title=_("The office did not understand this request"),
    text=_("The address or what was sent with it is not well formed."),
    hint=_("Go back and try again. If a link led here, tell whoever gave it to you."),
)
FORBIDDEN: Final = Trouble(
    status=HTTPStatus.FORBIDDEN,
    title=_("You may not do this"),
    text=_("The position you act in does not give you this right."),
    hint=_("Check at the top which position you act in, or ask the administrator of your organ."),
)
NOT_FOUND: Final = Trouble(
    status=HTTPStatus.NOT_FOUND,
    title=_("There is no such page"),
    text=_("It does not exist, or the position you act in does not show it to you."),
    hint=_("Check the address, or look for it with the search."),
)
BROKEN: Final = Trouble(
    status=HTTPStatus.INTERNAL_SERVER_ERROR,
    title=_("The office could not answer"),
    text=_("Something went wrong on our side; it has been recorded. What you were doing was not saved."),
    hint=_("Try again in a moment. If it stays, tell your administrator when it happened."),
)
FORGED: Final = Trouble(
    status=HTTPStatus.FORBIDDEN,
    title=_("The page was open for too long"),
    text=_("For your protection a form is accepted only from a fresh page of this office, and only with cookies."),
    hint=_("Go back, load the page again and send the form once more."),
)

TOO_MANY: Final = Trouble(
    status=HTTPStatus.TOO_MANY_REQUESTS,
    title=_("Too many attempts"),
    text=_("This was tried so often in a short time that the office lets nobody try it for a while."),
    hint=_("Wait a few minutes. If it was not you who tried, tell the administrator of your organ."),
)


def show(request: HttpRequest, trouble: Trouble, **more: str) -> HttpResponse:
    """Return a page that tells what happened.

    Args:
        request: what was asked.
        trouble: what happened.
        more: ``text`` or ``hint`` that say it more exactly.
    """
    context = {
        "title": trouble.title,
        "text": trouble.text,
        "hint": trouble.hint,
        "signed_in": getattr(request, "actor", None) is not None,
        **more,
    }
    return render(request, "core/error.html", context, status=trouble.status)


_STATUS: Final[Mapping[type[OfficeError], HTTPStatus]] = MappingProxyType(
    {
        Forbidden: HTTPStatus.FORBIDDEN,
        NotFound: HTTPStatus.NOT_FOUND,
        Conflict: HTTPStatus.CONFLICT,
    }
)


def refuse(request: HttpRequest, error: OfficeError) -> HttpResponse:
    """Return the page that tells why an action was refused."""
    status = _STATUS.get(type(error), HTTPStatus.BAD_REQUEST)
    # Of what must not be known to somebody, not even the name is repeated.
    text = "" if isinstance(error, Forbidden | NotFound) else error.where
    trouble = Trouble(status=status, title=gettext(error.message), text=text, hint=gettext(error.advice))
    return show(request, trouble)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what is not well formed."""
    del exception
    return show(request, BAD_REQUEST)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what may not be done."""
    del exception
    return show(request, FORBIDDEN)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer what does not exist, or must not be known to."""
    del exception
    return show(request, NOT_FOUND)


def too_many_requests(request: HttpRequest) -> HttpResponse:
    """Answer what was tried too often: allauth asks for this page."""
    return show(request, TOO_MANY)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer what broke, with nothing that could break again: no database, no session."""
    del request
    context = {"title": BROKEN.title, "text": BROKEN.text, "hint": BROKEN.hint, "signed_in": False}
    return HttpResponse(render_to_string("core/error.html", context), status=BROKEN.status)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form that did not come from a page of ours, or from one that is too old."""
    del reason
    return show(request, FORGED)
