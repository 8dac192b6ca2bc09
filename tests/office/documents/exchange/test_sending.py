"""Sending: one message, whatever happens on the way, and of what is labelled nothing where others could read it."""

import hashlib
import json
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from lienthong.client import GatewayUnreachable, Refused
from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.documents.actions.dispatching import try_again
from lienthong.office.documents.exchange import sending
from lienthong.office.documents.exchange.audience import everybody
from lienthong.office.documents.exchange.packet import Media
from lienthong.office.documents.models import Delivery, Dispatch, Document, Mailbox
from lienthong.office.documents.states import State
from tests.office.documents.exchange.posts import fresh, run_job, run_jobs

if TYPE_CHECKING:
    from tests.office.documents.exchange.posts import Posts

_LARGE = sending.INLINE + 1


def test_it_leaves_with_what_it_says_and_its_files(posts: "Posts") -> None:
    posts.leaving = [("Quyết định.pdf", b"%PDF-1"), ("Phụ lục.pdf", b"x" * _LARGE)]
    made = posts.dispatched()
    assert (made.state, posts.exchange.letters) == (Dispatch.State.WAITING, [])
    assert run_jobs() == ["documents.dispatch"]
    (letter,) = posts.exchange.letters
    message = letter.message
    assert (message.sender, message.receiver) == ("VN/PARTY/T.province/office", "VN/PARTY/T.commune")
    assert (message.label, message.subject) == ("internal", made.document.number)
    assert message.contents[0].media_type == Media.DOCUMENT
    # Names are in what is encrypted, not beside it.
    assert [content.name for content in message.contents] == ["document.json", "1", "2"]
    described = json.loads(letter.data[0])
    assert described["subject"] == made.document.subject
    assert [file["name"] for file in described["files"]] == ["Quyết định.pdf", "Phụ lục.pdf"]
    assert described["files"][1]["sha256"] == hashlib.sha256(letter.data[2]).hexdigest()
    after = fresh(made)
    assert (after.state, after.message, after.total, after.counts) == ("sent", message.id, 1, {"delivered": 1})
    assert after.prepared is None
    with scope.system():
        (row,) = Delivery.objects.filter(dispatch=made)
    assert (row.organ_code, row.organ, row.state) == ("T.commune", "Xã 1", "delivered")


def test_of_what_is_labelled_the_message_says_nothing(posts: "Posts") -> None:
    posts.dispatched(posts.issued(label=Level.CONFIDENTIAL))
    run_jobs()
    (letter,) = posts.exchange.letters
    assert (letter.message.label, letter.message.subject) == ("confidential", "")


def test_who_is_not_reached_is_told_by_name(posts: "Posts") -> None:
    posts.exchange.refusing = {"T.elsewhere": "label_above_ceiling"}
    made = posts.dispatched(to=everybody())
    run_jobs()
    with scope.system():
        rows = dict(Delivery.objects.filter(dispatch=made).values_list("organ_code", "state"))
        note = Delivery.objects.get(dispatch=made, organ_code="T.elsewhere").note
    assert rows == {
        "T.centre": "delivered", "T.commune": "delivered", "T.neighbour": "delivered", "T.elsewhere": "dead",
    }  # fmt: skip
    assert note == "label_above_ceiling"
    assert fresh(made).counts == {"dead": 1, "delivered": 3}


def test_said_again_after_a_crash_it_is_one_message(posts: "Posts", monkeypatch: pytest.MonkeyPatch) -> None:
    posts.leaving = [("a.pdf", b"x" * _LARGE)]
    made = posts.dispatched()
    original = sending._record
    monkeypatch.setattr(sending, "_record", _die)
    with pytest.raises(KeyboardInterrupt):
        sending.send(made.pk)
    assert fresh(made).state == Dispatch.State.WAITING
    monkeypatch.setattr(sending, "_record", original)
    # What is told of it has changed meanwhile: the same bytes leave.
    with scope.system():
        Document.objects.filter(pk=made.document_id).update(note="changed")
    sending.send(made.pk)
    sending.send(made.pk)
    assert len(posts.exchange.letters) == len(posts.exchange.uploads) == 1
    assert fresh(made).message == posts.exchange.letters[0].message.id
    with scope.system():
        assert Delivery.objects.filter(dispatch=made).count() == 1


def _die(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_gateway_that_is_away_is_asked_again(posts: "Posts") -> None:
    made = posts.dispatched()
    posts.exchange.troubles = [GatewayUnreachable("ConnectError")]
    with pytest.raises(GatewayUnreachable):
        run_jobs()
    waiting = fresh(made)
    assert (waiting.state, bool(waiting.trouble)) == (Dispatch.State.WAITING, True)
    run_job("documents.dispatch", {"dispatch_id": made.pk}, attempts=1)
    assert (fresh(made).state, fresh(made).trouble) == (Dispatch.State.SENT, "")


def test_after_the_last_time_it_has_failed_and_can_be_sent_again_as_the_same(posts: "Posts") -> None:
    made = posts.dispatched()
    posts.exchange.troubles = [GatewayUnreachable("ConnectError")]
    with pytest.raises(GatewayUnreachable):
        run_jobs(attempts=8)
    failed = fresh(made)
    assert (failed.state, failed.tries) == (Dispatch.State.FAILED, 0)
    assert failed.prepared is not None
    try_again(actor=posts.bureau.actor("clerk"), dispatch=failed)
    run_jobs()
    assert fresh(made).state == Dispatch.State.SENT


def test_what_the_gateway_does_not_permit_is_told_and_not_repeated(posts: "Posts") -> None:
    made = posts.dispatched()
    posts.exchange.troubles = [
        Refused(status=403, code="label_above_ceiling", title="Too secret", detail="VN/PARTY/T.commune", hint="Ask.")
    ]
    run_jobs()
    failed = fresh(made)
    assert (failed.state, failed.prepared, failed.tries) == (Dispatch.State.FAILED, None, 1)
    assert "Too secret" in failed.trouble
    assert "label_above_ceiling" in failed.trouble


def test_what_was_recalled_meanwhile_does_not_leave(posts: "Posts") -> None:
    made = posts.dispatched()
    with scope.system():
        Document.objects.filter(pk=made.document_id).update(state=State.RECALLED)
    run_jobs()
    assert (fresh(made).state, posts.exchange.letters) == (Dispatch.State.FAILED, [])


def test_mailboxes_of_this_office_are_woken(posts: "Posts") -> None:
    with scope.system():
        before = dict(Mailbox.objects.values_list("organ__code", "due_at"))
    made = posts.dispatched()
    with scope.system():
        Mailbox.objects.update(due_at=before["T.commune"] + timedelta(seconds=200), pause=200)
    run_jobs()
    with scope.system():
        after = dict(Mailbox.objects.values_list("organ__code", "pause"))
    assert (after["T.commune"], after["T.elsewhere"]) == (0.5, 200)
    assert fresh(made).follow_at is not None
