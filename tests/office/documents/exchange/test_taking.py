"""What comes is entered whole, once; what is not as it should be is refused and leaves nothing."""

import json
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from lienthong.client import AnswerInvalid, GatewayUnreachable, NewContent
from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.models import AuditEntry, Notification
from lienthong.office.documents.exchange import packet
from lienthong.office.documents.exchange.packet import Media
from lienthong.office.documents.models import Delivery, Document, File, Relation
from lienthong.office.vault import scanning
from lienthong.office.vault.errors import FileInfected
from lienthong.office.vault.models import Blob
from tests.office.documents.exchange.posts import files_of, fresh, run_jobs

if TYPE_CHECKING:
    from tests.office.documents.exchange.posts import Posts


def _paper(**changes: object) -> bytes:
    facts = {
        "version": 1, "uid": str(UUID(int=3)), "type": "cong-van", "urgency": "ordinary", "subject": "Công văn",
        "number": "1-CV", "author_code": "T.province", "author": "Tỉnh 1",
    }  # fmt: skip
    return json.dumps(facts | changes).encode()


def _send(
    posts: "Posts",
    data: bytes,
    *more: bytes,
    media: str = Media.DOCUMENT,
    sender: str = "T.province",
    **options: object,
) -> None:
    contents = [NewContent(data=data, media_type=media), *(NewContent(data=each) for each in more)]
    link = posts.exchange.link(sender)
    link.send(["VN/PARTY/T.commune"], contents=contents, **options)  # type: ignore[arg-type]  # as a test says


_FILE = {"name": "a", "role": "main", "media_type": "a/b", "size": 1, "sha256": "0" * 64}
_STATUS = {"uid": str(UUID(int=1)), "code": "04", "at": "2026-11-26T08:00:00Z"}


def _rows() -> list[int]:
    with scope.system():
        return [model.objects.count() for model in (Document, File, Blob, AuditEntry, Notification, Relation)]


def test_a_document_arrives_with_everything(posts: "Posts") -> None:
    posts.leaving = [("Quyết định.pdf", b"%PDF-1"), ("Phụ lục.pdf", b"x" * 300_000)]
    made = posts.sent(label=Level.CONFIDENTIAL)
    assert posts.look() == 1
    (document,) = posts.arrived()
    sent = made.document
    assert (document.uid, document.subject, document.number) == (sent.uid, sent.subject, sent.number)
    assert (document.level, document.author_code, document.author) == (Level.CONFIDENTIAL, "T.province", "Tỉnh 1")
    assert document.message == made.message
    assert files_of(document) == posts.leaving == files_of(made.document)
    with scope.system():
        assert Notification.objects.filter(person=posts.clerk, kind="documents:document:arrived").count() == 1
    # It stays in the mailbox, opened, until somebody decides; and comes no second time.
    assert posts.exchange.letters[0].state == "opened"
    assert (posts.look(), posts.look(whole=True), len(posts.arrived())) == (0, 0, 1)


