"""Drafts: theirs who began them, and of those who are let write."""

from typing import TYPE_CHECKING

import pytest

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.errors import Conflict, Forbidden, Invalid, NotFound
from lienthong.office.core.models import AuditEntry
from lienthong.office.documents.actions.drafts import Draft, change_draft, comment, create_draft, discard, share_draft
from lienthong.office.documents.models import Comment, Document
from lienthong.office.documents.selectors.documents import deeds, document, documents
from lienthong.office.documents.states import Deed, State

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau

_DRAFT = Draft(type="ke-hoach", subject="Kế hoạch công tác năm")


def test_a_draft_is_its_authors_alone(bureau: "Bureau") -> None:
    made = create_draft(actor=bureau.actor("writer"), draft=_DRAFT)
    assert made.state == State.DRAFT
    for key in ("second_writer", "signer", "clerk", "administrator", "outsider", "below", "auditor"):
        with scope.act_for(bureau.actor(key)), pytest.raises(NotFound):
            document(bureau.actor(key), made.pk)
    with scope.act_for(bureau.actor("writer")):
        assert document(bureau.actor("writer"), made.pk) == made


def test_without_a_position_nobody_drafts(bureau: "Bureau") -> None:
    with pytest.raises(Forbidden):
        create_draft(actor=bureau.actor("unplaced"), draft=_DRAFT)


@pytest.mark.parametrize(
    "draft",
    [
        Draft(type="no-such", subject="x"),
        Draft(type="ke-hoach", subject=" \u200b "),
        Draft(type="ke-hoach", subject="x" * 1001),
        Draft(type="ke-hoach", subject="x", urgency="soon"),
    ],
)
def test_what_a_draft_cannot_say(bureau: "Bureau", draft: Draft) -> None:
    with pytest.raises(Invalid):
        create_draft(actor=bureau.actor("writer"), draft=draft)
    with scope.system():
        assert not Document.objects.exists()


def test_nobody_drafts_above_their_clearance(bureau: "Bureau") -> None:
    with pytest.raises(Forbidden):
        bureau.draft(label=Level.CONFIDENTIAL, by="second_writer")
    with pytest.raises(Forbidden):
        bureau.draft(label=Level.TOP_SECRET, by="writer")


def test_a_change_on_what_was_not_seen_is_refused(bureau: "Bureau") -> None:
    made, writer = bureau.draft(), bureau.actor("writer")
    change_draft(actor=writer, document=made, draft=_DRAFT, seen=1)
    with pytest.raises(Conflict):
        change_draft(actor=writer, document=made, draft=_DRAFT, seen=1)


def test_colleagues_write_once_they_are_let(bureau: "Bureau") -> None:
    made, second = bureau.draft(), bureau.actor("second_writer")
    share_draft(actor=bureau.actor("writer"), document=made, appointments=[second.appointment_id])
    change_draft(actor=second, document=made, draft=_DRAFT, seen=2)
    assert Deed.SUBMIT not in deeds(second, bureau.fresh(made))
    with pytest.raises(Forbidden):
        discard(actor=second, document=made)
    share_draft(actor=bureau.actor("writer"), document=made, appointments=[])
    with scope.act_for(second), pytest.raises(NotFound):
        document(second, made.pk)


@pytest.mark.parametrize("key", ["below", "outsider"])
def test_people_of_other_organs_are_not_let(bureau: "Bureau", key: str) -> None:
    made = bureau.draft()
    with pytest.raises(Invalid):
        share_draft(actor=bureau.actor("writer"), document=made, appointments=[bureau.actor(key).appointment_id])


def test_who_is_not_cleared_is_not_let_write_on_what_is_labelled(bureau: "Bureau") -> None:
    made = bureau.draft(label=Level.CONFIDENTIAL)
    with pytest.raises(Invalid):
        share_draft(
            actor=bureau.actor("writer"), document=made, appointments=[bureau.actor("second_writer").appointment_id]
        )


def test_labelling_it_higher_takes_it_out_of_the_sight_of_who_is_not_cleared(bureau: "Bureau") -> None:
    made, second = bureau.draft(), bureau.actor("second_writer")
    share_draft(actor=bureau.actor("writer"), document=made, appointments=[second.appointment_id])
    higher = Draft(type="ke-hoach", subject="Kế hoạch", label=Level.CONFIDENTIAL)
    change_draft(actor=bureau.actor("writer"), document=made, draft=higher, seen=2)
    with scope.system():
        assert not documents(second).exists()


def test_no_word_of_what_is_labelled_is_in_the_trail_or_the_index(bureau: "Bureau") -> None:
    made = bureau.draft(label=Level.CONFIDENTIAL, subject="Chuyện mật")
    change_draft(
        actor=bureau.actor("writer"), document=made, seen=1,
        draft=Draft(type="ke-hoach", subject="Chuyện mật khác", label=Level.CONFIDENTIAL),
    )  # fmt: skip
    with scope.system():
        for entry in AuditEntry.objects.filter(object_type="documents.document"):
            assert "mật" not in f"{entry.object_name} {entry.old} {entry.new}"
            assert entry.label == Level.CONFIDENTIAL
        assert bureau.fresh(made).words is None


def test_remarks_are_of_those_who_see_it(bureau: "Bureau") -> None:
    made = bureau.draft()
    comment(actor=bureau.actor("writer"), document=made, text=" Xem  lại ")
    with pytest.raises(Forbidden):
        comment(actor=bureau.actor("clerk"), document=made, text="x")
    with pytest.raises(Invalid):
        comment(actor=bureau.actor("writer"), document=made, text="\u200b")
    with scope.system():
        assert [each.text for each in Comment.objects.all()] == ["Xem lại"]


def test_a_discarded_draft_is_over(bureau: "Bureau") -> None:
    made = bureau.draft()
    discard(actor=bureau.actor("writer"), document=made)
    with pytest.raises(Conflict):
        change_draft(actor=bureau.actor("writer"), document=made, draft=_DRAFT, seen=2)
