"""Reading sessions."""

from datetime import timedelta

import pytest
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions
from django.contrib.sessions.models import Session
from django.utils.timezone import now

from lienthong.office.core.sessions import SessionStore

pytestmark = pytest.mark.django_db


def _made() -> str:
    store = SessionStore()
    store["number"] = 1
    store.create()
    return str(store.session_key)


def test_it_reads_what_it_wrote_and_so_does_djangos_own() -> None:
    key = _made()
    assert SessionStore(key)["number"] == DatabaseSessions(key)["number"] == 1


def test_a_session_that_is_over_is_none() -> None:
    key = _made()
    Session.objects.filter(pk=key).update(expire_date=now() - timedelta(seconds=1))
    store = SessionStore(key)
    assert store.get("number") is None
    assert store.session_key is None


def test_an_unknown_key_is_not_taken_over() -> None:
    store = SessionStore("a" * 32)
    store["number"] = 1
    store.save()
    assert store.session_key != "a" * 32
