"""The tree, opened branch by branch."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.formats import date_format
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from lienthong.office.core.actor import Actor
from lienthong.office.core.policies import Permission, may
from lienthong.office.organs import selectors
from lienthong.office.organs.branches import Asked, Grown, by_parent, by_unit
from lienthong.office.organs.forms.tree import TreeForm
from lienthong.office.organs.holders import posts
from lienthong.office.organs.profile import tables
from lienthong.office.organs.selectors import Narrow
from lienthong.office.organs.views.common import acting_in, day_in


@require_safe
@login_required
def tree(request: HttpRequest) -> HttpResponse:
    """Show the top of the tree, opened down to the unit of a link."""
    actor, asked = acting_in(request), asked_in(request)
    grown = grow(actor, asked)
    context = {
        "title": _("Units"),
        "items": grown.markup(None),
        "empty": not grown.branches.get(None),
        "form": TreeForm(request.GET or None, auto_id="tree-%s"),
        "narrowed": bool(asked.narrow or asked.on),
        "on": date_format(asked.on, "DATE_FORMAT") if asked.on and asked.on != localdate() else "",
        "may_create": may(actor, Permission.OPERATE),
        "manages": may(actor, Permission.UNIT_MANAGE),
    }
    return render(request, "organs/tree.html", context)


@require_safe
@login_required
def branch(request: HttpRequest, number: int) -> HttpResponse:
    """Return what stands under a unit, for htmx; on its own it is no page."""
    actor, asked = acting_in(request), asked_in(request)
    selectors.check_seen(actor, number)
    grown = Grown(
        asked=asked,
        branches=by_parent(selectors.branches(actor, [number], on=asked.on, narrow=asked.narrow)),
        posts=by_unit(posts(actor, [number], on=asked.on)),
        opened=(),
    )
    return HttpResponse(grown.markup(number))


def grow(actor: Actor, asked: Asked) -> Grown:
    """Read the top, and every level down to the unit that is asked for."""
    opened: list[int] = []
    if asked.current:
        opened = selectors.line_on(actor, asked.current, asked.on)
    return Grown(
        asked=asked,
        branches=by_parent(selectors.branches(actor, [None, *opened], on=asked.on, narrow=asked.narrow)),
        posts=by_unit(posts(actor, opened, on=asked.on)) if opened else {},
        opened=frozenset(opened),
    )


def asked_in(request: HttpRequest) -> Asked:
    """Return which tree an address asks for; what is malformed in it counts as not said."""
    given, known = request.GET, tables()
    bloc, tier, current = given.get("bloc", ""), given.get("tier", ""), given.get("open", "")
    narrow = Narrow(bloc=bloc if bloc in known.blocs else "", tier=tier if tier in known.tiers else "")
    number = int(current) if current.isascii() and current.isdecimal() and len(current) < len("1" * 19) else None
    return Asked(on=day_in(given.get("on", "")), narrow=narrow, current=number)
