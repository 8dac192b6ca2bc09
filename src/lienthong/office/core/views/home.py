"""The home page: what waits for me, what is due, what my unit is late with."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import date_format
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from lienthong.office.core import cards
from lienthong.office.core.actor import Actor


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Show the cards that the rooms registered, filled for whoever asks."""
    actor: Actor = request.actor  # type: ignore[attr-defined]  # set by ActingMiddleware
    context = {
        "shelves": cards.shelves(actor),
        "today": date_format(localdate(), "DATE_FORMAT"),
        "empty": {
            "empty_title": _("Nothing waits for you"),
            "empty_text": _("What needs your attention appears here. The rooms are on the left."),
        },
    }
    return render(request, "core/home.html", context)
