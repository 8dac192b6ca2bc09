"""Drafts: begin one, change it, let others write on it, discard it, remark on it."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Final
from uuid import UUID, uuid4

from django.db import connection, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from lienthong.kernel.labels import Level
from lienthong.office.accounts.models import Appointment
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.audit import Json, record
from lienthong.office.core.errors import Forbidden, Invalid
from lienthong.office.core.text import tidy
from lienthong.office.documents import profile
from lienthong.office.documents.actions.change import check, doing, held_document
from lienthong.office.documents.actions.previewing import forget_previews
from lienthong.office.documents.audit import DocumentEvent
from lienthong.office.documents.models import Access, Comment, Document, File, Relation
from lienthong.office.documents.models.document import NAME_LENGTH, NOTE_LENGTH, SUBJECT_LENGTH
from lienthong.office.documents.notices import Notice, tell
from lienthong.office.documents.selectors.people import cleared, in_force, persons_of
from lienthong.office.documents.states import Deed, Direction, State
from lienthong.office.documents.words import words_of

_SENT_TWICE: Final = timedelta(minutes=10)
"""For so long the same words are a form that was sent twice; later they are meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a draft says of itself."""

    type: str
    subject: str
    label: Level = Level.INTERNAL
    urgency: str = "ordinary"
    place: str = ""
    # By when its receivers are to answer.
    due: date | None = None
    note: str = ""


@transaction.atomic
def create_draft(*, actor: Actor, draft: Draft, answers: Document | None = None, uid: UUID | None = None) -> Document:
    """Begin a document of the organ the actor acts for.

    Args:
        actor: anybody with a position; the draft is theirs.
        draft: what it says of itself.
        answers: what it is the reply to, which the actor sees.
        uid: of the paper, chosen by whoever sends it: sent twice, it is begun once.

    Returns:
        The draft; the one of before where the actor has begun one with that uid.

    Raises:
        Forbidden: the actor has no position, or is not cleared for the label.
        Invalid: something is missing, too long or unknown.
    """
    if not actor.appointment_id:
        raise Forbidden(_("drafting needs a position"))
    facts = _checked(actor, draft)
    with scope.system():
        if uid is not None and (before := _begun(actor, uid)) is not None:
            return before
        document = Document(
            uid=uid or uuid4(), organ_id=actor.organ_id, direction=Direction.OUTGOING, state=State.DRAFT,
            created_by_id=actor.appointment_id, author=actor.organ[:NAME_LENGTH], **facts,
        )  # fmt: skip
        document.words = words_of(document)
        document.save(force_insert=True)
        Access.objects.create(document=document, holder=actor.appointment_id, writes=True)
        if answers is not None:
            Relation.objects.create(
                document=document, kind=Relation.Kind.ANSWERS, other=answers, other_number=answers.number,
                other_uid=answers.uid,
            )  # fmt: skip
        record(
            actor=actor, kind=DocumentEvent("documents:document:create"), obj=document,
            new=_told(document), label=document.level,
        )  # fmt: skip
    return document


def change_draft(*, actor: Actor, document: Document, draft: Draft, seen: int) -> None:
    """Change what a draft says of itself.

    Args:
        actor: who writes it.
        document: the draft.
        draft: what it shall say.
        seen: the revision that was looked at.

    Raises:
        Forbidden: it is not theirs to write, or they are not cleared for the label.
        Invalid: something is missing, too long or unknown.
        Conflict: somebody else changed it meanwhile.
    """
    facts = _checked(actor, draft)
    with doing(actor=actor, document=document, deed=Deed.EDIT, seen=seen) as change:
        change.old = _told(change.document)
        change.set(**facts)
        change.new = _told(change.document)
        if change.document.level >= Level.CONFIDENTIAL:
            files = File.objects.filter(document=change.document).values_list("pk", flat=True)
            forget_previews(actor=actor, files=list(files))
        # Who wrote on it before it was labelled higher does not see it any more: PostgreSQL asks for the clearance.


def share_draft(*, actor: Actor, document: Document, appointments: Collection[int], seen: int | None = None) -> None:
    """Let colleagues of the same organ write on a draft, and nobody else besides the author.

    Args:
        actor: its author.
        document: the draft.
        appointments: who may write.
        seen: the revision that was looked at; None for whichever it has.

    Raises:
        Forbidden: it is not the actor's draft.
        Conflict: somebody else changed it meanwhile.
        Invalid: somebody is of another organ, or not cleared for it.
    """
    with doing(actor=actor, document=document, deed=Deed.SHARE, seen=seen) as change:
        held = change.document
        author = held.created_by_id or 0
        wanted = set(appointments) - {author}
        colleagues = Appointment.objects.filter(in_force(), pk__in=wanted, position__organ_path=held.organ.path)
        if set(cleared(colleagues, held.level).values_list("pk", flat=True)) != wanted:
            raise Invalid(_("Only cleared colleagues of the same organ can write on it."))
        before = set(Access.objects.filter(document=held, holder__gt=0, via=0).values_list("holder", flat=True))
        Access.objects.filter(document=held, holder__gt=0, via=0).exclude(holder=author).delete()
        Access.objects.bulk_create([Access(document=held, holder=one, writes=True) for one in sorted(wanted)])
        change.old, change.new = {"writers": len(before) - 1}, {"writers": len(wanted)}
        tell(Notice.INVITED, held, persons_of(wanted - before))


def discard(*, actor: Actor, document: Document) -> None:
    """Give a draft up.

    Raises:
        Forbidden: it is not the actor's draft.
        Conflict: it is no draft any more.
    """
    with doing(actor=actor, document=document, deed=Deed.DISCARD):
        pass


def comment(*, actor: Actor, document: Document, text: str) -> None:
    """Remark on a document that the actor sees. The same sent twice is said once.

    Raises:
        Forbidden: they do not see it.
        Invalid: nothing is said, or too much.
    """
    said = tidy(text)
    if not said or len(said) > NOTE_LENGTH:
        raise Invalid(_("A comment has 1 to {number} characters.").format(number=NOTE_LENGTH))
    with transaction.atomic():
        check(actor=actor, document=document, deed=Deed.COMMENT)
        if _said_just_now(actor, document, said):
            return
        with doing(actor=actor, document=document, deed=Deed.COMMENT) as change:
            Comment.objects.create(document=change.document, by_id=actor.appointment_id, name=actor.name, text=said)


def _said_just_now(actor: Actor, document: Document, text: str) -> bool:
    """Tell whether the last remark is the very same; whoever sends it at the same time waits until this ends."""
    with scope.system():
        held_document(document.pk)
        last = Comment.objects.filter(document=document).last()
        return (
            last is not None
            and (last.by_id, last.text) == (actor.appointment_id, text)
            and last.at > timezone.now() - _SENT_TWICE
        )


def _begun(actor: Actor, uid: UUID) -> Document | None:
    """Return what the actor has begun with a uid; whoever begins it at the same time waits until this ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [uid.int >> 65])
    return Document.objects.filter(uid=uid, created_by=actor.appointment_id).first()


