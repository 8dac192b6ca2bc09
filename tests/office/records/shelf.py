"""Work files of a bureau in every state, for the tests of this room."""

from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

from django.utils.timezone import localdate

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.documents.actions.assigning import complete
from lienthong.office.documents.actions.receiving import accept as register
from lienthong.office.documents.models import Document
from lienthong.office.records.actions.contents import add_documents
from lienthong.office.records.actions.covers import Cover, open_file
from lienthong.office.records.actions.ending import accept, close, submit
from lienthong.office.records.actions.sharing import share
from lienthong.office.records.models import WorkFile
from lienthong.office.records.states import Mode, State
from tests.office.documents.bureau import Bureau

REASON: Final = "Bảng thời hạn, mục 12"


def cover(**changes: Any) -> Cover:  # noqa: ANN401 - what stands on a cover
    """Return what may stand on a cover."""
    return replace(Cover(title="Hồ sơ chuyển đổi số", retention=10, retention_reason=REASON), **changes)


def opened(bureau: Bureau, *, by: str = "clerk", **changes: Any) -> WorkFile:  # noqa: ANN401 - what stands on a cover
    """Open a file."""
    return open_file(actor=bureau.actor(by), cover=cover(**changes))


def registered(bureau: Bureau, *, label: Level = Level.INTERNAL, subject: str = "Công văn đến") -> Document:
    """Have a document in the incoming register, which clerks and heads see."""
    document = bureau.arrived(label=label, subject=subject)
    register(actor=bureau.actor("clerk"), document=document)
    return bureau.fresh(document)


def finished(bureau: Bureau, **facts: Any) -> Document:  # noqa: ANN401 - as it is registered
    """Have one that is completed."""
    document = registered(bureau, **facts)
    complete(actor=bureau.actor("signer"), document=document, result="Để biết")
    return bureau.fresh(document)


def filled(bureau: Bureau, *documents: Document, by: str = "clerk", **changes: Any) -> WorkFile:  # noqa: ANN401 - what stands on a cover
    """Open a file and put documents in."""
    file = opened(bureau, by=by, **changes)
    add_documents(actor=bureau.actor(by), file=file, documents=[document.pk for document in documents])
    return fresh(file)


def closed(bureau: Bureau, **changes: Any) -> WorkFile:  # noqa: ANN401 - what stands on a cover
    """Have a closed file with one document."""
    file = filled(bureau, finished(bureau, label=changes.get("label", Level.INTERNAL)), **changes)
    close(actor=bureau.actor("clerk"), file=file)
    return fresh(file)


def submitted(bureau: Bureau, **changes: Any) -> WorkFile:  # noqa: ANN401 - what stands on a cover
    """Have one that was submitted to the archive."""
    file = closed(bureau, **changes)
    submit(actor=bureau.actor("clerk"), file=file)
    return fresh(file)


def archived(bureau: Bureau, **changes: Any) -> WorkFile:  # noqa: ANN401 - what stands on a cover
    """Have one in the archive."""
    file = submitted(bureau, **changes)
    accept(actor=bureau.actor("clerk"), file=file)
    return fresh(file)


def expired(bureau: Bureau, **changes: Any) -> WorkFile:  # noqa: ANN401 - what stands on a cover
    """Have one in the archive whose term has ended."""
    file = archived(bureau, **changes)
    with scope.system():
        WorkFile.objects.filter(pk=file.pk).update(keep_until=localdate() - timedelta(days=1))
    return fresh(file)


def fresh(file: WorkFile) -> WorkFile:
    """Return it as the database has it now."""
    with scope.system():
        return WorkFile.objects.select_related("organ").get(pk=file.pk)


def fill(bureau: Bureau) -> None:
    """Have files of many makers, labels, states and modes, and of another organ."""
    for label in (Level.PUBLIC, Level.INTERNAL, Level.CONFIDENTIAL, Level.SECRET):
        opened(bureau, by="writer", label=label)
        shared = filled(bureau, registered(bureau, label=label), label=label)
        writers = [bureau.actor("writer").appointment_id]
        share(actor=bureau.actor("clerk"), file=shared, writers=writers, readers=[-bureau.actor("reviewer").unit_id])
        archived(bureau, label=label)
    opened(bureau, by="second_writer", mode=Mode.OPEN)
    opened(bureau, by="below")
    highest = opened(bureau, by="writer", label=Level.SECRET)
    with scope.system():
        WorkFile.objects.filter(pk=highest.pk).update(label=Level.TOP_SECRET)
        assert set(State) > set(WorkFile.objects.values_list("state", flat=True))
