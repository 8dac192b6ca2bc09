"""Files of a document: bring one, take one away, read one."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from lienthong.office.accounts.views.common import acting_in, carry_out
from lienthong.office.core.errors import NotFound
from lienthong.office.documents.actions.files import add_file, remove_file
from lienthong.office.documents.forms import FileForm, NoForm
from lienthong.office.documents.models import Document, File
from lienthong.office.documents.models.files import PDF
from lienthong.office.documents.policies import require
from lienthong.office.documents.selectors.documents import document, file, parts, preview_of
from lienthong.office.documents.states import Deed
from lienthong.office.documents.views.document import crumbs, form_page
from lienthong.office.documents.views.handing_out import Content, hand_out, part
from lienthong.office.vault.selectors import facts


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
    return hand_out(request, actor, found, file(found, file_id))


@require_safe
@login_required
def preview(request: HttpRequest, number: int, file_id: int) -> HttpResponseBase:
    """Send the PDF that stands for a file of an office program, or the part of it that is asked for."""
    found = document(acting_in(request), number)
    one = file(found, file_id)
    made = preview_of(found, one)
    if made is None or made.blob_id is None:
        raise NotFound(one.name)
    size = facts(made.blob_id).size
    return part(request, Content(blob_id=made.blob_id, size=size, media_type=PDF, name=f"{one.name}.pdf"))


def _page(found: Document, title: str, submit: str) -> dict[str, object]:
    return {
        "title": title, "submit": submit, "cancel_url": f"/documents/{found.pk}/", "crumbs": crumbs(found, title),
    }  # fmt: skip
