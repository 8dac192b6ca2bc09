"""Attempts to sign in that failed are in the trail, few of them and with nothing that was typed."""

import json
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client
from procrastinate.contrib.django.models import ProcrastinateJob

from lienthong.office.accounts import tasks
from lienthong.office.accounts.actions.refused_sign_ins import Step
from lienthong.office.accounts.events import Kind
from lienthong.office.core import scope
from lienthong.office.core.models import AuditEntry
from tests.office.people import PASSWORD, House

TASK = "accounts.record_refused_sign_in"
TYPED = "không phải mật khẩu"


def _try(client: Client, email: str, password: str = TYPED) -> int:
    return client.post("/account/login/", {"login": email, "password": password}).status_code


def _jobs() -> list[dict[str, Any]]:
    return list(ProcrastinateJob.objects.filter(task_name=TASK).order_by("id").values_list("args", flat=True))


def _entries() -> list[AuditEntry]:
    for args in _jobs():
        tasks.record_refused_sign_in(**args)
    with scope.system():
        return list(AuditEntry.objects.filter(kind=Kind.SIGN_IN_REFUSED))


def test_a_wrong_password_is_told_to_the_auditors_of_the_persons_organ(house: House) -> None:
    person = house.with_password("official")
    assert _try(Client(), person.email.upper()) == 200
    [entry] = _entries()
    assert (entry.object_id, entry.organ_path, entry.new) == (person.pk, person.organ_path, {"step": Step.PASSWORD})
    assert (entry.person_id, entry.person_name, entry.address) == (0, "system", "127.0.0.1")
    page = house.client("auditor").get("/trail/").content.decode()
    assert "refused a sign-in" in page


def test_a_right_one_is_not(house: House) -> None:
    assert _try(Client(), house.with_password("official").email, PASSWORD) == 302
    assert _jobs() == []


def test_a_wrong_code_after_the_right_password_is_told_apart(house: House) -> None:
    person = house.with_password("official")
    with scope.system():
        TOTP.activate(person, generate_totp_secret())
    client = Client()
    assert _try(client, person.email, PASSWORD) == 302
    client.post("/account/2fa/authenticate/", {"code": "000000"})
    assert [entry.new for entry in _entries()] == [{"step": Step.CODE}]


@pytest.mark.parametrize("email", ["nobody@test.invalid", "mật khẩu gõ nhầm chỗ@x", "x" * 200 + "@test.invalid"])
def test_what_has_no_account_leaves_the_same_work_and_no_trace(house: House, email: str) -> None:
    del house
    _try(Client(), email)
    assert all(job["person_id"] == 0 for job in _jobs())
    assert email not in json.dumps(_jobs(), ensure_ascii=False)
    assert TYPED not in json.dumps(_jobs(), ensure_ascii=False)
    assert _entries() == []


def test_known_and_unknown_addresses_leave_one_job_each(house: House) -> None:
    known = house.with_password("official").email
    counts = []
    for email in (known, "nobody@test.invalid"):
        before = len(_jobs())
        _try(Client(), email)
        counts.append(len(_jobs()) - before)
    assert counts == [1, 1]


def test_guessing_fills_no_trail(house: House) -> None:
    email = house.with_password("official").email
    for _turn in range(12):
        _try(Client(), email)
    assert len(_jobs()) == 5
