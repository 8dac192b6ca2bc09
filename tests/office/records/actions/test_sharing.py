"""Who works on a file, and how it goes from hand to hand."""

from typing import TYPE_CHECKING

import pytest

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.errors import Conflict, Forbidden, Invalid
from lienthong.office.core.models import Notification
from lienthong.office.documents.models import Document
from lienthong.office.records.actions.sharing import decline, hand_over, share, take_over
from lienthong.office.records.models import FileAccess, WorkFile
from tests.office.records.shelf import archived, filled, fresh, opened, registered

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau


def told(bureau: "Bureau", key: str) -> list[str]:
    """Return the kinds of what somebody was told and is not done."""
    with scope.system():
        found = Notification.objects.filter(
            person=bureau.actor(key).person_id, done_at=None, kind__startswith="records:"
        )
        return sorted(found.values_list("kind", flat=True))


def test_whoever_is_let_in_is_told_and_whoever_is_left_out_sees_nothing_more(bureau: "Bureau") -> None:
    document = registered(bureau)
    file, clerk = filled(bureau, document), bureau.actor("clerk")
    doer, official = (bureau.actor(key) for key in ("doer", "official"))
    share(actor=clerk, file=file, writers=[doer.appointment_id], readers=[official.appointment_id])
    assert told(bureau, "doer") == told(bureau, "official") == ["records:workfile:shared"]
    share(actor=clerk, file=file, writers=[official.appointment_id], readers=[])
    # Who was let in before is not told again.
    assert told(bureau, "official") == ["records:workfile:shared"]
    with scope.system():
        rows = dict(FileAccess.objects.filter(file=file).values_list("holder", "writes"))
    assert rows == {clerk.appointment_id: True, official.appointment_id: True}
    with scope.act_for(doer):
        assert not WorkFile.objects.exists()
        assert not Document.objects.exists()


def test_only_its_maker_lets_others_in_and_only_cleared_ones_of_the_organ(bureau: "Bureau") -> None:
    file = opened(bureau, by="writer", label=Level.CONFIDENTIAL)
    doer = bureau.actor("doer").appointment_id
    for key in ("clerk", "signer", "security"):
        with pytest.raises(Forbidden):
            share(actor=bureau.actor(key), file=file, writers=[doer], readers=[])
    unit = bureau.actor("doer").unit_id
    for wrong in ([bureau.actor("second_writer").appointment_id], [bureau.actor("below").appointment_id], [-unit]):
        with pytest.raises(Invalid):
            share(actor=bureau.actor("writer"), file=file, writers=wrong, readers=[])
    other = bureau.house.departments["commune"].pk
    with pytest.raises(Invalid):
        share(actor=bureau.actor("writer"), file=file, writers=[], readers=[-other])
    share(actor=bureau.actor("writer"), file=file, writers=[doer], readers=[-unit])


def test_it_is_handed_over_once_the_other_takes_it(bureau: "Bureau") -> None:
    document = registered(bureau)
    file, doer = filled(bureau, document), bureau.actor("doer")
    hand_over(actor=bureau.actor("clerk"), file=file, to=doer.appointment_id)
    assert fresh(file).maker_id == bureau.actor("clerk").appointment_id
    with scope.act_for(doer):
        # They see what they are asked to take, but not yet what lies in it.
        assert WorkFile.objects.get().pk == file.pk
        assert not Document.objects.exists()
    for key in ("official", "signer", "clerk"):
        with pytest.raises(Forbidden):
            take_over(actor=bureau.actor(key), file=file)
    take_over(actor=doer, file=file)
    taken = fresh(file)
    assert (taken.maker_id, taken.offered_to_id) == (doer.appointment_id, None)
    with scope.act_for(doer):
        assert Document.objects.get().pk == document.pk
    with scope.system():
        assert not FileAccess.objects.get(file=file, holder=bureau.actor("clerk").appointment_id).writes
    assert told(bureau, "clerk") == ["records:workfile:taken-over"]
    assert told(bureau, "doer") == []


def test_it_stays_where_it_is_if_the_other_declines(bureau: "Bureau") -> None:
    file, doer = opened(bureau, by="writer"), bureau.actor("doer")
    hand_over(actor=bureau.actor("writer"), file=file, to=doer.appointment_id)
    with pytest.raises(Invalid):
        decline(actor=doer, file=file, reason=" ")
    decline(actor=doer, file=file, reason="Không thuộc nhiệm vụ")
    assert fresh(file).offered_to_id is None
    assert told(bureau, "writer") == ["records:workfile:declined"]
    with scope.act_for(doer):
        assert not WorkFile.objects.exists()
    with pytest.raises(Forbidden):
        take_over(actor=doer, file=file)


def test_a_head_finds_a_new_maker_for_what_somebody_left_behind(bureau: "Bureau") -> None:
    file, doer = opened(bureau, by="writer"), bureau.actor("doer")
    for key in ("clerk", "official", "security"):
        with pytest.raises(Forbidden):
            hand_over(actor=bureau.actor(key), file=file, to=doer.appointment_id)
    hand_over(actor=bureau.actor("signer"), file=file, to=doer.appointment_id)
    take_over(actor=doer, file=file)
    assert fresh(file).maker_id == doer.appointment_id


def test_only_cleared_colleagues_are_asked(bureau: "Bureau") -> None:
    file = opened(bureau, by="writer", label=Level.SECRET)
    for key in ("doer", "below", "writer"):
        with pytest.raises(Invalid):
            hand_over(actor=bureau.actor("writer"), file=file, to=bureau.actor(key).appointment_id)


def test_what_is_in_the_archive_changes_hands_no_more(bureau: "Bureau") -> None:
    file = archived(bureau)
    with pytest.raises(Conflict):
        hand_over(actor=bureau.actor("clerk"), file=file, to=bureau.actor("doer").appointment_id)
    with pytest.raises(Conflict):
        share(actor=bureau.actor("clerk"), file=file, writers=[], readers=[])
