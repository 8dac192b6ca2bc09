"""Failing records by rule, who mends them by when, and what a rule proposes by itself."""

from typing import Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from lienthong.office.core.actor import Actor
from lienthong.office.core.exports import xlsx_file
from lienthong.office.core.lists.answer import respond
from lienthong.office.core.policies import Permission, may
from lienthong.office.members import registry
from lienthong.office.members.actions.changing import Edit, propose
from lienthong.office.members.fixes import FIXES
from lienthong.office.members.lists import FAILING
from lienthong.office.members.models import Change
from lienthong.office.members.selectors import failing
from lienthong.office.members.sheets import write_sheet
from lienthong.office.members.views.common import LIST, ROOM, crumbs, known_rule, steward_in, tabs

_SHOWN: Final = 50


@login_required
def listed(request: HttpRequest) -> HttpResponseBase:
    """Show the failing records of the reader's subtree, with what can be done about the rule that is filtered by."""
    actor = steward_in(request)
    rule = request.GET.get("rule", "")
    known = rule if rule in registry.rules() else ""
    context = {
        "tabs": tabs("failing/"),
        "rule": known,
        "text": registry.rule_text(known) if known else "",
        "mends": may(actor, Permission.MEMBER_MEND),
        "assigns": bool(known) and may(actor, Permission.MEMBER_ASSIGN),
        "fixes": known in FIXES and may(actor, Permission.MEMBER_MEND),
    }
    return respond(request, FAILING, template="members/failing.html", context=context)


@require_safe
@login_required
def shown(request: HttpRequest, number: int) -> HttpResponse:
    """Lead to the member whose record fails."""
    one = failing.failure(steward_in(request), number)
    return redirect(f"{ROOM}people/{one.member_id}/")


@require_safe
@login_required
def sheet(request: HttpRequest) -> HttpResponseBase:
    """Hand out the failing records as a spreadsheet that can come back with new values."""
    actor = steward_in(request, Permission.MEMBER_MEND)
    rule = request.GET.get("rule", "")
    where = Q(rule=rule) if rule in registry.rules() else Q()
    file = write_sheet(actor=actor, where=where, rule=rule if where else "")
    name = f"{rule if where else 'failing'}-{localdate():%Y-%m-%d}.xlsx"
    response = FileResponse(file, as_attachment=True, filename=name, content_type=xlsx_file.TYPE)
    response["Cache-Control"] = "no-store"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def fix(request: HttpRequest, rule: str) -> HttpResponse:
    """Show what a rule would have records say; then propose it."""
    actor = steward_in(request, Permission.MEMBER_MEND)
    known_rule(rule)
    found = failing.proposals(actor, rule)
    if request.method == "POST" and found:
        return _propose(request, actor, rule, found)
    context = {
        "title": _("What the rule proposes: {rule}").format(rule=registry.rule_text(rule)),
        "crumbs": crumbs((_("Failing records"), f"{LIST}?rule={rule}"), (_("What the rule proposes"), "")),
        "proposals": found[:_SHOWN],
        "number": len(found),
        "more": max(0, len(found) - _SHOWN),
        "cancel_url": f"{LIST}?rule={rule}",
    }
    return render(request, "members/fix.html", context)


def _propose(request: HttpRequest, actor: Actor, rule: str, found: list[failing.Proposal]) -> HttpResponse:
    del rule
    edits = [Edit(record=one.record, field=name, new=new) for one in found for name, _title, _now, new in one.edits]
    outcome = propose(actor=actor, edits=edits, source=Change.Source.RULE)
    said = _("Proposed: {number}. Refused by the rules: {refused}.")
    messages.success(request, said.format(number=len(outcome.proposed), refused=len(outcome.refused)))
    return redirect(f"{ROOM}changes/")