def _checked(actor: Actor, draft: Draft) -> dict[str, object]:
    """Return a draft's columns.

    Raises:
        Forbidden: the actor is not cleared for the label.
        Invalid: something is missing, too long or unknown.
    """
    facts = {**asdict(draft), "subject": tidy(draft.subject), "place": tidy(draft.place), "note": tidy(draft.note)}
    if draft.label > actor.clearance or (draft.label == Level.TOP_SECRET and not actor.opens_top_secret):
        raise Forbidden(_("your clearance does not reach that label"))
    if draft.type not in profile.types() or draft.urgency not in profile.urgencies():
        raise Invalid(_("Choose a type and an urgency of the list."))
    if not facts["subject"]:
        raise Invalid(_("A document needs an abstract."))
    for name, most in (("subject", SUBJECT_LENGTH), ("place", NAME_LENGTH), ("note", NOTE_LENGTH)):
        if len(str(facts[name])) > most:
            raise Invalid(_("A text is too long: at most {number} characters.").format(number=most))
    return facts


def _told(document: Document) -> dict[str, Json]:
    """Return what the trail tells of a draft: of what is labelled, no words."""
    told: dict[str, Json] = {"type": document.type, "label": int(document.label), "urgency": document.urgency}
    if document.label < Level.CONFIDENTIAL:
        told["subject"] = document.subject
    return told
