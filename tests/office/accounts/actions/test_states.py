"""Suspending, reactivating, dismissing."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.utils.timezone import localdate, now

from lienthong.office.accounts.actions.states import dismiss, reactivate, suspend
from lienthong.office.accounts.events import Kind
from lienthong.office.accounts.models import (
    Appointment,
    Clearance,
    NeedToKnow,
    Person,
    State,
    Substitution,
    Token,
    TokenKind,
)
from lienthong.office.core import scope
from lienthong.office.core.errors import Forbidden, Invalid, NotFound
from lienthong.office.core.models import AuditEntry
from tests.office.people import House

DAY = timedelta(days=1)
TODAY = localdate()
type Action = Callable[..., Person]


def _do(action: Action, house: House, by: str, whom: str) -> Person:
    person = house.person(whom)
    return action(actor=house.actor(by), person_id=person.pk, revision=person.revision, reason="1-QĐ")


@pytest.mark.parametrize("action", [suspend, dismiss])
@pytest.mark.parametrize(
    "by",
    [
        "official",
        "colleague",
        "leader",
        "security",
        "auditor",
        "below_administrator",
        "outside_administrator",
        "unplaced",
    ],
)
def test_others_than_administrators_above_may_not(house: House, action: Action, by: str) -> None:
    with pytest.raises((Forbidden, NotFound)):
        _do(action, house, by, "official")
    assert house.person("official").state == State.ACTIVE


@pytest.mark.parametrize("action", [suspend, dismiss])
@pytest.mark.parametrize("whom", ["administrator", "security", "auditor"])
def test_not_oneself_and_not_ones_guards(house: House, action: Action, whom: str) -> None:
    with pytest.raises(Forbidden):
        _do(action, house, "administrator", whom)
    assert house.person(whom).state == State.ACTIVE


def _holdings(house: House, key: str) -> str:
    """Give a person a session, a token and substitutions both ways; return the session's key."""
    client = house.client(key)
    session: str = client.session.session_key or ""
    with scope.system():
        UserSession.objects.create(user=house.persons[key], session_key=session, ip="192.0.2.7", user_agent="x")
        Token.objects.create(
            kind=TokenKind.PERSONAL, name="t", person=house.persons[key], appointment=house.appointment(key),
            organ_path=house.organs["province"].path, digest=b"1" * 32, expires_at=now() + DAY,
        )  # fmt: skip
        for absent, other in ((key, "colleague"), ("leader", key)):
            Substitution.objects.create(
                appointment=house.appointment(absent), substitute=house.persons[other], valid_from=TODAY,
                valid_to=TODAY + 9 * DAY,
            )  # fmt: skip
    return session


def test_a_suspension_signs_out_at_once_and_keeps_the_positions(house: House) -> None:
    session = _holdings(house, "official")
    client = house.client("official")
    _do(suspend, house, "administrator", "official")
    assert client.get("/").status_code == 302
    assert not Session.objects.filter(session_key=session).exists()
    with scope.system():
        assert not UserSession.objects.filter(user=house.persons["official"]).exists()
        assert Token.objects.get().revoked_at is not None
        assert house.appointment("official").valid_to is None
        entry = AuditEntry.objects.get(kind=Kind.SUSPEND)
    assert (entry.old, entry.new) == ({"state": "active"}, {"state": "suspended", "reason": "1-QĐ"})
    assert _do(reactivate, house, "administrator", "official").state == State.ACTIVE


def test_a_dismissal_leaves_nothing_but_the_name(house: House) -> None:
    house.with_password("cleared")
    _holdings(house, "cleared")
    person = _do(dismiss, house, "administrator", "cleared")
    assert (person.state, person.has_usable_password()) == (State.DISMISSED, False)
    with scope.system():
        assert Appointment.objects.get(person=person).valid_to == TODAY
        assert all(each.ended_at for each in Substitution.objects.all())
        assert Clearance.objects.get(person=person).revoked_at is not None
        assert not NeedToKnow.objects.filter(person=person).exists()
        assert Token.objects.get().revoked_at is not None
    assert house.actor("cleared").organ_path == ""
    with pytest.raises(Invalid):
        _do(dismiss, house, "administrator", "cleared")


@pytest.mark.parametrize(
    ("action", "whom"),
    [(suspend, "invited"), (suspend, "suspended"), (suspend, "dismissed"), (reactivate, "official"),
     (reactivate, "dismissed"), (reactivate, "invited")],
)  # fmt: skip
def test_states_follow_each_other_only_as_they_may(house: House, action: Action, whom: str) -> None:
    before = house.person(whom).state
    with pytest.raises(Invalid):
        _do(action, house, "administrator", whom)
    assert house.person(whom).state == before
