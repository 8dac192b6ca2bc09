"""Inviting, correcting and moving persons: by whom, and what of it."""

import threading

import pytest
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob

from lienthong.office.accounts.actions.persons import (
    Details,
    edit_person,
    invite_again,
    invite_person,
    move_person,
)
from lienthong.office.accounts.events import Kind
from lienthong.office.accounts.models import Appointment, Clearance, Invitation, Person, State
from lienthong.office.core import scope
from lienthong.office.core.actor import Role
from lienthong.office.core.errors import Conflict, Forbidden, Invalid, NotFound, OfficeError
from lienthong.office.core.models import AuditEntry
from lienthong.office.core.text import person_sort_key
from tests.office.people import ANONYMOUS, KINDS, House, appoint, make_position

NEW = Details(name=" Người  dùng\u200b 99 ", email=" New@Test.invalid ", phone="024 1")
ALLOWED = {"administrator", "above_administrator"}
SIGNED_IN = [key for key in KINDS if key not in {ANONYMOUS, "dismissed", "suspended", "invited"}]


def _edit(house: House, by: str, whom: str, **changes: str) -> Person:
    person = house.person(whom)
    details = Details(**{"name": person.name, "email": person.email, "phone": person.phone} | changes)
    return edit_person(actor=house.actor(by), person_id=person.pk, revision=person.revision, details=details)


@pytest.mark.parametrize("by", SIGNED_IN)
def test_only_administrators_above_invite(house: House, by: str) -> None:
    actor, organ = house.actor(by), house.organs["commune"]
    if by in ALLOWED | {"below_administrator"}:
        person = invite_person(actor=actor, details=NEW, organ=organ, position=house.positions["below"])
        assert (person.email, person.name, person.state) == ("new@test.invalid", "Người dùng 99", State.INVITED)
        assert (person.sort_key, person.organ_path) == (person_sort_key("Người dùng 99"), organ.path)
        assert not person.has_usable_password()
        with scope.system():
            assert Appointment.objects.get(person=person).is_main
            invitation = Invitation.objects.get(person=person)
            entry = AuditEntry.objects.get(kind=Kind.INVITE)
        assert (entry.person_id, entry.object_id) == (actor.person_id, person.pk)
        job = ProcrastinateJob.objects.get()
        assert job.args == {"invitation_id": invitation.pk}
    else:
        with pytest.raises(Forbidden):
            invite_person(actor=actor, details=NEW, organ=organ)
        _unchanged(house)


def _unchanged(house: House) -> None:
    """See that nothing was left behind."""
    with scope.system():
        assert Person.objects.count() == len(house.persons)
        assert not AuditEntry.objects.exists()
    assert not ProcrastinateJob.objects.exists()


def test_an_address_belongs_to_one_account(house: House) -> None:
    taken = Details(name="x", email=house.persons["outsider"].email.upper())
    with pytest.raises(Invalid, match=r"outsider@test\.invalid"):
        invite_person(actor=house.actor("administrator"), details=taken, organ=house.organs["province"])
    _unchanged(house)
    with pytest.raises(Invalid):
        _edit(house, "administrator", "official", email=taken.email)


@pytest.mark.parametrize("by", SIGNED_IN)
def test_only_administrators_above_correct(house: House, by: str) -> None:
    if by in ALLOWED:
        before = house.person("official").revision
        assert _edit(house, by, "official", name="Người dùng 100").revision == before + 1
        with scope.system():
            entry = AuditEntry.objects.get(kind=Kind.EDIT)
        assert (entry.old, entry.new) == ({"name": house.persons["official"].name}, {"name": "Người dùng 100"})
    elif by == "official":
        with pytest.raises(Forbidden):
            _edit(house, by, "official", name="x")
    else:
        with pytest.raises((Forbidden, NotFound)):
            _edit(house, by, "official", name="x")
        assert house.person("official").name == house.persons["official"].name


def test_who_lies_beyond_is_not_there_at_all(house: House) -> None:
    with pytest.raises(NotFound):
        _edit(house, "administrator", "outsider", name="x")
    with pytest.raises(NotFound):
        _edit(house, "below_administrator", "official", name="x")


def test_nobody_corrects_themselves(house: House) -> None:
    with pytest.raises(Forbidden):
        _edit(house, "administrator", "administrator", email="mine@test.invalid")


@pytest.mark.parametrize("guard", ["security", "auditor"])
def test_whoever_guards_an_administrator_is_not_theirs_to_change(house: House, guard: str) -> None:
    with pytest.raises(Forbidden):
        _edit(house, "administrator", guard, email="mine@test.invalid")
    assert _edit(house, "above_administrator", guard, phone="1").phone == "1"


