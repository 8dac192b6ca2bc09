"""Bringing a list of persons: the file, what it would do, how far it has come."""

import io
from typing import Any, Final

from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from lienthong.office.accounts.actions.imports import start_import, upload_import
from lienthong.office.accounts.importing.checking import LIMITS
from lienthong.office.accounts.importing.columns import TITLES, Column
from lienthong.office.accounts.models import Effect, ImportState
from lienthong.office.accounts.selectors import imports
from lienthong.office.accounts.views.common import Page, acting_in
from lienthong.office.core.errors import Invalid
from lienthong.office.core.policies import Permission, require

_ROWS: Final = 100


class FileForm(forms.Form):
    """A file."""

    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy(
            "CSV or XLSX, at most 20 MB and 200,000 rows. Nothing is changed before you have seen it."
        ),
        max_length=200,
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.xlsx,.txt"}),
    )

    def clean_file(self) -> Any:  # noqa: ANN401 - as Django has it
        """Refuse what is too large before it is read."""
        file = self.cleaned_data["file"]
        if file.size > LIMITS.size:
            raise forms.ValidationError(_("The file is larger than 20 MB: split it."))
        return file


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def upload(request: HttpRequest) -> HttpResponse:
    """Take a file, to be checked."""
    actor = acting_in(request)
    require(actor, Permission.PERSON_MANAGE)
    form = FileForm(request.POST, request.FILES) if request.method == "POST" else FileForm()
    if form.is_bound and form.is_valid():
        file = form.cleaned_data["file"]
        run = upload_import(actor=actor, name=file.name, content=file.read())
        return redirect(f"/persons/import/{run.pk}/")
    page: Page = {
        "title": _("Import persons"),
        "crumbs": [{"title": _("Persons"), "url": "/persons/"}, {"title": _("Import persons"), "url": ""}],
        "form": form,
        "submit": _("Check the file"),
        "cancel_url": "/persons/",
    }
    return render(request, "accounts/import_upload.html", page)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def shown(request: HttpRequest, import_id: int) -> HttpResponse:
    """Show what a list would do and how far it has come; carry it out."""
    actor = acting_in(request)
    run = imports.own(actor, import_id)
    if request.method == "POST":
        raise_if_reauthentication_required(request, app="")
        try:
            start_import(actor=actor, import_id=import_id)
        except Invalid as refused:
            messages.error(request, refused.advice)
        return redirect(request.path)
    chosen = request.GET.get("effect", "")
    effect = Effect(chosen) if chosen in Effect.values else None
    counts = imports.counts(run)
    pages = Paginator(imports.rows(run, effect), _ROWS)
    page: Page = {
        "title": run.file_name,
        "crumbs": [
            {"title": _("Persons"), "url": "/persons/"},
            {"title": _("Import persons"), "url": "/persons/import/"},
            {"title": run.file_name, "url": ""},
        ],
        "run": run,
        "working": run.state in {ImportState.WAITING, ImportState.RUNNING},
        "changes": counts[Effect.INVITE] + counts[Effect.CHANGE],
        "tabs": _tabs(counts, effect),
        "effect": chosen if effect else "",
        "rows": pages.get_page(request.GET.get("page", "1")[:6]),
        "columns": TITLES,
    }
    return render(request, "accounts/import.html", page)


def _tabs(counts: dict[Effect, int], effect: Effect | None) -> list[dict[str, Any]]:
    every = {"title": _("All rows"), "url": "?", "current": effect is None, "count": sum(counts.values())}
    return [every] + [
        {"title": each.label, "url": f"?effect={each.value}", "current": effect is each, "count": counts[each]}
        for each in Effect
    ]


@require_safe
@login_required
def template(request: HttpRequest) -> HttpResponseBase:
    """Give an empty list with the names of the columns."""
    require(acting_in(request), Permission.PERSON_MANAGE)
    head = ";".join(str(TITLES[column]) for column in Column)
    file = io.BytesIO(f"\ufeff{head}\r\n".encode())
    return FileResponse(file, as_attachment=True, filename="persons.csv", content_type="text/csv; charset=utf-8")
