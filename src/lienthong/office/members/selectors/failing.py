"""Records that break a rule, by rule and unit; who is to mend them, and how far they are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Count, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Concat

from lienthong.office.core.actor import Actor
from lienthong.office.core.errors import NotFound
from lienthong.office.members import registry
from lienthong.office.members.fixes import FIXES
from lienthong.office.members.models import Assignment, Change, Failure, RuleCount
from lienthong.office.members.policies import visible
from lienthong.office.organs.models import Kind, Unit

MOST_FIXED: Final = 500
"""Records for which a rule proposes values at once."""
MOST_ON_SHEET: Final = 20_000
MOST_ORGANS: Final = 200


def failures(actor: Actor) -> QuerySet[Failure]:
    """Return the failures that an actor sees."""
    return Failure.objects.filter(visible(actor))


def failure(actor: Actor, number: int) -> Failure:
    """Return one.

    Raises:
        NotFound: there is none, or not for this actor.
    """
    one = failures(actor).filter(pk=number).first()
    if one is None:
        raise NotFound(str(number))
    return one


def assignments(actor: Actor) -> QuerySet[Assignment, Any]:
    """Return the assignments that an actor sees, each with how many of its failures were mended."""
    below = Q(organ_path__gte=OuterRef("organ_path")) & Q(organ_path__lt=Concat(OuterRef("organ_path"), Value("~")))
    mended = Failure.objects.filter(below, rule=OuterRef("rule"), state=Failure.State.MENDED).order_by()
    number = mended.values("rule").annotate(number=Count("pk")).values("number")
    return Assignment.objects.filter(visible(actor)).annotate(mended=Coalesce(Subquery(number), 0))


def due(actor: Actor, most: int) -> list[Assignment]:
    """Return what the actor's own organ is to mend, the earliest first."""
    rows = Assignment.objects.filter(visible(actor), organ_path=actor.organ_path, state=Assignment.State.OPEN)
    return list(rows.order_by("due_on", "pk")[:most])


def changes(actor: Actor) -> QuerySet[Change]:
    """Return the proposed changes that an actor sees."""
    return Change.objects.filter(visible(actor))


def failing_organs(actor: Actor, rule: str) -> list[tuple[Unit, int]]:
    """Return the actor's organ and those directly below it in which a rule is broken, the most failures first."""
    near = Unit.objects.filter(Q(pk=actor.organ_id) | Q(parent=actor.organ_id, kind=Kind.ORGAN)).exclude(area_code="")
    units = {unit.area_code: unit for unit in near.order_by("-pk")}
    rows = RuleCount.objects.filter(visible(actor), rule=rule, area__in=units).order_by("-failures", "area")
    return [(units[area], number) for area, number in rows.values_list("area", "failures")[:MOST_ORGANS]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What a rule would have a record say."""

    failure: int
    record: str
    name: str
    # Column, its title, the value now and the value then.
    edits: Sequence[tuple[str, str, str, str]]


def proposals(actor: Actor, rule: str) -> list[Proposal]:
    """Return what a rule proposes for the records that break it; none where it cannot tell."""
    fix = FIXES.get(rule)
    if fix is None:
        return []
    rows = failures(actor).filter(rule=rule, state=Failure.State.OPEN).order_by("organ_path", "pk")
    found = []
    for row in rows.select_related("record", "member")[:MOST_FIXED]:
        values = row.record.values
        edits = [
            (name, registry.column_title(name), str(values.get(name, "")), new)
            for name, new in fix(values).items()
            if new != values.get(name, "")
        ]
        if edits:
            found.append(Proposal(failure=row.pk, record=row.record.key, name=row.member.name, edits=edits))
    return found


def sheet(actor: Actor, where: Q) -> Iterator[Sequence[str]]:
    """Yield rows for a spreadsheet: record, name, cell, organ, rule, the rule's column, the value now."""
    rows = failures(actor).filter(where, state=Failure.State.OPEN).order_by("organ_path", "pk")
    read = rows.values_list(
        "rule", "record__key", "member__name", "member__cell", "record__organ__name", "record__values", "record__unread"
    )[:MOST_ON_SHEET]
    for rule, record, name, cell, organ, values, unread in read.iterator(chunk_size=2000):
        for column in registry.rules()[rule].columns if rule in registry.rules() else ():
            now = values.get(column, unread.get(column, ""))
            yield [record, name, cell, organ, registry.rule_text(rule), registry.column_title(column), str(now)]
