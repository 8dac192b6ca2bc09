"""For whom a connection reads, and that it goes back to what it was."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.actor import NOBODY, Actor, Role

pytestmark = pytest.mark.django_db

CLERK = Actor(
    person_id=7, name="Người dùng 7", organ_path="1/2/", clearance=Level.SECRET, known=frozenset({30, 4})
)  # fmt: skip
HEAD = Actor(person_id=8, name="Người dùng 8", organ_path="1/2/", roles=frozenset({Role.AUDITOR}))


def setting(name: str) -> str | None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s, true)", [f"lienthong.{name}"])
        row = cursor.fetchone()
    assert row
    value: str | None = row[0]
    return value


def test_the_database_is_told_what_an_actor_is() -> None:
    with scope.act_for(CLERK):
        told = {name: setting(name) for name in ("scope", "person", "lo", "hi", "clearance", "known", "audit")}
    assert told == {
        "scope": "person", "person": "7", "lo": "1/2/", "hi": "1/2/!", "clearance": "3", "known": "{4,30}",
        "audit": "0",
    }  # fmt: skip
    with scope.act_for(HEAD):
        assert (setting("hi"), setting("audit")) == ("1/2/~", "1")


@pytest.mark.parametrize("value", [scope.NONE, scope.SIGN_IN, scope.of(NOBODY)])
def test_nobody_is_not_the_person_who_stands_for_the_system_in_the_trail(value: scope.Scope) -> None:
    assert value.person == ""


def test_scopes_nest_and_go_back() -> None:
    before = scope.current()
    with scope.act_for(CLERK):
        with scope.system():
            assert (setting("scope"), scope.current()) == ("all", scope.SYSTEM)
        assert (setting("scope"), setting("person")) == ("person", "7")
    assert scope.current() == before
    assert setting("scope") == before.scope


def test_an_error_of_python_goes_back_too() -> None:
    with scope.act_for(CLERK):
        with pytest.raises(ZeroDivisionError), scope.system():
            raise ZeroDivisionError
        assert setting("scope") == "person"


def test_a_failed_statement_takes_the_scope_back_with_the_rollback() -> None:
    with scope.act_for(CLERK):
        with pytest.raises(DatabaseError), transaction.atomic(), scope.system(), connection.cursor() as cursor:
            cursor.execute("SELECT 1/0")
        assert (setting("scope"), scope.current().scope) == ("person", "person")


def test_a_failed_statement_within_a_scope_leaves_that_scope() -> None:
    with scope.act_for(CLERK), scope.system():
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT 1/0")
        assert (setting("scope"), scope.current().scope) == ("all", "all")


def test_a_transaction_that_is_to_be_rolled_back_hides_no_error_behind_its_own() -> None:
    with scope.act_for(CLERK):
        with transaction.atomic(), scope.system():
            transaction.set_rollback(True)
        assert (setting("scope"), scope.current().scope) == ("person", "person")


def test_a_new_connection_begins_without_any_scope() -> None:
    def fresh() -> tuple[scope.Scope, str | None]:
        try:
            return scope.current(), setting("scope")
        finally:
            connection.close()

    with scope.system(), ThreadPoolExecutor(1) as other:
        assert other.submit(fresh).result() == (scope.NONE, None)


def test_a_scope_within_the_same_one_asks_nothing() -> None:
    with scope.act_for(CLERK):
        with CaptureQueriesContext(connection) as queries, scope.act_for(CLERK):
            assert scope.current() == scope.of(CLERK)
        assert len(queries) == 0
        assert (setting("scope"), setting("person")) == ("person", "7")


def test_a_new_session_of_the_database_has_no_scope_and_is_told_it_again() -> None:
    def ask() -> None:
        try:
            with scope.act_for(CLERK):
                connection.close()
                assert setting("scope") in {None, ""}
                assert scope.current() == scope.NONE
                with scope.act_for(CLERK):
                    assert setting("person") == "7"
        finally:
            connection.close()

    # In a thread of its own: this one's connection is the test's transaction.
    with ThreadPoolExecutor(max_workers=1) as thread:
        thread.submit(ask).result()
