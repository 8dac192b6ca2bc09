"""Who may make and withdraw which tokens."""

from datetime import timedelta

import pytest
from django.utils.timezone import localdate

from lienthong.office.accounts.models import Appointment, Token
from lienthong.office.api.actions.tokens import MOST, issue_personal, issue_system, revoke
from lienthong.office.api.tokens import SYSTEM_SCOPES, Scope
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.errors import Forbidden, Invalid, NotFound
from lienthong.office.core.models import AuditEntry
from tests.office.people import KINDS, House

SOON = localdate() + timedelta(days=9)


def _personal(actor: Actor, name: str = "Kịch bản") -> Token:
    return issue_personal(actor=actor, name=name, scopes=[Scope.READ_ORGANS], expires_on=SOON)[0]


def _system(house: House, administrator: str, official: str) -> Token:
    return issue_system(
        actor=house.actor(administrator),
        appointment_id=house.appointment(official).pk,
        name="Hệ thống",
        scopes=SYSTEM_SCOPES,
        expires_on=SOON,
    )[0]


def test_a_personal_token_acts_as_what_its_person_acts_as(house: House) -> None:
    token = _personal(house.actor("official"))
    assert (token.person_id, token.appointment_id) == (house.persons["official"].pk, house.appointment("official").pk)
    assert token.organ_path == house.organs["province"].path
    with scope.system():
        entry = AuditEntry.objects.get(kind="accounts:token:issue")
    assert (entry.person_id, entry.object_id, entry.organ_path) == (token.person_id, token.pk, token.organ_path)
    assert entry.new == {
        "kind": "personal",
        "name": "Kịch bản",
        "person": token.person_id,
        "scopes": ["read:organs"],
        "expires": token.expires_at.isoformat(),
    }


def test_somebody_without_a_position_has_no_token(house: House) -> None:
    with pytest.raises(Forbidden):
        _personal(house.actor("unplaced"))


def test_a_substitution_has_no_tokens(house: House) -> None:
    from dataclasses import replace  # noqa: PLC0415 - beside its use

    with pytest.raises(Invalid, match="appointment"):
        _personal(replace(house.actor("official"), substitution_id=1))


@pytest.mark.parametrize("key", sorted({*KINDS} - {"anonymous"}))
def test_only_administrators_of_the_organ_or_above_issue_for_systems(house: House, key: str) -> None:
    if key in {"administrator", "above_administrator"}:
        token = _system(house, key, "official")
        assert token.person_id == house.persons["official"].pk
        return
    with pytest.raises((Forbidden, NotFound)):
        _system(house, key, "official")
    with scope.system():
        assert not Token.objects.exists()


@pytest.mark.parametrize("official", ["dismissed", "suspended", "invited"])
def test_nobody_answers_for_a_system_who_may_not_sign_in(house: House, official: str) -> None:
    with pytest.raises(NotFound):
        _system(house, "administrator", official)


def test_an_appointment_that_is_over_answers_for_nothing(house: House) -> None:
    with scope.system():
        Appointment.objects.filter(pk=house.appointment("official").pk).update(valid_to=localdate())
    with pytest.raises(NotFound):
        _system(house, "administrator", "official")


def test_a_system_is_given_nothing_of_a_person(house: House) -> None:
    for wanted in set(Scope) - SYSTEM_SCOPES:
        with pytest.raises(Invalid, match="scopes"):
            issue_system(
                actor=house.actor("administrator"),
                appointment_id=house.appointment("official").pk,
                name="Hệ thống",
                scopes=[wanted],
                expires_on=SOON,
            )


@pytest.mark.parametrize(
    ("days", "fits"), [(-1, False), (0, False), (1, True), (366, True), (367, False), (99999, False)]
)
def test_a_token_lasts_from_a_day_to_a_year(house: House, days: int, *, fits: bool) -> None:
    actor = house.actor("official")
    day = localdate() + timedelta(days=days)
    if fits:
        assert issue_personal(actor=actor, name="x", scopes=[Scope.READ_ORGANS], expires_on=day)[0].pk
    else:
        with pytest.raises(Invalid, match="expires"):
            issue_personal(actor=actor, name="x", scopes=[Scope.READ_ORGANS], expires_on=day)


def test_nobody_collects_tokens(house: House) -> None:
    actor = house.actor("official")
    made = [_personal(actor) for _ in range(MOST)]
    with pytest.raises(Invalid, match=str(MOST)):
        _personal(actor)
    revoke(actor=actor, token_id=made[0].pk)
    assert _personal(actor).pk


def test_withdrawing_twice_is_told_once(house: House) -> None:
    actor = house.actor("official")
    token = _personal(actor)
    revoke(actor=actor, token_id=token.pk)
    revoke(actor=actor, token_id=token.pk)
    with scope.system():
        assert AuditEntry.objects.filter(kind="accounts:token:revoke").count() == 1


@pytest.mark.parametrize("number", [0, -1, 999_999, 2**63 - 1])
def test_there_is_no_such_token(house: House, number: int) -> None:
    with pytest.raises(NotFound):
        revoke(actor=house.actor("administrator"), token_id=number)


def test_administrators_withdraw_no_personal_tokens(house: House) -> None:
    token = _personal(house.actor("official"))
    with pytest.raises(NotFound):
        revoke(actor=house.actor("administrator"), token_id=token.pk)
