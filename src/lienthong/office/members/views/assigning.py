"""Who mends what by when: the assignments, and the page on which organs are chosen down the tree."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from lienthong.office.accounts.views.common import carry_out
from lienthong.office.core.actor import Actor
from lienthong.office.core.lists.answer import respond
from lienthong.office.core.lists.filters import TEXT_LENGTH
from lienthong.office.core.policies import Permission
from lienthong.office.core.text import tidy
from lienthong.office.members import registry
from lienthong.office.members.actions.assigning import assign
from lienthong.office.members.forms import AssignForm
from lienthong.office.members.lists import ASSIGNMENTS
from lienthong.office.members.selectors import offers
from lienthong.office.members.selectors.offers import Level
from lienthong.office.members.views.common import LIST, ROOM, crumbs, known_rule, steward_in, tabs


@login_required
def listed(request: HttpRequest) -> HttpResponseBase:
    """Show who mends what by when, and how far they are."""
    steward_in(request)
    return respond(request, ASSIGNMENTS, context={"tabs": tabs("assignments/")})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def give(request: HttpRequest, rule: str) -> HttpResponse:
    """Have organs mend what breaks a rule: those of one level of the tree, or found by name."""
    actor = steward_in(request, Permission.MEMBER_ASSIGN)
    known_rule(rule)
    text = tidy(request.GET.get("q", ""))[:TEXT_LENGTH]
    level = _level(actor, rule, text, request.GET.get("below", ""))

    def run(data: dict[str, Any]) -> object:
        return assign(actor=actor, rule=rule, organs=data["selected"], due_on=data["due_on"], note=data["note"])

    return carry_out(
        request,
        make=lambda data=None: AssignForm(data, level=level),
        run=run,
        page={
            "title": _("Assign: {rule}").format(rule=registry.rule_text(rule)),
            "crumbs": crumbs((_("Failing records"), f"{LIST}?rule={rule}"), (_("Assign"), "")),
            "submit": _("Assign"),
            "cancel_url": f"{ROOM}assignments/",
            "level": level,
            "text": text,
        },
        done=_("The organs were told."),
        template="members/assign.html",
    )


def _level(actor: Actor, rule: str, text: str, below: str) -> Level:
    """Return what an address asks for; what is malformed in it counts as not said."""
    if text:
        return offers.found(actor, rule, text)
    number = int(below) if below.isascii() and below.isdecimal() and len(below) < len("1" * 19) else None
    return offers.level(actor, rule, number)
