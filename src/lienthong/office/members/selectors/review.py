"""The review queue: items, two records side by side, and why the model thinks what it thinks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from django.db.models import Q, QuerySet

from lienthong.office.core.actor import Actor
from lienthong.office.core.errors import NotFound
from lienthong.office.members import registry
from lienthong.office.members.models import Decision, Member, Record, ReviewItem
from lienthong.office.members.policies import MASK, opens_sensitive, visible

MOST_EXPORTED: Final = 1_000_000


def items(actor: Actor) -> QuerySet[ReviewItem]:
    """Return the items that an actor sees: both records lie in their subtree."""
    return ReviewItem.objects.filter(visible(actor))


def item(actor: Actor, number: int) -> ReviewItem:
    """Return one with both records.

    Raises:
        NotFound: there is none, or not for this actor.
    """
    rows = items(actor).select_related("left__organ", "right__organ", "left__member__organ", "right__member__organ")
    one = rows.filter(pk=number).first()
    if one is None:
        raise NotFound(str(number))
    return one


def next_open(actor: Actor, after: int = 0) -> int | None:
    """Return the next item that is to be decided, from a place in the queue on; the first one at the end."""
    waiting = items(actor).filter(state=ReviewItem.State.OPEN).order_by("place")
    found = waiting.filter(place__gt=after).values_list("pk", flat=True).first()
    return found if found is not None else waiting.values_list("pk", flat=True).first()


def number_open(actor: Actor, most: int) -> int:
    """Return how many items wait, counted up to a bound."""
    return items(actor).filter(state=ReviewItem.State.OPEN).values("pk")[:most].count()


def decision_of(actor: Actor, one: ReviewItem) -> Decision | None:
    """Return what was decided about an item and counts, or waits for a second person."""
    left, right = sorted((one.left.key, one.right.key))
    counts = Q(state__in=(Decision.State.WAITING, Decision.State.STANDING))
    return Decision.objects.filter(visible(actor), counts, left=left, right=right).first()


def decisions(actor: Actor) -> QuerySet[Decision]:
    """Return the decisions that an actor sees."""
    return Decision.objects.filter(visible(actor))


def decision(actor: Actor, number: int) -> Decision:
    """Return one.

    Raises:
        NotFound: there is none, or not for this actor.
    """
    one = decisions(actor).filter(pk=number).first()
    if one is None:
        raise NotFound(str(number))
    return one


def standing(actor: Actor) -> Iterator[tuple[str, str, str]]:
    """Yield both records and the verdict of what stands, as the engine reads it."""
    rows = decisions(actor).filter(state=Decision.State.STANDING).order_by("pk")
    yield from rows.values_list("left", "right", "verdict")[:MOST_EXPORTED].iterator(chunk_size=2000)


def items_of(one: Decision) -> QuerySet[ReviewItem]:
    """Return the items about the two records of a decision."""
    keys = (one.left, one.right)
    return ReviewItem.objects.filter(left__key__in=keys, right__key__in=keys)


def members_of(actor: Actor, one: ReviewItem) -> list[Member]:
    """Return whose records an item is about; the actor sees both."""
    return list(Member.objects.filter(visible(actor), pk__in={one.left.member_id, one.right.member_id}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A piece of a value: whether the other record has it too."""

    text: str
    differs: bool
    # What parts it from the piece before.
    space: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A column of both records."""

    title: str
    left: Sequence[Mark]
    right: Sequence[Mark]
    # The class of the style sheet: the same, different, or only one record has a value.
    css: str


def side_by_side(actor: Actor, one: ReviewItem) -> list[Row]:
    """Return the values of both records with what differs marked; sensitive ones masked where they must be.

    That two masked values differ is told all the same.
    """
    opened = all(opens_sensitive(actor, record.organ_path) for record in (one.left, one.right))
    rows = []
    for name, column in registry.columns().items():
        left, right = (_value(record, name) for record in (one.left, one.right))
        if not (left or right):
            continue
        if not column.sensitive or opened:
            left, right = (registry.shown(column, value) for value in (left, right))
        css = "pair-one" if not (left and right) else "pair-same" if left == right else "pair-different"
        if column.sensitive and not opened:
            left, right = (MASK if value else "" for value in (left, right))
        rows.append(
            Row(title=registry.said(column.title), left=_marks(left, right), right=_marks(right, left), css=css)
        )
    return rows


def _value(record: Record, name: str) -> str:
    value = record.values.get(name)
    return str(value if value is not None else record.unread.get(name, ""))


def _marks(value: str, other: str) -> list[Mark]:
    """Return the value in pieces: of texts the words, of numbers and dates the signs, that the other lacks."""
    if not value:
        return []
    if not other or value == other:
        return [Mark(text=value, differs=False)]
    if value.replace("-", "").isdigit() and len(value) == len(other):
        return _merged([Mark(text=one, differs=one != two) for one, two in zip(value, other, strict=True)], "")
    words = other.casefold().split()
    return _merged([Mark(text=word, differs=word.casefold() not in words) for word in value.split()], " ")


def _merged(marks: Sequence[Mark], between: str) -> list[Mark]:
    found: list[Mark] = []
    for mark in marks:
        if found and found[-1].differs == mark.differs:
            last = found[-1]
            found[-1] = Mark(text=last.text + between + mark.text, differs=mark.differs, space=last.space)
        else:
            found.append(Mark(text=mark.text, differs=mark.differs, space=between if found else ""))
    return found
