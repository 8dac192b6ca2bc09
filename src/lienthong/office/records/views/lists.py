"""The lists of this room."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase

from lienthong.office.core.errors import Forbidden
from lienthong.office.core.lists.answer import respond
from lienthong.office.core.lists.pages import ListPage
from lienthong.office.organs.views.common import acting_in
from lienthong.office.records.lists import DISPOSALS, FILES, MINE, SUBMISSION
from lienthong.office.records.policies import keeps, may_propose
from lienthong.office.records.views.common import opens, tabs


@login_required
def files(request: HttpRequest) -> HttpResponseBase:
    """Show the work files that the reader sees."""
    return _answer(request, FILES, "")


@login_required
def mine(request: HttpRequest) -> HttpResponseBase:
    """Show those the reader works on."""
    return _answer(request, MINE, "mine/")


@login_required
def submission(request: HttpRequest) -> HttpResponseBase:
    """Show what goes to the archive."""
    return _answer(request, SUBMISSION, "submission/")


@login_required
def disposals(request: HttpRequest) -> HttpResponseBase:
    """Show the disposals of the organ, to who keeps its files."""
    if not keeps(acting_in(request)):
        raise Forbidden("disposals")
    return _answer(request, DISPOSALS, "disposals/")


def _answer(request: HttpRequest, page: ListPage, end: str) -> HttpResponseBase:
    actor = acting_in(request)
    proposes = page is DISPOSALS and may_propose(actor)
    context = {"tabs": tabs(actor, end), "opens": opens(actor) and page is not DISPOSALS, "proposes": proposes}
    return respond(request, page, template="records/files.html", context=context)
