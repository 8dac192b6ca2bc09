"""Send what was issued, through the exchange."""

from typing import Final

from procrastinate.contrib.django import app

from lienthong.office.accounts.models import Appointment
from lienthong.office.core.actor import Actor
from lienthong.office.core.errors import Conflict
from lienthong.office.documents.actions.change import doing
from lienthong.office.documents.exchange.audience import Audience
from lienthong.office.documents.models import Dispatch, Document
from lienthong.office.documents.states import Deed

TASK: Final = "documents.dispatch"


def dispatch(*, actor: Actor, document: Document, audience: Audience, seen: int | None = None) -> Dispatch:
    """Have a document sent; it leaves after the commit.

    Args:
        actor: a clerk of the organ.
        document: issued.
        audience: whom it goes to.
        seen: the revision that was looked at, so that a second click sends nothing more; None for whichever it has.

    Returns:
        The dispatch, which waits.

    Raises:
        Forbidden: the actor is no clerk of the organ, or not cleared.
        Conflict: it is not, or no longer, issued; or it was changed or sent meanwhile.
    """
    with doing(actor=actor, document=document, deed=Deed.DISPATCH, seen=seen) as change:
        made = Dispatch.objects.create(
            document=change.document,
            receivers=list(audience.receivers),
            audience=audience.words,
            by=Appointment(pk=actor.appointment_id),
        )
        change.new = {"to": audience.words}
        _leave(made)
    return made


def try_again(*, actor: Actor, dispatch: Dispatch) -> None:
    """Have a dispatch that failed sent once more: where it may have left after all, as the same message.

    Args:
        actor: a clerk of the organ.
        dispatch: one that failed.

    Raises:
        Forbidden: the actor is no clerk of the organ, or not cleared.
        Conflict: it has not failed, or its document is no longer to be sent.
    """
    with doing(actor=actor, document=dispatch.document, deed=Deed.DISPATCH) as change:
        held = Dispatch.objects.select_for_update().get(pk=dispatch.pk, document=change.document)
        if held.state != Dispatch.State.FAILED:
            raise Conflict(str(held))
        held.state, held.trouble = Dispatch.State.WAITING, ""
        held.save(update_fields=["state", "trouble"])
        change.new = {"to": held.audience, "again": True}
        _leave(held)


def _leave(made: Dispatch) -> None:
    app.configure_task(TASK).defer(dispatch_id=made.pk)
