"""Members: the list, the search, and one member with the origin of every value."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from django.db.models import Q, QuerySet

from lienthong.office.core.actor import Actor
from lienthong.office.core.errors import NotFound
from lienthong.office.core.text import end_of, search_key
from lienthong.office.members import registry
from lienthong.office.members.models import Assignment, Change, Failure, Identifier, Look, Member, Record
from lienthong.office.members.policies import MASK, opens_sensitive, visible

MOST: Final = 10_000
"""How many are looked at where very many fit: more than anybody reads."""
LOOKS: Final = 50
_SHORTEST: Final = 5
"""Characters from which on a text with a digit is taken for a number."""
_YEAR: Final = 4


def people(actor: Actor) -> QuerySet[Member]:
    """Return the members that an actor sees."""
    return Member.objects.filter(visible(actor))


def found(text: str) -> Q:
    """Return the predicate of who is looked for: by the beginning of the name, and a year of birth; or by a number.

    Only comparisons that PostgreSQL takes for leakproof: others cannot use an index under row-level security.
    """
    numbers = [word for word in text.upper().split() if any(c.isdigit() for c in word)]
    plain = "".join(c for c in "".join(numbers) if c.isalnum())
    if len(plain) >= _SHORTEST:
        hits = Identifier.objects.filter(value=plain).values("member_id")[:MOST]
        return Q(pk__in=hits) | Q(key=text.upper())
    words = [word for word in search_key(text).split(" ") if not any(c.isdigit() for c in word)]
    key = " ".join(words)
    fitting = Member.objects.filter(name_key__gte=key, name_key__lt=end_of(key))
    if len(plain) == _YEAR:
        fitting = fitting.filter(birth__gte=plain, birth__lt=end_of(plain))
    return Q(pk__in=fitting.order_by("name_key").values("pk")[:MOST])


def member(actor: Actor, number: int) -> Member:
    """Return one.

    Raises:
        NotFound: there is none, or not for this actor.
    """
    one = people(actor).select_related("organ").filter(pk=number).first()
    if one is None:
        raise NotFound(str(number))
    return one


def member_of_change(actor: Actor, number: int) -> int:
    """Return the id of the member whose record a proposed change is about.

    Raises:
        NotFound: there is no such change, or not for this actor; or the record is gone.
    """
    key = Change.objects.filter(visible(actor), pk=number).values_list("record", flat=True).first()
    found = Record.objects.filter(visible(actor), key=key).values_list("member_id", flat=True).first()
    if found is None:
        raise NotFound(str(number))
    return found


def records_of(actor: Actor, one: Member) -> list[Record]:
    """Return the records of a member that the actor sees; others lie in other parts of the tree."""
    return list(Record.objects.filter(visible(actor), member=one).select_related("organ").order_by("key"))


def looks(actor: Actor, one: Member) -> list[Look]:
    """Return who looked at a member, newest first."""
    return list(Look.objects.filter(visible(actor), member=one.key).order_by("-id")[:LOOKS])


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What one record says of a column."""

    record: str
    value: str
    # As it was written, where that was changed; and by which rules of the engine.
    raw: str = ""
    rule: str = ""
    # Written, but nothing could be made of it.
    unread: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A value of the golden record."""

    column: str
    title: str
    value: str
    # The record it is from.
    origin: str
    masked: bool
    told: Sequence[Told]
    # Changes that units proposed, newest first.
    changes: Sequence[Change]


def values(actor: Actor, one: Member, records: Sequence[Record]) -> list[Value]:
    """Return the values of a member with origin and history; sensitive ones masked where they must be."""
    opened = opens_sensitive(actor, one.organ_path)
    keys = [record.key for record in records]
    changes: dict[str, list[Change]] = {}
    for change in Change.objects.filter(visible(actor), record__in=keys).order_by("-id"):
        changes.setdefault(change.field, []).append(change)
    rows = []
    for name, column in registry.columns().items():
        masked = column.sensitive and not opened
        told = [each for record in records if (each := _told(record, name, masked=masked))]
        value = str(one.values.get(name, ""))
        if value or told:
            origin = one.origins.get(name) or (keys[0] if len(keys) == 1 and value else "")
            rows.append(
                Value(
                    column=name, title=registry.said(column.title),
                    value=MASK if masked and value else registry.shown(column, value),
                    origin=origin, masked=masked, told=told, changes=[] if masked else changes.get(name, []),
                )
            )  # fmt: skip
    return rows


def _told(record: Record, name: str, *, masked: bool) -> Told | None:
    value, unread = record.values.get(name), record.unread.get(name)
    if value is None and unread is None:
        return None
    raw, rule = record.changes.get(name, ("", ""))
    shown = registry.shown(registry.columns()[name], str(value)) if value is not None else str(unread)
    if masked:
        return Told(record=record.key, value=MASK, unread=value is None)
    return Told(record=record.key, value=shown, raw=raw if raw != shown else "", rule=rule, unread=value is None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """A rule that a record breaks: who mends it, by when."""

    rule: str
    text: str
    record: str
    fields: str
    # ``cell`` or ``organisation``, as the rule says.
    owner: str
    organ: str
    due: date | None
    state: str
    state_title: str
    severity: str


def duties(actor: Actor, one: Member) -> list[Duty]:
    """Return what is wrong in a member's records."""
    rows = list(
        Failure.objects.filter(visible(actor), member=one)
        .select_related("record__organ")
        .order_by("rule", "record__key")
    )
    due = due_dates(actor, [(row.rule, row.organ_path) for row in rows])
    return [
        Duty(
            rule=row.rule, text=registry.rule_text(row.rule), record=row.record.key,
            fields=", ".join(registry.column_title(name) for name in (rule.columns if rule else ())),
            owner=rule.owner if rule else "", organ=row.record.organ.name, due=due.get((row.rule, row.organ_path)),
            state=row.state, state_title=str(row.get_state_display()), severity=rule.severity if rule else "warning",
        )
        for row in rows
        for rule in (registry.rules().get(row.rule),)
    ]  # fmt: skip


def due_dates(actor: Actor, wanted: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], date]:
    """Return by when a rule's failures at a path are to be mended: the earliest of all assignments that reach it."""
    reaching = {key: _upwards(key[1]) for key in wanted}
    given: Any = Assignment.objects.filter(
        visible(actor), rule__in={rule for rule, _path in wanted}, state=Assignment.State.OPEN,
        organ_path__in=set().union(*reaching.values()),
    ).values_list("rule", "organ_path", "due_on")  # fmt: skip
    found: dict[tuple[str, str], date] = {}
    for rule, above, day in given:
        for key, paths in reaching.items():
            if key[0] == rule and above in paths:
                found[key] = min(day, found.get(key, day))
    return found


def _upwards(path: str) -> set[str]:
    """Return a path and those of all that stands above it."""
    return set(itertools.accumulate(f"{step}/" for step in path.split("/")[:-1]))
