"""What arrives: enter it, accept or refuse it, answer whoever asks for it back."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.actor import SYSTEM, Actor, Role
from lienthong.office.core.audit import record
from lienthong.office.core.errors import Invalid
from lienthong.office.core.text import tidy
from lienthong.office.documents.actions.change import doing, give_access
from lienthong.office.documents.actions.numbering import run_of, take_number
from lienthong.office.documents.audit import DocumentEvent
from lienthong.office.documents.models import Document
from lienthong.office.documents.models.document import NOTE_LENGTH
from lienthong.office.documents.notices import Notice, tell
from lienthong.office.documents.reports import report
from lienthong.office.documents.selectors.people import persons_of, with_role
from lienthong.office.documents.states import Deed, Direction, State
from lienthong.office.documents.words import number_key, words_of
from lienthong.office.organs.models import Unit


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


def arrive(*, organ: Unit, arrival: Arrival) -> Document | None:
    """Enter what came to an organ: its clerks are told, the sender's codes begin with 01.

    Returns:
        The document; None if that message was entered already, so that whoever fetches may fetch twice.
    """
    facts = {
        "type": arrival.type, "urgency": arrival.urgency, "subject": tidy(arrival.subject)[:1000],
        "number": tidy(arrival.number)[:80], "number_key": number_key(arrival.number), "dated": arrival.dated,
        "author_code": arrival.author_code[:40], "author": tidy(arrival.author)[:400],
        "signer": tidy(arrival.signer)[:400], "place": tidy(arrival.place)[:400], "due": arrival.due,
        "note": tidy(arrival.note)[:NOTE_LENGTH], "label": arrival.label, "uid": arrival.uid,
    }  # fmt: skip
    with transaction.atomic(), scope.system():
        try:
            with transaction.atomic():
                document = Document.objects.create(
                    organ=organ, direction=Direction.INCOMING, state=State.ARRIVED, message=arrival.message,
                    at_desk=True, arrived_at=timezone.now(), **facts,
                )  # fmt: skip
        except IntegrityError:
            return None
        Document.objects.filter(pk=document.pk).update(words=words_of(document))
        clerks = list(with_role(Role.CLERK, organ.pk, document.level).values_list("pk", flat=True))
        if document.level == Level.TOP_SECRET:
            # In no register: only those who are named see it, and for now those are the cleared clerks.
            give_access(document, clerks)
        new = {"number": document.number, "from": document.author_code}
        record(
            actor=SYSTEM, kind=DocumentEvent("documents:document:arrive"), obj=document, new=new, label=document.level
        )
        tell(Notice.ARRIVED, document, persons_of(clerks))
    return document


def accept(
    *, actor: Actor, document: Document, day: date | None = None, reason: str = "", due: date | None = None
) -> int:
    """Accept what arrived and enter it in the register.

    Args:
        actor: a clerk of the organ.
        document: arrived.
        day: the day it is entered for; today unless given.
        reason: why it is entered for an earlier day, where it is.
        due: by when it is to be dealt with; what the sender asked for unless given.

    Returns:
        The arrival number.

    Raises:
        Forbidden: the actor is no clerk of the organ, or not cleared.
        Invalid: the day lies ahead, or it is entered back without reason.
        Conflict: another clerk was faster.
    """
    day, said = day or localdate(), tidy(reason)[:NOTE_LENGTH]
    if day > localdate():
        raise Invalid(_("A document cannot be entered for a day that lies ahead."))
    if day < localdate() and not said:
        raise Invalid(_("Say why it is entered for an earlier day."))
    with doing(actor=actor, document=document, deed=Deed.ACCEPT) as change:
        held = change.document
        entry = take_number(held, run_of(held), day)
        change.set(entry=entry, entered_on=day, due=due or held.due)
        change.new = {"entry": entry, "entered_on": day.isoformat(), **({"reason": said} if said else {})}
        leaders = with_role(Role.LEADER, held.organ_id, held.level).values_list("pk", flat=True)
        tell(Notice.TO_ASSIGN, held, persons_of(leaders))
        report(held, Deed.ACCEPT)
    return entry


def refuse(*, actor: Actor, document: Document, reason: str) -> None:
    """Refuse what arrived; the sender reads why.

    Raises:
        Forbidden: the actor is no clerk of the organ, or not cleared.
        Invalid: there is no reason.
        Conflict: another clerk was faster.
    """
    said = tidy(reason)
    if not said or len(said) > NOTE_LENGTH:
        raise Invalid(_("Say why it is refused, in at most {number} characters.").format(number=NOTE_LENGTH))
    with doing(actor=actor, document=document, deed=Deed.REFUSE) as change:
        change.set(completed_at=timezone.now())
        change.new["reason"] = said
        report(change.document, Deed.REFUSE, said)
