"""Pages of what is done to units."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from lienthong.office.core.actor import Actor
from lienthong.office.core.errors import Invalid
from lienthong.office.core.policies import Permission, require
from lienthong.office.organs import selectors
from lienthong.office.organs.actions import close as closing
from lienthong.office.organs.actions import move as moving
from lienthong.office.organs.actions import relabel as labelling
from lienthong.office.organs.actions import rename as renaming
from lienthong.office.organs.actions.create import NewUnit, create_unit
from lienthong.office.organs.actions.times import Change, When
from lienthong.office.organs.forms.units import CloseForm, LabelForm, MoveForm, NewUnitForm, RenameForm
from lienthong.office.organs.models import Kind, Unit
from lienthong.office.organs.policies import require_shape
from lienthong.office.organs.views.common import acting_in, crumbs
from lienthong.office.organs.views.flow import Flow, Seen, run

page = require_http_methods(["GET", "HEAD", "POST"])


@page
@login_required
def new(request: HttpRequest, number: int | None = None) -> HttpResponse:
    """Create a unit; at the top without a number."""
    actor = acting_in(request)
    parent = selectors.unit(actor, number) if number is not None else None
    require(actor, Permission.UNIT_MANAGE if parent else Permission.OPERATE, parent)
    form = NewUnitForm(request.POST or None, actor=actor, parent=parent)
    if request.method == "POST" and form.is_valid():
        facts = {**form.cleaned_data, "kind": Kind(form.cleaned_data["kind"])}
        try:
            made = create_unit(actor=actor, parent=parent, new=NewUnit(**facts))
        except Invalid as error:
            form.add_error(None, error.where)
        else:
            messages.success(request, _("The unit was created."))
            return redirect(f"/units/{made.pk}/")
    title = _("Create a unit")
    context = {
        "title": title,
        "form": form,
        "submit": _("Create"),
        "cancel_url": f"/units/{parent.pk}/" if parent else "/units/",
        "crumbs": crumbs(actor, parent, title) if parent else [],
    }
    return render(request, "organs/form.html", context, status=400 if form.is_bound and form.errors else 200)


def shaped(request: HttpRequest, number: int) -> tuple[Actor, Unit, str]:
    """Return who acts, the unit, which must be theirs to shape, and its address."""
    actor = acting_in(request)
    unit = selectors.unit(actor, number)
    require_shape(actor, unit)
    return actor, unit, f"/units/{unit.pk}/"


@page
@login_required
def rename(request: HttpRequest, number: int) -> HttpResponse:
    """Give a unit another name or type."""
    actor, unit, home = shaped(request, number)
    initial = {"name": unit.name, "type": unit.type, "day": localdate()}
    title = _("Rename or change the type")

    def change(form: RenameForm) -> Change:
        facts = form.cleaned_data
        return Change(
            day=facts["day"], values={"name": facts["name"], "type": facts["type"]}, decision=facts["decision"]
        )

    def do(form: RenameForm, seen: Seen) -> str:
        renaming.rename(actor=actor, unit=unit, change=change(form), seen=seen)
        return home

    flow = Flow(
        title=title, submit=_("Rename"), cancel=home, done=_("The change was written."), do=do,
        form=RenameForm(request.POST or None, actor=actor, initial=initial),
        plan=lambda form: renaming.plan_rename(actor=actor, unit=unit, change=change(form)),
        context={"crumbs": crumbs(actor, unit, title)},
    )  # fmt: skip
    return run(request, flow)


@page
@login_required
def move(request: HttpRequest, number: int) -> HttpResponse:
    """Put a unit under another one."""
    actor, unit, home = shaped(request, number)
    title = _("Move under another unit")

    def do(form: MoveForm, seen: Seen) -> str:
        facts = form.cleaned_data
        when = When(day=facts["day"], decision=facts["decision"])
        moving.move(actor=actor, unit=unit, parent=facts["parent"], when=when, seen=seen)
        return home

    flow = Flow(
        title=title, submit=_("Move"), cancel=home, done=_("The unit was moved."), do=do,
        form=MoveForm(request.POST or None, actor=actor, initial={"day": localdate()}),
        plan=lambda form: moving.plan_move(
            actor=actor, unit=unit, parent=form.cleaned_data["parent"], day=form.cleaned_data["day"]
        ),
        context={"crumbs": crumbs(actor, unit, title)},
    )  # fmt: skip
    return run(request, flow)


@page
@login_required
def close(request: HttpRequest, number: int) -> HttpResponse:
    """Close a unit."""
    actor, unit, home = shaped(request, number)
    title = _("Close")

    def do(form: CloseForm, seen: Seen) -> str:
        when = When(day=form.cleaned_data["day"], decision=form.cleaned_data["decision"])
        closing.close(actor=actor, unit=unit, when=when, seen=seen)
        return home

    flow = Flow(
        title=title, submit=_("Close"), cancel=home, done=_("The unit was closed."), do=do, grave=True,
        form=CloseForm(request.POST or None, actor=actor, initial={"day": localdate()}),
        plan=lambda form: closing.plan_close(actor=actor, unit=unit, day=form.cleaned_data["day"]),
        context={"crumbs": crumbs(actor, unit, title)},
    )  # fmt: skip
    return run(request, flow)


@page
@login_required
def label(request: HttpRequest, number: int) -> HttpResponse:
    """Set how secret a unit is."""
    actor, unit, home = shaped(request, number)
    title = _("Change the label")

    def do(form: LabelForm, seen: Seen) -> str:
        labelling.relabel(actor=actor, unit=unit, label=form.cleaned_data["label"], seen=seen)
        return home

    flow = Flow(
        title=title, submit=_("Change"), cancel=home, done=_("The label was changed."), do=do,
        form=LabelForm(request.POST or None, actor=actor, initial={"label": str(unit.label)}),
        plan=lambda form: labelling.plan_relabel(actor=actor, unit=unit, label=form.cleaned_data["label"]),
        context={"crumbs": crumbs(actor, unit, title)},
    )  # fmt: skip
    return run(request, flow)


@require_safe
@login_required
def pick(request: HttpRequest) -> HttpResponse:
    """Return the units whose name or code begins with what is typed, as options of a field."""
    actor = acting_in(request)
    typed = next((str(value) for value in request.GET.values() if value), "")
    found = selectors.beginning(actor, typed)
    return render(request, "organs/options.html", {"units": found}) if found else HttpResponse()
