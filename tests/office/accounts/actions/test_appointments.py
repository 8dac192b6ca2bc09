"""Appointing, ending, main positions, handing over."""

from datetime import date, timedelta

import pytest
from django.utils.timezone import localdate

from lienthong.office.accounts.actions.appointments import appoint, end_appointment, hand_over, make_main
from lienthong.office.accounts.events import Kind
from lienthong.office.accounts.models import Appointment, Substitution
from lienthong.office.core import scope
from lienthong.office.core.actor import Role
from lienthong.office.core.errors import Conflict, Forbidden, Invalid, NotFound, OfficeError
from lienthong.office.core.models import AuditEntry
from lienthong.office.organs.models import Position
from tests.office.people import House, make_position

TODAY = localdate()
DAY = timedelta(days=1)


def _position(house: House, organ: str = "province", *roles: Role) -> Position:
    with scope.system():
        return make_position(house.departments[organ], "Chức vụ mới", *roles)


def _appoint(house: House, by: str, whom: str, position: Position, **more: date | bool | None) -> Appointment:
    person = house.person(whom)
    return appoint(
        actor=house.actor(by), person_id=person.pk, revision=person.revision, position=position,
        **{"valid_from": TODAY} | more,  # type: ignore[arg-type]  # dates and one flag, by their names
    )  # fmt: skip


@pytest.mark.parametrize(
    ("by", "whom", "organ", "refused"),
    [
        ("administrator", "official", "province", None),
        ("administrator", "below", "province", None),
        ("above_administrator", "official", "elsewhere", None),
        ("administrator", "official", "elsewhere", Forbidden),
        ("administrator", "official", "centre", Forbidden),
        ("administrator", "outsider", "province", NotFound),
        ("administrator", "administrator", "province", Forbidden),
        ("administrator", "dismissed", "province", Invalid),
        ("official", "colleague", "province", Forbidden),
        ("leader", "official", "province", Forbidden),
        ("below_administrator", "official", "commune", NotFound),
        ("outside_administrator", "official", "elsewhere", NotFound),
    ],
)
def test_person_and_position_lie_below_the_administrator(
    house: House, by: str, whom: str, organ: str, refused: type[OfficeError] | None
) -> None:
    position = _position(house, organ)
    if refused is None:
        made = _appoint(house, by, whom, position)
        assert (made.valid_from, made.valid_to, made.is_main) == (TODAY, None, False)
        with scope.system():
            entry = AuditEntry.objects.get(kind=Kind.APPOINT)
        assert (entry.object_id, entry.new) == (
            house.persons[whom].pk,
            {"position": "Chức vụ mới", "from": TODAY.isoformat(), "until": ""},
        )
    else:
        with pytest.raises(refused):
            _appoint(house, by, whom, position)
        with scope.system():
            assert not Appointment.objects.filter(position=position).exists()


@pytest.mark.parametrize("role", [Role.SECURITY, Role.AUDITOR])
def test_guards_are_appointed_from_above(house: House, role: Role) -> None:
    position = _position(house, "province", role)
    with pytest.raises(Forbidden):
        _appoint(house, "administrator", "official", position)
    assert _appoint(house, "above_administrator", "official", position).position == position
    # In an organ below, the administrator of the province is above.
    assert _appoint(house, "administrator", "below", _position(house, "commune", role)).valid_to is None


@pytest.mark.parametrize(
    ("whom", "role"),
    [("administrator", Role.SECURITY), ("administrator", Role.AUDITOR), ("security", Role.ADMINISTRATOR),
     ("auditor", Role.ADMINISTRATOR)],
)  # fmt: skip
def test_nobody_both_administers_and_guards(house: House, whom: str, role: Role) -> None:
    with pytest.raises(Invalid):
        _appoint(house, "above_administrator", whom, _position(house, "commune", role))
    # An ordinary position beside it is no matter.
    assert _appoint(house, "above_administrator", whom, _position(house, "commune", Role.CLERK)).valid_to is None


def test_the_same_position_twice_at_a_time_and_a_wrong_period_are_refused(house: House) -> None:
    position = _position(house)
    _appoint(house, "administrator", "official", position, valid_to=TODAY + 10 * DAY)
    with pytest.raises(Invalid):
        _appoint(house, "administrator", "official", position, valid_from=TODAY + 9 * DAY)
    with pytest.raises(Invalid):
        _appoint(house, "administrator", "official", _position(house), valid_to=TODAY)
    assert _appoint(house, "administrator", "official", position, valid_from=TODAY + 10 * DAY).valid_to is None


