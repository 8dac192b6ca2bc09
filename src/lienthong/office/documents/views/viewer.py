"""A file in the page: PDF by pdf.js, images, text; whatever else can be downloaded."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from lienthong.office.accounts.views.common import acting_in
from lienthong.office.documents.actions.reading import opened
from lienthong.office.documents.marks import mark_of
from lienthong.office.documents.models import File, Preview
from lienthong.office.documents.selectors.documents import document, file, preview_of
from lienthong.office.documents.verdicts import warnings
from lienthong.office.documents.viewing import HEAD, MOST_TEXT, Kind, kind_of, text_of
from lienthong.office.documents.views.document import crumbs
from lienthong.office.vault.selectors import read


@require_safe
@login_required
def show(request: HttpRequest, number: int, file_id: int) -> HttpResponse:
    """Show a file. PDF and images are fetched by the page from where they are downloaded, which notes the reading."""
    actor = acting_in(request)
    found = document(actor, number)
    one = file(found, file_id)
    kind = kind_of(one, _start(one, HEAD))
    address = f"/documents/{found.pk}/files/{one.pk}/"
    context: dict[str, Any] = {
        "title": one.name,
        "crumbs": crumbs(found, _("File")),
        "document": found,
        "file": one,
        "kind": kind.value,
        "address": address,
        # What the viewer draws.
        "shown": address,
        "warnings": warnings(one),
        "mark": mark_of(actor, found.level),
    }
    if kind is Kind.NONE and (made := preview_of(found, one)) is not None:
        context |= _preview(made, address)
    if kind is Kind.TEXT:
        opened(actor=actor, document=found, file=one)
        context |= {"text": text_of(_start(one, MOST_TEXT)), "cut": one.size > MOST_TEXT}
    response = render(request, "documents/viewer.html", context)
    response["Cache-Control"] = "private, no-store"
    return response


def _preview(made: Preview, address: str) -> dict[str, Any]:
    """Return what the page shows in the place of a file of an office program."""
    if made.state == Preview.State.READY:
        return {"kind": Kind.PDF.value, "shown": f"{address}preview/"}
    return {"unseen": True}


def _start(one: File, length: int) -> bytes:
    return b"".join(read(one.blob_id, 0, min(length, one.size)))
