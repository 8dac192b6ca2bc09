"""Decisions about doubles: who may, what waits for a second person, and the way back."""

from typing import TYPE_CHECKING

import pytest

from lienthong.office.core import scope
from lienthong.office.core.errors import Conflict, Forbidden, Invalid
from lienthong.office.core.models import AuditEntry
from lienthong.office.members.actions.deciding import confirm, decide, refuse, undo
from lienthong.office.members.models import Decision, ReviewItem
from lienthong.office.members.selectors.review import standing

if TYPE_CHECKING:
    from tests.office.members.registry import Registry


def fresh(decision: Decision) -> Decision:
    """Return it as the database has it now."""
    with scope.system():
        return Decision.objects.get(pk=decision.pk)


def test_a_small_merge_stands_at_once_and_the_engine_is_told(registry: "Registry") -> None:
    made = decide(actor=registry.actor("steward"), item=registry.item(1), verdict="same")
    assert (made.left, made.right, made.state) == ("M1", "M5", "standing")
    assert registry.item(1).state == ReviewItem.State.SAME
    with scope.system():
        entry = AuditEntry.objects.get(kind="members:decision:decide")
        assert entry.new == {"verdict": "same", "state": "standing"}
        assert entry.organ_path == registry.house.organs["commune"].path
    for key, expected in (("steward", [("M1", "M5", "same")]), ("outside_steward", [])):
        with scope.act_for(registry.actor(key)):
            assert list(standing(registry.actor(key))) == expected


@pytest.mark.parametrize("place", [2, 3])
def test_a_merge_of_many_records_or_against_reasons_waits_for_a_second_person(registry: "Registry", place: int) -> None:
    first, second = registry.actor("steward"), registry.actor("second_steward")
    made = decide(actor=first, item=registry.item(place), verdict="same")
    assert (made.state, registry.item(place).state) == ("waiting", "waiting")
    with pytest.raises(Forbidden):
        confirm(actor=first, decision=made)
    for key in ("leader", "outside_steward"):
        with pytest.raises(Forbidden):
            confirm(actor=registry.actor(key), decision=made)
    with scope.system():
        assert list(standing(second)) == []
    confirm(actor=second, decision=made)
    assert fresh(made).second_name == second.name
    assert registry.item(place).state == ReviewItem.State.SAME
    with pytest.raises(Conflict):
        refuse(actor=second, decision=made)


def test_two_persons_need_no_second_person(registry: "Registry") -> None:
    assert decide(actor=registry.actor("steward"), item=registry.item(3), verdict="different").state == "standing"


def test_a_refused_merge_is_to_be_decided_again(registry: "Registry") -> None:
    made = decide(actor=registry.actor("steward"), item=registry.item(3), verdict="same")
    refuse(actor=registry.actor("second_steward"), decision=made)
    assert (fresh(made).state, registry.item(3).state) == ("refused", "open")
    assert decide(actor=registry.actor("steward"), item=registry.item(3), verdict="different").state == "standing"


def test_what_was_decided_can_be_taken_back(registry: "Registry") -> None:
    made = decide(actor=registry.actor("steward"), item=registry.item(1), verdict="different")
    with pytest.raises(Forbidden):
        undo(actor=registry.actor("leader"), decision=made)
    undo(actor=registry.actor("centre_steward"), decision=made)
    assert (fresh(made).state, registry.item(1).state) == ("undone", "open")
    with pytest.raises(Conflict):
        undo(actor=registry.actor("steward"), decision=made)


@pytest.mark.parametrize("key", ["leader", "auditor", "official", "outside_steward", "commune_steward"])
def test_others_decide_nothing(registry: "Registry", key: str) -> None:
    # The third item lies above the commune.
    with pytest.raises(Forbidden):
        decide(actor=registry.actor(key), item=registry.item(3), verdict="different")


def test_nothing_is_decided_twice_or_otherwise(registry: "Registry") -> None:
    steward = registry.actor("steward")
    with pytest.raises(Invalid):
        decide(actor=steward, item=registry.item(1), verdict="perhaps")
    decide(actor=steward, item=registry.item(1), verdict="same")
    with pytest.raises(Conflict):
        decide(actor=steward, item=registry.item(1), verdict="different")
