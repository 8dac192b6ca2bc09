"""What leaves, through the API: numbered, sent, asked for, replaced; each once."""

from typing import TYPE_CHECKING

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.documents.models import Dispatch
from tests.office.documents.api.desk import program
from tests.office.documents.exchange.posts import run_jobs

if TYPE_CHECKING:
    from tests.office.documents.api.desk import Desk
    from tests.office.documents.exchange.posts import Posts


def test_it_is_issued_sent_and_followed(desk: "Desk", posts: "Posts") -> None:
    document = desk.bureau.signed(label=Level.CONFIDENTIAL)
    clerk, path = desk.of("clerk"), f"/documents/{document.pk}"
    assert desk.of("writer").send(f"{path}/issue", {}).status_code == 403
    issued = clerk.send(f"{path}/issue", {})
    assert (issued.json()["state"], issued.json()["entry"]) == ("issued", 1)
    assert clerk.send(f"{path}/issue", {}).status_code == 409
    audiences = [each["value"] for each in clerk.ask(f"{path}/choices").json()["audiences"]]
    assert {"named", "everybody"} <= set(audiences)
    wanted = {"audience": "named", "organs": ["T.commune"], "revision": issued.json()["revision"]}
    sent = clerk.send(f"{path}/dispatch", wanted)
    assert sent.status_code == 200
    run_jobs()
    (told,) = clerk.ask(path).json()["dispatches"]
    assert (told["state"], told["total"]) == ("sent", 1)
    (delivery,) = clerk.ask(f"{path}/dispatches/{told['id']}").json()["items"]
    assert delivery["organ_code"] == "T.commune"
    assert clerk.ask(f"{path}/dispatches/{told['id']}?state=dead").json()["items"] == []
    posts.look()
    (arrived,) = posts.arrived()
    theirs = program(posts.commune_clerk())
    assert theirs.send(f"/documents/{arrived.pk}/accept", {}).json()["state"] == "registered"
    assert theirs.ask(path).status_code == 404


def test_a_second_click_sends_nothing_more(desk: "Desk", posts: "Posts") -> None:
    document, clerk = posts.issued(), desk.of("clerk")
    wanted = {"audience": "everybody", "revision": document.revision}
    statuses = [clerk.send(f"/documents/{document.pk}/dispatch", wanted).status_code for _ in range(2)]
    assert statuses == [200, 409]
    with scope.system():
        assert Dispatch.objects.count() == 1
    assert desk.trail(document).count("dispatch") == 1


def test_whom_it_cannot_go_to_is_said(desk: "Desk", posts: "Posts") -> None:
    document, clerk = posts.issued(), desk.of("clerk")
    for audience, organs in (("named", []), ("named", ["Không có"]), ("x", []), ("level-99", [])):
        body = {"audience": audience, "organs": organs, "revision": document.revision}
        assert clerk.send(f"/documents/{document.pk}/dispatch", body).status_code == 422, (audience, organs)
    with scope.system():
        assert not Dispatch.objects.exists()


def test_it_is_asked_for_and_replaced(desk: "Desk", posts: "Posts") -> None:
    first, second, clerk = posts.issued(), posts.issued(), desk.of("clerk")
    path = f"/documents/{first.pk}"
    assert clerk.send(f"{path}/replace", {"by": "999-X"}).status_code == 422
    assert clerk.send(f"{path}/replace", {"by": second.number}).json()["state"] == "replaced"
    assert clerk.send(f"{path}/recall", {"reason": "Sai"}).status_code == 409
    assert clerk.send(f"/documents/{second.pk}/recall", {"reason": "Sai"}).json()["state"] == "recalled"
