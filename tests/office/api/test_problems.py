"""Every error of the API is a problem (RFC 9457)."""

import json
import uuid
from typing import Any

import pytest

from lienthong.office.accounts import api_reads
from tests.office.api.programs import Program, Programs
from tests.office.people import House


def _check(answer: Any, status: int, code: str) -> dict[str, Any]:  # noqa: ANN401 - a response of the test client
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    problem: dict[str, Any] = json.loads(answer.content)
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["type"] == f"urn:lienthong:problem:{code}"
    assert problem["instance"].startswith("urn:uuid:")
    assert problem["title"]
    assert problem["hint"]
    return problem


def test_each_with_its_own_number(programs: Programs) -> None:
    program = programs.of("official")
    nobody = Program(token=None, secret="")
    _check(nobody.ask("/me"), 401, "token_missing")
    _check(nobody.ask("/nothing"), 404, "address_unknown")
    _check(nobody.ask("/organs/1/nothing"), 404, "address_unknown")
    _check(program.ask("/persons/999999"), 404, "not_found")
    refused = program.ask("/persons", "DELETE")
    _check(refused, 405, "method_not_allowed")
    assert "GET" in refused["Allow"]
    _check(program.ask("/tokens", "POST", data=b"{", content_type="application/json"), 400, "body_invalid")
    _check(program.ask("/tokens", "POST", data=b"\xff", content_type="application/json"), 400, "body_invalid")
    deep = b"[" * 100_000
    _check(program.ask("/tokens", "POST", data=deep, content_type="application/json"), 400, "body_invalid")
    _check(program.ask("/tokens", "POST", data=b"a=1", content_type="text/plain"), 415, "media_type_invalid")
    large = b'"' + b"x" * (3 * 1024 * 1024) + b'"'
    _check(program.ask("/tokens", "POST", data=large, content_type="application/json"), 413, "body_too_large")
    _check(program.send("/tokens", {}), 422, "fields_invalid")


def test_each_field_is_named(programs: Programs) -> None:
    problem = _check(programs.of("official").send("/tokens", {"name": 1, "more": 2}), 422, "fields_invalid")
    assert {each["field"] for each in problem["errors"]} == {
        "body.name",
        "body.more",
        "body.scopes",
        "body.expires_on",
    }
    query = _check(programs.of("official").ask("/organs?limit=0&kind=x"), 422, "fields_invalid")
    assert {each["field"] for each in query["errors"]} == {"query.limit", "query.kind"}


@pytest.mark.parametrize(
    ("language", "title"),
    [
        ("en", "There is nothing at this address"),
        ("vi", "Không có gì ở địa chỉ này"),
        ("de", "Unter dieser Adresse ist nichts"),
        ("fr", "Không có gì ở địa chỉ này"),
    ],
)
def test_in_the_language_asked_for(house: House, language: str, title: str) -> None:
    program = Program(token=None, secret="", language=language)
    assert _check(program.ask("/nothing"), 404, "address_unknown")["title"] == title


def test_a_defect_tells_nothing_of_itself(
    programs: Programs, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*args: object, **options: object) -> None:
        raise ZeroDivisionError("secret place")

    program = programs.of("official")
    monkeypatch.setattr(api_reads, "persons", fail)
    answer = program.ask("/persons")
    problem = _check(answer, 500, "internal_error")
    assert "secret place" not in answer.content.decode()
    assert uuid.UUID(problem["instance"]).hex == answer["X-Request-Id"]
    told: list[Any] = [record.msg for record in caplog.records if record.name == "office.api"]
    # The log leads from the one to the other.
    assert (told[0]["event"], told[0]["request"]) == ("exception", answer["X-Request-Id"])
    assert isinstance(told[0]["exc_info"], ZeroDivisionError)


def test_the_answer_of_one_is_not_kept_for_another(programs: Programs) -> None:
    answer = programs.of("official").ask("/organs")
    assert answer["Cache-Control"] == "private, no-cache"
    assert answer["X-Content-Type-Options"] == "nosniff"


def test_what_has_not_changed_is_not_sent_again(programs: Programs) -> None:
    program = programs.of("official")
    first = program.ask("/organs")
    again = program.ask("/organs", headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again["RateLimit-Limit"] == "300"
    other = programs.of("cleared").ask("/organs", headers={"If-None-Match": first["ETag"]})
    assert other.status_code == 200
