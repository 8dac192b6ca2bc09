"""Changes come in only when they can be read, break nothing that holds, and a second person agrees."""

from typing import TYPE_CHECKING

import pytest
from django.utils.translation import override

from lienthong.office.core import scope
from lienthong.office.core.errors import Conflict, Forbidden, Invalid
from lienthong.office.core.models import AuditEntry
from lienthong.office.members.actions.changing import Edit, enter, propose, refuse_change
from lienthong.office.members.models import Change, Failure, Member, Record

if TYPE_CHECKING:
    from tests.office.members.registry import Registry


def edit(record: str, field: str, new: str) -> Edit:
    """Return an edit."""
    return Edit(record=record, field=field, new=new)


def states(key: str) -> dict[str, str]:
    """Return the rules that a record breaks or broke, and where that stands."""
    with scope.system():
        return dict(Failure.objects.filter(record__key=key).values_list("rule", "state"))


def test_a_value_walks_from_its_proposal_into_the_golden_record(registry: "Registry") -> None:
    first, second = registry.actor("commune_steward"), registry.actor("steward")
    outcome = propose(actor=first, edits=[edit("M2", "sex", "Nam")], source=Change.Source.PAGE)
    assert not outcome.refused
    change = outcome.proposed[0]
    # Standardised by the engine.
    assert (change.old, change.new, change.state) == ("f", "m", "waiting")
    assert states("M2") == {"number-sex": "proposed"}
    with pytest.raises(Forbidden):
        enter(actor=first, change=change)
    enter(actor=second, change=change)
    with scope.system():
        assert Record.objects.get(key="M2").values["sex"] == "m"
        assert Member.objects.get(key="P2").values["sex"] == "m"
        assert AuditEntry.objects.filter(kind__startswith="members:change").count() == 2
    assert states("M2") == {"number-sex": "mended"}
    with pytest.raises(Conflict):
        refuse_change(actor=second, change=change)


def test_what_cannot_be_read_or_breaks_what_holds_stays_out(registry: "Registry") -> None:
    with override("en"):
        outcome = propose(
            actor=registry.actor("steward"),
            edits=[
                edit("M1", "birth_date", "hôm qua"), edit("M3", "personal_number", "001160000003"),
                edit("M4", "sex", "f"), edit("M1", "shoe_size", "42"), edit("M2", "phone", "0912000002"),
            ],
            source=Change.Source.SHEET,
        )  # fmt: skip
    assert [(one.record, one.field) for one in outcome.proposed] == [("M2", "phone")]
    told = {(each.edit.record, each.edit.field): each.why for each in outcome.refused}
    assert set(told) == {("M1", "birth_date"), ("M3", "personal_number"), ("M4", "sex"), ("M1", "shoe_size")}
    assert told["M1", "birth_date"] == "This value cannot be read."
    assert "no such record" in told["M4", "sex"]


def test_what_a_spreadsheet_would_compute_stays_out_alone(registry: "Registry") -> None:
    edits = [edit("M1", "alias", '=HYPERLINK("http://a.example")'), edit("M2", "alias", "Ba")]
    with override("en"):
        outcome = propose(actor=registry.actor("steward"), edits=edits, source=Change.Source.SHEET)
    assert [(one.record, one.new) for one in outcome.proposed] == [("M2", "Ba")]
    assert [(each.edit.record, each.why) for each in outcome.refused] == [("M1", "This value cannot be read.")]


def waiting(registry: "Registry", by: str = "commune_steward", **facts: str) -> Change:
    """Have a change that waits for a second person."""
    actor, record = registry.actor(by), registry.member("P2")
    with scope.system():
        Failure.objects.filter(record__key="M2").update(state="proposed")
        return Change.objects.create(
            record="M2", organ_path=record.organ_path, source="page", person_id=actor.person_id, person_name=actor.name,
            **({"field": "phone", "old": "", "new": "0912000002"} | facts),
        )  # fmt: skip


def test_a_refused_change_leaves_the_record_to_be_mended(registry: "Registry") -> None:
    change = waiting(registry, field="sex", old="f", new="m")
    refuse_change(actor=registry.actor("steward"), change=change)
    assert states("M2") == {"number-sex": "open"}


def test_of_a_value_one_proposal_waits_at_a_time(registry: "Registry") -> None:
    waiting(registry)
    with override("en"):
        again = propose(
            actor=registry.actor("steward"), edits=[edit("M2", "phone", "0912000003")], source=Change.Source.PAGE
        )
    assert [each.why for each in again.refused] == ["A change of this value waits already."]


def test_a_record_that_was_changed_meanwhile_is_looked_at_anew(registry: "Registry") -> None:
    change = waiting(registry, old="0912000009")
    with pytest.raises(Conflict):
        enter(actor=registry.actor("steward"), change=change)


@pytest.mark.parametrize("key", ["leader", "auditor", "official"])
def test_others_propose_nothing(registry: "Registry", key: str) -> None:
    with pytest.raises(Forbidden):
        propose(actor=registry.actor(key), edits=[edit("M2", "sex", "m")], source=Change.Source.PAGE)


def test_nothing_at_all_is_no_proposal(registry: "Registry") -> None:
    with pytest.raises(Invalid):
        propose(actor=registry.actor("steward"), edits=[], source=Change.Source.PAGE)
