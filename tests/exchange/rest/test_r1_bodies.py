"""Bodies that end too early, or not at all."""

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import cast

from starlette.types import Message

from lienthong.exchange.caller import Caller
from lienthong.exchange.node import DirectoryView
from lienthong.exchange.rest.r1 import R1
from lienthong.exchange.spool import Spool

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
    nobody = cast("Caller", SimpleNamespace(spool=Spool()))
    nothing = cast("DirectoryView", None)
    await R1(caller=nobody, instance="VN", directory=nothing)(scope, receive, send)
    return sent[0]["status"], json.loads(sent[1]["body"])


async def test_body_that_breaks_off_is_no_call() -> None:
    status, error = await _answer(iter([_PIECE, {"type": "http.disconnect"}]))
    assert (status, error["type"]) == (400, "Client.BadRequest")
