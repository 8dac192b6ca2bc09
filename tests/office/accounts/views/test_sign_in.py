"""Invitations from the link to the first page, and the way to a second factor."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils.timezone import now

from lienthong.office.accounts import tasks
from lienthong.office.accounts.actions.invitations import digest_of, new_token, open_invitation
from lienthong.office.accounts.events import Kind
from lienthong.office.accounts.models import Invitation, State
from lienthong.office.core import scope
from lienthong.office.core.models import AuditEntry
from tests.office.people import House

NEW = "một mật khẩu khác 2026"
BOTH = {"new_password1": NEW, "new_password2": NEW}


def _invite(house: House, key: str = "invited") -> tuple[Invitation, str]:
    with scope.system():
        made = new_token(open_invitation(house.person(key)).pk)
    assert made is not None
    return made


def _follow(client: Client, token: str) -> str:
    answer = client.get(f"/account/invitation/{token}/")
    assert answer.status_code == 302
    return answer["Location"]


def test_an_invitation_sets_a_password_and_signs_in_once(house: House) -> None:
    invitation, token = _invite(house)
    client = Client()
    place = _follow(client, token)
    # The token does not stand in the address of the page.
    assert token not in place
    before = client.session.session_key
    assert house.person("invited").email in client.get(place).content.decode()
    assert client.post(place, BOTH)["Location"] == "/"
    assert client.session.session_key != before
    assert client.get("/").status_code == 200
    person = house.person("invited")
    assert (person.state, person.check_password(NEW)) == (State.ACTIVE, True)
    with scope.system():
        assert AuditEntry.objects.get(kind=Kind.ACCEPT).person_id == person.pk
        assert Invitation.objects.get(pk=invitation.pk).used_at is not None
    again = Client()
    assert again.get(f"/account/invitation/{token}/").status_code == 404
    assert again.post("/account/invitation/", BOTH).status_code == 404


def test_only_a_digest_of_the_token_is_kept(house: House) -> None:
    invitation, token = _invite(house)
    assert bytes(invitation.digest) == digest_of(token)
    assert len(token) >= 43


@pytest.mark.parametrize("password", ["short", "123456789012", "polniypizdec0211", "invited@test.invalid"])
def test_a_weak_password_is_refused_with_the_reason(house: House, password: str) -> None:
    _invitation, token = _invite(house)
    client = Client()
    place = _follow(client, token)
    answer = client.post(place, {"new_password1": password, "new_password2": password})
    assert answer.status_code == 200
    assert answer.context["form"].errors
    assert house.person("invited").state == State.INVITED


def test_an_expired_a_replaced_a_forged_and_a_withdrawn_invitation_open_nothing(house: House) -> None:
    first, old = _invite(house)
    _second, token = _invite(house)
    assert Client().get(f"/account/invitation/{old}/").status_code == 404
    assert Client().get(f"/account/invitation/{token[::-1]}/").status_code == 404
    assert Client().get(f"/account/invitation/{'x' * 5000}/").status_code == 404
    client = Client()
    place = _follow(client, token)
    with scope.system():
        Invitation.objects.filter(used_at=None).update(expires_at=now() - timedelta(seconds=1))
    assert client.get(place).status_code == 404
    assert client.post(place, BOTH).status_code == 404
    _third, token = _invite(house)
    client = Client()
    place = _follow(client, token)
    with scope.system():
        house.persons["invited"].state = State.DISMISSED
        house.persons["invited"].save(update_fields=["state"])
    assert client.post(place, BOTH).status_code == 404
    assert not house.person("invited").has_usable_password()
    assert first.pk != _second.pk


def test_whoever_is_signed_in_on_the_device_is_signed_out(house: House) -> None:
    _invitation, token = _invite(house)
    client = house.client("official")
    place = _follow(client, token)
    assert client.post(place, BOTH)["Location"] == "/"
    assert client.session["_auth_user_id"] == str(house.persons["invited"].pk)


def test_the_mail_of_an_invitation_leads_in(house: House) -> None:
    with scope.system():
        invitation = open_invitation(house.person("invited"))
    tasks.send_invitation.func(invitation_id=invitation.pk)
    [message] = mail.outbox
    assert message.to == [house.persons["invited"].email]
    link = re.search(r"http\S+/account/invitation/(\S+)/", str(message.body))
    assert link is not None
    assert Client().get(f"/account/invitation/{link[1]}/").status_code == 302
    mail.outbox.clear()
    with scope.system():
        Invitation.objects.update(used_at=now())
    tasks.send_invitation.func(invitation_id=invitation.pk)
    assert mail.outbox == []


@pytest.mark.parametrize("key", ["administrator", "security", "auditor", "cleared", "operator"])
def test_whoever_may_do_or_see_much_gets_a_second_factor_first(house: House, key: str) -> None:
    client = house.client(key, second_factor=False)
    for page in ("/", "/account/acting/", "/account/password/change/"):
        answer = client.get(page)
        assert (answer.status_code, answer["Location"]) == (302, "/account/protect/")
    part = client.get("/", headers={"hx-request": "true"})
    assert (part.status_code, part["HX-Redirect"]) == (204, "/account/protect/")
    assert client.get("/account/protect/").status_code == 200
    assert client.get("/account/2fa/totp/activate/").status_code == 200


@pytest.mark.parametrize("key", ["official", "leader", "unplaced", "below"])
def test_others_go_straight_in(house: House, key: str) -> None:
    assert house.client(key, second_factor=False).get("/").status_code == 200
