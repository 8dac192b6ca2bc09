"""Documents as their readers see them."""

from typing import Final

from django.db.models import Q, QuerySet

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor, Role
from lienthong.office.core.compiled import Compiled, Reader
from lienthong.office.core.errors import NotFound
from lienthong.office.documents.models import Assignment, Document, File, Preview, Step
from lienthong.office.documents.policies import may, parts_of, takes_part, visible
from lienthong.office.documents.states import DEEDS, Deed, Direction, Part, State

# Said as what they are, not as what they are not: an index finds them, few among all that are over.
_NOT_OVER: Final = (
    State.DRAFT, State.SUBMITTED, State.APPROVED, State.SIGNED, State.ARRIVED, State.REGISTERED, State.ASSIGNED,
    State.PROCESSING,
)  # fmt: skip


def documents(actor: Actor | Reader) -> QuerySet[Document]:
    """Return the documents an actor sees."""
    return Document.objects.filter(visible(actor))


def _one(reader: Actor | Reader, *, number: int) -> QuerySet[Document]:
    return documents(reader).select_related("organ").filter(pk=number)


ONE: Final = Compiled(_one)


def document(actor: Actor, number: int) -> Document:
    """Return one of them.

    Raises:
        NotFound: there is none of that number that they may see.
    """
    found: list[Document] = ONE.models(actor, number=number)
    if not found:
        raise NotFound(str(number))
    return found[0]


def incoming(actor: Actor | Reader) -> QuerySet[Document]:
    """Return the register of what arrived, up to internal."""
    return _register(actor, Direction.INCOMING).filter(label__lt=Level.CONFIDENTIAL)


def outgoing(actor: Actor | Reader) -> QuerySet[Document]:
    """Return the register of what was issued, up to internal."""
    return _register(actor, Direction.OUTGOING).filter(label__lt=Level.CONFIDENTIAL)


def secret_incoming(actor: Actor | Reader) -> QuerySet[Document]:
    """Return the register of secret documents that arrived."""
    return _register(actor, Direction.INCOMING).filter(label__gte=Level.CONFIDENTIAL)


def secret_outgoing(actor: Actor | Reader) -> QuerySet[Document]:
    """Return the register of secret documents that were issued."""
    return _register(actor, Direction.OUTGOING).filter(label__gte=Level.CONFIDENTIAL)


def kept_incoming(actor: Actor | Reader) -> QuerySet[Document]:
    """Return the registers of what arrived at organs that went into the actor's, up to secret."""
    return _kept(actor, Direction.INCOMING)


def kept_outgoing(actor: Actor | Reader) -> QuerySet[Document]:
    """Return the registers of what they issued."""
    return _kept(actor, Direction.OUTGOING)


def top_secret(actor: Actor | Reader) -> QuerySet[Document]:
    """Return the top secret documents that open to an actor now: those they were named for."""
    return documents(actor).filter(label=Level.TOP_SECRET)


def drafts(actor: Actor | Reader) -> QuerySet[Document]:
    """Return what is being drafted, approved and signed."""
    return documents(actor).filter(state__in=[State.DRAFT, State.SUBMITTED, State.APPROVED, State.SIGNED])


def arrivals(actor: Actor | Reader) -> QuerySet[Document]:
    """Return what arrived and waits for a clerk."""
    return documents(actor).filter(state=State.ARRIVED)


def mine(actor: Actor | Reader) -> QuerySet[Document]:
    """Return what an actor takes part in, and is not over."""
    return documents(actor).filter(takes_part(actor, via=0), state__in=_NOT_OVER)


def waiting(actor: Actor | Reader) -> QuerySet[Document]:
    """Return what waits for this very actor: to be approved or signed, to be begun; for clerks, to be registered."""
    turns = Step.objects.filter(
        outcome=Step.Outcome.OPEN, position__appointments=actor.appointment_id,
        document__state__in=(State.SUBMITTED, State.APPROVED),
    )  # fmt: skip
    duties = Assignment.objects.filter(holder__in=actor.holders, done_at=None, ended_at=None)
    own = Q(pk__in=turns.values("document")) | Q(pk__in=duties.values("document"))
    if Role.CLERK in actor.roles:
        own |= Q(state__in=(State.ARRIVED, State.SIGNED), at_desk=True)
    if Role.LEADER in actor.roles:
        own |= Q(state=State.REGISTERED, at_desk=True)
    return documents(actor).filter(own, state__in=_NOT_OVER)


def in_work(actor: Actor | Reader) -> QuerySet[Document]:
    """Return what is assigned to the actor or their unit, for heads all of their organ, and is not completed."""
    working = documents(actor).filter(
        completed_at=None, direction=Direction.INCOMING,
        state__in=(State.REGISTERED, State.ASSIGNED, State.PROCESSING),
    )  # fmt: skip
    if Role.LEADER in actor.roles:
        return working
    duties = Assignment.objects.filter(holder__in=actor.holders, done_at=None, ended_at=None)
    return working.filter(pk__in=duties.values("document"))


def parts(actor: Actor, found: Document) -> frozenset[Part]:
    """Return what the actor is to a document."""
    with scope.system():
        return parts_of(actor, found)


def deeds(actor: Actor, found: Document) -> list[Deed]:
    """Return what the actor may do to a document now: the same answers that the actions give."""
    playing = parts(actor, found)
    return [deed for deed in DEEDS if may(found, deed, playing)]


def file(found: Document, number: int) -> File:
    """Return a file of a document that the reader sees, of whatever version.

    Raises:
        NotFound: it has none of that number.
    """
    one = File.objects.filter(document=found, pk=number).first()
    if one is None:
        raise NotFound(str(number))
    return one


def preview_of(found: Document, one: File) -> Preview | None:
    """Return what stands for a file in the viewer; nothing where there is none, or may be none any more."""
    return Preview.objects.filter(file=one).first() if found.level < Level.CONFIDENTIAL else None


def _register(actor: Actor | Reader, direction: Direction) -> QuerySet[Document]:
    return documents(actor).filter(organ_id=actor.organ_id, direction=direction, entered_on__isnull=False)


def _kept(actor: Actor | Reader, direction: Direction) -> QuerySet[Document]:
    rows = documents(actor).filter(organ_id__in=actor.kept or (), direction=direction, entered_on__isnull=False)
    return rows.filter(label__lt=Level.TOP_SECRET)
