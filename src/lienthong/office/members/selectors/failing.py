"""Records that break a rule, by rule and unit; who is to mend them, and how far they are."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Count, F, Max, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Greatest

from lienthong.office.core.actor import Actor
from lienthong.office.core.errors import NotFound
from lienthong.office.core.paths import below
from lienthong.office.members import registry
from lienthong.office.members.fixes import FIXES
from lienthong.office.members.models import Assignment, Change, Failure, RuleCount
from lienthong.office.members.policies import visible

MOST_FIXED: Final = 500
"""Records for which a rule proposes values at once."""
MOST_ON_SHEET: Final = 20_000


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


def still_failing(rule: Combinable) -> Greatest:
    """Return how many records of a row's organ, and of all below it, break a rule now; the row has an ``organ_path``.

    It is what the engine counted, less what was mended since: failures themselves may be millions.
    """
    same = RuleCount.objects.filter(rule=rule, organ_path=OuterRef("organ_path")).order_by()
    # The top organ also has the counts of units for which no organ stands; that of the whole is above them all. So is,
    # for an organ that took over others, the sum of theirs.
    counted = same.values("rule").annotate(number=Max("failures")).values("number")
    since = Failure.objects.filter(below("organ_path"), rule=rule, state=Failure.State.MENDED).order_by()
    mended = since.values("rule").annotate(number=Count("pk")).values("number")
    return Greatest(Coalesce(Subquery(counted), 0) - Coalesce(Subquery(mended), 0), 0)


def assignments(actor: Actor) -> QuerySet[Assignment, Any]:
    """Return the assignments that an actor sees, each with how many of its records were mended since it was given.

    Each counts for itself: what a commune mends counts for its own assignment and for that of its province.
    """
    mended = Greatest(F("total") - still_failing(OuterRef("rule")), 0)
    return Assignment.objects.filter(visible(actor)).annotate(mended=mended)


def left_of(given: Assignment) -> int:
    """Return how many records of an assignment's organ, and of all below it, break its rule now."""
    rows = Assignment.objects.filter(pk=given.pk).annotate(left=still_failing(OuterRef("rule")))
    return int(rows.values_list("left", flat=True).get())


def due(actor: Actor, most: int) -> list[Assignment]:
    """Return what the actor's own organ is to mend, the earliest first."""
    rows = Assignment.objects.filter(visible(actor), organ_path=actor.organ_path, state=Assignment.State.OPEN)
    return list(rows.order_by("due_on", "pk")[:most])


def changes(actor: Actor) -> QuerySet[Change]:
    """Return the proposed changes that an actor sees."""
    return Change.objects.filter(visible(actor))


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
