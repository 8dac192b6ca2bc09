"""From open to the archive: close, open again, submit, accept, return."""

from django.db.models import Count, Q
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from lienthong.kernel.labels import Level
from lienthong.office.core.actor import Actor, Role
from lienthong.office.core.errors import Invalid
from lienthong.office.documents.selectors.people import persons_of, with_role
from lienthong.office.records import profile
from lienthong.office.records.actions.change import doing, reason_of, why
from lienthong.office.records.actions.covers import keep_until
from lienthong.office.records.models import FileAccess, Item, WorkFile
from lienthong.office.records.notices import Notice, tell
from lienthong.office.records.states import UNFINISHED, Deed


def close(*, actor: Actor, file: WorkFile, reason: str = "") -> None:
    """Close a file: its term of retention, and the year in which it goes to the archive, begin.

    Args:
        actor: its maker.
        file: open.
        reason: why it is closed although it is empty, or something in it is not completed.

    Raises:
        Forbidden: it is not the actor's file.
        Invalid: a reason is needed and missing, or too long.
        Conflict: it was closed already.
    """
    said = reason_of(reason)
    with doing(actor=actor, file=file, deed=Deed.CLOSE) as change:
        held, today = change.file, localdate()
        if not said and (trouble := unfinished(held)):
            raise Invalid(hint=trouble)
        change.set(closed_on=today, submit_by=profile.submit_by(today), close_reason=said, offered_to_id=None)
        change.set(keep_until=keep_until(held))
        change.new = {"closed_on": today.isoformat(), **why(change.file, said)}


def unfinished(file: WorkFile) -> str:
    """Return what speaks against closing a file without a reason; empty if nothing does."""
    counts = Item.objects.filter(file=file).aggregate(
        all=Count("pk"), undone=Count("pk", filter=Q(document__state__in=UNFINISHED))
    )
    if not counts["all"]:
        return _("Nothing lies in this file: say why it is closed.")
    if not counts["undone"]:
        return ""
    return ngettext(
        "{number} document in it is not completed: say why it is closed.",
        "{number} documents in it are not completed: say why it is closed.",
        counts["undone"],
    ).format(number=counts["undone"])


def reopen(*, actor: Actor, file: WorkFile, reason: str) -> None:
    """Open a closed file again, with a reason.

    Raises:
        Forbidden: it is not the actor's file.
        Invalid: there is no reason, or too long a one.
        Conflict: it is not closed, or was submitted to the archive.
    """
    said = reason_of(reason, needed=_("Say why it is opened again."))
    with doing(actor=actor, file=file, deed=Deed.REOPEN) as change:
        change.old = {"closed_on": change.file.closed_on.isoformat() if change.file.closed_on else None}
        change.set(closed_on=None, submit_by=None, keep_until=None, close_reason="", reminded_on=None)
        change.new = why(change.file, said)


def submit(*, actor: Actor, file: WorkFile) -> None:
    """Submit a closed file to the organ's archive.

    Raises:
        Forbidden: it is not the actor's file.
        Conflict: it is not closed, or was submitted already.
    """
    with doing(actor=actor, file=file, deed=Deed.SUBMIT) as change:
        held = change.file
        change.set(submitted_on=localdate(), offered_to_id=None)
        clerks = list(with_role(Role.CLERK, held.organ.bearer_id, held.level).values_list("pk", flat=True))
        if held.level == Level.TOP_SECRET:
            # In no register: whoever keeps the archive has to be named, to decide on it now and on its end later.
            leaders = with_role(Role.LEADER, held.organ.bearer_id, held.level).values_list("pk", flat=True)
            named = [FileAccess(file=held, holder=one) for one in {*clerks, *leaders}]
            FileAccess.objects.bulk_create(named, ignore_conflicts=True)
        tell(Notice.TO_ACCEPT, held, persons_of(clerks))


def accept(*, actor: Actor, file: WorkFile) -> None:
    """Accept a file into the archive: from now on nobody changes it.

    Raises:
        Forbidden: the actor is no clerk of the organ, or not cleared.
        Conflict: it was not submitted, or another clerk was faster.
    """
    with doing(actor=actor, file=file, deed=Deed.ACCEPT) as change:
        change.set(archived_on=localdate())
        tell(Notice.ACCEPTED, change.file, persons_of([change.file.maker_id]))


def send_back(*, actor: Actor, file: WorkFile, reason: str) -> None:
    """Return a submitted file to its maker, with a reason.

    Raises:
        Forbidden: the actor is no clerk of the organ, or not cleared.
        Invalid: there is no reason, or too long a one.
        Conflict: it was not submitted, or another clerk was faster.
    """
    said = reason_of(reason, needed=_("Say why the file is returned."))
    with doing(actor=actor, file=file, deed=Deed.RETURN) as change:
        change.set(submitted_on=None)
        change.new = why(change.file, said)
        tell(Notice.RETURNED, change.file, persons_of([change.file.maker_id]))
