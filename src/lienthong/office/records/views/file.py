"""One work file, opening another, and what lies in it."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lienthong.office.accounts.views.common import acting_in, carry_out
from lienthong.office.core.actor import Actor
from lienthong.office.core.errors import Forbidden
from lienthong.office.core.search import TEXT_LENGTH
from lienthong.office.core.text import tidy
from lienthong.office.records import forms, profile
from lienthong.office.records.actions import contents
from lienthong.office.records.actions.covers import Cover, open_file
from lienthong.office.records.histories import history
from lienthong.office.records.models import WorkFile
from lienthong.office.records.selectors import files
from lienthong.office.records.states import DEEDS, Deed, Mode
from lienthong.office.records.views.common import crumbs, opens
from lienthong.office.records.views.deed import require_offered


@require_safe
@login_required
def shown(request: HttpRequest, number: int) -> HttpResponse:
    """Show a work file: what the reader may know, and may do."""
    actor = acting_in(request)
    file = files.file(actor, number)
    offered = files.deeds(actor, file)
    inside = files.contents(actor, file)
    context = {
        "title": file.title,
        "crumbs": crumbs(file),
        "file": file,
        "facts": _facts(file),
        "inside": [each for each in inside if each.document],
        "hidden": sum(each.document is None for each in inside),
        "takes_out": Deed.REMOVE in offered,
        "workers": files.workers(file),
        "holds": files.holds(file),
        "abilities": _abilities(file, offered),
        "entries": history(actor, file),
    }
    return render(request, "records/file.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def new(request: HttpRequest) -> HttpResponse:
    """Open a work file."""
    actor = acting_in(request)
    if not opens(actor):
        raise Forbidden("open")
    page: dict[str, Any] = {
        "title": _("Open a work file"),
        "crumbs": [{"title": _("Work files"), "url": "/records/"}, {"title": _("Open a work file"), "url": ""}],
        "submit": _("Open a work file"),
        "cancel_url": "/records/",
    }

    def run(data: dict[str, Any]) -> object:
        file = open_file(actor=actor, cover=Cover(**data))
        page["cancel_url"] = f"/records/{file.pk}/"
        return file

    return carry_out(request, make=lambda data=None: forms.CoverForm(data, actor=actor), run=run, page=page)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def add(request: HttpRequest, number: int) -> HttpResponse:
    """Find documents and put them into a file."""
    actor = acting_in(request)
    file = _to_work_on(actor, number, Deed.ADD)
    text = tidy(request.GET.get("q", "")[: 2 * TEXT_LENGTH])[:TEXT_LENGTH]

    def form(data: Any = None) -> Form:  # noqa: ANN401 - as Django has it
        return forms.AddForm(data, text=text, actor=actor, file=file)

    def run(data: dict[str, Any]) -> None:
        added = contents.add_documents(actor=actor, file=file, documents=data["documents"])
        said = ngettext("{number} document was put into the file.", "{number} documents were put into the file.", added)
        page["done"] = said.format(number=added)

    title = str(DEEDS[Deed.ADD].title)
    page: dict[str, Any] = {
        "title": f"{title}: {file.code}",
        "crumbs": crumbs(file, title),
        "submit": _("Put into the file"),
        "cancel_url": f"/records/{file.pk}/",
        "text": text,
    }
    return carry_out(request, make=form, run=run, page=page, template="records/add.html")


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def pages(request: HttpRequest, number: int, item: int) -> HttpResponse:
    """Say how many pages a document has."""
    actor = acting_in(request)
    file = _to_work_on(actor, number, Deed.ADD)
    inside = files.inside(actor, file, item)

    def form(data: Any = None) -> Form:  # noqa: ANN401 - as Django has it
        return forms.PagesForm(data, actor=actor, file=file, initial={"pages": inside.pages})

    page: dict[str, Any] = {
        "title": _("Pages: %(document)s") % {"document": inside.document},
        "crumbs": crumbs(file, _("Pages")),
        "cancel_url": f"/records/{file.pk}/",
    }
    return carry_out(
        request, make=form, page=page,
        run=lambda data: contents.set_pages(actor=actor, file=file, item=item, pages=data["pages"]),
    )  # fmt: skip


@require_POST
@login_required
def remove(request: HttpRequest, number: int, item: int) -> HttpResponse:
    """Take a document out of a file."""
    actor = acting_in(request)
    file = _to_work_on(actor, number, Deed.REMOVE)
    files.inside(actor, file, item)
    contents.remove_document(actor=actor, file=file, item=item)
    messages.success(request, _("The document was taken out."))
    return redirect(f"/records/{file.pk}/")


def _to_work_on(actor: Actor, number: int, deed: Deed) -> WorkFile:
    file = files.file(actor, number)
    require_offered(deed, files.deeds(actor, file), file.state in DEEDS[deed].states)
    return file


def _facts(file: WorkFile) -> list[tuple[str, object]]:
    """Return what is on the cover, as name and value; nothing that is empty."""
    rows: list[tuple[str, object]] = [
        (_("Code"), file.code),
        (_("Stands at"), file.status.label),
        (_("Maker"), f"{file.maker.person.name} · {file.maker.position.title}"),
        (_("Access"), Mode(file.mode).label),
        (_("Kept for"), profile.term_name(file.retention)),
        (_("Basis of the term"), file.retention_reason),
        (_("Documents"), str(file.documents)),
        (_("Pages"), str(file.pages)),
        (_("Opened on"), file.opened_on),
        (_("Closed on"), file.closed_on),
        (_("Closed although something was unfinished"), file.close_reason),
        (_("Submit by"), file.submit_by if file.submitted_on is None else None),
        (_("Submitted on"), file.submitted_on),
        (_("In the archive since"), file.archived_on),
        (_("Kept until"), file.keep_until),
        (_("Disposed of on"), file.disposed_on),
    ]
    return [(name, value) for name, value in rows if value not in (None, "")]


def _abilities(file: WorkFile, offered: list[Deed]) -> list[dict[str, Any]]:
    """Return what the reader may do with a file: the same answers that the actions give."""
    reasons = {True: _("not yours to do"), False: _("not as it stands now")}
    return [
        {
            "title": rule.title,
            "may": deed in offered,
            "url": f"/records/{file.pk}/{deed.value}/" if deed in offered else "",
            "reason": "" if deed in offered else reasons[file.state in rule.states],
        }
        for deed, rule in DEEDS.items()
        # Documents are taken out where they stand.
        if deed is not Deed.REMOVE
    ]
