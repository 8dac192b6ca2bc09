"""Reads of the tree: each for an actor, each a fixed number of queries."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db import connection
from django.db.models import BooleanField, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Length
from django.utils.timezone import localdate

from lienthong.office.core.actor import NOBODY, Actor
from lienthong.office.core.compiled import Compiled, Reader
from lienthong.office.core.errors import NotFound
from lienthong.office.core.paths import below
from lienthong.office.core.policies import Permission, which
from lienthong.office.core.text import search_key, sort_key
from lienthong.office.organs.models import Position, Succession, Unit, UnitVersion, Upload
from lienthong.office.organs.policies import visible

MOST_OFFERED: Final = 20
"""How many units are offered for what is typed."""
_LINE: Final = """
WITH RECURSIVE line (unit_id, parent_id) AS (
  SELECT v.unit_id, v.parent_id FROM organs_unitversion v WHERE v.unit_id = %(unit)s
    AND (v.valid_from IS NULL OR v.valid_from <= %(day)s) AND (v.valid_to IS NULL OR v.valid_to > %(day)s)
  UNION
  SELECT v.unit_id, v.parent_id FROM organs_unitversion v JOIN line ON v.unit_id = line.parent_id
  WHERE (v.valid_from IS NULL OR v.valid_from <= %(day)s) AND (v.valid_to IS NULL OR v.valid_to > %(day)s)
)
SELECT unit_id FROM line
"""


def in_force(on: date, prefix: str = "") -> Q:
    """Return the predicate of what exists on a day; ``prefix`` leads there through relations."""
    begun = Q(**{f"{prefix}valid_from": None}) | Q(**{f"{prefix}valid_from__lte": on})
    return begun & (Q(**{f"{prefix}valid_to": None}) | Q(**{f"{prefix}valid_to__gt": on}))


def units(actor: Actor | Reader) -> QuerySet[Unit]:
    """Return every unit that the actor sees, past and future ones too."""
    return Unit.objects.filter(visible(actor))


def unit(actor: Actor, number: int) -> Unit:
    """Return one, with what stands above it.

    Raises:
        NotFound: there is none, or not for this actor.
    """
    found = units(actor).select_related("parent", "organ").filter(pk=number).first()
    if found is None:
        raise NotFound(str(number))
    return found


def _bare(reader: Actor | Reader, *, number: int) -> QuerySet[Unit]:
    return Unit.objects.filter(visible(reader), pk=number)


BARE: Final = Compiled(_bare)


def bare(actor: Actor, number: int) -> Unit:
    """Return one; what stands above it is yet to be asked for.

    Raises:
        NotFound: there is none, or not for this actor.
    """
    found: list[Unit] = BARE.models(actor, number=number)
    if not found:
        raise NotFound(str(number))
    return found[0]


def above(of: Unit) -> list[int]:
    """Return the ids of the units above one, from the top."""
    return [int(step) for step in of.path.split("/")[:-2]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A unit as the tree shows it."""

    id: int
    parent: int | None
    name: str
    kind: str
    type: str
    label: int
    # Whether there is anything below that can be opened.
    more: bool
    sort_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrow:
    """What the tree is narrowed to: only units of that bloc and tier, and those on the way to them."""

    bloc: str = ""
    tier: str = ""

    def __bool__(self) -> bool:
        """Tell whether it narrows at all."""
        return bool(self.bloc or self.tier)

    @property
    def fits(self) -> Q:
        """The predicate of a unit that is looked for."""
        return Q(**{name: value for name, value in (("bloc", self.bloc), ("tier", self.tier)) if value})

    def shown(self) -> Q:
        """Return the predicate of a unit that is looked for or stands above one."""
        return Q(Exists(Unit.objects.filter(below("path", "path"), self.fits))) if self else Q()


def branches(
    actor: Actor, parents: Iterable[int | None], *, on: date | None = None, narrow: Narrow | None = None
) -> list[Branch]:
    """Return what stands directly under some units on a day, departments first, each group by name.

    Args:
        actor: who reads.
        parents: ids; None for the tops.
        on: the day; None for today.
        narrow: what the tree is narrowed to.
    """
    wanted = set(parents)
    narrow = narrow or Narrow()
    day = on or localdate()
    if day != localdate():
        return _of_day(actor, _under(wanted), narrow, day)
    if narrow:
        return [_branch(row) for row in _of_today(actor, _under(wanted), narrow, day)]
    query = TOPS if None in wanted else BELOW
    return [_branch(row) for row in query(actor, parents=[each for each in wanted if each], today=day)]


def _under(parents: set[int | None]) -> Q:
    under = Q(parent__in=parents - {None})
    return under | Q(parent=None) if None in parents else under


def _of_today(actor: Actor | Reader, under: Q, narrow: Narrow, today: date) -> QuerySet[Unit, Any]:
    now = in_force(today)
    below = Unit.objects.filter(now, visible(actor), parent=OuterRef("pk"))
    held = Position.objects.filter(unit=OuterRef("pk"), closed_on=None)
    return (
        Unit.objects.filter(visible(actor), under, now, narrow.shown())
        .annotate(more=Exists(below) | Exists(held))
        .order_by("kind", "sort_key", "pk")
        .values_list("pk", "parent_id", "name", "kind", "type", "label", "more", "sort_key")
    )


def _below(reader: Actor | Reader, *, parents: Sequence[int], today: date) -> QuerySet[Unit, Any]:
    return _of_today(reader, Q(parent__in=parents), Narrow(), today)


def _tops(reader: Actor | Reader, *, parents: Sequence[int], today: date) -> QuerySet[Unit, Any]:
    return _of_today(reader, Q(parent__in=parents) | Q(parent=None), Narrow(), today)


