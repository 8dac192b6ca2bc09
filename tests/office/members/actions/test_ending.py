"""An assignment is over: whoever mends says so once nothing fails any more, whoever gave it at any time."""

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils.timezone import localdate
from django.utils.translation import override

from lienthong.kernel.labels import Level
from lienthong.office.accounts.models import State, Substitution
from lienthong.office.core import scope
from lienthong.office.core.actor import Role
from lienthong.office.core.errors import Conflict, Forbidden, Invalid
from lienthong.office.core.models import Notification
from lienthong.office.core.notifications.kinds import kind_of
from lienthong.office.members.actions.assigning import assign
from lienthong.office.members.actions.ending import end
from lienthong.office.members.models import Assignment, Failure, RuleCount
from lienthong.office.members.notices import Notice
from tests.office.people import appoint, make_person, make_position

if TYPE_CHECKING:
    from tests.office.members.registry import Registry

DAY = localdate() + timedelta(days=30)


@pytest.mark.parametrize("state", [Assignment.State.DONE, Assignment.State.WITHDRAWN])
def test_an_assignment_ends_once(registry: "Registry", state: Assignment.State) -> None:
    leader, commune = registry.actor("leader"), registry.house.organs["commune"]
    one = assign(actor=leader, rule="number-sex", organs=[commune.pk], due_on=DAY)[0]
    with pytest.raises(Forbidden):
        end(actor=registry.actor("outside_steward"), assignment=one, state=state)
    end(actor=leader, assignment=one, state=state)
    with pytest.raises(Conflict):
        end(actor=leader, assignment=one, state=state)
    with scope.system():
        assert not Notification.objects.filter(done_at=None).exists()


def test_an_organ_says_that_all_is_mended_once_it_is(registry: "Registry") -> None:
    commune = registry.house.organs["commune"]
    one = assign(actor=registry.actor("centre_steward"), rule="number-sex", organs=[commune.pk], due_on=DAY)[0]
    with scope.system():
        Failure.objects.filter(record__key="M2").update(state="mended")
    with override("en"), pytest.raises(Invalid) as early:
        end(actor=registry.actor("commune_steward"), assignment=one, state=Assignment.State.DONE)
    assert "1 record still" in early.value.advice
    with scope.system():
        RuleCount.objects.filter(organ_path=commune.path).update(failures=1)
    end(actor=registry.actor("commune_steward"), assignment=one, state=Assignment.State.DONE)
    with scope.system():
        assert Assignment.objects.get().state == "done"


def test_only_whoever_gave_it_leaves_records_as_they_are(registry: "Registry") -> None:
    commune = registry.house.organs["commune"]
    one = assign(actor=registry.actor("steward"), rule="number-sex", organs=[commune.pk], due_on=DAY)[0]
    end(actor=registry.actor("leader"), assignment=one, state=Assignment.State.DONE)
    with scope.system():
        assert Assignment.objects.get().state == "done"


def test_whoever_acts_for_the_giver_today_is_told_once_that_it_is_done(registry: "Registry") -> None:
    house, commune, steward = registry.house, registry.house.organs["commune"], registry.stewards["steward"]
    with scope.system():
        substitute = make_person(201, "substitute", house.organs["province"])
        Substitution.objects.create(
            appointment=steward.appointments.get(), substitute=substitute, valid_from=localdate(),
            valid_to=localdate() + timedelta(days=5),
        )  # fmt: skip
        away = make_person(202, "away", house.organs["province"], State.SUSPENDED)
        # Of two, one is not there; the other one mends in the commune, too, and knows what they did.
        appoint(away, make_position(house.departments["province"], "Cán bộ dữ liệu", Role.STEWARD))
        mending = registry.stewards["commune_steward"]
        appoint(mending, make_position(house.departments["province"], "Cán bộ dữ liệu", Role.STEWARD), main=False)
    one = assign(actor=registry.actor("steward"), rule="number-sex", organs=[commune.pk], due_on=DAY)[0]
    _hold(registry)
    end(actor=registry.actor("commune_steward"), assignment=one, state=Assignment.State.DONE)
    with pytest.raises(Conflict):
        end(actor=registry.actor("commune_steward"), assignment=one, state=Assignment.State.DONE)
    acting = (steward, registry.stewards["second_steward"], house.persons["leader"], substitute)
    assert sorted(_told()) == sorted(person.pk for person in acting)
    with scope.system():
        note = Notification.objects.filter(kind=Notice.DONE)[0]
    kind = kind_of(note.kind)
    assert kind
    with override("en"):
        assert kind.text(note.facts) == "Mended: Personal number and sex disagree · Xã 1 (2 records)"
    assert note.url == "/members/assignments/?rule=number-sex&state=done"


def test_the_giver_is_told_too_where_an_organ_between_says_that_it_is_done(registry: "Registry") -> None:
    commune = registry.house.organs["commune"]
    one = assign(actor=registry.actor("centre_steward"), rule="number-sex", organs=[commune.pk], due_on=DAY)[0]
    _hold(registry)
    end(actor=registry.actor("steward"), assignment=one, state=Assignment.State.DONE)
    assert _told() == [registry.stewards["centre_steward"].pk]


@pytest.mark.parametrize(("giver", "ends"), [("steward", "leader"), ("commune_steward", "commune_steward")])
def test_whoever_ends_their_own_organs_word_tells_nobody(registry: "Registry", giver: str, ends: str) -> None:
    commune = registry.house.organs["commune"]
    one = assign(actor=registry.actor(giver), rule="number-sex", organs=[commune.pk], due_on=DAY)[0]
    end(actor=registry.actor(ends), assignment=one, state=Assignment.State.DONE)
    assert _told() == []


def test_an_organ_that_is_labelled_is_not_named_to_whoever_gave_it(registry: "Registry") -> None:
    commune = registry.house.organs["commune"]
    one = assign(actor=registry.actor("steward"), rule="number-sex", organs=[commune.pk], due_on=DAY)[0]
    with scope.system():
        type(commune).objects.filter(pk=commune.pk).update(label=Level.CONFIDENTIAL)
    _hold(registry)
    end(actor=registry.actor("commune_steward"), assignment=one, state=Assignment.State.DONE)
    with scope.system():
        facts = Notification.objects.filter(kind=Notice.DONE)[0].facts
    assert facts["organ"] == ""


def _hold(registry: "Registry") -> None:
    """Let no record of the commune fail any more."""
    with scope.system():
        RuleCount.objects.filter(organ_path=registry.house.organs["commune"].path).update(failures=0)


def _told() -> list[int]:
    with scope.system():
        return list(Notification.objects.filter(kind=Notice.DONE, done_at=None).values_list("person", flat=True))
