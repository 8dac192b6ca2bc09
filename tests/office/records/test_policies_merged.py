"""Work files of an organ that goes into another one: kept there, continued, and disposed of apart."""

from typing import TYPE_CHECKING

import pytest
from django.utils.translation import override

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.errors import Invalid
from lienthong.office.records.actions.disposing import propose
from lienthong.office.records.actions.ending import accept, submit
from lienthong.office.records.actions.sharing import hand_over, take_over
from lienthong.office.records.cards import SUBMITTED
from lienthong.office.records.models import WorkFile
from lienthong.office.records.policies import parts_of, visible
from lienthong.office.records.selectors.choices import colleagues
from lienthong.office.records.states import State
from tests.office.documents.merging import merged, people_there
from tests.office.people import KINDS
from tests.office.records.shelf import closed, fresh, opened

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau

OURS = ("writer", "signer", "clerk", "open_clerk", "doer")
THERE = ("there_clerk", "there_head", "there_cleared", "there_official")
OTHERS = tuple(key for key in KINDS if key not in {"anonymous", "operator", "unplaced"})


def seen(bureau: "Bureau", key: str) -> set[int]:
    """Return what the database itself lets somebody see."""
    with scope.act_for(bureau.actor(key)):
        return set(WorkFile.objects.values_list("pk", flat=True))


def test_who_keeps_files_there_keeps_these_and_nobody_else_sees_one(bureau: "Bureau") -> None:
    people_there(bureau)
    for label in (Level.INTERNAL, Level.SECRET):
        opened(bureau, label=label)
    before = {key: seen(bureau, key) for key in (*OURS, *THERE, *OTHERS)}
    assert not any(before[key] for key in THERE)
    merged(bureau)
    after = {key: seen(bureau, key) for key in before}
    assert {key: after[key] for key in (*OURS, *OTHERS)} == {key: before[key] for key in (*OURS, *OTHERS)}
    assert after["there_clerk"] == before["open_clerk"]
    assert after["there_head"] == before["signer"]
    assert not after["there_cleared"] | after["there_official"]
    for key in before:
        actor = bureau.actor(key)
        with scope.system():
            assert set(WorkFile.objects.filter(visible(actor)).values_list("pk", flat=True)) == after[key], key
            assert {each.pk for each in WorkFile.objects.all() if parts_of(actor, each)} == after[key], key


def test_a_file_is_handed_on_submitted_and_accepted_there(bureau: "Bureau") -> None:
    people_there(bureau)
    file = closed(bureau)
    merged(bureau)
    heir = bureau.actor("there_official")
    assert heir.appointment_id in [pk for pk, _name in colleagues(fresh(file))]
    hand_over(actor=bureau.actor("there_head"), file=fresh(file), to=heir.appointment_id)
    take_over(actor=heir, file=fresh(file))
    submit(actor=heir, file=fresh(file))
    clerk = bureau.actor("there_clerk")
    with scope.act_for(clerk):
        assert [row[0] for row in SUBMITTED(clerk)] == [file.pk]
    accept(actor=clerk, file=fresh(file))
    held = fresh(file)
    # It stays a file of the organ that made it.
    assert (held.state, held.organ_id) == (State.ARCHIVED, bureau.house.organs["province"].pk)


def test_files_of_two_organs_are_not_disposed_of_in_one(bureau: "Bureau") -> None:
    people_there(bureau)
    ours, theirs = opened(bureau), opened(bureau, by="there_clerk")
    merged(bureau)
    with override("en"), pytest.raises(Invalid, match="files of one organ"):
        propose(actor=bureau.actor("there_clerk"), files=[ours.pk, theirs.pk], reason="Hết hạn")
