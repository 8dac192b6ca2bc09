"""Packets of organs without this office: bring one, make one, take along what they are told."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from lienthong.office.accounts.views.common import acting_in, carry_out
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor, Role
from lienthong.office.core.errors import Forbidden, Invalid
from lienthong.office.documents.forms_packets import ExportForm, PacketForm
from lienthong.office.documents.models import Document, Way
from lienthong.office.documents.packets.entering import Entered, Outcome, enter
from lienthong.office.documents.packets.errors import LabelTooHigh, explained
from lienthong.office.documents.packets.formats import packets
from lienthong.office.documents.packets.handing import answer_taken, packet_taken
from lienthong.office.documents.packets.leaving import export
from lienthong.office.documents.policies import require
from lienthong.office.documents.selectors import organ as of_organ
from lienthong.office.documents.selectors import sent as of_sent
from lienthong.office.documents.selectors.documents import document, parts
from lienthong.office.documents.states import Deed
from lienthong.office.documents.views.document import crumbs, form_page
from lienthong.office.documents.views.handing_out import whole

_BAD = 400


@form_page
@login_required
def bring(request: HttpRequest) -> HttpResponse:
    """Enter a packet that somebody brought."""
    actor = acting_in(request)
    if Role.CLERK not in actor.roles:
        raise Forbidden(_("only a clerk of the organ enters packets"))
    bound = request.method == "POST"
    form = PacketForm(request.POST, request.FILES) if bound else PacketForm()
    if bound and form.is_valid():
        try:
            organ = of_organ.own(actor)
            entered = enter(actor=actor, organ=organ, data=form.cleaned_data["packet"].read(), way=Way.PAGE)
        except Invalid as error:
            form.add_error("packet", explained(error))
        else:
            messages.success(request, _came(entered))
            return redirect(_seen(actor, entered))
    title = _("Enter a packet")
    context = {
        "title": title, "form": form, "submit": _("Enter"), "cancel_url": "/documents/",
        "intro": _("A document, or what became of one of yours, as an organ without this office sends it (edXML)."),
        "crumbs": [{"title": _("Documents"), "url": "/documents/"}, {"title": title, "url": ""}],
    }  # fmt: skip
    return render(request, "core/form_page.html", context, status=_BAD if bound else 200)


@form_page
@login_required
def make(request: HttpRequest, number: int) -> HttpResponse:
    """Make a packet of a document for organs without this office."""
    actor = acting_in(request)
    found = document(actor, number)
    require(found, Deed.DISPATCH, parts(actor, found))
    if found.level > packets().highest:
        raise LabelTooHigh
    made: list[ExportForm] = []

    def form(data: Any = None) -> ExportForm:  # noqa: ANN401 - as Django has it
        made.append(ExportForm(data, organ_id=found.organ_id))
        return made[-1]

    def run(facts: dict[str, Any]) -> None:
        try:
            export(actor=actor, document=found, partners=[made[-1].partners[pk] for pk in facts["organs"]])
        except Invalid as error:
            raise Invalid(error.where, hint=explained(error)) from error

    title = _("Save as edXML packet")
    page = {
        "title": title, "submit": _("Make the packet"), "cancel_url": f"/documents/{found.pk}/",
        "crumbs": crumbs(found, title),
        "intro": _("For organs without this office. Your administrator enters them under “How we work”."),
    }  # fmt: skip
    return carry_out(request, make=form, run=run, page=page, done=_("The packet was made. Take it along below."))


@require_safe
@login_required
def packet(request: HttpRequest, number: int, dispatch_id: int) -> HttpResponse:
    """Send the packet of a dispatch."""
    actor = acting_in(request)
    found = document(actor, number)
    name, data = packet_taken(actor=actor, dispatch=of_sent.dispatch(found, dispatch_id))
    return whole(data, packets().media_type, name)


@require_safe
@login_required
def answer(request: HttpRequest, number: int, answer_id: int) -> HttpResponse:
    """Send what an organ without this office is told of a document."""
    actor = acting_in(request)
    found = document(actor, number)
    name, data = answer_taken(actor=actor, answer=of_sent.answer(found, answer_id))
    return whole(data, packets().media_type, name)


def _came(entered: Entered) -> str:
    match entered.outcome:
        case Outcome.ENTERED:
            return _("The document has arrived. It waits to be registered.")
        case Outcome.KNOWN:
            return _("This packet came before; nothing was entered twice.")
        case Outcome.NOTED:
            return _("What it tells was written down at the document.")


def _seen(actor: Actor, entered: Entered) -> str:
    """Return where the document is, if whoever brought it may see it."""
    with scope.act_for(actor):
        if entered.document is None or not Document.objects.filter(pk=entered.document.pk).exists():
            return "/documents/"
    return f"/documents/{entered.document.pk}/"
