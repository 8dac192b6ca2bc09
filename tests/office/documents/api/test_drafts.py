"""Drafts through the API: as the pages, each deed once."""

from typing import TYPE_CHECKING
from uuid import uuid4

from lienthong.office.core import scope
from lienthong.office.documents.models import Document, File
from tests.office.documents.api.desk import DRAFT, bring
from tests.office.documents.keys import Authority, pdf

if TYPE_CHECKING:
    from tests.office.documents.api.desk import Desk


def test_from_draft_to_signature(desk: "Desk", issuer: Authority) -> None:
    writer = desk.of("writer")
    made = writer.send("/documents", {**DRAFT, "label": "confidential", "urgency": "urgent"})
    assert (made.status_code, made.json()["state"], made.json()["revision"]) == (201, "draft", 1)
    path = f"/documents/{made.json()['id']}"
    changed = writer.send(path, {**DRAFT, "label": "confidential", "note": "Gấp", "revision": 1}, "PUT")
    assert changed.json()["revision"] == 2
    assert writer.send(path, {**DRAFT, "revision": 1}, "PUT").status_code == 409
    second = desk.bureau.actor("doer").appointment_id
    shared = writer.send(f"{path}/share", {"writers": [second], "revision": 2}).json()
    assert desk.of("doer").send(f"{path}/comment", {"text": "Tôi đọc rồi"}).status_code == 200
    assert bring(writer, f"{path}/files", "Kế hoạch.pdf", pdf(), role="main").status_code == 201
    now = writer.ask(path).json()
    assert now["revision"] == shared["revision"] + 2
    (chain,) = writer.ask(f"{path}/choices").json()["chains"]
    sent = writer.send(f"{path}/submit", {"chain": chain["value"], "revision": now["revision"]})
    assert sent.json()["state"] == "submitted"
    assert desk.of("signer").send(f"{path}/approve", {}).status_code == 404
    assert desk.of("reviewer").send(f"{path}/approve", {"remark": "Được"}).json()["state"] == "approved"
    (key,) = desk.of("signer").ask(f"{path}/choices").json()["keys"]
    assert key["value"] == "organ"
    signed = desk.of("signer").send(f"{path}/sign", {"key": "organ", "stamp": {"page": 1}})
    assert signed.json().get("state") == "signed", signed.json()
    files = desk.of("signer").ask(f"{path}/files").json()
    assert [(file["version"], file["current"]) for file in files] == [(1, False), (2, True)]


def test_sent_twice_a_draft_is_begun_once(desk: "Desk") -> None:
    writer, uid = desk.of("writer"), str(uuid4())
    first, second = (writer.send("/documents", {**DRAFT, "uid": uid}).json() for _ in range(2))
    assert (first, first["uid"]) == (second, uid)
    assert desk.trail(first["id"]) == ["create"]
    # Somebody else's draft of that uid is another one: nobody learns by it what there is.
    other = desk.of("doer").send("/documents", {**DRAFT, "uid": uid})
    assert (other.status_code, other.json()["id"] != first["id"]) == (201, True)
    assert writer.send("/documents", DRAFT).json()["id"] != writer.send("/documents", DRAFT).json()["id"]


def test_it_is_returned_and_discarded(desk: "Desk") -> None:
    document = desk.bureau.approved()
    path = f"/documents/{document.pk}"
    assert desk.of("signer").send(f"{path}/return", {"reason": ""}).status_code == 422
    assert desk.of("signer").send(f"{path}/return", {"reason": "Sai số"}).json()["state"] == "draft"
    assert desk.of("reviewer").send(f"{path}/discard", {}).status_code == 403
    assert desk.of("writer").send(f"{path}/discard", {}).json()["state"] == "discarded"
    again = desk.of("writer").send(f"{path}/discard", {})
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    assert desk.trail(document).count("discard") == 1


def test_an_answer_names_what_it_answers(desk: "Desk") -> None:
    arrived = desk.bureau.arrived()
    clerk = desk.of("clerk")
    made = clerk.send("/documents", {**DRAFT, "answers": arrived.pk}).json()
    (relation,) = clerk.ask(f"/documents/{made['id']}").json()["relations"]
    assert (relation["kind"], relation["other_id"]) == ("answers", arrived.pk)
    assert desk.of("doer").send("/documents", {**DRAFT, "answers": arrived.pk}).status_code == 404


def test_what_does_not_fit_is_refused_and_leaves_nothing(desk: "Desk") -> None:
    writer, draft = desk.of("writer"), desk.bureau.draft()
    for change in (
        {"type": "khong-co"},
        {"subject": ""},
        {"subject": "   "},
        {"subject": "x" * 1001},
        {"label": "x"},
        {"due": "0001-01-01"},
        {"unknown": 1},
        {"subject": "\x00"},
    ):
        assert writer.send("/documents", {**DRAFT, **change}).status_code == 422, change
    assert desk.of("second_writer").send("/documents", {**DRAFT, "label": "secret"}).status_code == 403
    path = f"/documents/{draft.pk}"
    assert writer.send(f"{path}/submit", {"chain": 10**9, "revision": 1}).status_code == 422
    refused = writer.send(f"{path}/submit", {"chain": desk.bureau.chain.pk, "revision": 1}).json()
    assert "main file" in refused["detail"]
    outside = desk.bureau.actor("below").appointment_id
    assert writer.send(f"{path}/share", {"writers": [outside], "revision": 1}).status_code == 422
    with scope.system():
        assert Document.objects.count() == 1
        assert not File.objects.exists()
    assert desk.trail(draft) == ["create"]


def test_a_key_that_is_not_kept_signs_nothing(desk: "Desk") -> None:
    document = desk.bureau.approved()
    for key in ("organ", "own", "../x"):
        answer = desk.of("signer").send(f"/documents/{document.pk}/sign", {"key": key})
        assert (answer.status_code, answer.json()["detail"]) == (422, "key")
    assert desk.of("writer").send(f"/documents/{document.pk}/sign", {"key": "organ"}).status_code in {403, 422}
