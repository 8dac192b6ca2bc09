"""A unit's page: what it is and was, who holds what, and what may be done with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from lienthong.office.core.actor import Actor
from lienthong.office.core.policies import Permission, may
from lienthong.office.organs import profile, selectors
from lienthong.office.organs.branches import links
from lienthong.office.organs.histories import history
from lienthong.office.organs.holders import posts
from lienthong.office.organs.models import Kind, Unit, UnitVersion
from lienthong.office.organs.policies import may_shape
from lienthong.office.organs.roles import role_names
from lienthong.office.organs.views.common import acting_in, way


@require_safe
@login_required
def unit(request: HttpRequest, number: int) -> HttpResponse:
    """Show a unit."""
    actor = acting_in(request)
    found = selectors.bare(actor, number)
    versions = selectors.versions(found)
    # One read for all units that are named: those above, and those it stood under.
    seen = selectors.named(actor, [*selectors.above(found), *(version.parent_id for version in versions)])
    came, went = selectors.relatives(actor, found)
    manages = may(actor, Permission.UNIT_MANAGE, found)
    open_to_persons = actor.sees(found.organ_path)
    context = {
        "title": found.name,
        "crumbs": way(seen, found),
        "unit": found,
        "facts": facts(found),
        "state": state(found),
        "posts": [(post, role_names(post.roles)) for post in posts(actor, [found])],
        "open_to_persons": open_to_persons,
        "below": links(selectors.branches(actor, [found.pk])),
        "versions": [Stage.of(version, seen) for version in versions],
        "predecessors": came,
        "successors": went,
        # Others have nothing in it.
        "entries": history(actor, found) if actor.audits or manages else [],
        "abilities": abilities(actor, found),
        "manages": manages,
    }
    return render(request, "organs/unit.html", context)


def facts(unit: Unit) -> list[tuple[str, str]]:
    """Return what a unit is, as name and text; nothing that is empty."""
    rows = [
        (_("Kind"), str(Kind(unit.kind).label)),
        (_("Type"), profile.type_name(unit.type)),
        (_("Code"), unit.code),
        (_("Bloc"), profile.bloc_name(unit.bloc)),
        (_("Tier"), profile.tier_name(unit.tier)),
        (_("Area code"), unit.area_code),
    ]
    return [(name, text) for name, text in rows if text]


def state(unit: Unit) -> str:
    """Return "past" or "future" for a unit that does not exist today, or ""."""
    today = localdate()
    if unit.valid_to and unit.valid_to <= today:
        return "past"
    return "future" if unit.valid_from and unit.valid_from > today else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A version as the page shows it."""

    version: UnitVersion
    type: str
    # None too where the reader must not know of it.
    parent: Unit | None
    now: bool

    @classmethod
    def of(cls, version: UnitVersion, seen: Mapping[int, Unit]) -> "Stage":
        """Make it of a version."""
        today = localdate()
        begun = version.valid_from is None or version.valid_from <= today
        now = begun and (version.valid_to is None or version.valid_to > today)
        parent = seen.get(version.parent_id or 0)
        return cls(version=version, type=profile.type_name(version.type), parent=parent, now=now)


def abilities(actor: Actor, unit: Unit) -> list[dict[str, Any]]:
    """Return what the actor may do with a unit: the same answers that the actions give."""
    shape, manage = may_shape(actor, unit), may(actor, Permission.UNIT_MANAGE, unit)
    from_above = _("an administrator of the organ above may") if unit.kind == Kind.ORGAN else _("an administrator may")
    over = unit.valid_to is not None
    rows = [
        (_("Rename or change the type"), "rename", shape and not over, from_above),
        (_("Move under another unit"), "move", shape and not over and unit.parent_id is not None, from_above),
        (_("Merge"), "merge", shape and not over and unit.parent_id is not None, from_above),
        (_("Split"), "split", shape and not over and unit.parent_id is not None, from_above),
        (_("Close"), "close", shape and not over, from_above),
        (_("Change the label"), "label", shape and not over, from_above),
        (_("Create a unit below"), "new", manage and not over, _("an administrator may")),
        (_("Create a position"), "positions/new", manage and not over, _("an administrator may")),
    ]
    return [
        {
            "title": title,
            "may": allowed,
            "url": f"/units/{unit.pk}/{place}/" if allowed else "",
            "reason": "" if allowed else _("it has ended") if over else reason,
        }
        for title, place, allowed, reason in rows
    ]
