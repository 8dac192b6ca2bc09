"""Open a work file, and change what is on its cover."""

from dataclasses import asdict, dataclass

from django.db import transaction
from django.db.models import Max
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.audit import record
from lienthong.office.core.errors import Forbidden, Invalid
from lienthong.office.core.text import tidy
from lienthong.office.organs.models import Unit
from lienthong.office.records import profile
from lienthong.office.records.actions.change import doing, title_key, told
from lienthong.office.records.actions.numbering import take_number
from lienthong.office.records.audit import RecordEvent
from lienthong.office.records.models import FileAccess, FileSeries, Item, WorkFile
from lienthong.office.records.models.workfile import TITLE_LENGTH
from lienthong.office.records.states import Deed, Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class Cover:
    """What is written on the cover."""

    title: str
    # Years; None: for ever.
    retention: int | None
    # On what that rests, such as a line of the organ's list of terms.
    retention_reason: str
    label: Level = Level.INTERNAL
    mode: Mode = Mode.RESTRICTED


@transaction.atomic
def open_file(*, actor: Actor, cover: Cover) -> WorkFile:
    """Open a work file of the organ the actor acts for; it gets the year's next code.

    Args:
        actor: anybody with a position; the file is theirs to make.
        cover: what is written on it.

    Raises:
        Forbidden: the actor has no position, or is not cleared for the label.
        Invalid: something is missing, too long, or out of bounds.
    """
    if not actor.appointment_id:
        raise Forbidden(_("opening a work file needs a position"))
    facts, today = _checked(actor, cover), localdate()
    with scope.system():
        organ = Unit.objects.get(pk=actor.organ_id)
        entry = take_number(organ.pk, FileSeries.Register.FILES, today.year)
        file = WorkFile(
            organ=organ, year=today.year, entry=entry, code=profile.code_of(organ.code, today.year, entry),
            maker_id=actor.appointment_id, opened_on=today, **facts,
        )  # fmt: skip
        file.title_key = title_key(file)
        file.save(force_insert=True)
        FileAccess.objects.create(file=file, holder=actor.appointment_id, writes=True)
        record(actor=actor, kind=RecordEvent("records:workfile:open"), obj=file, new=told(file), label=file.level)
    return file


def change_cover(*, actor: Actor, file: WorkFile, cover: Cover, seen: int) -> None:
    """Change what is on the cover.

    Args:
        actor: its maker.
        file: open or closed, not yet in the archive.
        cover: what shall be on it.
        seen: the revision that was looked at.

    Raises:
        Forbidden: it is not the actor's file, or they are not cleared for the label.
        Invalid: something is missing, too long or out of bounds, or a document in it has a higher label.
        Conflict: somebody else changed it meanwhile.
    """
    facts = _checked(actor, cover)
    with doing(actor=actor, file=file, deed=Deed.EDIT, seen=seen) as change:
        held = change.file
        highest = Item.objects.filter(file=held).aggregate(most=Max("document__label"))["most"] or Level.PUBLIC
        if cover.label < highest:
            raise Invalid(hint=_("A document in it has a higher label."))
        change.old = told(held)
        change.set(**facts)
        if held.closed_on is not None:
            change.set(keep_until=keep_until(held))
        change.new = told(held)


def keep_until(file: WorkFile) -> object:
    """Return the first day on which a closed file need not be kept any more; None for one that is kept for ever."""
    if file.retention is None or file.closed_on is None:
        return None
    return profile.years_after(file.closed_on, file.retention)


def _checked(actor: Actor, cover: Cover) -> dict[str, object]:
    """Return a cover's columns.

    Raises:
        Forbidden: the actor is not cleared for the label.
        Invalid: something is missing, too long or out of bounds.
    """
    if cover.label > actor.ceiling:
        raise Forbidden(_("your clearance does not reach that label"))
    facts = {**asdict(cover), "title": tidy(cover.title), "retention_reason": tidy(cover.retention_reason)}
    for name in ("title", "retention_reason"):
        if not facts[name]:
            raise Invalid(hint=_("A work file needs a title, and what its term of retention rests on."))
        if len(str(facts[name])) > TITLE_LENGTH:
            raise Invalid(hint=_("A text is too long: at most {number} characters.").format(number=TITLE_LENGTH))
    if not profile.is_term(cover.retention):
        rules = profile.archives()
        bounds = {"least": rules.least, "most": rules.most}
        raise Invalid(hint=_("Files are kept permanently, or {least} to {most} years.").format(**bounds))
    if cover.mode == Mode.OPEN and cover.label >= Level.CONFIDENTIAL:
        raise Invalid(hint=_("What is labelled is not open to everybody in the organ."))
    return facts
