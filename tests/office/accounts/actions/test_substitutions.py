"""Who may let whom act in which position, and for how long."""

from datetime import timedelta

import pytest
from django.utils.timezone import localdate

from lienthong.office.accounts.acting import actor_of
from lienthong.office.accounts.actions.substitutions import end_substitution, substitute
from lienthong.office.accounts.events import Kind
from lienthong.office.accounts.models import Substitution
from lienthong.office.core import scope
from lienthong.office.core.errors import Forbidden, Invalid, NotFound, OfficeError
from lienthong.office.core.models import AuditEntry
from tests.office.people import House, appoint, make_position

TODAY = localdate()
DAY = timedelta(days=1)


def _substitute(house: House, by: str, absent: str, who: str, days: tuple[int, int] = (0, 5)) -> Substitution:
    first, last = days
    return substitute(
        actor=house.actor(by),
        appointment_id=house.appointment(absent).pk,
        substitute_id=house.persons[who].pk,
        valid_from=TODAY + first * DAY,
        valid_to=TODAY + last * DAY,
        reason="Nghỉ phép",
    )


@pytest.mark.parametrize(
    ("by", "absent", "who", "refused"),
    [
        # For one's own position; a guard's too.
        ("official", "official", "colleague", None),
        ("security", "security", "official", None),
        ("administrator", "official", "colleague", None),
        ("above_administrator", "security", "official", None),
        # Of another's, of nobody's, to oneself.
        ("official", "leader", "colleague", Forbidden),
        ("leader", "official", "colleague", Forbidden),
        ("administrator", "leader", "administrator", Forbidden),
        ("official", "official", "official", Forbidden),
        ("below_administrator", "official", "colleague", NotFound),
        ("outside_administrator", "official", "colleague", NotFound),
        # An administrator does not put somebody in a guard's place, and a guard no administrator.
        ("administrator", "security", "official", Forbidden),
        ("security", "security", "administrator", Invalid),
        ("administrator", "administrator", "auditor", Invalid),
        # Of another organ, or without an account that works.
        ("leader", "leader", "below", Invalid),
        ("official", "official", "suspended", Invalid),
        ("official", "official", "invited", Invalid),
        ("official", "official", "outsider", NotFound),
    ],
)
def test_who_names_whom(house: House, by: str, absent: str, who: str, refused: type[OfficeError] | None) -> None:
    if refused is None:
        made = _substitute(house, by, absent, who)
        actor = actor_of(house.persons[who], f"s{made.pk}")
        assert (actor.on_behalf_of, actor.position) == (house.persons[absent].name, house.positions[absent].title)
        with scope.system():
            entry = AuditEntry.objects.get(kind=Kind.SUBSTITUTE)
        assert entry.object_id == house.persons[absent].pk
    else:
        with pytest.raises(refused):
            _substitute(house, by, absent, who)
        with scope.system():
            assert not Substitution.objects.exists()


def test_a_substitute_does_not_pass_it_on(house: House) -> None:
    made = _substitute(house, "leader", "leader", "official")
    actor = actor_of(house.persons["official"], f"s{made.pk}")
    with pytest.raises(Forbidden):
        substitute(
            actor=actor, appointment_id=house.appointment("leader").pk, substitute_id=house.persons["colleague"].pk,
            valid_from=TODAY, valid_to=TODAY + DAY,
        )  # fmt: skip


@pytest.mark.parametrize(("first", "last"), [(-1, 5), (3, 3), (3, 2), (0, 367)])
def test_wrong_periods_are_refused(house: House, first: int, last: int) -> None:
    with pytest.raises(Invalid):
        _substitute(house, "official", "official", "colleague", (first, last))


def test_not_twice_at_a_time_nor_longer_than_the_appointment(house: House) -> None:
    _substitute(house, "official", "official", "colleague")
    with pytest.raises(Invalid):
        _substitute(house, "official", "official", "colleague", (4, 9))
    assert _substitute(house, "official", "official", "colleague", (5, 9)).ended_at is None
    with scope.system():
        appointment = house.appointment("official")
        appointment.valid_to = TODAY + 20 * DAY
        appointment.save()
    with pytest.raises(Invalid):
        _substitute(house, "official", "official", "leader", (0, 21))


@pytest.mark.parametrize("by", ["official", "colleague", "administrator", "above_administrator"])
def test_it_ends_at_once_by_either_of_the_two_or_an_administrator(house: House, by: str) -> None:
    made = _substitute(house, "official", "official", "colleague")
    end_substitution(actor=house.actor(by), substitution_id=made.pk)
    assert actor_of(house.persons["colleague"], f"s{made.pk}").on_behalf_of == ""
    with pytest.raises(Invalid):
        end_substitution(actor=house.actor(by), substitution_id=made.pk)


@pytest.mark.parametrize("by", ["leader", "security", "below_administrator", "outsider", "unplaced"])
def test_nobody_else_ends_it(house: House, by: str) -> None:
    made = _substitute(house, "official", "official", "colleague")
    with pytest.raises((Forbidden, NotFound)):
        end_substitution(actor=house.actor(by), substitution_id=made.pk)
    with scope.system():
        assert Substitution.objects.get().ended_at is None


def test_one_for_a_position_elsewhere_is_named_there(house: House) -> None:
    with scope.system():
        elsewhere = appoint(
            house.persons["official"], make_position(house.departments["commune"], "Chức vụ khác"), main=False
        )
    made = substitute(
        actor=house.actor("administrator"), appointment_id=elsewhere.pk, substitute_id=house.persons["below"].pk,
        valid_from=TODAY, valid_to=TODAY + DAY,
    )  # fmt: skip
    assert made.substitute == house.persons["below"]
