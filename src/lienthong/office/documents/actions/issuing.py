"""Number and issue what was signed."""

from datetime import date

from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from lienthong.office.core.actor import Actor
from lienthong.office.core.errors import Invalid
from lienthong.office.core.text import tidy
from lienthong.office.documents import profile
from lienthong.office.documents.actions.change import doing
from lienthong.office.documents.actions.numbering import run_of, take_number
from lienthong.office.documents.models import Document, Letterhead
from lienthong.office.documents.states import Deed
from lienthong.office.documents.words import number_key


def issue(
    *, actor: Actor, document: Document, day: date | None = None, reason: str = "", reserved: int | None = None
) -> str:
    """Give a signed document its number, and enter it in the register.

    Args:
        actor: a clerk of the organ.
        document: signed.
        day: the date it bears; today unless given.
        reason: why it is dated back, where it is.
        reserved: the id of a number that was kept for it.

    Returns:
        Number and notation, such as ``384-QĐ/TW``.

    Raises:
        Forbidden: the actor is no clerk of the organ, or not cleared.
        Invalid: the day lies ahead, or it is dated back without reason.
        Conflict: it was issued already, or the kept number was used.
    """
    day = day or localdate()
    said = tidy(reason)
    if day > localdate():
        raise Invalid(_("A document cannot bear a date that lies ahead."))
    if day < localdate() and not said:
        raise Invalid(_("Say why it is dated back."))
    with doing(actor=actor, document=document, deed=Deed.ISSUE) as change:
        held = change.document
        entry = take_number(held, run_of(held), day, reserved=reserved)
        notation = Letterhead.objects.filter(pk=held.organ_id).values_list("notation", flat=True).first() or ""
        number = profile.number(entry, held.type, held.organ, notation, day)
        change.set(entry=entry, number=number, number_key=number_key(number), dated=day, entered_on=day)
        change.new = {"number": number, "dated": day.isoformat(), **({"reason": said} if said else {})}
    return number
