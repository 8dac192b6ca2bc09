"""Pages of spreadsheets that are read in: bring one, see what it would do, do it."""

from typing import Final

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from lienthong.office.core.errors import Invalid
from lienthong.office.core.policies import Permission, require
from lienthong.office.organs import selectors
from lienthong.office.organs.actions.imports import dry_run, keep_upload, run_import
from lienthong.office.organs.forms.imports import ImportForm
from lienthong.office.organs.imports.lines import Effect
from lienthong.office.organs.imports.positions import HEADS as POSITION_HEADS
from lienthong.office.organs.imports.units import HEADS as UNIT_HEADS
from lienthong.office.organs.views.common import acting_in
from lienthong.office.organs.views.shaping import page

_SHOWN: Final = 500
_ORDER: Final = (Effect.WRONG, Effect.CHANGED, Effect.NEW, Effect.SAME)


@page
@login_required
def bring(request: HttpRequest) -> HttpResponse:
    """Take a spreadsheet."""
    actor = acting_in(request)
    require(actor, Permission.UNIT_MANAGE)
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        upload = keep_upload(
            actor=actor, subject=form.cleaned_data["subject"], name=file.name or "", content=file.read()
        )
        return redirect(f"/units/import/{upload.pk}/")
    context = {
        "title": _("Import units and positions"),
        "form": form,
        "submit": _("See what it would do"),
        "cancel_url": "/units/",
        "crumbs": [{"title": _("Units"), "url": "/units/"}, {"title": _("Import"), "url": ""}],
        "columns": [(_("Units"), UNIT_HEADS), (_("Positions"), POSITION_HEADS)],
    }
    return render(request, "organs/import.html", context, status=400 if form.is_bound and form.errors else 200)


@page
@login_required
def confirm(request: HttpRequest, number: int) -> HttpResponse:
    """Show what a spreadsheet would do, row by row, and do it."""
    actor = acting_in(request)
    require(actor, Permission.UNIT_MANAGE)
    upload = selectors.upload(actor, number)
    try:
        if request.method == "POST":
            report = run_import(actor=actor, upload=upload)
            text = _("Imported. New: {new}, changed: {changed}, as before: {same}.")
            counts = {effect.value: report.count(effect) for effect in _ORDER}
            messages.success(request, text.format(**counts))
            return redirect("/units/")
        report = dry_run(actor=actor, upload=upload)
    except Invalid as error:
        messages.error(request, error.where)
        return redirect("/units/import/" if request.method != "POST" else request.path)
    lines = sorted(report.lines, key=lambda line: (_ORDER.index(line.effect), line.number))
    context = {
        "title": _("What {file} would do").format(file=upload.name),
        "lines": lines[:_SHOWN],
        "more": max(len(lines) - _SHOWN, 0),
        "counts": [(effect, report.count(effect)) for effect in _ORDER],
        "wrong": report.wrong,
        "unknown": ", ".join(report.unknown)[:400],
        "crumbs": [
            {"title": _("Units"), "url": "/units/"},
            {"title": _("Import"), "url": "/units/import/"},
            {"title": upload.name, "url": ""},
        ],
    }
    return render(request, "organs/dry_run.html", context)
