"""What arrives, through the API: accepted or refused once, assigned, carried out, given back."""

from typing import TYPE_CHECKING

from lienthong.office.core import scope
from lienthong.office.documents.actions.recalling import asked_back
from lienthong.office.documents.models import Assignment

if TYPE_CHECKING:
    from tests.office.documents.api.desk import Desk


def test_from_arrival_to_completion(desk: "Desk") -> None:
    document, doer = desk.bureau.arrived(), desk.bureau.actor("doer")
    path = f"/documents/{document.pk}"
    assert desk.of("doer").send(f"{path}/accept", {}).status_code == 404
    assert desk.of("signer").send(f"{path}/accept", {}).status_code == 403
    entered = desk.of("clerk").send(f"{path}/accept", {"due": "2999-01-01"})
    assert (entered.json()["state"], entered.json()["entry"]) == ("registered", 1)
    orders = {"lead": doer.appointment_id, "supports": [-doer.unit_id], "revision": entered.json()["revision"]}
    assert desk.of("signer").send(f"{path}/assign", orders).json()["state"] == "assigned"
    # The same once more: it was meant for another state.
    assert desk.of("signer").send(f"{path}/assign", orders).status_code == 409
    with scope.system():
        assert Assignment.objects.count() == 2
    worker = desk.of("doer")
    assert worker.send(f"{path}/start", {}).json()["state"] == "processing"
    assert worker.send(f"{path}/complete", {"result": "Đã xong"}).json()["state"] == "completed"
    assert worker.send(f"{path}/complete", {"result": "Đã xong"}).status_code == 409
    assert desk.trail(document) == ["arrive", "accept", "assign", "start", "complete"]


def test_it_is_refused_with_a_reason(desk: "Desk") -> None:
    document, clerk = desk.bureau.arrived(), desk.of("clerk")
    path = f"/documents/{document.pk}"
    assert clerk.send(f"{path}/refuse", {"reason": ""}).status_code == 422
    assert clerk.send(f"{path}/refuse", {"reason": "Không đúng nơi nhận"}).json()["state"] == "refused"
    assert clerk.send(f"{path}/accept", {}).status_code == 409
    assert desk.trail(document) == ["arrive", "refuse"]


def test_days_and_holders_that_do_not_fit_are_refused(desk: "Desk") -> None:
    document, clerk = desk.bureau.arrived(), desk.of("clerk")
    path = f"/documents/{document.pk}"
    for day in ("2999-01-01", "2020-01-01", "0001-01-01", "x"):
        assert clerk.send(f"{path}/accept", {"day": day}).status_code == 422, day
    assert clerk.send(f"{path}/accept", {}).status_code == 200
    outside = desk.bureau.actor("below").appointment_id
    for lead in (0, 10**9, -(10**9), 2**63, outside):
        answer = desk.of("signer").send(f"{path}/assign", {"lead": lead, "revision": 2})
        assert answer.status_code == 422, lead
    assert desk.trail(document) == ["arrive", "accept"]


def test_whoever_asks_for_it_back_is_answered(desk: "Desk") -> None:
    clerk = desk.of("clerk")
    for deed, body, state in (
        ("refuse-recall", {"reason": "Đang xử lý"}, "arrived"),
        ("agree-recall", {}, "recalled"),
    ):
        document = desk.bureau.arrived()
        path = f"/documents/{document.pk}/{deed}"
        assert clerk.send(path, body).status_code == 409
        asked_back(organ_id=document.organ_id, uid=document.uid, author_code="T.centre", reason="Nhầm")
        assert clerk.ask(f"/documents/{document.pk}").json()["recall_reason"] == "Nhầm"
        assert clerk.send(path, body).json()["state"] == state
        assert clerk.send(path, body).status_code == 409
