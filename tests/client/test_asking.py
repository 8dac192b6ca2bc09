"""Reading answers: problems become errors with their code; whatever else comes is no answer."""

import pytest

from lienthong.client.asking import Reply, pause, problem_of, read_as
from lienthong.client.errors import AnswerInvalid, Conflict, NotFound, Problem, Refused, Unavailable
from lienthong.client.results import Sent

PROBLEM = b'{"code": "c", "title": "t", "detail": "d", "hint": "h", "more": 1}'


def reply(status: int, body: bytes = PROBLEM, **headers: str) -> Reply:
    named = {"content-type": "application/problem+json"} | {k.replace("_", "-"): v for k, v in headers.items()}
    return Reply(status=status, headers=list(named.items()), body=body)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Problem),
        (401, Refused),
        (403, Refused),
        (404, NotFound),
        (409, Conflict),
        (422, Conflict),
        (503, Unavailable),
    ],
)
def test_a_problem_is_an_error_of_its_kind(status: int, kind: type[Problem]) -> None:
    error = problem_of(reply(status))
    assert type(error) is kind
    assert (error.code, error.hint, error.where) == ("c", "h", "d")
    assert isinstance(error, Problem)
    assert (error.status, error.title, error.detail) == (status, "t", "d")


@pytest.mark.parametrize(
    "said", [reply(502, content_type="text/html"), reply(400, b"{"), reply(400, b"\xff"), reply(400, b"{}")]
)
def test_what_is_no_problem_is_no_answer(said: Reply) -> None:
    assert isinstance(problem_of(said), AnswerInvalid)


@pytest.mark.parametrize("body", [b"", b"{}", b"\xff", b'{"id": 1}'])
def test_an_answer_of_another_form_is_refused(body: bytes) -> None:
    with pytest.raises(AnswerInvalid, match="Sent"):
        read_as(Sent)(reply(200, body))


def test_pauses_grow_and_follow_the_gateway() -> None:
    assert 0.1 <= pause(0) <= 0.2
    assert 2.5 <= pause(10_000) <= 5.0
    assert pause(0, reply(503, retry_after="2")) == 2.0
    assert pause(0, reply(503, retry_after="900")) == 5.0
    assert pause(0, reply(503, retry_after="soon")) <= 0.2
