"""The list of members, and one member's page."""

from http import HTTPStatus

from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from lienthong.office.core.actor import Actor
from lienthong.office.core.lists.answer import respond
from lienthong.office.members.actions.looking import look, purpose_of
from lienthong.office.members.forms import PurposeForm
from lienthong.office.members.lists import PEOPLE
from lienthong.office.members.models import Member
from lienthong.office.members.policies import mends, opens_sensitive
from lienthong.office.members.selectors import people
from lienthong.office.members.views.card import owner_title
from lienthong.office.members.views.common import ROOM, carried, carry, crumbs, steward_in, tabs


@login_required
def listed(request: HttpRequest) -> HttpResponseBase:
    """Show the members that the reader sees."""
    steward_in(request)
    return respond(request, PEOPLE, context={"tabs": tabs("people/")})


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def shown(request: HttpRequest, number: int) -> HttpResponse:
    """Show a member to whoever says what for; what was said once is carried on for an hour."""
    actor = steward_in(request)
    one = people.member(actor, number)
    form = PurposeForm(request.POST) if request.method == "POST" else PurposeForm()
    if form.is_bound and form.is_valid():
        carry(request, purpose_of(form.cleaned_data["purpose"], form.cleaned_data["words"]))
        return redirect(f"{ROOM}people/{one.pk}/")
    purpose = carried(request)
    if purpose is None or form.is_bound:
        return _ask(request, form)
    look(actor=actor, members=[one], purpose=purpose)
    return _page(request, actor, one)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def purpose(request: HttpRequest) -> HttpResponse:
    """Say anew what records are opened for."""
    steward_in(request)
    form = PurposeForm(request.POST) if request.method == "POST" else PurposeForm()
    if form.is_bound and form.is_valid():
        carry(request, purpose_of(form.cleaned_data["purpose"], form.cleaned_data["words"]))
        return redirect(f"{ROOM}people/")
    return _ask(request, form)


def _ask(request: HttpRequest, form: Form) -> HttpResponse:
    context = {
        "title": _("Open a member's record"),
        "crumbs": crumbs((_("Open a member's record"), "")),
        "intro": _(
            "Records of members are opened for a purpose. Who opened which, when and what for stands on its page."
        ),
        "form": form,
        "submit": _("Open"),
        "cancel_url": f"{ROOM}people/",
    }
    return render(request, "core/form_page.html", context, status=HTTPStatus.OK)


def _page(request: HttpRequest, actor: Actor, one: Member) -> HttpResponse:
    records = people.records_of(actor, one)
    duties = people.duties(actor, one)
    context = {
        "title": one.name or one.key,
        "crumbs": crumbs((one.name or one.key, "")),
        "member": one,
        "purpose": carried(request),
        "values": people.values(actor, one, records),
        "records": records,
        "hidden": one.records - len(records),
        "duties": [(each, owner_title(each.owner)) for each in duties],
        "looks": people.looks(actor, one),
        "abilities": _abilities(actor, one),
    }
    return render(request, "members/member.html", context)


def _abilities(actor: Actor, one: Member) -> list[dict[str, object]]:
    rights = (
        (_("See sensitive values"), opens_sensitive(actor, one.organ_path), ""),
        (_("Propose a change"), mends(actor, one.organ_path), f"{ROOM}people/{one.pk}/change/"),
        (_("Decide about doubles"), mends(actor, one.organ_path), f"{ROOM}review/"),
    )
    reason = _("needs the role of steward of the members")
    return [
        {"title": title, "may": may, "url": url if may else "", "reason": "" if may else reason}
        for title, may, url in rights
    ]
