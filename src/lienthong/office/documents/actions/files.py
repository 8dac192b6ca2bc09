"""Bring files to a draft, take them away, and keep what came with an arrival."""

import mimetypes
from collections.abc import Iterable
from typing import Final

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.actor import SYSTEM, Actor
from lienthong.office.core.errors import Invalid, NotFound
from lienthong.office.documents.actions.change import check, doing, held_document
from lienthong.office.documents.actions.looking import look_later
from lienthong.office.documents.models import Document, File
from lienthong.office.documents.names import safe_name, same_to_the_eye
from lienthong.office.documents.states import Deed
from lienthong.office.vault.actions.files import Brought, bring, enter, remove_object
from lienthong.office.vault.models import Blob

_UNKNOWN: Final = "application/octet-stream"
MOST_FILES: Final = 100


def add_file(*, actor: Actor, document: Document, role: File.Role, name: str, chunks: Iterable[bytes]) -> File:
    """Bring a file to a draft; a main file, or an appendix of the same name, takes the place of the one before.

    The same file sent twice is there once.

    Args:
        actor: who writes on the draft.
        document: the draft.
        role: what the file is to it.
        name: as it was called; it is kept under a name that deceives nobody.
        chunks: the content, read once; nothing of it touches a disk in plain.

    Raises:
        Forbidden, Conflict: it is no draft of the actor's.
        FileTooLarge, FileInfected: it is not taken.
        Invalid: there are too many files, or one whose name would be taken for this one's.
    """
    # Before anything is taken, and again below: while it comes somebody may submit the draft.
    check(actor=actor, document=document, deed=Deed.EDIT)
    brought = bring_file(document, chunks, actor)
    with transaction.atomic():
        if (there := _there(actor, document, role=role, name=name, digest=brought.sha256.hex())) is not None:
            transaction.on_commit(lambda: remove_object(brought.id))
            return there
        return _added(actor, document, brought, role=role, name=name)


def _added(actor: Actor, document: Document, brought: Brought, *, role: File.Role, name: str) -> File:
    with doing(actor=actor, document=document, deed=Deed.EDIT) as change:
        (kept,) = enter([brought])
        made = _row(change.document, kept, role=role, name=name, added_by=actor.appointment_id)
        change.new = {"file": made.pk, "digest": made.digest, **_open(change.document, name=made.name)}
    return made


def _there(actor: Actor, document: Document, *, role: File.Role, name: str, digest: str) -> File | None:
    """Return the very file where it is there already; whoever brings it at the same time waits until this ends.

    Raises:
        Forbidden, Conflict: it is no draft of the actor's any more.
    """
    with scope.system():
        held_document(document.pk)
        check(actor=actor, document=document, deed=Deed.EDIT)
        same = File.objects.filter(document=document, role=role, name=safe_name(name), digest=digest, current=True)
        return same.first()


def remove_file(*, actor: Actor, document: Document, file: File) -> None:
    """Take a file from a draft; the version stays, to be read in its history.

    Raises:
        Forbidden, Conflict: it is no draft of the actor's.
        NotFound: it is not there any more.
    """
    with doing(actor=actor, document=document, deed=Deed.EDIT) as change:
        if not File.objects.filter(pk=file.pk, document=change.document, current=True).update(current=False):
            raise NotFound(file.name)
        change.old = {"file": file.pk, **_open(change.document, name=file.name)}


def keep(*, document: Document, role: File.Role, name: str, chunks: Iterable[bytes], media_type: str = "") -> File:
    """Keep a file that came with a document, as the system. Coming again, it is kept once.

    Raises:
        FileTooLarge, FileInfected: it is not taken.
    """
    with scope.system():
        wanted = safe_name(name)
        before = File.objects.filter(document=document, role=role, name=wanted, current=True).first()
        if before is not None:
            return before
        brought = bring_file(document, chunks, SYSTEM)
        with transaction.atomic():
            (kept,) = enter([brought])
            return _row(document, kept, role=role, name=name, media_type=media_type)


def put_version(document: Document, before: File, brought: Brought, *, added_by: int) -> File:
    """Put a new version (``bring_file``) in the place of a file, inside the transaction of what made it."""
    (kept,) = enter([brought])
    return _row(
        document, kept, role=File.Role(before.role), name=before.name, added_by=added_by, media_type=before.media_type
    )


def bring_file(document: Document, chunks: Iterable[bytes], actor: Actor) -> Brought:
    """Bring a file of a document, before the transaction that enters it.

    Raises:
        FileTooLarge, FileInfected: it is not taken.
    """
    return bring(unit_id=document.organ_id, chunks=chunks, limit=settings.LIENTHONG_FILE_LIMIT, actor=actor)


def _row(  # noqa: PLR0913 - each by its name
    document: Document, blob: Blob, *, role: File.Role, name: str, added_by: int | None = None, media_type: str = ""
) -> File:
    """Write the row of a file, and let it take the place of the one before."""
    wanted = safe_name(name)
    files = list(File.objects.filter(document=document, current=True))
    replaced = [one for one in files if one.role == role and (role == File.Role.MAIN or one.name == wanted)]
    if len(files) - len(replaced) >= MOST_FILES:
        raise Invalid(_("A document has at most {number} files.").format(number=MOST_FILES))
    for other in files:
        if other not in replaced and same_to_the_eye(other.name, wanted):
            raise Invalid(_("There is a file whose name looks the same: {name}").format(name=other.name))
    version = max((one.version for one in replaced), default=0) + 1
    File.objects.filter(pk__in=[one.pk for one in replaced]).update(current=False)
    made = file_row(document, blob, role=role, name=wanted, media_type=media_type)
    made.version, made.added_by_id = version, added_by
    made.save(force_insert=True)
    look_later([made])
    return made


def file_row(document: Document, blob: Blob, *, role: File.Role, name: str, media_type: str = "") -> File:
    """Return the row of a file, to be written: the first version under a safe name."""
    return File(
        document=document, blob=blob, role=role, name=name, size=blob.size, digest=bytes(blob.sha256).hex(),
        media_type=(media_type or mimetypes.guess_type(name)[0] or _UNKNOWN)[:100],
    )  # fmt: skip


def _open(document: Document, **told: str) -> dict[str, str]:
    """Return what the trail may say in words: nothing of what is labelled."""
    return told if document.label < Level.CONFIDENTIAL else {}
