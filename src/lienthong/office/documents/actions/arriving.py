"""Enter what arrives, for many organs at a time: documents with all their files, in few statements."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.actor import SYSTEM
from lienthong.office.core.audit import Told, record_all
from lienthong.office.core.text import tidy
from lienthong.office.documents.actions.files import file_row
from lienthong.office.documents.actions.looking import look_later
from lienthong.office.documents.audit import DocumentEvent
from lienthong.office.documents.models import Access, Document, File, Relation
from lienthong.office.documents.models.document import NOTE_LENGTH
from lienthong.office.documents.notices import Notice, tell_all
from lienthong.office.documents.selectors.people import Clerks, clerks_of
from lienthong.office.documents.states import Direction, State
from lienthong.office.documents.words import number_key, words_of
from lienthong.office.organs.models import Unit
from lienthong.office.vault.actions.files import Brought, enter

_ARRIVE: Final = DocumentEvent("documents:document:arrive")


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What came, as its sender described it; texts are cut to what fits and tidied."""

    uid: UUID
    # The message of the exchange; None for what came another way.
    message: UUID | None
    label: Level
    type: str
    urgency: str
    subject: str
    number: str
    dated: date | None
    author_code: str
    author: str
    signer: str = ""
    place: str = ""
    due: date | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosed:
    """A file that came with a document, its bytes in the storage already."""

    role: File.Role
    # Safe, and unlike every other one of its document: whoever brings it has seen to that.
    name: str
    media_type: str
    brought: Brought


@dataclass(frozen=True, slots=True, kw_only=True)
class Related:
    """A document that one answers, replaces or rests on."""

    kind: Relation.Kind
    uid: UUID | None
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """What came to one organ."""

    organ: Unit
    arrival: Arrival
    pages: int | None = None
    copies: int | None = None
    related: tuple[Related, ...] = ()
    files: tuple[Enclosed, ...] = ()


def arrive(*, organ: Unit, arrival: Arrival) -> Document | None:
    """Enter what came to an organ without files, or whose files follow (``files.keep``).

    Returns:
        The document; None if that message was entered already, so that whoever fetches may fetch twice.
    """
    try:
        with transaction.atomic():
            return next(iter(arrive_all([Parcel(organ=organ, arrival=arrival)])), None)
    except IntegrityError:
        return None


def arrive_all(parcels: Sequence[Parcel]) -> list[Document]:
    """Enter what came to organs: all of it or, when this raises, nothing. Clerks are told.

    Returns:
        The documents in their order, without those whose message was entered before.

    Raises:
        IntegrityError: another courier is entering one of them now.
        KeyUnknown, KeyStoreError: the key of an organ is not there.
    """
    with transaction.atomic(), scope.system():
        fresh = _fresh(parcels)
        documents = Document.objects.bulk_create([_document(parcel) for parcel in fresh])
        _enclose(list(zip(documents, fresh, strict=True)))
        _relate(list(zip(documents, fresh, strict=True)))
        _tell(documents)
    return documents


def _fresh(parcels: Sequence[Parcel]) -> list[Parcel]:
    messages = [parcel.arrival.message for parcel in parcels if parcel.arrival.message is not None]
    organs = {parcel.organ.pk for parcel in parcels}
    rows = Document.objects.filter(organ__in=organs, message__in=messages).values_list("organ", "message")
    seen = set(rows)
    fresh = []
    for parcel in parcels:
        key = (parcel.organ.pk, parcel.arrival.message)
        if key[1] is None or key not in seen:
            seen.add(key)
            fresh.append(parcel)
    return fresh


def _document(parcel: Parcel) -> Document:
    arrival = parcel.arrival
    facts: dict[str, Any] = {
        "type": arrival.type, "urgency": arrival.urgency, "subject": tidy(arrival.subject)[:1000],
        "number": tidy(arrival.number)[:80], "number_key": number_key(arrival.number), "dated": arrival.dated,
        "author_code": arrival.author_code[:40], "author": tidy(arrival.author)[:400],
        "signer": tidy(arrival.signer)[:400], "place": tidy(arrival.place)[:400], "due": arrival.due,
        "note": tidy(arrival.note)[:NOTE_LENGTH], "label": arrival.label, "uid": arrival.uid,
    }  # fmt: skip
    document = Document(
        organ=parcel.organ, direction=Direction.INCOMING, state=State.ARRIVED, message=arrival.message, at_desk=True,
        arrived_at=timezone.now(), pages=parcel.pages, copies=parcel.copies, **facts,
    )  # fmt: skip
    document.words = words_of(document)
    return document


def _enclose(arrived: Sequence[tuple[Document, Parcel]]) -> None:
    enclosed = [(document, file) for document, parcel in arrived for file in parcel.files]
    if not enclosed:
        return
    blobs = enter([file.brought for _document, file in enclosed])
    rows = [
        file_row(document, blob, role=file.role, name=file.name, media_type=file.media_type)
        for (document, file), blob in zip(enclosed, blobs, strict=True)
    ]
    look_later(File.objects.bulk_create(rows))


def _relate(arrived: Sequence[tuple[Document, Parcel]]) -> None:
    for document, parcel in arrived:
        uids = [related.uid for related in parcel.related if related.uid is not None]
        if not parcel.related:
            continue
        here = {found.uid: found for found in Document.objects.filter(organ=document.organ_id, uid__in=uids)}
        rows = [
            Relation(
                document=document,
                kind=related.kind,
                other=here.get(related.uid) if related.uid else None,
                other_number=related.number,
                other_uid=related.uid,
            )
            for related in parcel.related
        ]
        Relation.objects.bulk_create(rows, ignore_conflicts=True)


def _tell(documents: Sequence[Document]) -> None:
    clerks = _clerks(documents)
    # In no register: only those who are named see it, and for now those are the cleared clerks.
    access = [
        Access(document=document, holder=holder)
        for document in documents
        if document.level == Level.TOP_SECRET
        for holder in clerks[document.pk].appointments
    ]
    Access.objects.bulk_create(access, ignore_conflicts=True)
    told = [
        Told(obj=document, new={"number": document.number, "from": document.author_code}, label=document.level)
        for document in documents
    ]
    record_all(actor=SYSTEM, kind=_ARRIVE, changes=told)
    tell_all(Notice.ARRIVED, [(document, clerks[document.pk].persons) for document in documents])


def _clerks(documents: Sequence[Document]) -> Mapping[int, Clerks]:
    """Return for each document the clerks of its organ who may see it."""
    by_level: dict[Level, list[Document]] = defaultdict(list)
    for document in documents:
        by_level[document.level].append(document)
    found: dict[int, Clerks] = {}
    for level, some in by_level.items():
        clerks = clerks_of({document.organ.bearer_id for document in some}, level)
        found |= {document.pk: clerks.get(document.organ.bearer_id, Clerks()) for document in some}
    return found
