"""Pages of positions."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from lienthong.office.core.actor import Role
from lienthong.office.core.errors import Conflict, Forbidden, Invalid
from lienthong.office.core.policies import Permission, require
from lienthong.office.organs import selectors
from lienthong.office.organs.actions.positions import (
    Shape,
    change_position,
    close_position,
    create_position,
    plan_close_position,
    shape_of,
)
from lienthong.office.organs.forms.positions import PositionCloseForm, PositionForm
from lienthong.office.organs.holders import position as position_of
from lienthong.office.organs.models import Position
from lienthong.office.organs.views.common import acting_in, crumbs
from lienthong.office.organs.views.flow import Flow, Seen, run
from lienthong.office.organs.views.shaping import page


@page
@login_required
def new(request: HttpRequest, number: int) -> HttpResponse:
    """Create a position in a unit."""
    actor = acting_in(request)
    unit = selectors.unit(actor, number)
    require(actor, Permission.UNIT_MANAGE, unit)
    form, home, title = PositionForm(request.POST or None), f"/units/{unit.pk}/", _("Create a position")
    if request.method == "POST" and form.is_valid():
        try:
            create_position(actor=actor, unit=unit, shape=form.shape())
        except Invalid as error:
            form.add_error(None, error.where)
        except Forbidden as error:
            form.add_error("roles", error.where)
        else:
            messages.success(request, _("The position was created."))
            return redirect(home)
    context = {"title": title, "form": form, "submit": _("Create"), "cancel_url": home}
    context["crumbs"] = crumbs(actor, unit, title)
    return render(request, "organs/form.html", context, status=400 if form.is_bound and form.errors else 200)


@page
@login_required
def change(request: HttpRequest, number: int) -> HttpResponse:
    """Change a position."""
    actor = acting_in(request)
    position = position_of(actor, number)
    require(actor, Permission.UNIT_MANAGE, position)
    now = shape_of(position)
    initial = {
        "title": now.title,
        "roles": [role.value for role in now.roles],
        "rank": now.rank,
        "seen_shape": token(now),
    }
    form, home = PositionForm(request.POST or None, initial=initial), f"/units/{position.unit_id}/"
    if request.method == "POST" and form.is_valid():
        try:
            change_position(actor=actor, position=position, shape=form.shape(), seen=seen_in(form))
        except Conflict:
            messages.error(request, _("Somebody else changed this meanwhile. Look at what it is now."))
            return redirect(request.path)
        except Invalid as error:
            form.add_error(None, error.where)
        except Forbidden as error:
            form.add_error("roles", error.where)
        else:
            messages.success(request, _("The position was changed."))
            return redirect(home)
    title = _("Change a position")
    context = {
        "title": title, "form": form, "cancel_url": home, "crumbs": crumbs(actor, position.unit, title),
        "close_url": f"/units/positions/{position.pk}/close/",
    }  # fmt: skip
    return render(request, "organs/position.html", context, status=400 if form.is_bound and form.errors else 200)


@page
@login_required
def close(request: HttpRequest, number: int) -> HttpResponse:
    """Close a position."""
    actor = acting_in(request)
    position = position_of(actor, number)
    require(actor, Permission.UNIT_MANAGE, position)
    home, title = f"/units/{position.unit_id}/", _("Close {position}").format(position=position.title)

    def do(form: PositionCloseForm, seen: Seen) -> str:
        del seen
        close_position(actor=actor, position=position, day=form.cleaned_data["day"], seen=seen_in(form))
        return home

    flow = Flow(
        title=title, submit=_("Close"), cancel=home, done=_("The position was closed."), do=do, grave=True,
        form=PositionCloseForm(
            request.POST or None, initial={"day": localdate(), "seen_shape": token(shape_of(position))}
        ),
        plan=lambda form: plan_close_position(actor=actor, position=fresh(position), day=form.cleaned_data["day"]),
        context={"crumbs": crumbs(actor, position.unit, title)},
    )  # fmt: skip
    return run(request, flow)


def fresh(position: Position) -> Position:
    """Return a position as it is now."""
    position.refresh_from_db()
    return position


def token(shape: Shape) -> str:
    """Return what a position is, as a form's hidden field."""
    return f"{shape.rank}|{','.join(sorted(role.value for role in shape.roles))}|{shape.title}"


def seen_in(form: PositionForm | PositionCloseForm) -> Shape:
    """Return what a position was when its form was shown; for what is none, one that no position has."""
    rank, roles, title = [*str(form.cleaned_data["seen_shape"]).split("|", 2), "", "", ""][:3]
    known = frozenset(Role(role) for role in roles.split(",") if role in set(Role))
    return Shape(title=title, roles=known, rank=int(rank) if rank.isascii() and rank.isdecimal() else -1)
