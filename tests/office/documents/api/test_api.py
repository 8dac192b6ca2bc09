"""Reading documents through the API: what the pages show, and nothing else."""

from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from lienthong.kernel.labels import Level
from lienthong.office.api.tokens import SYSTEM_SCOPES, Scope
from lienthong.office.core import scope
from lienthong.office.documents.actions.assigning import Orders, assign
from lienthong.office.documents.actions.change import give_access
from lienthong.office.documents.actions.drafts import comment
from lienthong.office.documents.actions.issuing import issue
from lienthong.office.documents.actions.receiving import accept
from lienthong.office.documents.api.reads import ListName
from lienthong.office.documents.lists import REGISTERS
from lienthong.office.documents.models import Document
from tests.office.documents.test_documents_top_secret import mark

if TYPE_CHECKING:
    from tests.office.api.programs import Program
    from tests.office.documents.api.desk import Desk

EVERYBODY = ("writer", "clerk", "open_clerk", "below")


def _all(user: "Program", path: str, limit: int = 2) -> list[dict[str, Any]]:
    """Follow a list to its end."""
    found: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        page = user.ask(f"{path}{'&' if '?' in path else '?'}limit={limit}&cursor={cursor}").json()
        assert len(page["items"]) <= limit
        found += page["items"]
        cursor = page["next"]
    return found


@pytest.fixture
def full(desk: "Desk") -> "Desk":
    """Documents in every state and up to secret."""
    bureau = desk.bureau
    for label in (Level.INTERNAL, Level.CONFIDENTIAL, Level.SECRET):
        bureau.draft(label=label)
        bureau.approved(label=label)
        issue(actor=bureau.actor("clerk"), document=bureau.signed(label=label))
        bureau.arrived(label=label)
        accept(actor=bureau.actor("clerk"), document=bureau.arrived(label=label))
    return desk


def test_lists_are_the_registers_of_the_pages(full: "Desk") -> None:
    assert set(ListName) == set(REGISTERS) - {"top-secret"} | {"waiting"}
    for key in EVERYBODY:
        user, actor = full.of(key), full.bureau.actor(key)
        for name in ListName:
            answer = user.ask(f"/documents?list={name}")
            if answer.status_code == 403:
                assert not actor.at_desk or name.startswith(("secret", "kept")), (key, name)
                continue
            found = [each["id"] for each in _all(user, f"/documents?list={name}")]
            if name is ListName.WAITING:
                continue
            with scope.act_for(actor):
                page = REGISTERS[name]
                assert found == list(page.rows(actor).order_by(*page.ordering(page.sort)).values_list("pk", flat=True))
    assert len(_all(full.of("clerk"), "/documents?list=secret-incoming")) == 2


def test_lists_are_filtered_as_the_pages_and_say_what_they_do_not_know(full: "Desk") -> None:
    user = full.of("clerk")
    for query, number in (
        ("list=incoming&q=cong van", 1),
        ("list=incoming&q=khong co", 0),
        ("list=incoming&state=registered&type=cong-van&urgency=urgent", 1),
        ("list=secret-incoming&label=secret", 1),
        ("list=incoming&entered_from=2999-01-01", 0),
        ("list=outgoing&entered_to=2999-01-01", 1),
    ):
        assert len(user.ask(f"/documents?{query}").json()["items"]) == number, query
    for query in ("list=top-secret", "state=x", "type=x", "label=top-secret", "year=1066", "entered_from=x", "limit=0"):
        assert user.ask(f"/documents?{query}").status_code == 422, query
    for cursor in ("x", "WyJ4IiwxXQ", "WyIiLDFd"):
        assert user.ask(f"/documents?list=incoming&cursor={cursor}").status_code == 422, cursor


def test_one_document_with_what_hangs_on_it_and_what_may_be_done(desk: "Desk") -> None:
    document = desk.bureau.approved()
    comment(actor=desk.bureau.actor("reviewer"), document=document, text="Được")
    told = desk.of("signer").ask(f"/documents/{document.pk}").json()
    assert (told["label"], told["state"], told["uid"]) == ("internal", "approved", str(document.uid))
    assert told["deeds"] == ["comment", "return", "sign"]
    assert [step["outcome"] for step in told["steps"]] == ["done", "open"]
    assert [file["name"] for file in told["files"]] == ["Kế hoạch.pdf"]
    assert [each["text"] for each in told["comments"]] == ["Được"]
    assert "words" not in told


def test_choices_are_those_of_what_may_be_done(desk: "Desk") -> None:
    draft = desk.bureau.draft()
    told = desk.of("writer").ask(f"/documents/{draft.pk}/choices").json()
    assert [each["value"] for each in told["chains"]] == [desk.bureau.chain.pk]
    assert told["colleagues"]
    assert not told["holders"] + told["audiences"] + told["keys"] + told["reserved"]
    arrived = desk.bureau.arrived()
    accept(actor=desk.bureau.actor("clerk"), document=arrived)
    assert desk.of("signer").ask(f"/documents/{arrived.pk}/choices").json()["holders"]


