"""Handing out files: as attachments, whole or in parts, guessed at and kept by nobody."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from lienthong.office.core.actor import Actor
from lienthong.office.documents.actions.reading import opened
from lienthong.office.documents.marks import marked_copy
from lienthong.office.documents.models import Document, File
from lienthong.office.documents.models.files import PDF
from lienthong.office.documents.ranges import part_asked_for
from lienthong.office.vault.selectors import read

_PARTIAL: Final = 206
_UNSATISFIABLE: Final = 416


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What is handed out."""

    blob_id: UUID
    # Bytes.
    size: int
    media_type: str
    # Under which it is saved.
    name: str


def hand_out(request: HttpRequest, actor: Actor, document: Document, file: File) -> HttpResponseBase:
    """Send a file to whoever sees its document, or the part of it that is asked for, and note that.

    Raises:
        Invalid: it is top secret and cannot be marked with the reader's name.
    """
    copy = marked_copy(actor, document, file)
    opened(actor=actor, document=document, file=file)
    if copy is not None:
        return whole(copy, PDF, file.name)
    return part(request, Content(blob_id=file.blob_id, size=file.size, media_type=file.media_type, name=file.name))


def part(request: HttpRequest, content: Content) -> HttpResponseBase:
    """Return the part that is asked for (RFC 9110, section 14); all of it where none is."""
    asked = part_asked_for(request.headers.get("Range", ""), content.size)
    if asked is None:
        return HttpResponse(status=_UNSATISFIABLE, headers={"Content-Range": f"bytes */{content.size}"})
    start, end = asked
    # The last piece is read after the view is left: what asks the database does so now.
    pieces: Iterator[bytes] = read(content.blob_id, start, end)
    response = StreamingHttpResponse(pieces, content_type=content.media_type)
    response["Accept-Ranges"] = "bytes"
    if (start, end) != (0, content.size):
        response.status_code = _PARTIAL
        response["Content-Range"] = f"bytes {start}-{end - 1}/{content.size}"
    _tell(response, content.name, end - start)
    return response


def whole(data: bytes, media_type: str, name: str) -> HttpResponse:
    """Return all of what lies in memory; no parts of it."""
    response = HttpResponse(data, content_type=media_type)
    _tell(response, name, len(data))
    return response


def _tell(response: HttpResponseBase, name: str, length: int) -> None:
    """Say what browsers must know: the name, and that it is neither guessed at nor run nor kept."""
    response["Content-Length"] = length
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    response["X-Content-Type-Options"] = "nosniff"
    # Should one show it all the same, it is no page of ours: no script, no form, nothing fetched.
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["Cache-Control"] = "private, no-store"
