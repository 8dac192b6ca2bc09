"""Files of a document: bring one, take one away, read one."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from lienthong.office.accounts.views.common import acting_in, carry_out
from lienthong.office.documents.actions.files import add_file, remove_file
from lienthong.office.documents.actions.reading import opened
from lienthong.office.documents.forms import FileForm, NoForm
from lienthong.office.documents.marks import marked_copy
from lienthong.office.documents.models import Document, File
from lienthong.office.documents.models.files import PDF
from lienthong.office.documents.policies import require
from lienthong.office.documents.ranges import part_asked_for
from lienthong.office.documents.selectors.documents import document, file, parts
from lienthong.office.documents.states import Deed
from lienthong.office.documents.views.document import crumbs, form_page
from lienthong.office.vault.selectors import read

_PARTIAL, _UNSATISFIABLE = 206, 416


@form_page
@login_required
def add(request: HttpRequest, number: int) -> HttpResponse:
    """Bring a file to a draft."""
    actor = acting_in(request)
    found = document(actor, number)
    require(found, Deed.EDIT, parts(actor, found))

    def run(facts: dict[str, Any]) -> None:
        sent: UploadedFile[Any] = facts["file"]
        add_file(actor=actor, document=found, role=File.Role(facts["role"]), name=sent.name or "", chunks=sent.chunks())

    title = _("Add a file")
    return carry_out(
        request,
        make=lambda data=None: FileForm(
            data, files=request.FILES if data is not None else None, actor=actor, document=found
        ),
        run=run,
        page=_page(found, title, _("Add")),
        done=_("The file was added."),
    )


@form_page
@login_required
def remove(request: HttpRequest, number: int, file_id: int) -> HttpResponse:
    """Take a file from a draft."""
    actor = acting_in(request)
    found = document(actor, number)
    one = file(found, file_id)
    require(found, Deed.EDIT, parts(actor, found))
    title = _("Take the file away")
    return carry_out(
        request,
        make=lambda data=None: NoForm(data, actor=actor, document=found),
        run=lambda _facts: remove_file(actor=actor, document=found, file=one),
        page=_page(found, title, title) | {"intro": one.name, "grave": True},
        done=_("The file was taken away."),
    )


@require_safe
@login_required
def download(request: HttpRequest, number: int, file_id: int) -> HttpResponseBase:
    """Send a file, or the part of it that is asked for. Never shown by the browser itself: it is saved."""
    actor = acting_in(request)
    found = document(actor, number)
    one = file(found, file_id)
    if (copy := marked_copy(actor, found, one)) is not None:
        opened(actor=actor, document=found, file=one)
        return _answer(one, HttpResponse(copy, content_type=PDF), len(copy))
    asked = part_asked_for(request.headers.get("Range", ""), one.size)
    if asked is None:
        return HttpResponse(status=_UNSATISFIABLE, headers={"Content-Range": f"bytes */{one.size}"})
    start, end = asked
    opened(actor=actor, document=found, file=one)
    # The last piece is read after the view is left: what asks the database does so now.
    pieces: Iterator[bytes] = read(one.blob_id, start, end)
    response = _answer(one, StreamingHttpResponse(pieces, content_type=one.media_type), end - start)
    response["Accept-Ranges"] = "bytes"
    if (start, end) != (0, one.size):
        response.status_code = _PARTIAL
        response["Content-Range"] = f"bytes {start}-{end - 1}/{one.size}"
    return response


def _answer[Answer: HttpResponseBase](one: File, response: Answer, length: int) -> Answer:
    """Say of a file what browsers must know: its name, that nobody guesses at its type, and that it is not kept."""
    response["Content-Length"] = length
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(one.name, safe='')}"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response


def _page(found: Document, title: str, submit: str) -> dict[str, object]:
    return {
        "title": title, "submit": submit, "cancel_url": f"/documents/{found.pk}/", "crumbs": crumbs(found, title),
    }  # fmt: skip
