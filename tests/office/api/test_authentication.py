"""What opens the API, and what does not."""

from datetime import timedelta

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from lienthong.kernel.labels import Level
from lienthong.office.accounts.models import Appointment, Person, State, Token
from lienthong.office.api import limits, tokens, views
from lienthong.office.api.tokens import Scope
from lienthong.office.core import scope
from lienthong.office.core.middleware import OfficeRequest
from tests.office.api.programs import Programs
from tests.office.people import House


def test_a_token_acts_for_its_person(programs: Programs) -> None:
    answer = programs.of("official").ask("/me")
    assert answer.status_code == 200
    me = answer.json()
    assert (me["name"], me["organ"], me["clearance"], me["roles"]) == ("Người dùng 1", "Tỉnh 1", "internal", [])
    assert me["scopes"] == sorted(scope.value for scope in Scope)


@pytest.mark.parametrize(
    "secret",
    [
        "",
        "lt_",
        "lt_" + "A" * 43,
        "lt_" + "A" * 44,
        "lt_" + "ạ" * 43,
        "x" * 10_000,
        "' OR 1=1",
        "lt_\x00",
    ],
)
def test_what_is_no_token_opens_nothing(house: House, secret: str) -> None:
    answer = Client().get("/api/v1/me", headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code == 401
    assert answer.json()["code"] == "token_refused"
    assert answer["WWW-Authenticate"].startswith("Bearer")


def test_without_a_token_nothing_is_read(house: House) -> None:
    for header in ({}, {"Authorization": "Basic YTpi"}, {"Authorization": "bearer"}):
        answer = Client().get("/api/v1/organs", headers=header)
        assert answer.status_code == 401


def test_a_session_is_no_token(house: House) -> None:
    browser = house.client("administrator")
    for path in ("/api/v1/me", "/api/v1/organs", "/api/v1/persons", "/api/v1/tokens"):
        assert browser.get(path).status_code == 401
    assert browser.post("/api/v1/tokens", {}, content_type="application/json").status_code == 401


def test_a_token_is_no_session(programs: Programs) -> None:
    program = programs.of("official")
    answer = Client().get("/", headers={"Authorization": f"Bearer {program.secret}"})
    assert answer.status_code == 302
    assert "sessionid" not in program.ask("/me").cookies
    assert not program.ask("/me").cookies


@pytest.mark.parametrize("state", [State.SUSPENDED, State.DISMISSED, State.INVITED])
def test_who_may_not_sign_in_has_no_token(programs: Programs, house: House, state: State) -> None:
    program = programs.of("official")
    with scope.system():
        Person.objects.filter(pk=house.persons["official"].pk).update(state=state)
    assert program.ask("/me").status_code == 401


def test_a_token_ends_with_its_appointment(programs: Programs, house: House) -> None:
    program = programs.of("official")
    with scope.system():
        Appointment.objects.filter(pk=house.appointment("official").pk).update(valid_to=timezone.localdate())
    assert program.ask("/me").status_code == 401


def test_a_token_ends_on_its_day_and_when_it_is_withdrawn(programs: Programs) -> None:
    expired, withdrawn = programs.of("official"), programs.of("official")
    now = timezone.now()
    assert expired.token is not None
    assert withdrawn.token is not None
    with scope.system():
        Token.objects.filter(pk=expired.token.pk).update(expires_at=now)
        Token.objects.filter(pk=withdrawn.token.pk).update(revoked_at=now)
    assert expired.ask("/me").status_code == 401
    assert withdrawn.ask("/me").status_code == 401


def test_only_the_digest_is_kept(programs: Programs) -> None:
    program = programs.of("official")
    assert program.token is not None
    with scope.system():
        row = Token.objects.filter(pk=program.token.pk).values().get()
    assert program.secret not in repr(row)
    assert bytes(row["digest"]) == tokens.digest_of(program.secret)


@pytest.mark.parametrize(
    ("path", "needed"),
    [("/organs", Scope.READ_ORGANS), ("/positions", Scope.READ_ORGANS), ("/persons", Scope.READ_PERSONS)],
)
def test_a_token_opens_only_what_it_was_made_for(programs: Programs, path: str, needed: Scope) -> None:
    answer = programs.of("official", set(Scope) - {needed}).ask(path)
    assert answer.status_code == 403
    assert answer.json()["code"] == "scope_missing"
    assert answer.json()["detail"] == needed.value
    assert programs.of("official", {needed}).ask(path).status_code == 200


def test_a_token_does_not_operate_the_installation(programs: Programs, house: House) -> None:
    with scope.system():
        Person.objects.filter(pk=house.persons["official"].pk).update(is_staff=True)
        found = tokens.find(programs.of("official").secret, timezone.now())
        assert found is not None
        actor = tokens.actor_for(found, address=None)
    assert actor is not None
    assert not actor.operator


def test_a_system_has_nobodys_rights(programs: Programs, house: House) -> None:
    with scope.system():
        found = tokens.find(programs.system("administrator", "cleared").secret, timezone.now())
        assert found is not None
        actor = tokens.actor_for(found, address=None)
    assert actor is not None
    assert (actor.person_id, actor.name, actor.roles) == (0, "Hệ thống 1", frozenset())
    assert actor.clearance is Level.INTERNAL
    assert not actor.known
    assert actor.organ == "Tỉnh 1"


def test_a_system_of_an_administrator_does_not_see_below(programs: Programs) -> None:
    program = programs.system("administrator", "administrator")
    names = {person["name"] for person in program.ask("/persons?limit=200").json()["items"]}
    # The administrator's own pages show those of the commune, too.
    below = {person["name"] for person in programs.of("administrator").ask("/persons?limit=200").json()["items"]}
    assert names < below


def test_use_is_noted_once_an_hour(programs: Programs) -> None:
    program = programs.of("official")
    assert program.token is not None

    def used_at() -> object:
        with scope.system():
            return Token.objects.get(pk=program.token.pk).used_at  # type: ignore[union-attr]  # asserted above

    assert used_at() is None
    program.ask("/me")
    first = used_at()
    assert first is not None
    program.ask("/me")
    assert used_at() == first
    with scope.system():
        Token.objects.filter(pk=program.token.pk).update(used_at=timezone.now() - timedelta(hours=2))
    program.ask("/me")
    assert used_at() != first


def test_a_token_may_ask_so_often_a_minute(programs: Programs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "LIMITS", dict.fromkeys(limits.LIMITS, 2))
    monkeypatch.setattr("lienthong.office.api.limits.time.time", lambda: 6_000_010.0)
    program, other = programs.of("official"), programs.of("official")
    left = [program.ask("/me") for _ in range(3)]
    assert [answer.status_code for answer in left] == [200, 200, 429]
    assert [answer["RateLimit-Remaining"] for answer in left] == ["1", "0", "0"]
    assert left[2]["Retry-After"] == left[2]["RateLimit-Reset"] == "50"
    assert left[2]["RateLimit"] == '"minute";r=0;t=50'
    # Each has its own.
    assert other.ask("/me").status_code == 200
    monkeypatch.setattr("lienthong.office.api.limits.time.time", lambda: 6_000_060.0)
    assert program.ask("/me").status_code == 200


def test_nothing_is_seen_before_the_token_is_known(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[str, object]] = []

    def look(request: OfficeRequest, error: Exception) -> HttpResponse:
        seen.append((scope.current().scope, request.actor))
        return HttpResponse(status=404)

    monkeypatch.setattr(views, "respond", look)
    house.client("administrator").get("/api/nothing")
    assert seen == [("none", None)]
    assert scope.current() == scope.NONE
