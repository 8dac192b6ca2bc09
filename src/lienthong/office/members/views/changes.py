"""Changes that units propose: from a member's page, from a spreadsheet, by a rule."""

from http import HTTPStatus
from typing import Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from lienthong.office.core.errors import Invalid
from lienthong.office.core.lists.answer import respond
from lienthong.office.core.policies import Permission, may
from lienthong.office.members import forms, registry
from lienthong.office.members.actions.changing import Edit, Outcome, propose
from lienthong.office.members.actions.looking import look
from lienthong.office.members.lists import CHANGES
from lienthong.office.members.models import Change
from lienthong.office.members.selectors import people
from lienthong.office.members.sheets import read_sheet
from lienthong.office.members.views.common import ROOM, carried, crumbs, steward_in, tabs

LIST: Final = f"{ROOM}changes/"


@login_required
def listed(request: HttpRequest) -> HttpResponseBase:
    """Show what was proposed; those who may let it in select it here."""
    actor = steward_in(request)
    context = {"tabs": tabs("changes/"), "mends": may(actor, Permission.MEMBER_MEND)}
    return respond(request, CHANGES, template="members/changes.html", context=context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def imported(request: HttpRequest) -> HttpResponse:
    """Take a spreadsheet with new values, and show what became of each."""
    actor = steward_in(request, Permission.MEMBER_MEND)
    form = forms.SheetForm(request.POST, request.FILES) if request.method == "POST" else forms.SheetForm()
    if form.is_bound and form.is_valid():
        try:
            edits = read_sheet(form.cleaned_data["file"])
            outcome = propose(actor=actor, edits=edits, source=Change.Source.SHEET)
        except Invalid as refused:
            form.add_error("file", refused.where if refused.where.endswith(".") else refused.advice)
        else:
            return _told(request, outcome)
    context = {
        "title": _("Bring a spreadsheet back"),
        "crumbs": crumbs((_("Changes"), LIST), (_("Bring a spreadsheet back"), "")),
        "intro": _("Rows without a new value are passed over. The rules look at every record before anything enters."),
        "form": form,
        "submit": _("Propose these values"),
        "cancel_url": LIST,
    }
    return render(request, "core/form_page.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def one(request: HttpRequest, number: int) -> HttpResponse:
    """Propose new values of a member's record. What is shown there was opened for a purpose."""
    actor = steward_in(request, Permission.MEMBER_MEND)
    member = people.member(actor, number)
    purpose = carried(request)
    records = people.records_of(actor, member)
    if purpose is None or not records:
        return redirect(f"{ROOM}people/{member.pk}/")
    record = next((each for each in records if each.key == request.GET.get("record")), records[0])
    form = forms.ChangeForm(request.POST if request.method == "POST" else None, record=record)
    if form.is_bound and form.is_valid():
        edits = [Edit(record=record.key, field=name, new=form.cleaned_data[name]) for name in form.changed_data]
        if edits:
            return _told(request, propose(actor=actor, edits=edits, source=Change.Source.PAGE))
        messages.info(request, _("Nothing was changed."))
        return redirect(f"{ROOM}people/{member.pk}/")
    look(actor=actor, members=[member], purpose=purpose)
    context = {
        "title": _("Propose a change: {record}").format(record=record.key),
        "crumbs": crumbs(
            (member.name or member.key, f"{ROOM}people/{member.pk}/"),
            (_("Propose a change"), ""),
        ),
        "intro": _("The rules look at the record before the change enters, and another steward accepts it."),
        "form": form,
        "submit": _("Propose"),
        "cancel_url": f"{ROOM}people/{member.pk}/",
    }  # fmt: skip
    return render(request, "core/form_page.html", context)


@require_safe
@login_required
def shown(request: HttpRequest, number: int) -> HttpResponse:
    """Lead to the member whose record a change is about."""
    actor = steward_in(request)
    member = people.member_of_change(actor, number)
    return redirect(f"{ROOM}people/{member}/")


def _told(request: HttpRequest, outcome: Outcome) -> HttpResponse:
    context = {
        "title": _("What became of the values"),
        "crumbs": crumbs((_("Changes"), LIST), (_("What became of the values"), "")),
        "proposed": len(outcome.proposed),
        "refused": [
            {
                "record": each.edit.record,
                "field": registry.column_title(each.edit.field),
                "new": each.edit.new,
                "why": each.why,
            }
            for each in outcome.refused
        ],
    }
    return render(request, "members/outcome.html", context, status=HTTPStatus.OK)
