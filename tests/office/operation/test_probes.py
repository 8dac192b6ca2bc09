"""What machines ask: whether the office lives, whether it can serve, and what it measures."""

import stat

import pytest
from django.conf import settings
from django.db import DatabaseError
from django.test import Client

from lienthong.office.operation import migrations, probes


@pytest.fixture
def token() -> str:
    probes.make_token()
    return probes.token(settings.STATE)


def test_health_needs_no_database_no_session_and_no_known_host(client: Client) -> None:
    # Without the mark for the database any use of it fails this test.
    answer = client.get("/health", headers={"host": "somewhere.else"})
    assert (answer.status_code, answer.content) == (200, b"ok\n")
    assert answer["Cache-Control"] == "no-store"
    assert not answer.cookies


@pytest.mark.django_db
def test_ready_when_the_database_has_all_migrations(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes._Known, "migrated", False)
    assert client.get("/ready").status_code == 200


@pytest.mark.django_db
def test_not_ready_before_the_migrations(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probes._Known, "migrated", False)
    monkeypatch.setattr(migrations, "pending", lambda: ["core.0009_next"])
    answer = client.get("/ready")
    assert (answer.status_code, answer.content) == (503, b"migrations\n")


@pytest.mark.django_db
def test_not_ready_without_the_database_and_no_word_more(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise DatabaseError("connection to server at 10.0.0.1 failed")

    monkeypatch.setattr(probes._Known, "migrated", False)
    monkeypatch.setattr(migrations, "pending", fail)
    answer = client.get("/ready")
    assert (answer.status_code, answer.content) == (503, b"database\n")


@pytest.mark.parametrize("given", ["", "Bearer ", "Bearer wrong", "Basic x", "Bearer \u00e9"])
def test_numbers_are_for_whoever_has_the_token(client: Client, token: str, given: str) -> None:
    answer = client.get("/metrics", headers={"authorization": given})
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == "Bearer"
    assert token.encode() not in answer.content


def test_without_a_token_nobody_gets_numbers(client: Client, token: str) -> None:
    (settings.STATE / probes.TOKEN_FILE).unlink()
    assert client.get("/metrics", headers={"authorization": "Bearer "}).status_code == 401
    assert client.get("/metrics", headers={"authorization": f"Bearer {token}"}).status_code == 401


def test_token_is_made_once_and_is_its_owners(token: str) -> None:
    probes.make_token()
    assert probes.token(settings.STATE) == token
    assert stat.S_IMODE((settings.STATE / probes.TOKEN_FILE).stat().st_mode) == 0o600


@pytest.mark.django_db
def test_numbers(client: Client, token: str) -> None:
    client.get("/account/login/")
    answer = client.get("/metrics", headers={"authorization": f"Bearer {token}"})
    text = answer.content.decode()
    assert answer.status_code == 200
    assert 'office_requests_total{method="GET",status="200",view="account_login"}' in text
    assert 'office_request_seconds_bucket{le="0.1",view="account_login"}' in text
    assert 'office_database_queries_total{view="account_login"}' in text
    assert "office_jobs_oldest_seconds 0.0" in text
