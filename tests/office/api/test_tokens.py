"""Tokens through the API."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils.timezone import localdate

from lienthong.office.accounts.models import Token
from lienthong.office.api.tokens import Scope
from lienthong.office.core import scope
from lienthong.office.core.models import AuditEntry
from tests.office.api.programs import Programs
from tests.office.people import House

SOON = (localdate() + timedelta(days=5)).isoformat()
NEW: dict[str, Any] = {"name": "Kịch bản 2", "scopes": ["read:organs"], "expires_on": SOON}


def test_a_token_makes_another(programs: Programs) -> None:
    answer = programs.of("official").send("/tokens", NEW)
    assert answer.status_code == 201
    made = answer.json()
    assert (made["name"], made["scopes"], made["kind"]) == ("Kịch bản 2", ["read:organs"], "personal")
    with scope.system():
        assert AuditEntry.objects.filter(kind="accounts:token:issue", object_id=made["id"]).count() == 1
        assert made["secret"] not in repr(list(AuditEntry.objects.values()))
    program = programs.of("official")
    from tests.office.api.programs import Program  # noqa: PLC0415 - beside its use

    child = Program(token=None, secret=made["secret"])
    assert child.ask("/organs").status_code == 200
    assert child.ask("/persons").status_code == 403
    listed = program.ask("/tokens").json()
    assert made["id"] in [one["id"] for one in listed]
    assert "secret" not in listed[0]
    assert "digest" not in listed[0]


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"name": "   "},
        {"name": "a\x00b"},
        {"name": "x" * 81},
        {"name": 5},
        {"scopes": []},
        {"scopes": ["all"]},
        {"scopes": "read:organs"},
        {"expires_on": localdate().isoformat()},
        {"expires_on": "2999-01-01"},
        {"expires_on": "soon"},
        {"kind": "system"},
        {"person_id": 1},
        {"name": None},
    ],
)
def test_what_does_not_fit_is_refused_and_leaves_no_trace(programs: Programs, change: dict[str, Any]) -> None:
    program = programs.of("official")
    with scope.system():
        before = Token.objects.count(), AuditEntry.objects.count()
    answer = program.send("/tokens", NEW | change)
    assert answer.status_code == 422, answer.content
    with scope.system():
        assert (Token.objects.count(), AuditEntry.objects.count()) == before


def test_a_token_gives_nothing_away_that_it_does_not_have(programs: Programs) -> None:
    program = programs.of("official", [Scope.READ_ORGANS, Scope.WRITE_TOKENS])
    assert program.send("/tokens", NEW | {"scopes": ["read:persons"]}).status_code == 403


def test_a_token_does_not_outlive_the_one_that_made_it(programs: Programs) -> None:
    program = programs.of("official", days=3)
    assert program.send("/tokens", NEW).status_code == 422
    assert (
        program.send("/tokens", NEW | {"expires_on": (localdate() + timedelta(days=3)).isoformat()}).status_code == 201
    )


def test_a_token_withdraws_itself(programs: Programs) -> None:
    program = programs.of("official")
    assert program.token is not None
    assert program.ask(f"/tokens/{program.token.pk}", "DELETE").status_code == 204
    assert program.ask("/me").status_code == 401
    with scope.system():
        assert AuditEntry.objects.filter(kind="accounts:token:revoke", object_id=program.token.pk).count() == 1


@pytest.mark.parametrize("key", ["colleague", "administrator", "outsider", "above_administrator", "leader"])
def test_nobody_withdraws_or_sees_somebody_elses(programs: Programs, key: str) -> None:
    token = programs.of("official").token
    assert token is not None
    program = programs.of(key)
    assert program.ask(f"/tokens/{token.pk}", "DELETE").status_code == 404
    assert token.pk not in [one["id"] for one in program.ask("/tokens").json()]
    with scope.system():
        assert Token.objects.get(pk=token.pk).revoked_at is None


def test_administrators_see_and_withdraw_those_of_systems_below(programs: Programs) -> None:
    system = programs.system("below_administrator", "below")
    assert system.token is not None
    for key, status in (("outside_administrator", 404), ("below", 404), ("administrator", 204)):
        assert programs.of(key).ask(f"/tokens/{system.token.pk}", "DELETE").status_code == status, key
    assert system.ask("/organs").status_code == 401


def test_a_system_makes_no_tokens(programs: Programs, house: House) -> None:
    system = programs.system("administrator", "official")
    assert system.send("/tokens", NEW).status_code == 403
    assert system.ask("/tokens").json() == []
    assert system.ask("/me").json()["person_id"] == 0
