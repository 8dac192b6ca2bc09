"""Whose copy of a secret file this is: over its pages in the viewer, and from top secret up within the file itself."""

from datetime import datetime

from django.utils import formats, timezone
from django.utils.translation import gettext as _

from lienthong.kernel.labels import Level
from lienthong.office.core.actor import Actor
from lienthong.office.core.errors import Invalid
from lienthong.office.documents.models import Document, File
from lienthong.office.documents.viewing import HEAD, Kind, kind_of
from lienthong.office.vault.selectors import read
from lienthong.signatures.errors import MarkingFailed
from lienthong.signatures.marking import LIMITS, mark


def mark_of(actor: Actor, level: Level) -> str:
    """Return what lies over the pages of a file: who reads it where and when; nothing below secret."""
    if level < Level.SECRET:
        return ""
    now: datetime = timezone.localtime()
    return " · ".join(filter(None, (actor.name, actor.organ, formats.date_format(now, "SHORT_DATETIME_FORMAT"))))


def marked_copy(actor: Actor, document: Document, file: File) -> bytes | None:
    """Return a copy of a top secret PDF that names its reader, made for this one time; None for any other file.

    Raises:
        Invalid: it cannot be marked, and so is not handed out.
    """
    if document.level < Level.TOP_SECRET:
        return None
    head = b"".join(read(file.blob_id, 0, min(HEAD, file.size)))
    if kind_of(file, head) is not Kind.PDF:
        return None
    # One byte more than is marked: what is larger is refused for its size.
    content = b"".join(read(file.blob_id, 0, min(file.size, LIMITS.file + 1)))
    try:
        return mark(content, mark_of(actor, document.level))
    except MarkingFailed as error:
        raise Invalid(
            _("This file is top secret and cannot be marked with your name, so it is not handed out."),
            hint=_("It is damaged, protected by a password or too large: have it brought again as a sound PDF."),
        ) from error
