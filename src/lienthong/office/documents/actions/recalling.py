"""A sender asks for a document back; each receiver agrees or keeps it."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from lienthong.office.core import scope
from lienthong.office.core.actor import Actor, Role
from lienthong.office.core.errors import Invalid
from lienthong.office.core.text import tidy
from lienthong.office.documents.actions.change import doing
from lienthong.office.documents.models import Document
from lienthong.office.documents.models.document import NOTE_LENGTH
from lienthong.office.documents.notices import Notice, tell
from lienthong.office.documents.reports import report
from lienthong.office.documents.selectors.people import persons_of, with_role
from lienthong.office.documents.states import Deed, Direction


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
            .first()
        )
        if found is None:
            return None
        found.recall_reason = tidy(reason)[:NOTE_LENGTH] or "–"
        found.revision += 1
        found.save(update_fields=["recall_reason", "revision"])
        clerks = with_role(Role.CLERK, organ_id, found.level).values_list("pk", flat=True)
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