def _failing(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """Have keeping a file fail, after the first piece has been kept."""

    def store(**_: object) -> None:
        raise error

    monkeypatch.setattr("lienthong.office.documents.exchange.taking.bring_to", store)


def test_what_was_opened_and_not_entered_comes_again(posts: "Posts", monkeypatch: pytest.MonkeyPatch) -> None:
    posts.leaving = [("a.pdf", b"1")]
    posts.sent()
    with monkeypatch.context() as failing:
        _failing(failing, OSError("the disk is full"))
        with pytest.raises(OSError, match="full"):
            posts.look()
    with scope.system():
        assert not Document.objects.filter(direction="incoming").exists()
        assert not AuditEntry.objects.filter(kind="documents:document:arrive").exists()
    assert posts.look() == 0
    assert posts.look(whole=True) == 1
    (document,) = posts.arrived()
    assert files_of(document) == [("a.pdf", b"1")]


def test_a_content_that_breaks_off_is_not_entered(posts: "Posts", monkeypatch: pytest.MonkeyPatch) -> None:
    posts.leaving = [("a.pdf", b"1")]
    posts.sent()
    original = type(posts.exchange.link("T.commune")).pieces

    def broken(self: object, message: object, number: int = 0, *, sender: str | None = None) -> object:
        if number:
            yield b"%PD"
            raise AnswerInvalid("the content does not fit its digest")
        yield from original(self, message, number, sender=sender)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr(type(posts.exchange.link("T.commune")), "pieces", broken)
    with pytest.raises(AnswerInvalid):
        posts.look()
    assert posts.arrived() == []
    assert posts.exchange.letters[0].state == "opened"


def test_one_that_fails_does_not_keep_others_from_coming(posts: "Posts", monkeypatch: pytest.MonkeyPatch) -> None:
    digest = "6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b"
    _send(posts, _paper(files=[_FILE | {"sha256": digest}]), b"1")
    _send(posts, _paper(subject="2"))
    _failing(monkeypatch, OSError("full"))
    with pytest.raises(OSError, match="full"):
        posts.look()
    assert [document.subject for document in posts.arrived()] == ["2"]


def test_a_gateway_that_goes_away_ends_the_look(posts: "Posts") -> None:
    _send(posts, _paper())
    posts.exchange.troubles = [GatewayUnreachable("x")]
    with pytest.raises(GatewayUnreachable):
        posts.look()


@pytest.mark.parametrize(
    ("data", "more", "options"),
    [
        (b"", (), {}),
        (b"{", (), {}),
        (b"[" * 5000, (), {}),
        (b" " * (packet.MAX_PACKET + 1), (), {}),
        (_paper(version=2), (), {}),
        (_paper(more="x"), (), {}),
        (_paper(subject=""), (), {}),
        (_paper(subject="x" * 1001), (), {}),
        (_paper(uid="1"), (), {}),
        (_paper(type="../x"), (), {}),
        (_paper(urgency="soon"), (), {}),
        # Another urgency than was sealed.
        (_paper(), (), {"urgency": 2}),
        # Somebody else's name.
        (_paper(author_code="T.centre"), (), {}),
        (_paper(author_code="T.centre"), (), {"sender": "T.neighbour"}),
        # Files: more, fewer, others, and names that lead elsewhere.
        (_paper(), (b"x",), {}),
        (_paper(files=[_FILE]), (b"1",), {}),
        (_paper(files=[_FILE]), (), {}),
        (_paper(files=[_FILE | {"name": "../a"}]), (b"1",), {}),
        (_paper(files=[_FILE, _FILE | {"name": "b"}]), (b"1", b"1"), {}),
        (_paper(files=[_FILE, _FILE | {"name": "A", "role": "appendix"}]), (b"1", b"1"), {}),
        (_paper(files=[_FILE | {"role": "else"}]), (b"1",), {}),
        # Labels that offices do not handle.
        (_paper(), (), {"label": "internal/personnel"}),
        # Nothing that an office knows.
        (b"hello", (), {"media": "text/plain"}),
        # A state of something that was never sent, and one without a meaning.
        (json.dumps(_STATUS).encode(), (), {"media": Media.STATUS}),
        (json.dumps(_STATUS | {"code": "99"}).encode(), (), {"media": Media.STATUS}),
        (json.dumps(_STATUS | {"at": "2026-11-26T08:00:00"}).encode(), (), {"media": Media.STATUS}),
        (json.dumps({"uid": str(UUID(int=2)), "reason": ""}).encode(), (), {"media": Media.RECALL}),
    ],
)  # fmt: skip
def test_what_is_hostile_is_refused_with_a_reason_and_leaves_nothing(
    posts: "Posts", data: bytes, more: tuple[bytes, ...], options: dict[str, object]
) -> None:
    before = _rows()
    _send(posts, data, *more, **options)  # type: ignore[arg-type]  # as above
    assert posts.look() == 1
    assert _rows() == before
    (letter,) = posts.exchange.letters
    assert letter.state == "refused"
    assert letter.note
    assert posts.look(whole=True) == 0


class _Infected(scanning.NullScan):
    def finish(self) -> None:
        raise FileInfected("Eicar")


def test_a_file_that_is_not_taken_is_told_to_the_sender(posts: "Posts", monkeypatch: pytest.MonkeyPatch) -> None:
    posts.leaving = [("a.pdf", b"1")]
    made = posts.sent()
    monkeypatch.setattr(scanning, "scan", _Infected)
    posts.look()
    with scope.system():
        assert AuditEntry.objects.get(kind="vault:file:infected").new == {"found": "Eicar"}
    assert posts.arrived() == []
    assert posts.exchange.letters[0].state == "refused"
    assert "Eicar" in posts.exchange.letters[0].note
    assert fresh(made).state == "sent"


def test_mail_of_other_systems_is_left_alone(posts: "Posts") -> None:
    link = posts.exchange.link("T.province")
    link.name = "VN/PARTY/T.province/registry"
    link.send(["VN/PARTY/T.commune"], contents=[NewContent(data=b"x")])
    assert posts.look(whole=True) == 0
    assert posts.exchange.letters[0].state == "delivered"


def test_nobody_keeps_a_message_out_by_using_its_number(posts: "Posts") -> None:
    made = posts.sent()
    _send(posts, _paper(author_code="T.neighbour"), sender="T.neighbour")
    posts.look()
    assert len(posts.arrived()) == 2
    # The same number, another sender.
    _send(posts, _paper(author_code="T.elsewhere"), sender="T.elsewhere")
    letter = posts.exchange.letters[-1]
    letter.message = type(letter.message)(
        **{name: getattr(letter.message, name) for name in letter.message.__struct_fields__} | {"id": made.message}
    )
    posts.look()
    assert (letter.state, len(posts.arrived())) == ("refused", 2)


def test_what_it_answers_is_found_here(posts: "Posts") -> None:
    first = _paper()
    _send(posts, first)
    posts.look()
    uid = json.loads(first)["uid"]
    related = [{"kind": "replaces", "uid": uid, "number": "1-CV"}, {"kind": "based-on"}]
    _send(posts, _paper(uid=str(UUID(int=4)), related=related))
    posts.look()
    old, new = posts.arrived()
    with scope.system():
        rows = list(Relation.objects.filter(document=new).order_by("pk").values_list("kind", "other", "other_number"))
    assert rows == [("replaces", old.pk, "1-CV"), ("based-on", None, "")]


def test_a_state_is_noted_at_the_delivery_of_who_says_it(posts: "Posts") -> None:
    made = posts.sent()
    status = {"uid": str(made.document.uid), "code": "06", "at": "2026-11-26T08:00:00Z", "note": "Xong"}
    posts.exchange.link("T.commune").send(
        ["VN/PARTY/T.province"],
        contents=[NewContent(data=json.dumps(status).encode(), media_type=Media.STATUS)],
    )
    assert posts.look(posts.province) == 1
    with scope.system():
        row = Delivery.objects.get(dispatch=made)
    assert (row.code, row.note) == ("06", "Xong")
    assert posts.exchange.letters[-1].state == "accepted"
    # Of whoever never got it nothing is noted.
    posts.exchange.link("T.neighbour").send(
        ["VN/PARTY/T.province"],
        contents=[NewContent(data=json.dumps(status | {"code": "04"}).encode(), media_type=Media.STATUS)],
    )
    posts.look(posts.province)
    with scope.system():
        assert Delivery.objects.get(dispatch=made).code == "06"
    assert posts.exchange.letters[-1].state == "refused"
    assert run_jobs() == []
