"""Who works on a file: let others in, hand it over."""

from collections.abc import Collection, Iterable

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from lienthong.kernel.labels import Level
from lienthong.office.accounts.models import Appointment
from lienthong.office.core.actor import Actor
from lienthong.office.core.errors import Invalid
from lienthong.office.documents.models import Access, Document
from lienthong.office.documents.selectors.people import cleared, in_force, persons_of
from lienthong.office.organs.models import Unit
from lienthong.office.records.actions.change import doing, reason_of, why
from lienthong.office.records.actions.contents import lend
from lienthong.office.records.models import FileAccess, Item, WorkFile
from lienthong.office.records.notices import Notice, tell
from lienthong.office.records.states import Deed

MOST = 200
"""How many appointments and units work on one file."""


def share(*, actor: Actor, file: WorkFile, writers: Collection[int], readers: Collection[int]) -> None:
    """Let these work on a file, or read it, and nobody else besides its maker. They read its documents, if cleared.

    Args:
        actor: its maker.
        file: open or closed.
        writers: appointments that add documents and take them out.
        readers: appointments, and units by their id with a minus.

    Raises:
        Forbidden: it is not the actor's file.
        Invalid: somebody is of another organ or not cleared, or they are too many.
        Conflict: it is in the archive by now.
    """
    with doing(actor=actor, file=file, deed=Deed.SHARE) as change:
        held = change.file
        wanted = dict.fromkeys(readers, False) | dict.fromkeys(writers, True)
        wanted.pop(held.maker_id, None)
        _require_of_organ(held, wanted, writers)
        rows = FileAccess.objects.filter(file=held).exclude(holder=held.maker_id)
        before = dict(rows.values_list("holder", "writes"))
        gone = before.keys() - wanted.keys()
        rows.filter(holder__in=[one for one in before if one in gone or before[one] != wanted[one]]).delete()
        Access.objects.filter(via=held.pk, holder__in=gone).delete()
        FileAccess.objects.bulk_create(
            [FileAccess(file=held, holder=one, writes=writes) for one, writes in sorted(wanted.items())],
            ignore_conflicts=True,
        )
        new = wanted.keys() - before.keys()
        lend(held, _documents(held), sorted(new))
        change.old, change.new = {"holders": [*sorted(before)]}, {"holders": [*sorted(wanted)]}
        tell(Notice.SHARED, held, persons_of([one for one in new if one > 0], [-one for one in new if one < 0]))


def hand_over(*, actor: Actor, file: WorkFile, to: int) -> None:
    """Ask somebody to take a file over; until they do, nothing changes.

    Args:
        actor: its maker, or a head of the organ, who may so find a new maker for what somebody left behind.
        file: open or closed.
        to: an appointment of the organ.

    Raises:
        Forbidden: it is not the actor's to hand over.
        Invalid: they are of another organ, not cleared, or make it already.
        Conflict: it is in the archive by now.
    """
    with doing(actor=actor, file=file, deed=Deed.HAND_OVER) as change:
        held = change.file
        if to == held.maker_id or not _of_organ(held, [to]).exists():
            raise Invalid(hint=_("Choose a cleared colleague of the same organ who does not make the file already."))
        change.set(offered_to_id=to)
        change.new = {"to": to}
        tell(Notice.OFFERED, held, persons_of([to]))


def take_over(*, actor: Actor, file: WorkFile) -> None:
    """Take a file over: the actor makes it from now on, who made it goes on to read it.

    Raises:
        Forbidden: it was not offered to the actor.
        Conflict: it is in the archive by now.
    """
    with doing(actor=actor, file=file, deed=Deed.TAKE_OVER) as change:
        held, before = change.file, change.file.maker_id
        FileAccess.objects.filter(file=held, holder=before).update(writes=False)
        FileAccess.objects.filter(file=held, holder=actor.appointment_id).delete()
        FileAccess.objects.create(file=held, holder=actor.appointment_id, writes=True)
        lend(held, _documents(held), [actor.appointment_id])
        change.old, change.new = {"maker": before}, {"maker": actor.appointment_id}
        change.set(maker_id=actor.appointment_id, offered_to_id=None)
        tell(Notice.TAKEN_OVER, held, persons_of([before]))


def decline(*, actor: Actor, file: WorkFile, reason: str) -> None:
    """Decline to take a file over, with a reason.

    Raises:
        Forbidden: it was not offered to the actor.
        Invalid: there is no reason, or too long a one.
        Conflict: it is in the archive by now.
    """
    said = reason_of(reason, needed=_("Say why you do not take it over."))
    with doing(actor=actor, file=file, deed=Deed.DECLINE) as change:
        change.set(offered_to_id=None)
        change.new = why(change.file, said)
        tell(Notice.DECLINED, change.file, persons_of([change.file.maker_id]))


def _of_organ(file: WorkFile, appointments: Iterable[int]) -> QuerySet[Appointment]:
    path = file.organ.bearer.path
    here = Appointment.objects.filter(in_force(), pk__in=list(appointments), position__organ_path=path)
    return cleared(here, file.level)


def _require_of_organ(file: WorkFile, holders: Collection[int], writers: Collection[int]) -> None:
    """Refuse whoever is not of the file's organ, or not cleared for it; units only read."""
    people = set(_of_organ(file, [one for one in holders if one > 0]).values_list("pk", flat=True))
    units = Unit.objects.filter(pk__in=[-one for one in holders if one < 0], organ=file.organ.bearer_id)
    units = units.filter(label__lte=max(file.level, Level.INTERNAL))
    known = people | {-one for one in units.values_list("pk", flat=True)}
    if known != set(holders) or any(one < 0 for one in writers) or len(holders) > MOST:
        raise Invalid(hint=_("Choose units and officials of this organ who are cleared for the file."))


def _documents(file: WorkFile) -> list[Document]:
    return list(Document.objects.filter(pk__in=Item.objects.filter(file=file).values("document")))