BELOW: Final = Compiled(_below, many=frozenset({"parents"}))
TOPS: Final = Compiled(_tops, many=frozenset({"parents"}))


def _of_day(actor: Actor, under: Q, narrow: Narrow, on: date) -> list[Branch]:
    """The same from the versions: names, types and parents of that day."""
    now = in_force(on)
    below = UnitVersion.objects.filter(now, visible(actor, "unit__"), parent=OuterRef("unit_id"))
    fitting = units(actor).filter(narrow.shown()) if narrow else None
    rows = (
        UnitVersion.objects.filter(under, now, visible(actor, "unit__"))
        .annotate(more=Exists(below, output_field=BooleanField()), kind=F("unit__kind"), label=F("unit__label"))
        .values_list("unit_id", "parent_id", "name", "kind", "type", "label", "more")
    )
    if fitting is not None:
        rows = rows.filter(unit__in=fitting)
    found = [_branch((*row, sort_key(row[2]))) for row in rows]
    return sorted(found, key=lambda branch: (branch.kind, branch.sort_key, branch.id))


def _branch(row: Sequence[object]) -> Branch:
    number, parent, name, kind, type_, label, more, key = row
    return Branch(
        id=number, parent=parent, name=name, kind=kind, type=type_, label=label, more=more, sort_key=key  # type: ignore[arg-type]  # columns in this order
    )  # fmt: skip


def _versions(_reader: Actor | Reader, *, number: int) -> QuerySet[UnitVersion]:
    return UnitVersion.objects.filter(unit=number).order_by(F("valid_from").desc(nulls_last=True))


def _named(reader: Actor | Reader, *, ids: Sequence[int]) -> QuerySet[Unit]:
    return Unit.objects.filter(visible(reader), pk__in=ids)


VERSIONS: Final = Compiled(_versions)
NAMED: Final = Compiled(_named, many=frozenset({"ids"}))


def versions(of: Unit) -> list[UnitVersion]:
    """Return what a unit that the actor sees was over time, latest first; its parents are yet to be asked for."""
    return VERSIONS.models(NOBODY, number=of.pk)


def named(actor: Actor, numbers: Iterable[int | None]) -> dict[int, Unit]:
    """Return units by id, as far as the actor sees them."""
    ids = {number for number in numbers if number}
    return {each.pk: each for each in NAMED.models(actor, ids=list(ids))} if ids else {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Relative:
    """A predecessor or successor."""

    succession: int
    # None: a unit of before this register.
    unit: int | None
    name: str
    code: str
    since: date
    needs_review: bool
    decision: str


def _relatives(reader: Actor | Reader, *, number: int) -> QuerySet[Succession]:
    came = Q(successor=number) & (visible(reader, "predecessor__") | Q(predecessor=None))
    went = Q(predecessor=number) & visible(reader, "successor__")
    found = Succession.objects.filter(came | went).order_by("-needs_review", "old_code", "pk")
    return found.select_related("predecessor", "successor")


RELATIVES: Final = Compiled(_relatives)


def relatives(actor: Actor, of: Unit) -> tuple[list[Relative], list[Relative]]:
    """Return which units went into this one, those to be reviewed first, and into which it went."""
    found: list[Succession] = RELATIVES.models(actor, number=of.pk)
    return (
        [_relative(row, row.predecessor) for row in found if row.successor_id == of.pk],
        [_relative(row, row.successor) for row in found if row.predecessor_id == of.pk],
    )


def _relative(row: Succession, other: Unit | None) -> Relative:
    return Relative(
        succession=row.pk, unit=other.pk if other else None, name=other.name if other else row.old_name,
        code=other.code if other else row.old_code, since=row.since, needs_review=row.needs_review,
        decision=row.decision,
    )  # fmt: skip


def to_review(actor: Actor) -> QuerySet[Succession]:
    """Return the successions of split predecessors that are the actor's to settle."""
    mine = which(actor, Permission.UNIT_MANAGE, "successor__organ_path")
    return Succession.objects.filter(mine, visible(actor, "successor__"), needs_review=True)


def check_seen(actor: Actor, number: int) -> None:
    """Refuse what the actor does not see.

    Raises:
        NotFound: there is no such unit, or not for this actor.
    """
    if not units(actor).filter(pk=number).exists():
        raise NotFound(str(number))


def line_on(actor: Actor, number: int, on: date | None = None) -> list[int]:
    """Return the ids of a unit and of what stood above it on a day, today unless told; nothing if it is not seen."""
    if not units(actor).filter(pk=number).exists():
        return []
    with connection.cursor() as cursor:
        cursor.execute(_LINE, {"unit": number, "day": on or localdate()})
        return [row[0] for row in cursor.fetchall()]


def beginning(actor: Actor, typed: str) -> list[Unit]:
    """Return the first units of today that fit what somebody types: a code's beginning, or a part of the name."""
    key = search_key(typed)
    if not key:
        return []
    fitting = units(actor).filter(
        Q(search_key__contains=key) | Q(code__istartswith=typed.strip()), in_force(localdate())
    )
    return list(fitting.select_related("organ").order_by(Length("search_key"), "sort_key", "pk")[:MOST_OFFERED])


def succession(actor: Actor, number: int) -> Succession:
    """Return a succession with its successor.

    Raises:
        NotFound: there is none, or not for this actor.
    """
    rows = Succession.objects.select_related("successor__organ").filter(visible(actor, "successor__"))
    found = rows.filter(pk=number).first()
    if found is None:
        raise NotFound(str(number))
    return found


def upload(actor: Actor, number: int) -> Upload:
    """Return a spreadsheet that the actor brought.

    Raises:
        NotFound: there is none, or somebody else's.
    """
    found = Upload.objects.filter(pk=number, person=actor.person_id).first()
    if found is None:
        raise NotFound(str(number))
    return found