def test_tasks_are_what_is_assigned_to_the_reader_or_their_unit(desk: "Desk") -> None:
    bureau = desk.bureau
    doer = bureau.actor("doer")
    for lead in (doer.appointment_id, -doer.unit_id, bureau.actor("reviewer").appointment_id):
        document = bureau.arrived()
        accept(actor=bureau.actor("clerk"), document=document)
        assign(actor=bureau.actor("signer"), document=document, orders=Orders(lead=lead, instruction="Làm ngay"))
    found = _all(desk.of("doer"), "/tasks", limit=1)
    assert [each["holder"] for each in found] == [-doer.unit_id, doer.appointment_id]
    assert (found[0]["duty"], found[0]["instruction"]) == ("lead", "Làm ngay")
    assert found[0]["document"]["state"] == "assigned"
    assert desk.of("below").ask("/tasks").json()["items"] == []
    done = found[1]["document"]["id"]
    assert desk.of("doer").send(f"/documents/{done}/complete", {"result": "Xong"}).json()["state"] == "completed"
    assert len(desk.of("doer").ask("/tasks").json()["items"]) == 1
    assert len(desk.of("doer").ask("/tasks?done=true").json()["items"]) == 2


def test_what_is_not_for_a_reader_is_not_there(desk: "Desk") -> None:
    document = desk.bureau.with_file(desk.bureau.draft(label=Level.CONFIDENTIAL))
    for key in ("second_writer", "open_clerk", "administrator", "below", "outsider"):
        for path in ("", "/choices", "/files", "/files/1", "/dispatches/1"):
            hidden = desk.of(key).ask(f"/documents/{document.pk}{path}")
            missing = desk.of(key).ask(f"/documents/999999{path}")
            assert (hidden.status_code, missing.status_code) == (404, 404), (key, path)
            told = hidden.json() | {"instance": "", "detail": ""}
            assert told == missing.json() | {"instance": "", "detail": ""}


def test_a_token_never_opens_what_is_top_secret(desk: "Desk") -> None:
    bureau = desk.bureau
    for key in ("doer", "clerk"):
        mark(bureau, key)
    found = bureau.arrived(label=Level.TOP_SECRET)
    with scope.system():
        give_access(found, [bureau.actor("doer").appointment_id, bureau.actor("clerk").appointment_id])
    for key in ("doer", "clerk"):
        user = desk.of(key)
        assert user.ask("/me").json()["clearance"] == "top-secret"
        assert user.ask(f"/documents/{found.pk}").status_code == 404
        assert user.ask(f"/documents/{found.pk}/files").status_code == 404
        assert user.send(f"/documents/{found.pk}/accept", {}).status_code == 404
        for name in ListName:
            answer = user.ask(f"/documents?list={name}").json()
            assert found.pk not in [each["id"] for each in answer.get("items", [])]
        made = user.send("/documents", {"type": "ke-hoach", "subject": "x", "label": "top-secret"})
        assert made.status_code == 422
    with scope.system():
        assert Document.objects.count() == 1


def test_a_token_opens_only_what_it_was_made_for(desk: "Desk") -> None:
    draft = desk.bureau.draft()
    reading, writing = (desk.of("writer", [each]) for each in (Scope.READ_DOCUMENTS, Scope.WRITE_DOCUMENTS))
    assert not {Scope.READ_DOCUMENTS, Scope.WRITE_DOCUMENTS, Scope.SIGN_DOCUMENTS} & SYSTEM_SCOPES
    assert reading.ask(f"/documents/{draft.pk}").status_code == 200
    for user, path, body in (
        (reading, f"/documents/{draft.pk}/discard", {}),
        (reading, "/documents", {"type": "ke-hoach", "subject": "x"}),
        (writing, f"/documents/{draft.pk}/sign", {"key": "organ"}),
    ):
        answer = user.send(path, body)
        assert (answer.status_code, answer.json()["code"]) == (403, "scope_missing"), path
    assert writing.ask(f"/documents/{draft.pk}").status_code == 403
    assert writing.ask("/tasks").status_code == 403
    assert writing.send(f"/documents/{draft.pk}/discard", {}).status_code == 200


def test_queries_do_not_grow_with_what_is_read(full: "Desk") -> None:
    user, counts = full.of("clerk"), []
    doer = full.bureau.actor("doer")
    # The first use of an hour is noted.
    user.ask("/me")
    for _ in range(2):
        with CaptureQueriesContext(connection) as asked:
            assert user.ask("/documents?list=incoming").status_code == 200
            assert user.ask("/tasks").status_code == 200
        counts.append(len(asked))
        for _more in range(3):
            document = full.bureau.arrived()
            accept(actor=full.bureau.actor("clerk"), document=document)
            orders = Orders(lead=doer.appointment_id, supports=frozenset({full.bureau.actor("clerk").appointment_id}))
            assign(actor=full.bureau.actor("signer"), document=document, orders=orders)
    assert counts[0] == counts[1]
