"""Programs relate drafts, and read from either end what stands to what."""

from typing import TYPE_CHECKING

from lienthong.kernel.labels import Level
from tests.office.records.shelf import registered

if TYPE_CHECKING:
    from tests.office.documents.api.desk import Desk


def test_both_ends_are_told(desk: "Desk") -> None:
    arrived, draft = registered(desk.bureau), desk.bureau.draft(by="clerk")
    clerk, address = desk.of("clerk"), f"/documents/{draft.pk}"
    for _ in range(2):
        sent = clerk.send(f"{address}/relations", {"kind": "answers", "other": arrived.pk})
        assert sent.status_code == 200, sent.content
    (relation,) = clerk.ask(address).json()["relations"]
    assert (relation["kind"], relation["other_id"]) == ("answers", arrived.pk)
    turned = {"kind": "answers", "document_id": draft.pk, "number": "", "state": "draft"}
    assert clerk.ask(f"/documents/{arrived.pk}").json()["related_by"] == [turned]
    # Of a draft that is not shown, nothing.
    assert desk.of("signer").ask(f"/documents/{arrived.pk}").json()["related_by"] == []
    assert clerk.ask(f"{address}/relations/{relation['id']}", "DELETE").status_code == 204
    assert clerk.ask(f"{address}/relations/{relation['id']}", "DELETE").status_code == 404
    assert clerk.ask(address).json()["relations"] == []


def test_what_is_hidden_is_refused_as_what_is_not_there(desk: "Desk") -> None:
    secret = registered(desk.bureau, label=Level.SECRET)
    draft, program = desk.bureau.draft(by="open_clerk"), desk.of("open_clerk")
    answers = [
        program.send(f"/documents/{draft.pk}/relations", {"kind": "based-on", "other": number}).json()
        for number in (secret.pk, 999_999_999)
    ]
    assert [answer["status"] for answer in answers] == [422, 422]
    assert answers[0]["detail"] == answers[1]["detail"]


def test_other_kinds_are_not_said_of_drafts(desk: "Desk") -> None:
    draft = desk.bureau.draft()
    answer = desk.of("writer").send(f"/documents/{draft.pk}/relations", {"kind": "replaces", "number": "1-QĐ"})
    assert answer.status_code == 422
