"""To which organs a rule can be assigned: down the tree from the actor's own, or by name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import BooleanField, Exists, ExpressionWrapper, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Length
from django.utils.timezone import localdate

from lienthong.office.core.actor import Actor
from lienthong.office.core.errors import NotFound
from lienthong.office.core.paths import below
from lienthong.office.core.policies import Permission, which
from lienthong.office.core.text import search_key
from lienthong.office.members.models import Assignment, RuleCount
from lienthong.office.members.policies import outranks
from lienthong.office.members.selectors.failing import assignments, still_failing
from lienthong.office.organs.models import Kind, Unit
from lienthong.office.organs.policies import visible
from lienthong.office.organs.selectors import in_force

MOST: Final = 200
"""Organs on one page: more than stand directly under any province."""
MOST_FOUND: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """An organ in which, or below which, a rule is broken."""

    organ: int
    organ_path: str
    name: str
    # What it stands under; empty at the top.
    above: str
    # Records of it and of all below that break the rule now.
    number: int
    # Whether the rule is broken below it, too.
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """What is offered on one page."""

    # Ids and names from the actor's organ down to the one that is opened; none where organs were looked for.
    way: Sequence[tuple[int, str]] = ()
    # The one that is opened, unless the rule holds there.
    own: Offer | None = None
    # What stands directly below it, or was found; what most records fail in comes first.
    below: Sequence[Offer] = ()
    # Whether there are more than are shown.
    cut: bool = False
    # What the organs have to mend already, by their ids.
    given: Mapping[int, Assignment]
    # Those of them that are not the actor's to give anew.
    held: frozenset[int] = frozenset()

    @property
    def every(self) -> list[Offer]:
        """All that can be chosen."""
        return [each for each in (self.own, *self.below) if each and each.number]


def level(actor: Actor, rule: str, opened: int | None = None) -> Level:
    """Return an organ and what stands directly below it; the actor's own unless told.

    Raises:
        NotFound: there is no such organ, or the actor cannot assign to it.
    """
    number = opened or actor.organ_id
    organ = _organs(actor).filter(pk=number).values_list("path", flat=True).first()
    if organ is None:
        raise NotFound(str(number))
    rows = _offers(actor, rule, Q(pk=number) | Q(parent=number), MOST + 2, number)
    own = next((each for each in rows if each.organ == number), None)
    under = [each for each in rows if each is not own]
    given = _given(actor, rule, rows)
    return Level(
        way=_way(actor, organ), own=own if own and own.number else None, below=under[:MOST], cut=len(under) > MOST,
        given=given, held=_held(actor, given),
    )  # fmt: skip


def found(actor: Actor, rule: str, text: str) -> Level:
    """Return the organs, however far below, whose name has a text in it or whose code begins with it."""
    key = search_key(text)
    where = Q(search_key__contains=key) | Q(code__istartswith=text.strip()) if key else Q(pk__in=[])
    # The nearest first: who writes no more than what most are called is not made to wait for counts of all of them.
    named = _organs(actor).filter(where).order_by(Length("search_key"), "sort_key", "pk").values_list("pk", flat=True)
    fitting = list(named[: MOST + 1])
    rows = _offers(actor, rule, Q(pk__in=fitting[:MOST]), MOST_FOUND + 1)
    cut = max(len(rows) - MOST_FOUND, len(fitting) - MOST) > 0
    given = _given(actor, rule, rows)
    return Level(below=rows[:MOST_FOUND], cut=cut, given=given, held=_held(actor, given))


def chosen(actor: Actor, rule: str, organs: Sequence[int]) -> list[Offer]:
    """Return those of organs to which an actor can assign a rule: where it is broken, however far below."""
    return [each for each in _offers(actor, rule, Q(pk__in=organs), len(organs)) if each.number]


def _organs(actor: Actor) -> QuerySet[Unit]:
    mine = which(actor, Permission.MEMBER_ASSIGN)
    return Unit.objects.filter(visible(actor), mine, in_force(localdate()), kind=Kind.ORGAN)


def _offers(actor: Actor, rule: str, where: Q, most: int, first: int = 0) -> list[Offer]:
    """Return what is offered, the organ ``first`` before all others, then by how many records fail."""
    beneath = RuleCount.objects.filter(below("path", strictly=True), rule=rule)
    # Looked up for the rows of the page alone, where a join would come before they are chosen.
    above = Unit.objects.filter(visible(actor), pk=OuterRef("parent")).values("name")
    rows: QuerySet[Unit, Any] = (
        _organs(actor)
        .filter(where)
        .annotate(
            first=ExpressionWrapper(Q(pk=first), BooleanField()),
            number=still_failing(Value(rule)),
            more=Exists(beneath),
            above=Subquery(above),
        )
        .filter(Q(number__gt=0) | Q(more=True))
        .order_by("-first", "-number", "sort_key", "pk")
        .values_list("pk", "path", "name", "above", "number", "more")
    )
    return [
        Offer(organ=pk, organ_path=path, name=name, above=parent or "", number=number, more=more)
        for pk, path, name, parent, number, more in rows[:most]
    ]


def _given(actor: Actor, rule: str, rows: Sequence[Offer]) -> dict[int, Assignment]:
    open_ones = assignments(actor).filter(
        rule=rule, state=Assignment.State.OPEN, organ__in=[each.organ for each in rows]
    )
    return {one.organ_id: one for one in open_ones}


def _held(actor: Actor, given: Mapping[int, Assignment]) -> frozenset[int]:
    return frozenset(organ for organ, one in given.items() if not outranks(actor, one))


def _way(actor: Actor, path: str) -> list[tuple[int, str]]:
    steps = path.removeprefix(actor.organ_path).split("/")[:-1]
    names = dict(Unit.objects.filter(visible(actor), pk__in=steps).values_list("pk", "name"))
    return [(actor.organ_id, actor.organ), *((int(step), names.get(int(step), "–")) for step in steps)]
