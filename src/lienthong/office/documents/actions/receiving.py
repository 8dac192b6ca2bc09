"""What has arrived: accept or refuse it."""

from datetime import date

from django.utils import timezone
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from lienthong.office.core.actor import Actor, Role
from lienthong.office.core.errors import Invalid
from lienthong.office.core.text import tidy
from lienthong.office.documents.actions.change import doing
from lienthong.office.documents.actions.numbering import run_of, take_number
from lienthong.office.documents.models import Document
from lienthong.office.documents.models.document import NOTE_LENGTH
from lienthong.office.documents.notices import Notice, tell
from lienthong.office.documents.reports import report
from lienthong.office.documents.selectors.people import persons_of, with_role
from lienthong.office.documents.states import Deed


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
        leaders = with_role(Role.LEADER, held.organ.bearer_id, held.level).values_list("pk", flat=True)
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
