"""Disposals: propose, look at, approve, refuse, and the certificate."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from lienthong.office.accounts.views.common import acting_in, carry_out
from lienthong.office.core.errors import Forbidden, NotFound
from lienthong.office.records import forms
from lienthong.office.records.actions import disposing
from lienthong.office.records.certificates import TYPE, certificate
from lienthong.office.records.models import Disposal
from lienthong.office.records.policies import may_propose
from lienthong.office.records.selectors import disposals

_LIST = "/records/disposals/"


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new(request: HttpRequest) -> HttpResponse:
    """Propose to dispose of files whose term has ended."""
    actor = acting_in(request)
    if not may_propose(actor):
        raise Forbidden("propose")
    page: dict[str, Any] = {
        "title": _("Propose a disposal"),
        "crumbs": _crumbs(_("Propose a disposal")),
        "submit": _("Propose"),
        "intro": _("Two others approve it, of whom one heads the organ. Only files whose term has ended are offered."),
        "cancel_url": _LIST,
    }

    def run(data: dict[str, Any]) -> None:
        made = disposing.propose(actor=actor, files=data["chosen"], reason=data["reason"])
        page["cancel_url"] = f"{_LIST}{made.pk}/"

    def form(data: Any = None) -> Form:  # noqa: ANN401 - as Django has it
        return forms.ProposeForm(data, actor=actor)

    return carry_out(request, make=form, run=run, page=page)


@require_safe
@login_required
def shown(request: HttpRequest, number: int) -> HttpResponse:
    """Show a disposal to who keeps or guards the organ's files."""
    actor = acting_in(request)
    found = disposals.disposal(actor, number)
    approves, refuses = disposals.decides(actor, found)
    files = disposals.files_of(found)
    context = {
        "title": _("Disposal {name}").format(name=found),
        "crumbs": _crumbs(str(found)),
        "disposal": found,
        "files": files,
        "hidden": disposals.number_of(found) - len(files),
        "approvals": list(found.approvals.all()),
        "done": found.state == Disposal.State.DONE,
        "abilities": [
            _ability(found, "approve", _("Approve"), approves, _("another clerk or head of the organ may")),
            _ability(found, "refuse", _("Refuse"), refuses, _("a clerk or head of the organ may")),
        ],
    }
    return render(request, "records/disposal.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def approve(request: HttpRequest, number: int) -> HttpResponse:
    """Ask once more, then approve."""
    actor = acting_in(request)
    found = disposals.disposal(actor, number)
    if not disposals.decides(actor, found)[0]:
        raise Forbidden("approve")
    if request.method == "POST":
        done = disposing.approve(actor=actor, disposal=found)
        messages.success(request, _("The disposal was carried out.") if done else _("You have approved the disposal."))
        return redirect(f"{_LIST}{found.pk}/")
    files = disposals.files_of(found)
    page = {
        "title": _("Approve the disposal {name}").format(name=found),
        "crumbs": _crumbs(str(found)),
        "question": _("With the last approval this happens, and nobody can take it back:"),
        "consequences": [
            {"text": f"{row.file.code} {row.file.title}", "grave": True, "url": f"/records/{row.file.pk}/"}
            for row in files
        ],
        "submit": _("Approve"),
        "grave": True,
        "cancel_url": f"{_LIST}{found.pk}/",
    }
    return render(request, "core/preview.html", page)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def refuse(request: HttpRequest, number: int) -> HttpResponse:
    """Refuse a disposal with a reason."""
    actor = acting_in(request)
    found = disposals.disposal(actor, number)
    if not disposals.decides(actor, found)[1]:
        raise Forbidden("refuse")
    return carry_out(
        request,
        make=forms.RefuseForm,
        run=lambda data: disposing.refuse(actor=actor, disposal=found, reason=data["reason"]),
        page={
            "title": _("Refuse the disposal {name}").format(name=found),
            "crumbs": _crumbs(str(found)),
            "submit": _("Refuse"),
            "cancel_url": f"{_LIST}{found.pk}/",
        },
    )


@require_safe
@login_required
def as_pdf(request: HttpRequest, number: int) -> HttpResponse:
    """Hand out the certificate of a disposal that was carried out, to who sees all of its files."""
    actor = acting_in(request)
    found = disposals.disposal(actor, number)
    files = disposals.files_of(found)
    if found.state != Disposal.State.DONE or len(files) != disposals.number_of(found):
        raise NotFound("certificate")
    response = HttpResponse(certificate(found, files, list(found.approvals.all())), content_type=TYPE)
    response["Content-Disposition"] = f'attachment; filename="{found.pk}.pdf"'
    response["Cache-Control"] = "no-store"
    return response


def _crumbs(*more: str) -> list[dict[str, str]]:
    found = [{"title": _("Work files"), "url": "/records/"}, {"title": _("Disposals"), "url": _LIST}]
    return [*found, *({"title": title, "url": ""} for title in more)]


def _ability(found: Disposal, end: str, title: str, may: bool, reason: str) -> dict[str, object]:  # noqa: FBT001 - what the policy said
    return {
        "title": title,
        "may": may,
        "url": f"{_LIST}{found.pk}/{end}/" if may else "",
        "reason": "" if may else reason if found.state == Disposal.State.PROPOSED else _("it was decided already"),
    }
