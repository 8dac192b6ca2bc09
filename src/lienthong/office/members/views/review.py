"""The review queue, worked off by keyboard alone."""

import csv
import io
from typing import Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.formats import number_format
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lienthong.office.core import audit
from lienthong.office.core.actor import Actor
from lienthong.office.core.errors import Conflict
from lienthong.office.core.lists.answer import respond
from lienthong.office.core.policies import Permission
from lienthong.office.members import chart, registry
from lienthong.office.members.actions import deciding
from lienthong.office.members.actions.looking import Purpose, look
from lienthong.office.members.audit import MemberEvent
from lienthong.office.members.lists import DECISIONS, REVIEW
from lienthong.office.members.models import Decision, Look, ReviewItem
from lienthong.office.members.policies import may_second, may_undo, mends
from lienthong.office.members.selectors import review
from lienthong.office.members.views.common import ROOM, crumbs, steward_in, tabs
from lienthong.office.organs.models import Unit

QUEUE: Final = f"{ROOM}review/"
_PERCENT: Final = 100


@login_required
def listed(request: HttpRequest) -> HttpResponseBase:
    """Show the queue."""
    actor = steward_in(request)
    context = {"tabs": tabs("review/"), "first": review.next_open(actor)}
    return respond(request, REVIEW, template="members/queue.html", context=context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def shown(request: HttpRequest, number: int) -> HttpResponse:
    """Show two records side by side, or take a decision about them and go on to the next."""
    actor = steward_in(request)
    one = review.item(actor, number)
    if request.method == "POST":
        return _decide(request, actor, one)
    look(
        actor=actor, members=review.members_of(actor, one), purpose=Purpose(purpose=Look.Purpose.REVIEW, words=str(one))
    )
    return _page(request, actor, one)


def _decide(request: HttpRequest, actor: Actor, one: ReviewItem) -> HttpResponse:
    wanted = request.POST.get("verdict", "")
    if wanted != "later":
        try:
            made = deciding.decide(actor=actor, item=one, verdict=wanted)
        except Conflict:
            messages.error(request, _("Somebody else has decided about this meanwhile."))
        else:
            waits = made.state == Decision.State.WAITING
            said = _("{item}: {verdict}. It waits for a second pair of eyes.") if waits else _("{item}: {verdict}.")
            messages.success(request, said.format(item=one, verdict=made.get_verdict_display()))
    following = review.next_open(actor, after=one.place)
    return redirect(f"{QUEUE}{following}/" if following else QUEUE)


def _page(request: HttpRequest, actor: Actor, one: ReviewItem) -> HttpResponse:
    decision = review.decision_of(actor, one)
    following = review.next_open(actor, after=one.place)
    context = {
        "title": _("Is this one person? {item}").format(item=one),
        "crumbs": crumbs((_("Doubles"), QUEUE), (str(one), "")),
        "item": one,
        "rows": review.side_by_side(actor, one),
        "bars": chart.bars(one.weights),
        "probability": "" if one.probability is None else number_format(one.probability * _PERCENT, 1),
        "weight": "" if one.weight is None else number_format(one.weight, 1),
        "reasons": [registry.comparison_title(name) for name in one.reasons],
        "decision": decision,
        "decides": one.state == ReviewItem.State.OPEN and mends(actor, one.organ_path),
        "seconds": decision is not None and may_second(actor, decision),
        "undoes": decision is not None and may_undo(actor, decision),
        "skip_url": f"{QUEUE}{following}/" if following and following != one.pk else "",
    }
    return render(request, "members/review.html", context)


@login_required
def decisions(request: HttpRequest) -> HttpResponseBase:
    """Show what was decided."""
    steward_in(request)
    return respond(request, DECISIONS, template="members/decisions.html", context={"tabs": tabs("decisions/")})


@require_safe
@login_required
def decision(request: HttpRequest, number: int) -> HttpResponse:
    """Lead to the item that a decision is about; where the engine has none any more, to the list."""
    actor = steward_in(request)
    one = review.decision(actor, number)
    return _back(one)


@require_POST
@login_required
def settle(request: HttpRequest, number: int, name: str) -> HttpResponse:
    """Confirm, refuse or undo a decision."""
    actor = steward_in(request, Permission.MEMBER_MEND)
    one = review.decision(actor, number)
    done = {
        "confirm": (deciding.confirm, _("The merge stands.")),
        "refuse": (deciding.refuse, _("The merge was refused: the item is to be decided again.")),
        "undo": (deciding.undo, _("The decision was taken back: the item is to be decided again.")),
    }
    action, said = done[name]
    action(actor=actor, decision=one)
    messages.success(request, said)
    return _back(one)


def _back(one: Decision) -> HttpResponse:
    found = review.items_of(one).values_list("pk", flat=True).first()
    return redirect(f"{QUEUE}{found}/" if found else f"{ROOM}decisions/")


@require_safe
@login_required
def exported(request: HttpRequest) -> HttpResponse:
    """Hand out what stands as the table of decisions that the quality engine reads."""
    actor = steward_in(request, Permission.MEMBER_MEND)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(("record_id_l", "record_id_r", "decision"))
    rows = list(review.standing(actor))
    writer.writerows(rows)
    with transaction.atomic():
        organ = Unit(pk=actor.organ_id, name=actor.organ, organ_path=actor.organ_path)
        audit.record(actor=actor, kind=MemberEvent.EXPORT, obj=organ, new={"rows": len(rows)})
    response = HttpResponse(text.getvalue(), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="decisions-{localdate():%Y-%m-%d}.csv"'
    response["Cache-Control"] = "no-store"
    return response