def test_at_the_top_only_operators_touch_guards(house: House) -> None:
    with pytest.raises(Forbidden):
        _edit(house, "above_administrator", "above_security", phone="1")
    with scope.system():
        Person.objects.filter(pk=house.persons["above_administrator"].pk).update(is_staff=True)
    assert _edit(house, "above_administrator", "above_security", phone="1").phone == "1"


def test_an_account_that_reaches_higher_is_not_taken_over_from_below(house: House) -> None:
    """Whoever changes the address of an account can have a new password sent there."""
    with scope.system():
        appoint(house.persons["below"], make_position(house.departments["province"], "Chức vụ trên"), main=False)
    with pytest.raises(Forbidden):
        _edit(house, "below_administrator", "below", email="mine@test.invalid")
    assert _edit(house, "administrator", "below", phone="1").phone == "1"


def test_another_address_ends_trust(house: House) -> None:
    client = house.client("cleared")
    with scope.system():
        from allauth.usersessions.models import UserSession  # noqa: PLC0415 - needs Django set up

        UserSession.objects.create(
            user=house.persons["cleared"], session_key=client.session.session_key, ip="192.0.2.7", user_agent="x"
        )
    assert client.get("/").status_code == 200
    _edit(house, "administrator", "cleared", email="Moved@test.invalid")
    assert client.get("/").status_code == 302
    with scope.system():
        assert Clearance.objects.get(person=house.persons["cleared"]).revoked_at is not None
    assert house.actor("cleared").known == frozenset()
    job = ProcrastinateJob.objects.get(task_name="accounts.send_mail")
    assert job.args["email"] == house.persons["cleared"].email


def test_an_older_state_is_not_written_over_a_newer(house: House) -> None:
    person = house.person("official")
    details = Details(name="Người dùng 101", email=person.email)
    _edit(house, "above_administrator", "official", phone="1")
    with pytest.raises(Conflict):
        edit_person(actor=house.actor("administrator"), person_id=person.pk, revision=person.revision, details=details)
    assert house.person("official").phone == "1"


def test_of_two_administrators_at_once_one_is_told(lasting_house: House) -> None:
    house = lasting_house
    person = house.person("official")
    actors = [house.actor("administrator"), house.actor("above_administrator")]
    gate, outcomes = threading.Barrier(2), []

    def change(number: int) -> None:
        details = Details(name=f"Người dùng 20{number}", email=person.email)
        gate.wait()
        try:
            edit_person(actor=actors[number], person_id=person.pk, revision=person.revision, details=details)
            outcomes.append("done")
        except OfficeError as error:
            outcomes.append(error.code)
        finally:
            connection.close()

    threads = [threading.Thread(target=change, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["conflict", "done"]
    assert house.person("official").revision == person.revision + 1


@pytest.mark.parametrize(
    ("by", "to", "refused"),
    [
        ("administrator", "commune", None),
        ("above_administrator", "elsewhere", None),
        ("administrator", "elsewhere", Forbidden),
        ("administrator", "centre", Forbidden),
        ("outside_administrator", "elsewhere", NotFound),
        ("below_administrator", "commune", NotFound),
        ("leader", "commune", Forbidden),
        ("administrator", "province", Invalid),
    ],
)
def test_a_move_needs_both_organs(house: House, by: str, to: str, refused: type[OfficeError] | None) -> None:
    person, organ = house.person("official"), house.organs[to]

    def move() -> Person:
        return move_person(actor=house.actor(by), person_id=person.pk, revision=person.revision, organ=organ)

    if refused is None:
        assert move().organ_path == organ.path
        with scope.system():
            entry = AuditEntry.objects.get(kind=Kind.MOVE)
        assert (entry.old, entry.new) == ({"organ": "Tỉnh 1"}, {"organ": organ.name})
        # The keys of the search follow, so that the new organ finds the person.
        with scope.act_for(house.actor("above_administrator")):
            assert {key.organ_path for key in house.person("official").keys.all()} == {organ.path}
    else:
        with pytest.raises(refused):
            move()
        assert house.person("official").organ_path == person.organ_path


def test_whoever_has_not_begun_is_invited_again_and_the_old_link_is_over(house: House) -> None:
    actor, person = house.actor("administrator"), house.person("invited")
    first = invite_again(actor=actor, person_id=person.pk, revision=person.revision)
    with scope.system():
        old = Invitation.objects.get()
    invite_again(actor=actor, person_id=person.pk, revision=first.revision)
    with scope.system():
        assert Invitation.objects.get().pk != old.pk
    official = house.person("official")
    with pytest.raises(Invalid):
        invite_again(actor=actor, person_id=official.pk, revision=official.revision)


def test_a_role_is_not_in_any_form_of_a_person() -> None:
    assert set(Details.__dataclass_fields__) == {"name", "email", "phone", "language"}
    assert Role.ADMINISTRATOR not in Details.__dataclass_fields__
