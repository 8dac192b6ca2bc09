"""A sender asks for a document back, or replaces it; each receiver agrees or keeps it."""

from typing import Final
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from lienthong.office.core import scope
from lienthong.office.core.actor import Actor, Role
from lienthong.office.core.errors import Invalid
from lienthong.office.core.text import tidy
from lienthong.office.documents.actions.change import doing
from lienthong.office.documents.models import Document, Relation
from lienthong.office.documents.models.document import NOTE_LENGTH
from lienthong.office.documents.notices import Notice, tell
from lienthong.office.documents.packets.answers import ask_back
from lienthong.office.documents.reports import report
from lienthong.office.documents.selectors.people import persons_of, with_role
from lienthong.office.documents.states import DEEDS, Deed, Direction, State

TASK: Final = "documents.recall"


def recall(*, actor: Actor, document: Document, reason: str) -> None:
    """Ask all receivers of a document for it; who has not opened it has it no more.

    Args:
        actor: a clerk or leader of the organ.
        document: issued.
        reason: why, for the receivers' people.

    Raises:
        Forbidden: it is not theirs to do.
        Invalid: there is no reason.
        Conflict: it was recalled or replaced already.
    """
    said = tidy(reason)
    if not said or len(said) > NOTE_LENGTH:
        raise Invalid(_("Say why it is asked for, in at most {number} characters.").format(number=NOTE_LENGTH))
    with doing(actor=actor, document=document, deed=Deed.RECALL) as change:
        change.new = {"reason": said}
        app.configure_task(TASK).defer(document_id=change.document.pk, reason=said)
        ask_back(change.document, said)


def replace(*, actor: Actor, document: Document, by: Document) -> None:
    """Note that a document is replaced by another one; its receivers read it from that one.

    Args:
        actor: a clerk of the organ.
        document: issued.
        by: what replaces it: issued by the same organ, another one.

    Raises:
        Forbidden: it is not theirs to do.
        Invalid: the other one cannot replace it.
        Conflict: it was recalled or replaced already.
    """
    with doing(actor=actor, document=document, deed=Deed.REPLACE) as change:
        held = change.document
        other = Document.objects.filter(
            pk=by.pk, organ=held.organ_id, direction=Direction.OUTGOING, state=State.ISSUED
        ).exclude(pk=held.pk)
        found = other.first()
        if found is None:
            raise Invalid(_("Only another document that your organ has issued can replace it."))
        Relation.objects.get_or_create(
            document=found,
            kind=Relation.Kind.REPLACES,
            other=held,
            defaults={"other_number": held.number, "other_uid": held.uid},
        )
        change.new = {"by": str(found)}


def asked_back(*, organ_id: int, uid: UUID, author_code: str, reason: str) -> Document | None:
    """Note at the receiver that the sender asks for a document back, and tell the clerks.

    Args:
        organ_id: the receiver.
        uid: of the document.
        author_code: who asks: only who sent it may.
        reason: why.

    Returns:
        The document; None if none of that sender is here.
    """
    with transaction.atomic(), scope.system():
        found = (
            Document.objects.select_for_update(of=("self",))
            .select_related("organ")
            .filter(organ=organ_id, uid=uid, author_code=author_code, direction=Direction.INCOMING)
            # What was refused or given back is not here any more.
            .filter(state__in=DEEDS[Deed.AGREE_RECALL].states)
            .order_by("-pk")
            .first()
        )
        if found is None:
            return None
        found.recall_reason = tidy(reason)[:NOTE_LENGTH] or "–"
        found.revision += 1
        found.save(update_fields=["recall_reason", "revision"])
        clerks = with_role(Role.CLERK, found.organ.bearer_id, found.level).values_list("pk", flat=True)
        tell(Notice.RECALL, found, persons_of(clerks))
    return found


def agree(*, actor: Actor, document: Document) -> None:
    """Give a document back: from now on it is done with here.

    Raises:
        Forbidden: the actor is no clerk of the organ.
        Conflict: nobody asks for it any more.
    """
    with doing(actor=actor, document=document, deed=Deed.AGREE_RECALL) as change:
        change.set(recall_reason="", completed_at=timezone.now())
        report(change.document, Deed.AGREE_RECALL)


def keep(*, actor: Actor, document: Document, reason: str) -> None:
    """Keep a document that is asked for, and say why.

    Raises:
        Forbidden: the actor is no clerk of the organ.
        Invalid: there is no reason.
        Conflict: nobody asks for it any more.
    """
    said = tidy(reason)
    if not said or len(said) > NOTE_LENGTH:
        raise Invalid(_("Say why it is kept."))
    with doing(actor=actor, document=document, deed=Deed.REFUSE_RECALL) as change:
        change.set(recall_reason="")
        change.new = {"reason": said}
        report(change.document, Deed.REFUSE_RECALL, said)
