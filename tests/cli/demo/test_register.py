"""The province's information system."""

import json

import pytest

from lienthong.cli.demo.register import APP
from lienthong.exchange.http_client import fetch
from lienthong.exchange.rest.server import WebServer


@pytest.mark.parametrize(
    ("path", "status", "expected"),
    [
        ("/units/00004", 200, {"code": "00004", "name": "Ba Đình", "parent": "01", "tier": "commune"}),
        ("/units/01", 200, {"code": "01", "name": "Hà Nội", "type": "thanh-pho", "valid_from": "2025-07-01"}),
        ("/units/99999", 404, {"error": "no such unit"}),
        ("/units", 200, {"error": "this list is not for other organs"}),
    ],
)
async def test_units(path: str, status: int, expected: dict[str, str]) -> None:
    async with WebServer(APP, host="127.0.0.1", port=0) as server:
        answer = await fetch(f"{server.url}{path}", ())
    assert answer.status == status
    assert json.loads(answer.body).items() >= expected.items()
