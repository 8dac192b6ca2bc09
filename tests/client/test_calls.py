"""Answers of calls: an answer to another request, or one of nobody's, is not taken for one."""

import pytest

from lienthong.client.asking import Reply
from lienthong.client.calls import call, request_hash
from lienthong.client.errors import AnswerInvalid, CallFailed
from lienthong.exchange.http import HttpMessage
from lienthong.exchange.rest.r1 import request_hash as of_the_gateway

SERVICE = "VN/STATE/G22/Provider/echo"
SENT = [("host", "x"), ("x-road-client", "VN/PARTY/A01"), ("accept", "*/*"), ("x-road-id", "mine")]
SEALED = [("accept", "*/*"), ("x-road-client", "VN/PARTY/A01"), ("x-road-id", "mine"), ("x-road-request-id", "7")]
TARGET = f"/r1/{SERVICE}/a?b"
GOOD = {
    "x-road-id": "mine",
    "x-road-request-id": "7",
    "x-road-request-hash": request_hash("POST", TARGET, SEALED, b"body"),
}


def reply(**changed: str) -> Reply:
    headers = GOOD | {name.replace("_", "-"): value for name, value in changed.items()}
    return Reply(status=200, headers=list(headers.items()), body=b"answer", target=TARGET, sent=SENT)


def ask(*, checked: bool = True):  # type: ignore[no-untyped-def]  # noqa: ANN201 - as call says
    return call(SERVICE, "POST", "/a?b", body=b"body", headers={}, message_id="mine", checked=checked)


def test_the_hash_is_that_of_the_gateway() -> None:
    for body in (b"", b"body"):
        message = HttpMessage(headers=tuple(SEALED), body=body)
        assert request_hash("POST", TARGET, SEALED, body) == of_the_gateway("POST", TARGET, message)


def test_an_answer_to_this_request_is_taken() -> None:
    answer = ask().read(reply(x_b="1"))
    assert (answer.status, answer.body, answer.request_id, answer.header("x-b")) == (200, b"answer", "7", "1")


@pytest.mark.parametrize(
    ("changed", "place"),
    [
        ({"x_road_id": "yours"}, "x-road-id 'yours'"),
        ({"x_road_request_id": "8"}, "x-road-request-hash"),
        ({"x_road_request_id": ""}, "x-road-id"),
        ({"x_road_request_hash": "AAAA"}, "x-road-request-hash"),
        ({"x_road_request_hash": ""}, "x-road-request-hash"),
    ],
)
def test_an_answer_to_another_request_is_refused(changed: dict[str, str], place: str) -> None:
    with pytest.raises(AnswerInvalid, match=place):
        ask().read(reply(**changed))


def test_the_hash_is_not_looked_at_where_a_proxy_changes_requests() -> None:
    assert ask(checked=False).read(reply(x_road_request_hash="AAAA")).status == 200


@pytest.mark.parametrize(
    ("body", "title"),
    [(b'{"type": "T", "message": "M", "detail": "D"}', "M"), (b"<error/>", "<error/>"), (b"\xff", "\ufffd")],
)
def test_an_error_of_the_exchange_has_its_type(body: bytes, title: str) -> None:
    failed = Reply(status=500, headers=[("x-road-error", "T")], body=body)
    with pytest.raises(CallFailed) as caught:
        ask().read(failed)
    assert (caught.value.code, caught.value.title, caught.value.status) == ("T", title, 500)


def test_only_what_changes_nothing_is_repeated() -> None:
    for method, repeatable in (("GET", True), ("HEAD", True), ("POST", False), ("PUT", False), ("DELETE", False)):
        made = call(SERVICE, method, "", body=b"", headers={}, message_id="m", checked=True)
        assert made.repeatable is repeatable
