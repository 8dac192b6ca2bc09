"""Whatever is done to the tree in whatever order: paths, organs, versions and accounts stay what the links say."""

import contextlib
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Final

import pytest
from django.db import transaction
from django.utils.timezone import localdate
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor, Role
from lienthong.office.core.errors import Invalid
from lienthong.office.organs.actions import close, create, due, merge, move, relabel, rename, split
from lienthong.office.organs.actions.times import Change, When
from lienthong.office.organs.models import Kind, Unit
from tests.office.garden import official, plant
from tests.office.organs.tree import check_tree, revisions

pytestmark = pytest.mark.django_db
TODAY = localdate()
DAYS: Final = (-400, -1, 0, 0, 0, 1, 30)


class Gardener:
    """Does things to units drawn by number, as the administrator of all of them."""

    def __init__(self, draw: Callable[[st.SearchStrategy[int]], int]) -> None:
        self._draw = draw
        self.top = plant("Top", since=date(2000, 1, 1))
        self.actor: Actor = official("Administrator", self.top, Role.ADMINISTRATOR, level=Level.TOP_SECRET)
        for number in range(2):
            organ = plant(f"Organ {number}", self.top, since=date(2000, 1, 1))
            official(f"Official {number}", plant(f"Room {number}", organ, kind=Kind.DEPARTMENT, since=date(2000, 1, 1)))

    def unit(self) -> Unit:
        with scope.system():
            units = list(Unit.objects.select_related("organ", "parent").exclude(pk=self.top.pk).order_by("pk"))
            units.append(Unit.objects.select_related("organ").get(pk=self.top.pk))
        return units[self._draw(st.integers(0, len(units) - 1))]

    def day(self) -> date:
        return TODAY + timedelta(days=DAYS[self._draw(st.integers(0, len(DAYS) - 1))])

    def step(self) -> None:
        actions = (
            self.create,
            self.move,
            self.move,
            self.merge,
            self.merge,
            self.split,
            self.close,
            self.rename,
            self.label,
        )
        actions[self._draw(st.integers(0, len(actions) - 1))]()

    def create(self) -> None:
        kind = (Kind.ORGAN, Kind.DEPARTMENT)[self._draw(st.integers(0, 1))]
        parent = self.unit()
        begin = max(self.day(), parent.valid_from or TODAY)
        new = create.NewUnit(kind=kind, name="New", valid_from=begin)
        create.create_unit(actor=self.actor, parent=parent, new=new)

    def move(self) -> None:
        unit, parent = self.unit(), self.unit()
        move.move(actor=self.actor, unit=unit, parent=parent, when=When(day=self.day()), seen=revisions(unit, parent))

    def merge(self) -> None:
        sources = list({unit.pk: unit for unit in (self.unit(), self.unit())}.values())
        name = ("", "Merged")[self._draw(st.integers(0, 1))]
        what = merge.Merger(sources=sources, target=self.unit(), new_name=name, day=self.day())
        merge.merge(actor=self.actor, merger=what, seen=revisions(*what.involved))

    def split(self) -> None:
        unit = self.unit()
        division = split.Division(unit=unit, names=["Part A", "Part B"], places={}, day=self.day())
        if unit.parent:
            split.split(actor=self.actor, division=division, seen=revisions(unit))

    def close(self) -> None:
        unit = self.unit()
        close.close(actor=self.actor, unit=unit, when=When(day=self.day()), seen=revisions(unit))

    def rename(self) -> None:
        unit = self.unit()
        change = Change(day=self.day(), values={"name": f"Name {self._draw(st.integers(0, 3))}"})
        rename.rename(actor=self.actor, unit=unit, change=change, seen=revisions(unit))

    def label(self) -> None:
        unit, label = self.unit(), Level(self._draw(st.integers(1, 3)))
        relabel.relabel(actor=self.actor, unit=unit, label=label, seen=revisions(unit))


@contextlib.contextmanager
def taken_back() -> Iterator[None]:
    """Undo everything at the end."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), steps=st.integers(3, 12))
def test_any_sequence_keeps_the_tree_whole(data: st.DataObject, steps: int) -> None:
    with taken_back():
        gardener = Gardener(data.draw)
        for _step in range(steps):
            with contextlib.suppress(Invalid):
                gardener.step()
        check_tree()
        assert due.bring_all_into_force() == 0, "nothing was left undone that counts today"
        check_tree()
