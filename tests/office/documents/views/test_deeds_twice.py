"""The same form twice, and two clerks at once: one is done, the other is told so, and the trail has one entry."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections
from django.test import Client
from django.utils import timezone

from lienthong.office.core import scope
from lienthong.office.core.models import AuditEntry
from lienthong.office.documents.actions.drafts import comment
from lienthong.office.documents.actions.receiving import accept
from lienthong.office.documents.models import Assignment, Comment, Dispatch, Document, File
from lienthong.office.documents.states import State
from lienthong.office.vault.models import Blob
from tests.office.api.programs import Program
from tests.office.documents.api.desk import program
from tests.office.documents.bureau import PDF
from tests.office.documents.exchange.posts import opened
from tests.office.documents.views.test_deeds import browser

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.office.documents.bureau import Bureau

CONFLICT = "Somebody else changed this meanwhile"


def _entries(document: Document, deed: str) -> int:
    with scope.system():
        kind = f"documents:document:{deed}"
        return AuditEntry.objects.filter(object_type="documents.document", object_id=document.pk, kind=kind).count()


def _send(client: Client, document: Document, deed: str, facts: dict[str, Any]) -> list[Any]:
    """Send the same form twice, as it was shown once."""
    address = f"/documents/{document.pk}/{deed}/"
    form = client.get(address).context["form"]
    given = {"revision": form.initial["revision"], **facts}
    return [client.post(address, given) for _ in range(2)]


def _is_done_once(answers: list[Any]) -> bool:
    first, second = answers
    return (first.status_code, second.status_code) == (302, 409) and CONFLICT in second.content.decode()


def test_a_draft_is_begun_once(bureau: "Bureau") -> None:
    writer = browser(bureau, "writer")
    facts = {"type": "ke-hoach", "subject": "Kế hoạch", "label": 1, "urgency": "ordinary"}
    shown = str(writer.get("/documents/new/").context["form"]["uid"].value())
    places = [writer.post("/documents/new/", {**facts, "uid": shown}).headers["Location"] for _ in range(2)]
    assert len(set(places)) == 1
    with scope.system():
        (document,) = Document.objects.all()
    assert (str(document.uid), _entries(document, "create")) == (shown, 1)
    writer.post("/documents/new/", {**facts, "uid": uuid4()})
    writer.post("/documents/new/", facts)
    with scope.system():
        assert Document.objects.count() == 3


def test_it_is_assigned_and_shared_once(bureau: "Bureau") -> None:
    document, draft = bureau.arrived(), bureau.draft()
    accept(actor=bureau.actor("clerk"), document=document)
    doer = bureau.actor("doer").appointment_id
    assert _is_done_once(_send(browser(bureau, "signer"), document, "assign", {"lead": doer}))
    assert _is_done_once(_send(browser(bureau, "writer"), draft, "share", {"writers": [doer]}))
    with scope.system():
        assert Assignment.objects.count() == 1
    assert (_entries(document, "assign"), _entries(draft, "share")) == (1, 1)


def test_it_is_sent_once(bureau: "Bureau") -> None:
    with opened(bureau) as posts:
        document = posts.issued()
        assert _is_done_once(_send(browser(bureau, "clerk"), document, "dispatch", {"audience": "everybody"}))
    with scope.system():
        assert Dispatch.objects.count() == 1
    assert _entries(document, "dispatch") == 1


def test_a_remark_is_made_once_and_may_be_made_again_later(bureau: "Bureau") -> None:
    document, writer = bureau.draft(), browser(bureau, "writer")
    address = f"/documents/{document.pk}/comment/"
    for text in ("Xem lại", " Xem  lại ", "Khác", "Xem lại"):
        assert writer.post(address, {"revision": 1, "text": text}).status_code == 302
    with scope.system():
        assert [each.text for each in Comment.objects.all()] == ["Xem lại", "Khác", "Xem lại"]
        Comment.objects.update(at=timezone.now() - timedelta(hours=1))
    writer.post(address, {"revision": 1, "text": "Xem lại"})
    with scope.system():
        assert Comment.objects.count() == 4
    assert _entries(document, "comment") == 4


def test_the_same_file_is_there_once(bureau: "Bureau") -> None:
    document, writer = bureau.draft(), browser(bureau, "writer")
    address = f"/documents/{document.pk}/files/add/"

    def send(name: str, content: bytes) -> None:
        upload = SimpleUploadedFile(name, content, "application/pdf")
        assert writer.post(address, {"revision": 1, "role": "main", "file": upload}).status_code == 302

    for content in (PDF, PDF, PDF + b"2"):
        send("a.pdf", content)
    with scope.system():
        assert [(each.version, each.current) for each in File.objects.order_by("pk")] == [(1, False), (2, True)]
        assert Blob.objects.count() == 2
    assert _entries(document, "edit") == 2
    # Taken away, or under another name, it is brought anew.
    send("b.pdf", PDF + b"2")
    with scope.system():
        assert File.objects.count() == 3


def test_what_an_action_refuses_is_said_on_the_page(bureau: "Bureau") -> None:
    draft = bureau.draft()
    page = _send(browser(bureau, "writer"), draft, "submit", {"chain": bureau.chain.pk})[1]
    assert page.status_code == 200
    assert "A draft needs its main file before it is submitted." in page.content.decode()


def test_the_same_remark_at_the_same_moment_is_made_once(lasting_bureau: "Bureau") -> None:
    document = lasting_bureau.draft()
    writer = lasting_bureau.actor("writer")

    def say() -> None:
        with scope.act_for(writer):
            comment(actor=writer, document=document, text="Xem lại")

    _both(say, say)
    with scope.system():
        assert Comment.objects.count() == 1


def _both[T](left: "Callable[[], T]", right: "Callable[[], T]") -> list[T]:
    """Do two things at the same moment, each with a connection of its own."""
    barrier = Barrier(2)

    def run(one: "Callable[[], T]") -> T:
        barrier.wait(timeout=30)
        try:
            return one()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(run, (left, right)))


@pytest.mark.parametrize("way", ["pages", "api"])
def test_two_clerks_accept_at_once_and_one_of_them_does(lasting_bureau: "Bureau", way: str) -> None:
    bureau = lasting_bureau
    document = bureau.arrived()
    address, keys = f"/documents/{document.pk}/accept/", ("clerk", "open_clerk")
    if way == "pages":
        browsers = [browser(bureau, key) for key in keys]
        facts = browsers[0].get(address).context["form"].initial
        given = {"revision": facts["revision"], "day": facts["day"]}
        left, right = _both(lambda: browsers[0].post(address, given), lambda: browsers[1].post(address, given))
        assert sorted((left.status_code, right.status_code)) == [302, 409]
        assert CONFLICT in max((left, right), key=lambda answer: answer.status_code).content.decode()
    else:
        programs: list[Program] = [program(bureau.actor(key)) for key in keys]
        path = address.rstrip("/")
        left, right = _both(lambda: programs[0].send(path, {}), lambda: programs[1].send(path, {}))
        assert sorted((left.status_code, right.status_code)) == [200, 409]
        assert max((left, right), key=lambda answer: answer.status_code).json()["code"] == "conflict"
    assert (bureau.fresh(document).state, bureau.fresh(document).entry) == (State.REGISTERED, 1)
    assert _entries(document, "accept") == 1
