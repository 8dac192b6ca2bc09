"""As whom somebody acts."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.http import HttpRequest
from django.test import RequestFactory
from django.utils import timezone
from django.utils.timezone import localdate

from lienthong.kernel.labels import Level
from lienthong.office.accounts.acting import PERSON, actor_of, load, signed_in
from lienthong.office.accounts.models import Appointment, Clearance, Person, Substitution
from lienthong.office.core import scope
from lienthong.office.core.actor import Role
from lienthong.office.core.models import Notification
from lienthong.office.organs.models import Position, Unit

TODAY = localdate()
DAY = timedelta(days=1)


@pytest.fixture
def organ(db: None) -> Unit:
    del db
    with scope.system():
        unit = Unit.objects.create(kind="organ", code="T1", name="Cơ quan 1", path="900/", organ_path="900/")
        unit.organ = unit
        unit.save()
        return unit


def _person(organ: Unit, number: int) -> Person:
    name = f"Người dùng {number}"
    return Person.objects.create(
        email=f"p{number}@test.invalid", name=name, organ=organ, organ_path=organ.path, state="active"
    )


def _appoint(person: Person, title: str, *roles: Role, days: int = 10, main: bool = False) -> Appointment:
    position = Position.objects.create(unit=person.organ, title=title, roles=list(roles), organ_path=person.organ.path)
    return Appointment.objects.create(
        person=person, position=position, valid_from=TODAY - DAY, valid_to=TODAY + days * DAY, is_main=main
    )


def test_without_a_position_nothing_is_seen(organ: Unit) -> None:
    with scope.system():
        actor = actor_of(_person(organ, 1))
    assert (actor.organ_path, actor.roles, actor.clearance) == ("", frozenset(), Level.PUBLIC)
    assert not actor.sees(organ.path)


def test_the_main_position_unless_another_is_chosen(organ: Unit) -> None:
    with scope.system():
        person = _person(organ, 1)
        other = _appoint(person, "Văn thư", Role.CLERK)
        _appoint(person, "Chánh Văn phòng", Role.ADMINISTRATOR, main=True)
        assert actor_of(person).position == "Chánh Văn phòng"
        chosen = actor_of(person, f"a{other.pk}")
        assert (chosen.position, chosen.roles) == ("Văn thư", frozenset({Role.CLERK}))
        for nonsense in ("a999999", "s1", "a", "x", "a-1", "a" + "9" * 18):
            assert actor_of(person, nonsense).position == "Chánh Văn phòng"


@pytest.mark.parametrize(("first", "days", "works"), [(0, 1, True), (1, 2, False), (-5, 0, False), (-5, 1, True)])
def test_a_substitute_acts_for_the_absent_only_in_the_period(
    organ: Unit, *, first: int, days: int, works: bool
) -> None:
    with scope.system():
        absent, substitute = _person(organ, 1), _person(organ, 2)
        appointment = _appoint(absent, "Bí thư", Role.LEADER, main=True)
        substitution = Substitution.objects.create(
            appointment=appointment,
            substitute=substitute,
            valid_from=TODAY + first * DAY,
            valid_to=TODAY + days * DAY,
        )
        actor = actor_of(substitute, f"s{substitution.pk}")
    assert (actor.position == "Bí thư") is works
    assert (actor.on_behalf_of == absent.name) is works


def test_a_substitute_keeps_their_own_clearance(organ: Unit) -> None:
    with scope.system():
        absent, substitute = _person(organ, 1), _person(organ, 2)
        Clearance.objects.create(
            person=absent, level=Level.SECRET, valid_from=TODAY, valid_to=TODAY + DAY, decision="1", granted_by=absent
        )
        appointment = _appoint(absent, "Bí thư", Role.LEADER)
        assert actor_of(absent).clearance is Level.SECRET
        Substitution.objects.create(
            appointment=appointment, substitute=substitute, valid_from=TODAY, valid_to=TODAY + DAY
        )
        assert actor_of(substitute).clearance is Level.INTERNAL


@pytest.mark.parametrize(("first", "until"), [(-3, 0), (1, 3)])
def test_a_clearance_holds_only_in_its_period(organ: Unit, first: int, until: int) -> None:
    with scope.system():
        person = _person(organ, 1)
        _appoint(person, "Bí thư")
        Clearance.objects.create(
            person=person,
            level=Level.TOP_SECRET,
            valid_from=TODAY + first * DAY,
            valid_to=TODAY + until * DAY,
            decision="1",
            granted_by=person,
        )
        assert actor_of(person).clearance is Level.INTERNAL


def test_looking_leaves_the_scope_as_it_was(organ: Unit) -> None:
    with scope.system():
        person = _person(organ, 1)
        _appoint(person, "Bí thư")
    assert actor_of(person).organ_path == organ.path
    assert not Person.objects.filter(pk=person.pk).exists()


def test_what_is_told_of_a_person_is_the_persons(organ: Unit) -> None:
    with scope.system():
        person = Person.objects.get(pk=_person(organ, 1).pk)
        found = load(person.pk)
        assert found is not None
        assert {name: getattr(found.person, name) for name in PERSON} == {
            name: getattr(person, name) for name in PERSON
        }


def test_what_is_unread_is_counted(organ: Unit) -> None:
    with scope.system():
        person = _person(organ, 1)
        now = timezone.now()
        for number in range(3):
            Notification.objects.create(person=person, kind="x", url="/", about=f"x:{number}")
        Notification.objects.create(person=person, kind="x", url="/", about="x:9", read_at=now)
        Notification.objects.create(person=person, kind="x", url="/", about="x:9", done_at=now)
        found = load(person.pk)
    assert found is not None
    assert found.unread == 3


class TestSessions:
    def _request(self, person: Person, **changes: object) -> HttpRequest:
        request = RequestFactory().get("/")
        request.session = SessionStore()
        request.session.update(
            {
                "_auth_user_id": str(person.pk),
                "_auth_user_backend": settings.AUTHENTICATION_BACKENDS[0],
                "_auth_user_hash": person.get_session_auth_hash(),
                **changes,
            }
        )
        return request

    def test_whoever_signed_in_is_known(self, organ: Unit) -> None:
        with scope.system():
            person = _person(organ, 1)
        found = signed_in(self._request(person))
        assert found is not None
        assert found.person == person

    @pytest.mark.parametrize(
        "changes",
        [
            {"_auth_user_hash": "0" * 64},
            {"_auth_user_hash": ""},
            {"_auth_user_id": "x"},
            {"_auth_user_id": "999999999"},
            {"_auth_user_id": ""},
            {"_auth_user_backend": "django.contrib.auth.backends.ModelBackend"},
        ],
    )
    def test_a_session_that_does_not_fit_is_none(self, organ: Unit, changes: dict[str, object]) -> None:
        with scope.system():
            person = _person(organ, 1)
        assert signed_in(self._request(person, **changes)) is None

    @pytest.mark.parametrize("state", ["invited", "suspended", "dismissed"])
    def test_who_is_not_active_is_out_at_once(self, organ: Unit, state: str) -> None:
        with scope.system():
            person = _person(organ, 1)
            request = self._request(person)
            person.state = state
            person.save()
        assert signed_in(request) is None

    def test_a_new_password_ends_the_sessions(self, organ: Unit) -> None:
        with scope.system():
            person = _person(organ, 1)
            request = self._request(person)
            person.set_password("Đường dài mới biết ngựa hay")
            person.save()
        assert signed_in(request) is None


@pytest.mark.django_db
def test_the_function_before_the_one_that_is_called_has_gone() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT proname FROM pg_proc WHERE proname LIKE 'accounts_acting%'")
        names = [name for (name,) in cursor.fetchall()]
    assert sorted(names) == ["accounts_acting_keeping", "accounts_acting_marked"]
