"""Bodies that end too early, or not at all."""

import json
from collections.abc import Iterator
from typing import cast

import pytest
from starlette.types import Message

from lienthong.exchange.caller import Caller
from lienthong.exchange.rest import r1 as module
from lienthong.exchange.rest.r1 import R1

_PIECE: Message = {"type": "http.request", "body": b"x" * 400, "more_body": True}


async def _answer(events: Iterator[Message]) -> tuple[int, dict[str, str]]:
    sent: list[Message] = []

    async def receive() -> Message:
        return next(events)

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "raw_path": b"/r1/VN/A/B/C/D",
        "query_string": b"",
        "headers": [(b"transfer-encoding", b"chunked")],
    }
    # It must not come to a call.
    await R1(caller=cast("Caller", None), instance="VN")(scope, receive, send)
    return sent[0]["status"], json.loads(sent[1]["body"])


async def test_body_over_the_limit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_BODY", 1000)
    status, error = await _answer(iter([_PIECE] * 9))
    assert (status, error["type"]) == (400, "Client.BadRequest")
    assert "1000 bytes" in error["message"]


async def test_body_that_breaks_off_is_no_call() -> None:
    status, error = await _answer(iter([_PIECE, {"type": "http.disconnect"}]))
    assert (status, error["type"]) == (400, "Client.BadRequest")
