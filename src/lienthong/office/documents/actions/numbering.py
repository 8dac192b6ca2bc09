"""Numbers of registers: without gaps and each once, however many write at the same time.

A number is given in the transaction of what it is given for: if that fails, the number was never taken. Whoever takes
one holds the row of its series until then, so others of the same series wait.
"""

from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import F
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor, Role
from lienthong.office.core.audit import record
from lienthong.office.core.errors import Conflict, Forbidden, Invalid
from lienthong.office.core.policies import Permission, require
from lienthong.office.core.text import tidy
from lienthong.office.documents import profile
from lienthong.office.documents.audit import ChainEvent
from lienthong.office.documents.models import Document, Period, Series, TakenNumber
from lienthong.office.documents.models.document import NOTE_LENGTH
from lienthong.office.organs.models import Unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Which run of numbers."""

    organ: Unit
    register: Series.Register
    # Slug of the type; empty for arrivals.
    type: str = ""
    secret: bool = False


def run_of(document: Document) -> Run:
    """Return the run that a document is numbered in."""
    incoming = document.direction == "incoming"
    return Run(
        # What came to an organ stands in its register, whoever enters it; it issues nothing any more once it has gone.
        organ=document.organ if incoming else document.organ.bearer,
        register=Series.Register.INCOMING if incoming else Series.Register.OUTGOING,
        type="" if incoming else document.type,
        secret=document.label >= Level.CONFIDENTIAL,
    )


def take_number(document: Document, run: Run, day: date, *, reserved: int | None = None) -> int:
    """Give a document the next number of a run, or one that was kept. Inside the transaction of what it is for.

    Args:
        document: what is numbered.
        run: where.
        day: the day that decides on year or term.
        reserved: the id of the kept number to use.

    Raises:
        Conflict: the kept number is used already, or is not of this run.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("a number is taken in the transaction of what it is for")
    series = _held(run, day)
    if reserved is not None:
        kept = TakenNumber.objects.select_for_update().filter(pk=reserved, series=series, document=None).first()
        if kept is None:
            raise Conflict(_("the number that was kept"))
        kept.document = document
        kept.save(update_fields=["document"])
        return kept.number
    number = series.next
    TakenNumber.objects.create(series=series, number=number, document=document)
    Series.objects.filter(pk=series.pk).update(next=F("next") + 1)
    return number


def reserve(*, actor: Actor, type_: str, secret: bool, reason: str) -> TakenNumber:
    """Keep the next number of what the actor's organ issues, for a document to come.

    Args:
        actor: a clerk of the organ.
        type_: slug of the type.
        secret: in the register of secret documents.
        reason: why.

    Raises:
        Forbidden: the actor is no clerk.
        Invalid: there is no reason, or no such type.
    """
    said = tidy(reason)
    if Role.CLERK not in actor.roles or (secret and actor.clearance < Level.CONFIDENTIAL):
        raise Forbidden(_("only a clerk of the organ keeps numbers"))
    if not said or len(said) > NOTE_LENGTH or type_ not in profile.types():
        raise Invalid(_("Choose a type and say why the number is kept."))
    with transaction.atomic(), scope.system():
        organ = Unit.objects.get(pk=actor.organ_id)
        run = Run(organ=organ, register=Series.Register.OUTGOING, type=type_, secret=secret)
        series = _held(run, localdate())
        kept = TakenNumber.objects.create(series=series, number=series.next, reason=said, by_id=actor.appointment_id)
        Series.objects.filter(pk=series.pk).update(next=F("next") + 1)
        label = Level.CONFIDENTIAL if secret else Level.INTERNAL
        record(actor=actor, kind=ChainEvent.RESERVE, obj=kept, new={"number": kept.number, "type": type_}, label=label)
    return kept


def begin_period(*, actor: Actor, organ: Unit, starts_on: date, name: str = "") -> Period:
    """Begin a term of office: from that day on the organ numbers from one.

    Raises:
        Forbidden: it is not the actor's to do.
        Invalid: a later one has begun, or numbers of after that day were given out already.
    """
    with transaction.atomic(), scope.system():
        organ = Unit.objects.get(pk=organ.pk)
        require(actor, Permission.UNIT_MANAGE, organ)
        later = Document.objects.filter(organ=organ, direction="outgoing", entered_on__gte=starts_on).exists()
        if later or Period.objects.filter(organ=organ, starts_on__gte=starts_on).exists():
            raise Invalid(_("Numbers of that day or later were given out already, or a later term has begun."))
        period = Period.objects.create(organ=organ, starts_on=starts_on, name=tidy(name)[:200])
        new = {"starts_on": starts_on.isoformat(), "name": period.name}
        record(actor=actor, kind=ChainEvent.PERIOD, obj=period, new=new, label=Level(organ.label))
    return period


def _held(run: Run, day: date) -> Series:
    """Return the series of a run on a day, locked; the first who asks makes it."""
    since = since_of(run, day)
    facts = {
        "organ": run.organ, "register": run.register, "type": run.type, "secret": run.secret, "since": since,
    }  # fmt: skip
    # Two at once: one of them makes it, both then lock the same row.
    Series.objects.bulk_create([Series(**facts)], ignore_conflicts=True)
    return Series.objects.select_for_update(of=("self",)).select_related("organ").get(**facts)


def since_of(run: Run, day: date) -> date:
    """Return the first day of the year, or of the term of office, that a day lies in."""
    year = date(day.year, 1, 1)
    if run.register == Series.Register.INCOMING or not profile.counts_by_term(run.organ.bloc):
        return year
    begun = Period.objects.filter(organ=run.organ, starts_on__lte=day).order_by("-starts_on").first()
    # An organ that has not said when its term began numbers by the year.
    return begun.starts_on if begun else year
