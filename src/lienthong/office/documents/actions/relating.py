"""What a draft replies to, and what it rests on."""

from typing import Final

from django.db.models import Q
from django.utils.translation import gettext as _

from lienthong.office.core.actor import Actor
from lienthong.office.core.errors import Invalid, NotFound
from lienthong.office.core.text import tidy
from lienthong.office.documents.actions.change import doing
from lienthong.office.documents.models import Document, Relation
from lienthong.office.documents.models.document import NUMBER_LENGTH
from lienthong.office.documents.policies import visible
from lienthong.office.documents.states import Deed

MOST: Final = 50
"""How many documents a draft refers to."""
KINDS: Final = (Relation.Kind.ANSWERS, Relation.Kind.BASED_ON)
"""What a draft says of itself; that it replaces something is said when it is issued."""


def relate(
    *, actor: Actor, document: Document, kind: Relation.Kind, others: frozenset[int] = frozenset(), number: str = ""
) -> None:
    """Say that a draft replies to documents, or rests on them. Said twice, it is written once.

    Args:
        actor: who writes on the draft.
        document: the draft.
        kind: one of ``KINDS``.
        others: ids of documents that the actor sees and that have a number.
        number: of one that is not here, such as a law.

    Raises:
        Forbidden: it is not theirs to write.
        Conflict: it is no draft any more.
        Invalid: one of them is not shown to the actor, or they are too many.
    """
    called = tidy(number)
    if kind not in KINDS or not (others or called) or len(called) > NUMBER_LENGTH:
        raise Invalid(_("Choose documents, or give the number of one that is not here."))
    with doing(actor=actor, document=document, deed=Deed.EDIT) as change:
        held = change.document
        rows = Document.objects.filter(visible(actor), pk__in=others).exclude(Q(pk=held.pk) | Q(number=""))
        found = {row.pk: row for row in rows}
        if found.keys() != others:
            raise Invalid(_("Choose documents that are shown to you and have a number."))
        known = Relation.objects.filter(document=held, kind=kind)
        there = set(known.values_list("other", flat=True))
        made = [_row(held, kind, found[pk]) for pk in sorted(others - there)]
        if called and not known.filter(other=None, other_number=called).exists():
            made.append(Relation(document=held, kind=kind, other_number=called))
        if Relation.objects.filter(document=held).count() + len(made) > MOST:
            raise Invalid(_("A document refers to at most {number} others.").format(number=MOST))
        Relation.objects.bulk_create(made)
        change.new = {kind.value: [row.other_number for row in made]}


def unrelate(*, actor: Actor, document: Document, relation: int) -> None:
    """Take back that a draft replies to something, or rests on it.

    Raises:
        Forbidden, Conflict: it is no draft of theirs.
        NotFound: it refers to nothing of that number that the actor sees.
    """
    with doing(actor=actor, document=document, deed=Deed.EDIT) as change:
        shown = Q(other=None) | Q(other__in=Document.objects.filter(visible(actor)))
        row = Relation.objects.filter(shown, document=change.document, kind__in=KINDS, pk=relation).first()
        if row is None:
            raise NotFound(str(relation))
        row.delete()
        change.old = {row.kind: [row.other_number]}


def _row(document: Document, kind: Relation.Kind, other: Document) -> Relation:
    return Relation(document=document, kind=kind, other=other, other_number=other.number, other_uid=other.uid)
