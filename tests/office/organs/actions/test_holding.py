"""Administrators at the same time, each with a connection of their own."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from django.db import connection, transaction
from django.utils.timezone import localdate

from lienthong.office.accounts.actions.persons import Details, new_person
from lienthong.office.core import scope
from lienthong.office.core.errors import Conflict, OfficeError
from lienthong.office.organs.actions.create import NewUnit, create_unit
from lienthong.office.organs.actions.holding import hold_tree
from lienthong.office.organs.actions.move import move
from lienthong.office.organs.actions.positions import Shape, create_position
from lienthong.office.organs.actions.rename import rename
from lienthong.office.organs.actions.times import Change, When
from lienthong.office.organs.models import Kind
from tests.office.organs.tree import check_tree, fresh, revisions

if TYPE_CHECKING:
    from tests.office.people import House

TODAY = localdate()


def at_once(*actions: Callable[[], object]) -> list[BaseException | None]:
    """Do things at the same time; return what each raised."""
    start = threading.Barrier(len(actions))

    def run(action: Callable[[], object]) -> BaseException | None:
        try:
            start.wait(10)
            action()
        except OfficeError as error:
            return error
        finally:
            connection.close()
        return None

    with ThreadPoolExecutor(len(actions)) as pool:
        return [future.result() for future in [pool.submit(run, action) for action in actions]]


def test_two_moves_make_no_circle(lasting_house: "House") -> None:
    house = lasting_house
    actor, one, other = house.actor("administrator"), house.organs["commune"], house.organs["neighbour"]
    for _round in range(5):
        # Each has seen only what does not change by the other's move, so no revision stands in the way of both.
        seen = revisions(one, other)
        errors = at_once(
            lambda: move(actor=actor, unit=one, parent=other, when=When(day=TODAY), seen=seen),  # noqa: B023 - done before the next round
            lambda: move(actor=actor, unit=other, parent=one, when=When(day=TODAY), seen=seen),  # noqa: B023 - the same
        )
        assert sum(error is None for error in errors) == 1, errors
        check_tree()
        back, province = (one if fresh(one).parent_id == other.pk else other), house.organs["province"]
        move(actor=actor, unit=back, parent=province, when=When(day=TODAY), seen=revisions(back, province))


def test_of_two_renames_one_is_told(lasting_house: "House") -> None:
    house = lasting_house
    actor, unit = house.actor("administrator"), house.organs["commune"]
    seen = revisions(unit)

    def name(text: str) -> Callable[[], object]:
        return lambda: rename(actor=actor, unit=unit, change=Change(day=TODAY, values={"name": text}), seen=seen)

    errors = at_once(name("Phường A"), name("Phường B"))
    assert [type(error) for error in errors if error] == [Conflict]
    check_tree()


def test_positions_made_while_their_organ_moves_have_its_new_path(lasting_house: "House") -> None:
    house = lasting_house
    actor, commune, elsewhere = house.actor("above_administrator"), house.organs["commune"], house.organs["elsewhere"]
    seen = revisions(commune, elsewhere)

    def make(number: int) -> Callable[[], object]:
        return lambda: create_position(
            actor=actor, unit=house.departments["commune"], shape=Shape(title=f"Chức vụ {number}")
        )

    errors = at_once(
        lambda: move(actor=actor, unit=commune, parent=elsewhere, when=When(day=TODAY), seen=seen),
        *(make(number) for number in range(6)),
        lambda: create_unit(actor=actor, parent=commune, new=NewUnit(kind=Kind.DEPARTMENT, name="Phòng mới")),
    )
    assert errors == [None] * 8
    check_tree()


def test_who_waits_too_long_is_told(lasting_house: "House") -> None:
    house = lasting_house
    held, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            hold_tree()
            held.set()
            go_on.wait(20)

    def hurry() -> None:
        held.wait(10)
        with scope.system(), connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '100ms'")
        try:
            create_position(
                actor=house.actor("administrator"), unit=house.departments["commune"], shape=Shape(title="Chức vụ")
            )
        finally:
            go_on.set()

    errors = at_once(hold, hurry)
    assert [type(error) for error in errors] == [type(None), Conflict]


def test_persons_invited_while_their_organ_moves_have_its_new_path(lasting_house: "House") -> None:
    house = lasting_house
    actor, commune, elsewhere = house.actor("above_administrator"), house.organs["commune"], house.organs["elsewhere"]
    seen = revisions(commune, elsewhere)

    def invite(number: int) -> Callable[[], object]:
        details = Details(name=f"Người dùng {number}", email=f"new{number}@test.invalid")
        return lambda: act(lambda: new_person(details=details, organ=commune))

    def act(write: Callable[[], object]) -> None:
        with scope.system(), transaction.atomic():
            write()

    errors = at_once(
        lambda: move(actor=actor, unit=commune, parent=elsewhere, when=When(day=TODAY), seen=seen),
        *(invite(number) for number in range(6)),
    )
    assert errors == [None] * 7
    check_tree()
