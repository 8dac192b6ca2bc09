"""A forgotten password: nobody learns which accounts there are, and the link works once."""

import re

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from lienthong.office.accounts import tasks
from lienthong.office.accounts.models import State
from lienthong.office.core import scope
from tests.office.people import PASSWORD, House

RESET = "/account/password/reset/"
NEW = "một mật khẩu khác 2026"
BOTH = {"password1": NEW, "password2": NEW}


@pytest.fixture(autouse=True)
def _no_attempts(db: None) -> None:
    del db
    cache.clear()


def _link(email: str) -> str:
    """Return the path in the mail that somebody gets."""
    mail.outbox.clear()
    tasks.send_reset.func(email=email)
    [message] = mail.outbox
    assert message.to == [email]
    found = re.search(r"http://[^/]+(/account/password/reset/key/\S+)", str(message.body))
    assert found is not None
    return found[1]


@pytest.mark.parametrize("key", ["official", "invited", "suspended", "dismissed", ""])
def test_every_address_is_answered_alike_and_leaves_one_job(house: House, key: str) -> None:
    email = house.persons[key].email if key else "nobody@test.invalid"
    answer = Client().post(RESET, {"email": email})
    assert (answer.status_code, answer["Location"]) == (302, "/account/password/reset/done/")
    job = ProcrastinateJob.objects.get()
    assert (job.task_name, job.args) == ("accounts.send_reset", {"email": email})
    tasks.send_reset.func(email=email)
    assert len(mail.outbox) == (1 if key == "official" else 0)


def test_the_same_address_is_not_flooded_with_mails(house: House) -> None:
    email = house.persons["official"].email
    codes = [Client().post(RESET, {"email": email}).status_code for _turn in range(4)]
    assert codes == [302, 302, 302, 429]


def test_the_link_sets_a_password_once_and_ends_all_sessions(house: House) -> None:
    person = house.with_password("official")
    signed_in = house.client("official")
    place = _link(person.email)
    client = Client()
    form = client.get(place)["Location"]
    assert place.rpartition("-")[2].strip("/") not in form
    assert client.post(form, BOTH).status_code == 302
    assert house.person("official").check_password(NEW)
    assert signed_in.get("/").status_code == 302
    again = Client()
    assert again.get(place).status_code == 200
    assert again.post(place, {"password1": PASSWORD, "password2": PASSWORD}).status_code == 200
    assert house.person("official").check_password(NEW)


def test_the_link_does_not_let_in_somebody_suspended_meanwhile(house: House) -> None:
    person = house.with_password("official")
    place = _link(person.email)
    client = Client()
    form = client.get(place)["Location"]
    with scope.system():
        person.state = State.SUSPENDED
        person.save(update_fields=["state"])
    assert client.post(form, BOTH).status_code == 200
    assert house.person("official").check_password(PASSWORD)


def test_a_new_password_does_not_pass_by_the_second_factor(house: House) -> None:
    from allauth.mfa.totp.internal.auth import TOTP  # noqa: PLC0415 - needs Django set up

    person = house.with_password("administrator")
    with scope.system():
        TOTP.activate(person, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    client = Client()
    client.post(client.get(_link(person.email))["Location"], BOTH)
    answer = client.post("/account/login/", {"login": person.email, "password": NEW})
    assert answer["Location"] == "/account/2fa/authenticate/"
