"""Disposal: a clerk proposes, two others approve, and the bytes are gone; whatever speaks against it stops it."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.utils.timezone import localdate

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.errors import Conflict, Forbidden, Invalid, NotFound
from lienthong.office.core.models import AuditEntry
from lienthong.office.documents.actions.files import keep
from lienthong.office.documents.contents.keeping import keep_words
from lienthong.office.documents.models import Content, Document, File
from lienthong.office.records.actions.contents import add_documents
from lienthong.office.records.actions.disposing import approve, propose, refuse
from lienthong.office.records.actions.holds import set_hold
from lienthong.office.records.models import Approval, Disposal, WorkFile
from lienthong.office.vault.errors import FileShredded
from lienthong.office.vault.selectors import read
from tests.office.records.actions.test_sharing import told
from tests.office.records.shelf import archived, expired, filled, fresh, opened

if TYPE_CHECKING:
    from tests.office.documents.bureau import Bureau

BASIS = "Biên bản xét hủy số 2"


def proposed(bureau: "Bureau", *files: WorkFile, by: str = "clerk") -> Disposal:
    return propose(actor=bureau.actor(by), files=[file.pk for file in files], reason=BASIS)


def state(disposal: Disposal) -> str:
    with scope.system():
        return Disposal.objects.get(pk=disposal.pk).state


def test_two_others_approve_and_it_is_carried_out(bureau: "Bureau") -> None:
    file, other = expired(bureau), archived(bureau)
    disposal = proposed(bureau, file)
    assert "records:disposal:to-approve" in told(bureau, "signer")
    assert "records:disposal:to-approve" not in told(bureau, "clerk")
    assert approve(actor=bureau.actor("open_clerk"), disposal=disposal) is False
    assert fresh(file).state == "archived"
    assert approve(actor=bureau.actor("signer"), disposal=disposal) is True
    gone = fresh(file)
    assert (gone.state, gone.disposed_on, fresh(other).state) == ("disposed", localdate(), "archived")
    with scope.system():
        assert Disposal.objects.get().code == f"T.province.H.{localdate().year}.01"
        entry = AuditEntry.objects.get(kind="records:workfile:dispose")
    assert entry.new == {"state": "disposed", "certificate": f"T.province.H.{localdate().year}.01", "destroyed": 0}
    assert "records:disposal:done" in told(bureau, "clerk")
    assert "records:disposal:to-approve" not in told(bureau, "leader")


def test_two_clerks_are_not_enough_without_a_head(bureau: "Bureau") -> None:
    disposal = proposed(bureau, expired(bureau), by="open_clerk")
    with scope.system():
        approval = Approval(disposal=disposal, by_id=bureau.actor("writer").appointment_id, leads=False)
        approval.person_id, approval.name, approval.position = bureau.actor("writer").person_id, "x", "x"
        approval.save()
    assert approve(actor=bureau.actor("clerk"), disposal=disposal) is False
    assert approve(actor=bureau.actor("leader"), disposal=disposal) is True


def test_the_proposer_does_not_approve_in_any_position_nor_anybody_in_theirs(bureau: "Bureau") -> None:
    disposal, clerk, signer = proposed(bureau, expired(bureau)), bureau.actor("clerk"), bureau.actor("signer")

    def acting(person: Actor, position: Actor) -> Actor:
        facts = {name: getattr(position, name) for name in Actor.__slots__}
        return Actor(**facts | {"person_id": person.person_id, "name": person.name})

    for actor in (clerk, acting(clerk, signer), acting(signer, clerk)):
        with pytest.raises(Forbidden):
            approve(actor=actor, disposal=disposal)
    approve(actor=signer, disposal=disposal)
    leader = bureau.actor("leader")
    for actor in (signer, acting(signer, leader), acting(leader, signer)):
        with pytest.raises(Forbidden):
            approve(actor=actor, disposal=disposal)
    assert state(disposal) == "proposed"


def test_only_clerks_propose_and_only_clerks_and_heads_decide(bureau: "Bureau") -> None:
    file = expired(bureau)
    for key in ("signer", "writer", "security", "auditor", "administrator"):
        with pytest.raises(Forbidden):
            proposed(bureau, file, by=key)
    disposal = proposed(bureau, file)
    for key in ("writer", "security", "auditor", "administrator", "below", "outsider", "official"):
        with pytest.raises(Forbidden):
            approve(actor=bureau.actor(key), disposal=disposal)
        with pytest.raises(Forbidden):
            refuse(actor=bureau.actor(key), disposal=disposal, reason="x")


def test_what_must_be_kept_is_not_even_proposed(bureau: "Bureau") -> None:
    clerk, due, held = bureau.actor("clerk"), expired(bureau), expired(bureau)
    set_hold(actor=bureau.actor("security"), file=held, reason="Tòa án")
    for file in (archived(bureau), held, opened(bureau), archived(bureau, retention=None)):
        with pytest.raises(Invalid, match=file.code):
            propose(actor=clerk, files=[due.pk, file.pk], reason=BASIS)
    for files, reason in (([], BASIS), ([due.pk], " "), (range(1, 300), BASIS)):
        with pytest.raises(Invalid):
            propose(actor=clerk, files=files, reason=reason)
    proposed(bureau, due)
    with pytest.raises(Invalid, match=due.code):
        proposed(bureau, due)


def test_files_of_elsewhere_and_above_ones_clearance_are_not_found(bureau: "Bureau") -> None:
    secret = expired(bureau, label=Level.SECRET)
    with pytest.raises(NotFound):
        proposed(bureau, secret, by="open_clerk")
    with pytest.raises(NotFound):
        proposed(bureau, opened(bureau, by="below"))
    disposal = proposed(bureau, secret)
    for key in ("open_clerk", "leader"):
        with pytest.raises(Forbidden):
            approve(actor=bureau.actor(key), disposal=disposal)


@pytest.mark.parametrize("trouble", ["hold", "term", "state"])
def test_what_comes_between_stops_the_last_approval_wholly(bureau: "Bureau", trouble: str) -> None:
    file, other = expired(bureau), expired(bureau)
    disposal = proposed(bureau, file, other)
    approve(actor=bureau.actor("open_clerk"), disposal=disposal)
    if trouble == "hold":
        set_hold(actor=bureau.actor("security"), file=file, reason="Tòa án")
    else:
        changed: dict[str, Any] = {"keep_until": localdate() + timedelta(days=1)}
        with scope.system():
            WorkFile.objects.filter(pk=file.pk).update(**changed if trouble == "term" else {"state": "submitted"})
    with pytest.raises(Conflict):
        approve(actor=bureau.actor("signer"), disposal=disposal)
    assert state(disposal) == "proposed"
    assert fresh(other).state == "archived"
    with scope.system():
        assert Approval.objects.count() == 1


def test_it_is_refused_with_a_reason_and_may_be_proposed_again(bureau: "Bureau") -> None:
    file = expired(bureau)
    disposal = proposed(bureau, file)
    with pytest.raises(Invalid):
        refuse(actor=bureau.actor("signer"), disposal=disposal, reason="")
    refuse(actor=bureau.actor("signer"), disposal=disposal, reason="Còn cần")
    assert (state(disposal), fresh(file).state) == ("refused", "archived")
    assert "records:disposal:refused" not in told(bureau, "signer")
    for action in (approve, lambda **given: refuse(reason="x", **given)):
        with pytest.raises(Conflict):
            action(actor=bureau.actor("open_clerk"), disposal=disposal)
    again = proposed(bureau, file)
    refuse(actor=bureau.actor("clerk"), disposal=again, reason="Nhầm")
    assert state(again) == "refused"


def with_bytes(bureau: "Bureau", file: WorkFile) -> tuple[Document, File]:
    """Give the one document of a file a file of its own."""
    with scope.system():
        document = Document.objects.get(pk__in=file.items.values("document"))
    return document, keep(document=document, role=File.Role.MAIN, name="Công văn.pdf", chunks=[b"%PDF-1.7"])


def test_the_bytes_are_gone_and_the_register_stays(bureau: "Bureau") -> None:
    file = expired(bureau)
    document, kept = with_bytes(bureau, file)
    assert b"".join(read(kept.blob_id))
    keep_words(kept.pk)
    with scope.system():
        assert Content.objects.filter(file=kept).exists()
    disposal = proposed(bureau, file)
    approve(actor=bureau.actor("open_clerk"), disposal=disposal)
    approve(actor=bureau.actor("signer"), disposal=disposal)
    with pytest.raises(FileShredded):
        read(kept.blob_id)
    with scope.system():
        assert disposal.files.get().destroyed == 1
        assert not Content.objects.filter(file=kept).exists()
        assert bureau.fresh(document).subject == document.subject
        assert AuditEntry.objects.filter(kind="vault:file:shred").count() == 1


def test_what_lies_in_another_file_that_is_kept_is_not_destroyed(bureau: "Bureau") -> None:
    file = expired(bureau)
    document, kept = with_bytes(bureau, file)
    other = filled(bureau, document)
    disposal = proposed(bureau, file)
    approve(actor=bureau.actor("open_clerk"), disposal=disposal)
    approve(actor=bureau.actor("signer"), disposal=disposal)
    assert b"".join(read(kept.blob_id))
    with scope.system():
        assert disposal.files.get().destroyed == 0
    assert fresh(other).documents == 1
    # Nothing is put into what is no more.
    with pytest.raises(Conflict):
        add_documents(actor=bureau.actor("clerk"), file=file, documents=[document.pk])


@pytest.mark.slow
def test_of_two_who_approve_at_once_each_counts_and_it_is_done_once(lasting_bureau: "Bureau") -> None:
    disposal = proposed(lasting_bureau, expired(lasting_bureau))
    actors = [lasting_bureau.actor(key) for key in ("open_clerk", "signer", "leader")]

    def one(actor: Actor) -> str:
        try:
            return str(approve(actor=actor, disposal=disposal))
        except Conflict:
            return "late"
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as pool:
        answers = sorted(pool.map(one, actors))
    assert answers == ["False", "True", "late"]
    with scope.system():
        assert AuditEntry.objects.filter(kind="records:disposal:carry-out").count() == 1
