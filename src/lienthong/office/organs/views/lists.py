"""The list of units."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase

from lienthong.office.core.lists.answer import respond
from lienthong.office.organs.lists import REVIEWS, UNITS


@login_required
def units(request: HttpRequest) -> HttpResponseBase:
    """Show the list, or answer for it."""
    return respond(request, UNITS)


@login_required
def reviews(request: HttpRequest) -> HttpResponseBase:
    """Show the predecessors that are the reader's to settle."""
    return respond(request, REVIEWS)
