"""The search that stands on every page."""

from typing import Any, Final
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from lienthong.office.core import search
from lienthong.office.core.actor import Actor
from lienthong.office.core.text import tidy

_VALUE: Final = 400


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
    given, only = request.GET.get("q") or "", request.GET.get("in") or ""
    wanted = search.sought(given)
    narrow = _narrow(request, only)
    groups = search.find(actor, wanted, most, only=only, narrow=narrow) if wanted else []
    context = {
        "title": _("Search"),
        "groups": groups,
        "facets": _facets(actor, wanted, only, narrow) if wanted else [],
        "search_text": wanted.text if wanted else given[: search.TEXT_LENGTH],
        "searched": wanted is not None,
        "empty": {
            "empty_title": _("Nothing was found") if wanted else _("What are you looking for?"),
            "empty_text": _("Write at least two letters of a name, a code or an address; marks may be left out."),
        },
    }
    return render(request, template, context)


def _narrow(request: HttpRequest, only: str) -> dict[str, str]:
    source = search.source_of(only)
    keys = source.narrowing.keys if source and source.narrowing else ()
    found = {key: tidy((request.GET.get(key) or "")[:_VALUE]) for key in keys}
    return {key: value for key, value in found.items() if value}


def _facets(actor: Actor, wanted: search.Sought, only: str, narrow: dict[str, str]) -> list[dict[str, Any]]:
    """Return the facets of the one source that is looked in, each value with where it leads."""
    source = search.source_of(only)
    if source is None or source.narrowing is None:
        return []

    def leading(**changed: str) -> str:
        asked = {"q": wanted.text, "in": only} | narrow | changed
        return f"/search?{urlencode({key: value for key, value in asked.items() if value})}"

    return [
        {
            "title": facet.title,
            "values": [
                {
                    "name": each.name, "count": each.count, "chosen": each.value == facet.chosen,
                    # What is chosen is let go.
                    "url": leading(**{facet.key: "" if each.value == facet.chosen else each.value}),
                }
                for each in facet.values
            ],
        }
        for facet in source.narrowing.facets(actor, wanted, narrow)
    ]  # fmt: skip
