"""Row-level security of members: a query without any predicate returns the reader's own subtree, and no more.

What each may see is told here in Python from all rows, not by the policies' own predicate.
"""

from typing import TYPE_CHECKING

from django.apps import apps
from django.db import connection

from lienthong.office.core import scope
from lienthong.office.core.actor import Actor, Role
from lienthong.office.members.models import Assignment, Change, Decision, Loading, Look
from tests.office.members.registry import STEWARDS
from tests.office.people import KINDS

if TYPE_CHECKING:
    from tests.office.members.registry import Registry

_OPEN = {Role.STEWARD, Role.LEADER, Role.AUDITOR}


def _fill(registry: "Registry") -> None:
    """Have rows of what people do, at organs on all sides."""
    with scope.system():
        for number, organ in enumerate(registry.house.organs.values()):
            path, who = organ.path, {"person_id": 1, "person_name": "x"}
            Decision.objects.create(
                left=f"A{number}", right="B", organ_path=path, verdict="same", state="standing", impact=2, **who
            )
            Look.objects.create(member="P1", organ_path=path, purpose="mend", sensitive=True, **who)
            Assignment.objects.create(
                rule="number-sex", organ=organ, organ_path=path, due_on="2027-01-01", total=1, **who
            )
            Change.objects.create(record=f"M{number}", organ_path=path, field="sex", source="page", **who)


def _sees(reader: Actor, path: str) -> bool:
    return bool(reader.roles & _OPEN) and bool(reader.organ_path) and path.startswith(reader.organ_path)


def test_each_reader_sees_their_subtree_and_nothing_else(registry: "Registry") -> None:
    _fill(registry)
    everybody = (*STEWARDS, *(key for key in KINDS if key != "anonymous"))
    models = [model for model in apps.get_app_config("members").get_models() if model is not Loading]
    shown = set()
    for key in everybody:
        reader = registry.actor(key)
        for model in models:
            with scope.system():
                rows = list(model._default_manager.values_list("pk", "organ_path"))
            expected = {pk for pk, path in rows if _sees(reader, path)}
            with scope.act_for(reader):
                assert set(model._default_manager.values_list("pk", flat=True)) == expected, (key, model.__name__)
            shown |= {model} if expected else set()
    assert shown == set(models)


def test_a_connection_that_was_told_nothing_sees_nothing(registry: "Registry") -> None:
    _fill(registry)
    for value in (scope.NONE, scope.SIGN_IN, scope.Scope(scope="", members="1", lo="~")):
        with scope.using(value):
            for model in apps.get_app_config("members").get_models():
                assert model is Loading or not model._default_manager.exists(), model.__name__


def test_every_table_is_protected_from_its_owner_too(registry: "Registry") -> None:
    del registry
    tables = {model._meta.db_table for model in apps.get_app_config("members").get_models()}
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity")
        assert tables <= {row[0] for row in cursor.fetchall()}


def test_what_is_not_seen_is_neither_changed_nor_added(registry: "Registry") -> None:
    with scope.act_for(registry.actor("outside_steward")), connection.cursor() as cursor:
        cursor.execute("UPDATE members_reviewitem SET state = 'same'")
        assert cursor.rowcount == 0
        cursor.execute("DELETE FROM members_record WHERE key <> 'M4'")
        assert cursor.rowcount == 0
