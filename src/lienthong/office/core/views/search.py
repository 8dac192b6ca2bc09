"""The search that stands on every page."""

from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from lienthong.office.core import search
from lienthong.office.core.actor import Actor


@require_safe
@login_required
def results(request: HttpRequest) -> HttpResponse:
    """Show what fits, group by group."""
    return _answer(request, "core/search.html", search.SHOWN)


@require_safe
@login_required
def suggestions(request: HttpRequest) -> HttpResponse:
    """Return the first hits as a piece of a page, while somebody types; to whoever wants a page, the page."""
    if "HX-Request" not in request.headers:
        return HttpResponseRedirect(f"/search?{urlencode({'q': request.GET.get('q') or ''})}")
    return _answer(request, "core/suggestions.html", search.SUGGESTED)


def _answer(request: HttpRequest, template: str, most: int) -> HttpResponse:
    actor: Actor = request.actor  # type: ignore[attr-defined]  # set by ActingMiddleware
    given = request.GET.get("q") or ""
    wanted = search.sought(given)
    groups = search.find(actor, wanted, most, only=request.GET.get("in") or "") if wanted else []
    context = {
        "title": _("Search"),
        "groups": groups,
        "search_text": wanted.text if wanted else given[: search.TEXT_LENGTH],
        "searched": wanted is not None,
        "empty": {
            "empty_title": _("Nothing was found") if wanted else _("What are you looking for?"),
            "empty_text": _("Write at least two letters of a name, a code or an address; marks may be left out."),
        },
    }
    return render(request, template, context)
