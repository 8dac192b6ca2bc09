"""Between a document here and how a packet describes it."""

import uuid
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from lienthong.kernel.errors import AgencyCodeInvalid
from lienthong.kernel.labels import Label, Level
from lienthong.office.core.text import search_key, tidy
from lienthong.office.documents import profile
from lienthong.office.documents.actions.arriving import Arrival
from lienthong.office.documents.models import Correspondent, Document, File, Intake, Relation
from lienthong.office.documents.models.document import NUMBER_LENGTH
from lienthong.office.documents.models.packets import ID_LENGTH
from lienthong.office.documents.names import safe_name, same_to_the_eye
from lienthong.office.documents.packets.formats import code_of, packets
from lienthong.office.documents.states import Direction
from lienthong.office.documents.words import number_key
from lienthong.office.organs.models import Unit
from lienthong.profiles.base import Language
from lienthong.profiles.packets import Enclosure, Letter, Party, Reference

_IDS: Final = uuid.UUID("0f6f3a52-8c1f-5d2b-9a54-3f0f6d1c7e21")
_MOST_RELATED: Final = 100
_KINDS: Final = Relation.Kind


def id_of(letter: Letter, digest: str) -> str:
    """Return by what a document of a packet is known again; where the packet gives it no id, by the packet itself."""
    if letter.id:
        return letter.id[:ID_LENGTH]
    if letter.number and letter.dated:
        return packets().id_of(letter.sender.code, letter.dated, letter.number)[:ID_LENGTH]
    return digest


def uid_of(partner_code: str, packet_id: str) -> uuid.UUID:
    """Return the uid of a document that came as a packet: never one that a packet can choose.

    Messages of the exchange find documents by their uid, and a packet is sealed by nobody.
    """
    return uuid.uuid5(_IDS, f"{partner_code}\n{packet_id}")


def arrival(letter: Letter, partner: Correspondent, packet_id: str) -> Arrival:
    """Return a document of a packet as what arrives."""
    kind = _type(letter.type)
    return Arrival(
        uid=uid_of(partner.code, packet_id),
        message=None,
        # Most packets say nothing of how secret they are; that makes nothing public.
        label=max(letter.label.level, Level.INTERNAL),
        type=kind,
        urgency=letter.urgency,
        subject=letter.subject or letter.type or letter.number,
        number=letter.number,
        dated=letter.dated,
        author_code=partner.code,
        author=letter.sender.name or partner.name,
        signer=letter.signer,
        place=letter.place,
        due=letter.due,
        note=letter.note if kind else " · ".join(filter(None, (letter.type, letter.note))),
    )


def letter_of(document: Document, receivers: Iterable[Party], packet_id: str, at: datetime) -> Letter:
    """Return a document as it leaves in a packet, without its files. Read as the system."""
    related = list(Relation.objects.filter(document=document).select_related("other__intake").order_by("pk"))
    own = code_of(document.organ)
    return Letter(
        sender=Party(code=own, name=document.author or document.organ.name),
        receivers=tuple(receivers),
        id=packet_id,
        label=Label(Level(document.label)),
        type=_type_name(document.type),
        subject=document.subject,
        number=document.number,
        dated=document.dated,
        urgency=document.urgency,
        place=document.place,
        signer=document.signer,
        due=document.due,
        pages=document.pages,
        copies=document.copies,
        note=document.note,
        answers=tuple(_references(related, _KINDS.ANSWERS, own)),
        replaces=tuple(_references(related, _KINDS.REPLACES, own)),
        based_on=tuple(_number(each) for each in related if each.kind == _KINDS.BASED_ON and _number(each)),
        at=at,
    )


def relate(document: Document, partner: Correspondent, letter: Letter) -> None:
    """Note what a document that came answers, replaces or rests on, with what of it is here."""
    rows = [
        *(
            Relation(
                document=document,
                kind=_KINDS.ANSWERS,
                other=_answered(document.organ, each),
                other_number=each.number[:NUMBER_LENGTH],
            )
            for each in letter.answers[:_MOST_RELATED]
        ),
        *(
            Relation(
                document=document,
                kind=_KINDS.REPLACES,
                other=_came(document, partner, each),
                other_number=each.number[:NUMBER_LENGTH],
            )
            for each in letter.replaces[:_MOST_RELATED]
        ),
        *(
            Relation(document=document, kind=_KINDS.BASED_ON, other=None, other_number=tidy(each)[:NUMBER_LENGTH])
            for each in letter.based_on[:_MOST_RELATED]
        ),
    ]
    Relation.objects.bulk_create(rows, ignore_conflicts=True)


def named(files: Iterable[Enclosure]) -> Iterator[tuple[str, Enclosure]]:
    """Yield files with names under which they can be kept side by side: none that looks like another's."""
    taken: list[str] = []
    for number, each in enumerate(files, 1):
        wanted = safe_name(each.name or f"{number}")
        stem, dot, ending = wanted.rpartition(".")
        name, again = wanted, 2
        while any(same_to_the_eye(name, other) for other in taken):
            name = safe_name(f"{stem} ({again}).{ending}" if dot and stem else f"{wanted} ({again})")
            again += 1
        taken.append(name)
        yield name, each


def media_type_of(file: File) -> str:
    """Return a file's type as a packet has to name it."""
    return file.media_type or "application/octet-stream"


def _type(name: str) -> str:
    key = search_key(name)
    return next((slug for slug, kind in profile.types().items() if search_key(kind.names.vi) == key), "")


def _type_name(slug: str) -> str:
    # Packets are in the country's language, whoever makes them.
    found = profile.types().get(slug)
    return found.names.of(Language.VI) if found else slug


def _answered(organ: Unit, about: Reference) -> Document | None:
    """Return the document of an organ that is answered, where it is one that left as a packet or bears its number."""
    issued = Document.objects.filter(organ=organ, direction=Direction.OUTGOING)
    if about.id:
        sent = issued.filter(dispatches__packet_id=about.id).distinct()[:2]
        if len(sent) == 1:
            return sent[0]
    if not about.number:
        return None
    same = issued.filter(number_key=number_key(about.number), **({"dated": about.dated} if about.dated else {}))[:2]
    return same[0] if len(same) == 1 else None


def _came(document: Document, partner: Correspondent, about: Reference) -> Document | None:
    found = Intake.objects.filter(organ=document.organ_id, sender_code=partner.code, packet_id=about.id)
    newest = found.exclude(document=document).order_by("-document").select_related("document").first()
    return newest.document if newest else None


def _references(related: list[Relation], kind: str, own: str) -> Iterator[Reference]:
    """Yield documents as a packet refers to them; none that it could not say the issuer of."""
    for each in related:
        other = each.other
        if each.kind != kind or other is None:
            continue
        intake = getattr(other, "intake", None)
        organ = own if other.direction == Direction.OUTGOING else other.author_code
        try:
            organ = packets().code(organ)
        except AgencyCodeInvalid:
            continue
        if intake is not None:
            id_ = intake.packet_id
        elif other.dated and other.number:
            id_ = packets().id_of(organ, other.dated, other.number)
        else:
            continue
        yield Reference(organ=organ, number=other.number, dated=other.dated, id=id_)


def _number(each: Relation) -> str:
    return each.other.number if each.other else each.other_number
