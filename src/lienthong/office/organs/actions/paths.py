"""Paths: kept in step with parents wherever they are written down, each column in one statement."""

from collections.abc import Iterator
from datetime import date
from typing import Final, cast

from django.apps import apps
from django.db.models import F, Max, Model, Q, QuerySet, Value
from django.db.models.functions import Concat, Length, Substr
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from lienthong.office.accounts.models import Appointment, Person, Token
from lienthong.office.core.models import PATH_LENGTH, PathField
from lienthong.office.organs.models import Kind, Position, Unit, UnitVersion

# Its entries tell where something stood then, and are never changed.
_TRAIL: Final = "core.auditentry"


def under(path: str, field: str = "path") -> Q:
    """Return the predicate of a unit and all below it."""
    return Q(**{f"{field}__gte": path, f"{field}__lt": f"{path}~"})


def followers() -> Iterator[tuple[type[Model], str]]:
    """Yield every column that notes the path of an organ, units first; the rooms to come are found the same way."""
    yield Unit, "path"
    # What hangs on something comes before it, so that a trigger that hands the path down has nothing left to do.
    for model in reversed(apps.get_models()):
        if model._meta.label_lower != _TRAIL and model._meta.managed:  # noqa: SLF001 - Django's public name
            for field in model._meta.get_fields():  # noqa: SLF001 - the same
                if isinstance(field, PathField) and (model, field.name) != (Unit, "path"):
                    yield model, field.name


def refuse_place(unit: Unit | None, parent: Unit | None, kind: str) -> Iterator[str]:
    """Yield why a unit cannot stand under another.

    Args:
        unit: which; None for one that is yet to be made.
        parent: under what; None for the top.
        kind: of the unit.
    """
    if parent is None:
        if kind == Kind.DEPARTMENT:
            yield _("A department stands within an organ.")
        return
    if kind == Kind.ORGAN and parent.kind == Kind.DEPARTMENT:
        yield _("An organ cannot stand under a department: {unit}.").format(unit=parent.name)
    if unit and parent.path.startswith(unit.path):
        yield _("{unit} cannot stand under itself or what is below it.").format(unit=unit.name)
        return
    deepest = len(unit.path) if unit else 0
    if unit:
        below = Unit.objects.filter(under(unit.path)).aggregate(longest=Max(Length("path")))["longest"] or deepest
        deepest = below - len(_stem(unit.path))
    if len(parent.path) + max(deepest, len("1234567890/")) > PATH_LENGTH:
        yield _("The tree would become too deep under {unit}: put it further up.").format(unit=parent.name)


def refuse_cycle(unit: Unit, parent: Unit, day: date) -> Iterator[str]:
    """Yield why a move from a day on would make a circle with moves that were decided for later."""
    seen, edge = {unit.pk}, {parent.pk}
    later = Q(valid_to=None) | Q(valid_to__gt=day)
    while edge:
        if unit.pk in edge:
            yield _("{unit} would stand under itself by a move that is planned for later.").format(unit=unit.name)
            return
        seen |= edge
        above = UnitVersion.objects.filter(later, unit__in=edge).exclude(parent=None)
        edge = {number for number in above.values_list("parent_id", flat=True) if number} - (seen - {unit.pk})


def replant(unit: Unit, parent: Unit | None) -> None:
    """Put a unit with all below it under another parent, and everything of theirs with it.

    Needs the whole tree's lock, and ``refuse_place`` to have had no objection.
    """
    old, stem = unit.path, _stem(unit.path)
    new = f"{parent.path if parent else ''}{old.removeprefix(stem)}"
    unit.parent = parent
    Unit.objects.filter(pk=unit.pk).update(parent=parent)
    if new == old:
        return
    if unit.kind == Kind.ORGAN:
        for model, field in followers():
            rows = model._default_manager.filter(under(old, field))  # noqa: SLF001 - Django's public name
            rows.update(**{field: Concat(Value(new), Substr(field, len(old) + 1))})
    else:
        _replant_department(unit, cast("Unit", parent), old, new)
    if parent:
        # What stands within something secret is no less secret.
        Unit.objects.filter(under(new), label__lt=parent.label).update(label=parent.label)
    unit.refresh_from_db()


def _replant_department(unit: Unit, parent: Unit, old: str, new: str) -> None:
    organ_before = unit.organ_id
    Unit.objects.filter(under(old)).update(
        path=Concat(Value(new), Substr("path", len(old) + 1)), organ=parent.organ_id, organ_path=parent.organ_path
    )
    if organ_before != parent.organ_id:
        follow(Position.objects.filter(unit__in=Unit.objects.filter(under(new)).values("pk")), organ_before, parent)


def follow(positions: QuerySet[Position], organ_before: int | None, to: Unit) -> None:
    """Let positions, the tokens of those who act in them and their accounts go into another organ.

    An account goes along if its main position is among them: it is looked after where its holder works.

    Args:
        positions: which.
        organ_before: the organ they came from.
        to: the unit of the organ they go into.
    """
    ids = list(positions.values_list("pk", flat=True))
    Position.objects.filter(pk__in=ids).update(organ_path=to.organ_path)
    Token.objects.filter(appointment__position__in=ids).update(organ_path=to.organ_path)
    held = Appointment.objects.filter(
        Q(valid_to=None) | Q(valid_to__gt=localdate()), is_main=True, position__in=ids
    ).values("person")
    rehouse(Person.objects.filter(pk__in=held, organ=organ_before), to)


def rehouse(persons: QuerySet[Person], to: Unit) -> None:
    """Put accounts under the administrators of another organ."""
    persons.update(organ=to.organ_id, organ_path=to.organ_path, revision=F("revision") + 1)


def _stem(path: str) -> str:
    """Return a path without its last step."""
    return path[: path.rstrip("/").rfind("/") + 1]
