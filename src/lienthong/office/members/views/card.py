"""The score card as a map of heat, from the whole down to cells."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from lienthong.office.core.actor import Actor
from lienthong.office.core.errors import NotFound
from lienthong.office.members import heat, registry
from lienthong.office.members.models import Score
from lienthong.office.members.selectors import cards
from lienthong.office.members.selectors.cards import DIMENSIONS, Card
from lienthong.office.members.views.common import ROOM, crumbs, steward_in, tabs


@require_safe
@login_required
def top(request: HttpRequest) -> HttpResponse:
    """Show the card of the reader's own unit."""
    actor = steward_in(request)
    try:
        return _answer(request, actor, cards.top_area(actor))
    except NotFound:
        # Nothing was loaded, or nothing of this organ.
        return render(request, "members/nothing.html", {"title": _("Members"), "tabs": tabs("")})


@require_safe
@login_required
def shown(request: HttpRequest, area: str) -> HttpResponse:
    """Show the card of a unit."""
    return _answer(request, steward_in(request), area)


def _answer(request: HttpRequest, actor: Actor, area: str) -> HttpResponse:
    card, loading = cards.card(actor, area), cards.loading()
    by = heat.dimension_in(request.GET.get("by", ""))
    tiles = [heat.tile(line, by) for line in card.lines]
    ways: list[tuple[str, str]] = [(_name(name, code), f"{ROOM}card/{code}/") for code, name in card.way[:-1]]
    words = [(heat.OVERALL, _("All four")), *((each.value, str(each.label)) for each in Score.Dimension)]
    context = {
        "title": _name(card.head.name, area),
        "crumbs": crumbs(*ways, (_name(card.head.name, area), "")),
        "tabs": tabs(""),
        "head": list(zip((str(each.label) for each in Score.Dimension), heat.tile(card.head, by).cells, strict=True)),
        "words": [{"title": title, "url": f"?by={slug}", "current": slug == by} for slug, title in words],
        "dimensions": [each.label for each in Score.Dimension],
        "tiles": sorted(tiles, key=lambda tile: tile.name) if area == cards.WHOLE else tiles,
        "rules": [
            {
                "text": registry.rule_text(rule), "number": number,
                "of": _owner(rule), "dimension": _dimension(rule), "id": rule,
            }
            for rule, number in card.rules
        ],
        "rule_url": f"{ROOM}failing/?rule=",
        "duplicates": _duplicates(card),
        "past": [
            (date_format(past.day, "SHORT_DATE_FORMAT"), [heat.cell_of(past.scores.get(each)) for each in DIMENSIONS])
            for past in card.past
        ],
        "loaded": date_format(loading.on, "DATE_FORMAT") if loading else "",
        "run": loading,
        "whole": area == cards.WHOLE,
    }  # fmt: skip
    return render(request, "members/card.html", context)


def _duplicates(card: Card) -> list[tuple[str, str]]:
    """Return the share of records that are one too many, and how it was found."""
    rates = ((card.exact, _("by what must be unique")), (card.estimated, _("estimated by linking")))
    return [(f"{number_format(rate, 1)} %", how) for rate, how in rates if rate is not None]


def _name(name: str, area: str) -> str:
    return _("The whole registry") if area == cards.WHOLE else name


def _owner(rule: str) -> str:
    found = registry.rules().get(rule)
    return owner_title(found.owner) if found else ""


def _dimension(rule: str) -> str:
    found = registry.rules().get(rule)
    return str(Score.Dimension(found.dimension.value).label) if found else ""


def owner_title(owner: str) -> str:
    """Return what a role that mends failures is called; rules of another description may name others."""
    names = {"cell": _("cell"), "organisation": _("grass-roots organisation")}
    return names.get(owner, owner)