def test_a_new_main_position_takes_the_place_of_the_old(house: House) -> None:
    made = _appoint(house, "administrator", "official", _position(house), is_main=True)
    assert house.actor("official").appointment_id == made.pk
    revision = house.person("official").revision
    make_main(actor=house.actor("official"), appointment_id=house.appointment("official").pk, revision=revision)
    assert house.actor("official").appointment_id == house.appointment("official").pk
    with pytest.raises(Forbidden):
        make_main(actor=house.actor("colleague"), appointment_id=made.pk, revision=house.person("official").revision)


def _end(house: House, by: str, whom: str, last: date) -> Appointment:
    return end_appointment(
        actor=house.actor(by),
        appointment_id=house.appointment(whom).pk,
        revision=house.person(whom).revision,
        last=last,
    )


def test_an_appointment_ends_with_its_substitutions_and_another_becomes_main(house: House) -> None:
    other = _appoint(house, "administrator", "official", _position(house))
    with scope.system():
        for first, last in ((0, 9), (6, 9)):
            Substitution.objects.create(
                appointment=house.appointment("official"), substitute=house.persons["colleague"],
                valid_from=TODAY + first * DAY, valid_to=TODAY + last * DAY,
            )  # fmt: skip
    _end(house, "administrator", "official", TODAY + 5 * DAY)
    with scope.system():
        cut, gone = Substitution.objects.order_by("valid_from")
    assert (cut.valid_to, cut.ended_at) == (TODAY + 5 * DAY, None)
    assert gone.ended_at is not None
    assert house.actor("official").appointment_id != other.pk
    _end(house, "administrator", "official", TODAY)
    assert house.actor("official").appointment_id == other.pk
    with pytest.raises(Invalid):
        _end(house, "administrator", "official", TODAY)


@pytest.mark.parametrize("days", [-1, -40])
def test_the_past_is_not_rewritten(house: House, days: int) -> None:
    with pytest.raises(Invalid):
        _end(house, "administrator", "official", TODAY + days * DAY)


@pytest.mark.parametrize(
    ("by", "whom", "refused"),
    [
        ("official", "official", Forbidden),
        ("leader", "official", Forbidden),
        ("administrator", "administrator", Forbidden),
        ("administrator", "security", Forbidden),
        ("below_administrator", "official", NotFound),
        ("outside_administrator", "official", NotFound),
    ],
)
def test_who_may_not_end_it(house: House, by: str, whom: str, refused: type[OfficeError]) -> None:
    with pytest.raises(refused):
        _end(house, by, whom, TODAY)
    with scope.system():
        assert house.appointment(whom).valid_to is None


def _hand_over(house: House, by: str, old: str, new: str, on: date) -> list[Appointment]:
    person = house.person(old)
    return hand_over(
        actor=house.actor(by), person_id=person.pk, revision=person.revision,
        appointment_ids=[house.appointment(old).pk], successor_id=house.persons[new].pk, on=on,
    )  # fmt: skip


def test_a_position_is_handed_over_on_a_day(house: House) -> None:
    [taken] = _hand_over(house, "administrator", "leader", "unplaced", TODAY + DAY)
    old = house.appointment("leader")
    assert (old.valid_to, taken.valid_from, taken.position_id) == (TODAY + DAY, TODAY + DAY, old.position_id)
    assert Role.LEADER in house.actor("leader").roles
    assert house.actor("unplaced").organ_path == ""
    with scope.system():
        Appointment.objects.filter(pk=old.pk).update(valid_from=TODAY - 9 * DAY, valid_to=TODAY)
        Appointment.objects.filter(pk=taken.pk).update(valid_from=TODAY)
    assert house.actor("leader").roles == frozenset()
    assert Role.LEADER in house.actor("unplaced").roles


@pytest.mark.parametrize(
    ("by", "old", "new", "refused"),
    [
        ("administrator", "leader", "leader", Invalid),
        ("administrator", "leader", "dismissed", Invalid),
        ("administrator", "leader", "administrator", Forbidden),
        ("administrator", "security", "official", Forbidden),
        ("administrator", "leader", "outsider", NotFound),
        ("leader", "leader", "official", Forbidden),
        ("above_administrator", "security", "administrator", Invalid),
    ],
)
def test_a_refused_hand_over_changes_nothing(
    house: House, by: str, old: str, new: str, refused: type[OfficeError]
) -> None:
    with pytest.raises(refused):
        _hand_over(house, by, old, new, TODAY)
    with scope.system():
        assert house.appointment(old).valid_to is None
        assert not AuditEntry.objects.exists()


def test_an_older_state_is_not_written_over_a_newer(house: House) -> None:
    person, actor = house.person("official"), house.actor("administrator")
    _appoint(house, "administrator", "official", _position(house))
    with pytest.raises(Conflict):
        appoint(actor=actor, person_id=person.pk, revision=person.revision, position=_position(house), valid_from=TODAY)
