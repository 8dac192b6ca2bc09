"""Write what leaves into the folder of its organ, where it has one; else a clerk takes it along."""

import contextlib
import os
from pathlib import Path
from typing import Final

from django.db import transaction
from django.utils import timezone

from lienthong.office.core import scope
from lienthong.office.documents.models import Answer, Dispatch
from lienthong.office.documents.models.document import NOTE_LENGTH
from lienthong.office.documents.packets.answers import packet_of as written_answer
from lienthong.office.documents.packets.handing import name_of_answer
from lienthong.office.documents.packets.leaving import packet_of
from lienthong.office.documents.packets.places import folders

OUT: Final = "out"


def post_answer(answer_id: int) -> None:
    """Write what an organ is told into the folder; nothing where there is no folder, or it was taken along.

    Raises:
        OfficeError, OSError, FoldersInvalid: it could not be written.
    """
    with scope.system():
        answer = Answer.objects.select_related("document__organ", "dispatch").get(pk=answer_id)
        folder = folders().get(answer.document.organ.code)
        if folder is None or answer.taken_at is not None:
            return
        put(folder / OUT, name_of_answer(answer), written_answer(answer))
        Answer.objects.filter(pk=answer.pk, taken_at=None).update(taken_at=timezone.now())


def post_dispatch(dispatch_id: int) -> None:
    """Write the packet of a dispatch into the folder; nothing where there is none, or it is there already.

    Raises:
        OfficeError, OSError, FoldersInvalid: it could not be written.
    """
    with scope.system(), transaction.atomic():
        dispatch = Dispatch.objects.select_related("document__organ").get(pk=dispatch_id)
        folder = folders().get(dispatch.document.organ.code)
        if dispatch.state != Dispatch.State.WAITING:
            return
        if folder is not None:
            name, data = packet_of(dispatch)
            put(folder / OUT, f"{dispatch.pk}-{name}", data)
        # Without a folder, by now, it is taken along.
        dispatch.state, dispatch.sent_at, dispatch.trouble = Dispatch.State.SENT, timezone.now(), ""
        dispatch.save(update_fields=["state", "sent_at", "trouble"])


def failed(dispatch_id: int, trouble: str) -> None:
    """Note why a packet is not in the folder; a clerk may still take it along."""
    with scope.system():
        waiting = Dispatch.objects.filter(pk=dispatch_id, state=Dispatch.State.WAITING)
        waiting.update(state=Dispatch.State.FAILED, trouble=trouble[:NOTE_LENGTH])


def put(folder: Path, name: str, data: bytes) -> None:
    """Write a file so that whoever looks into the folder sees it whole or not at all.

    Raises:
        OSError: it could not be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f".{name}.part"
    with contextlib.suppress(FileNotFoundError):
        unfinished.unlink()
    try:
        # A new file, whatever somebody has put there: through a link nothing is written.
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o640)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(folder / name)
    except OSError:
        with contextlib.suppress(OSError):
            unfinished.unlink()
        raise
