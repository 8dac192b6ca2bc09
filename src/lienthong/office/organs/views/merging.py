"""Pages of merging and splitting units."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from lienthong.office.core.errors import NotFound
from lienthong.office.organs import selectors
from lienthong.office.organs.actions import merge as merging
from lienthong.office.organs.actions import split as splitting
from lienthong.office.organs.forms.units import MergeForm, SplitForm
from lienthong.office.organs.models import Unit
from lienthong.office.organs.views.common import crumbs
from lienthong.office.organs.views.flow import Flow, Seen, run
from lienthong.office.organs.views.shaping import page, shaped


@page
@login_required
def merge(request: HttpRequest, number: int) -> HttpResponse:
    """Merge units that stand beside each other into one."""
    actor, unit, home = shaped(request, number)
    parent = unit.parent
    if parent is None:
        raise NotFound(unit.name)
    title = _("Merge")
    beside = [each for each in selectors.branches(actor, [parent.pk]) if each.kind == unit.kind]

    def merger(form: MergeForm) -> merging.Merger:
        facts = form.cleaned_data
        target: Unit = facts["target"] or parent
        chosen = selectors.units(actor).filter(pk__in=facts["sources"]).exclude(pk=target.pk).order_by("pk")
        return merging.Merger(
            sources=list(chosen.select_related("organ", "parent")), target=target, new_name=facts["new_name"],
            day=facts["day"], decision=facts["decision"],
        )  # fmt: skip

    def do(form: MergeForm, seen: Seen) -> str:
        return f"/units/{merging.merge(actor=actor, merger=merger(form), seen=seen).pk}/"

    flow = Flow(
        title=title, submit=_("Merge"), cancel=home, done=_("The units were merged."), do=do, grave=True,
        form=MergeForm(
            request.POST or None, actor=actor, beside=beside, initial={"sources": [str(unit.pk)], "day": localdate()}
        ),
        plan=lambda form: merging.plan_merge(actor=actor, merger=merger(form)),
        context={"crumbs": crumbs(actor, unit, title)},
    )  # fmt: skip
    return run(request, flow)


@page
@login_required
def split(request: HttpRequest, number: int) -> HttpResponse:
    """Split a unit into new ones."""
    actor, unit, home = shaped(request, number)
    title = _("Split")

    def division(form: SplitForm) -> splitting.Division:
        facts = form.cleaned_data
        return splitting.Division(
            unit=unit, names=form.parts(), places=form.places(), day=facts["day"], decision=facts["decision"]
        )

    def do(form: SplitForm, seen: Seen) -> str:
        return f"/units/{splitting.split(actor=actor, division=division(form), seen=seen)[0].pk}/"

    below = selectors.branches(actor, [unit.pk])
    flow = Flow(
        title=title, submit=_("Split"), cancel=home, done=_("The unit was split."), do=do, grave=True,
        form=SplitForm(request.POST or None, actor=actor, below=below, initial={"day": localdate()}),
        plan=lambda form: splitting.plan_split(actor=actor, division=division(form)),
        context={"crumbs": crumbs(actor, unit, title)},
    )  # fmt: skip
    return run(request, flow)
