"""Assignments of earlier releases are the word of the organ that was acted for, wherever the person is by now."""

from datetime import timedelta
from importlib import import_module
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.utils import timezone
from django.utils.timezone import localdate

from lienthong.office.accounts.acting import actor_of
from lienthong.office.accounts.models import Person, Substitution
from lienthong.office.core import scope
from lienthong.office.core.errors import Forbidden
from lienthong.office.members.actions.assigning import assign
from lienthong.office.members.actions.ending import end
from lienthong.office.members.models import Assignment, RuleCount

if TYPE_CHECKING:
    from lienthong.office.core.actor import Actor
    from lienthong.office.organs.models import Unit
    from tests.office.members.registry import Registry

FILLS = [
    import_module(f"lienthong.office.members.migrations.{name}").FILL
    for name in ("0006_giver_filled", "0007_giver_from_trail")
]
BEFORE = timezone.now() - timedelta(days=900)
DAY = localdate() + timedelta(days=30)


def test_nobody_below_overrules_what_somebody_gave_who_has_left(registry: "Registry") -> None:
    organs = registry.house.organs
    one = _give(registry.actor("centre_steward"), "number-sex", organs["commune"])
    _put(registry, "centre_steward", organs["elsewhere"])
    _migrate()
    for key in ("commune_steward", "steward"):
        with pytest.raises(Forbidden):
            end(actor=registry.actor(key), assignment=one, state=Assignment.State.WITHDRAWN)
    with scope.system():
        assert Assignment.objects.get().giver_path == organs["centre"].path


def test_it_is_the_organ_that_was_acted_for(registry: "Registry") -> None:
    organs, commune = registry.house.organs, registry.house.organs["commune"]
    _give(_substitute(registry), "substituted", commune)
    _give(registry.actor("steward"), "risen", commune)
    _give(registry.actor("commune_steward"), "own", commune)
    _put(registry, "steward", organs["centre"])
    _put(registry, "commune_steward", organs["centre"])
    _migrate()
    assert _givers() == {
        "own": commune.path, "risen": organs["province"].path, "substituted": organs["centre"].path,
    }  # fmt: skip


def test_where_nothing_tells_it_is_the_organ_directly_above(registry: "Registry") -> None:
    organs = registry.house.organs
    with scope.system():
        for key in ("centre", "commune"):
            Assignment.objects.create(
                rule=key, organ=organs[key], organ_path=organs[key].path, due_on=DAY, total=1, person_id=0,
                person_name="x",
            )  # fmt: skip
        Assignment.objects.update(at=BEFORE)
    _migrate()
    assert _givers() == {"centre": organs["centre"].path, "commune": organs["province"].path}


def test_what_was_given_since_stays_as_it_was_noted(registry: "Registry") -> None:
    commune = registry.house.organs["commune"]
    _give(registry.actor("commune_steward"), "noted", commune)
    _give(registry.actor("centre_steward"), "not-noted", commune)
    with scope.system():
        Assignment.objects.update(at=timezone.now())
        # By the release before, while this one was brought in.
        Assignment.objects.filter(rule="noted").update(giver_path=commune.path)
    _put(registry, "centre_steward", registry.house.organs["elsewhere"])
    _migrate(FILLS[1])
    assert _givers() == {"noted": commune.path, "not-noted": registry.house.organs["centre"].path}


def _give(actor: "Actor", rule: str, organ: "Unit") -> Assignment:
    """Assign a rule as the release before 0005 did."""
    with scope.system():
        RuleCount.objects.get_or_create(
            area="00004", rule=rule, defaults={"organ_path": organ.path, "records": 5, "failures": 2}
        )
    made = assign(actor=actor, rule=rule, organs=[organ.pk], due_on=DAY)[0]
    with scope.system():
        Assignment.objects.filter(pk=made.pk).update(giver_path="", at=BEFORE)
    return made


def _put(registry: "Registry", key: str, organ: "Unit") -> None:
    """Let a steward leave the position for another organ."""
    with scope.system():
        person = Person.objects.filter(pk=registry.stewards[key].pk)
        person.update(organ=organ, organ_path=organ.path)
        person.get().appointments.update(valid_to=localdate())


def _substitute(registry: "Registry") -> "Actor":
    """Return somebody of elsewhere who stands in for the steward of the centre."""
    with scope.system():
        person = registry.house.person("outsider")
        made = Substitution.objects.create(
            appointment=registry.stewards["centre_steward"].appointments.get(), substitute=person,
            valid_from=localdate(), valid_to=localdate() + timedelta(days=5),
        )  # fmt: skip
        return actor_of(person, f"s{made.pk}")


def _migrate(*fills: str) -> None:
    """Run migrations as they are run: nobody has told the connection for whom it reads."""
    with connection.cursor() as cursor:
        for fill in fills or FILLS:
            cursor.execute("SET LOCAL lienthong.scope = 'none'")
            cursor.execute(fill)


def _givers() -> dict[str, str]:
    with scope.system():
        return dict(Assignment.objects.values_list("rule", "giver_path"))
