"""The built-in service of the sandbox: answers every request with what it received."""

import base64
from typing import Final

import msgspec
from starlette.types import Receive, Scope, Send

_OK: Final = 200


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with method, path, query, headers and body as JSON (an ASGI application).

    A body that is not UTF-8 comes as ``body_base64`` instead of ``body``; several headers of one name come
    as one, joined by commas (RFC 9110, section 5.3).
    """
    body = bytearray()
    more = True
    while more:
        event = await receive()
        if event["type"] == "http.disconnect":
            return
        body += event.get("body", b"")
        more = event.get("more_body", False)
    answer = msgspec.json.encode(_described(scope, bytes(body)))
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(answer)).encode())]
    await send({"type": "http.response.start", "status": _OK, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else answer})


def _described(scope: Scope, body: bytes) -> dict[str, object]:
    headers: dict[str, str] = {}
    for raw_name, raw_value in scope["headers"]:
        name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    described: dict[str, object] = {
        "method": scope["method"],
        # Still percent-encoded: what arrives byte for byte is what an integrator wants to see.
        "path": scope["raw_path"].decode("latin-1"),
        "query": scope["query_string"].decode("latin-1"),
        "headers": headers,
    }
    try:
        return described | {"body": body.decode()}
    except UnicodeDecodeError:
        return described | {"body_base64": base64.b64encode(body).decode()}
