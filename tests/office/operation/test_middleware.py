"""Each request leaves one line in the log, which tells what was asked for and nothing that was typed."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import path

from lienthong.office.operation.metrics import QUERIES, REQUESTS

SECRET = "mật-khẩu-rất-dài-1"


def breaks(request: HttpRequest, key: str) -> HttpResponse:
    value = request.POST.get("password", key)
    raise ValueError(f"invalid literal: {value}")


urlpatterns = [path("reset/<str:key>/", breaks, name="reset")]


@contextmanager
def log() -> Iterator[list[dict[str, Any]]]:
    """Collect what is written to the log while the context lasts."""
    handler = next(each for each in logging.getLogger().handlers if type(each) is logging.StreamHandler)
    written = StringIO()
    before = handler.stream
    handler.setStream(written)
    lines: list[dict[str, Any]] = []
    try:
        yield lines
    finally:
        handler.setStream(before)
        lines += [json.loads(line) for line in written.getvalue().splitlines()]


@pytest.mark.django_db
def test_one_line_for_a_request(client: Client) -> None:
    with log() as lines:
        answer = client.get(f"/account/login/?next=/{SECRET}")
    (line,) = [line for line in lines if line["event"] == "request"]
    assert line["request"] == answer["X-Request-Id"]
    assert (line["view"], line["method"], line["status"], line["person"]) == ("account_login", "GET", 200, None)
    assert line["queries"] > 0
    assert SECRET not in json.dumps(lines, ensure_ascii=False)


@pytest.mark.django_db
def test_a_password_that_was_typed_is_in_no_line(client: Client) -> None:
    with log() as lines:
        client.post("/account/login/", {"login": "nobody@example.test", "password": SECRET})
    text = json.dumps(lines, ensure_ascii=False)
    assert lines
    assert SECRET not in text
    assert "nobody@example.test" not in text


@pytest.mark.django_db
@override_settings(ROOT_URLCONF=__name__)
def test_an_error_is_told_by_type_and_place_only() -> None:
    client = Client(raise_request_exception=False)
    with log() as lines:
        answer = client.post(f"/reset/{SECRET}/", {"password": SECRET})
    assert answer.status_code == 500
    error, request = lines
    assert error["error"] == "builtins.ValueError"
    assert error["at"][-1].endswith("breaks")
    assert error["request"] == request["request"] == answer["X-Request-Id"]
    assert (request["view"], request["status"]) == ("reset", 500)
    assert SECRET not in json.dumps(lines, ensure_ascii=False)


@pytest.mark.django_db
def test_ids_do_not_come_from_outside_nor_stay(client: Client) -> None:
    first = client.get("/account/login/", headers={"x-request-id": "chosen"})["X-Request-Id"]
    assert "chosen" not in first
    assert client.get("/account/login/")["X-Request-Id"] != first


@pytest.mark.django_db
def test_what_was_asked_for_in_vain_is_counted_without_its_address(client: Client) -> None:
    def count() -> float:
        return float(REQUESTS.labels("-", "other", "404")._value.get())

    before = count()
    client.generic("BREW", f"/{SECRET}")
    assert count() == before + 1


@pytest.mark.django_db
def test_statements_are_counted(client: Client, django_assert_num_queries: Any) -> None:  # noqa: ANN401 - a fixture
    before = QUERIES.labels("account_login")._value.get()
    with log() as lines:
        client.get("/account/login/")
    (line,) = [line for line in lines if line["event"] == "request"]
    assert QUERIES.labels("account_login")._value.get() == before + line["queries"]
    with django_assert_num_queries(line["queries"]):
        client.get("/account/login/")
