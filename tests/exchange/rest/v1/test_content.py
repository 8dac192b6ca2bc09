"""Contents over HTTP: whole, in the part that is asked for, under a name and type that can harm nobody."""

import base64
import hashlib

import pytest

from tests.support.gateways import COMMUNE
from tests.support.v1 import Faces, problem

DATA = bytes(range(256)) * 300


async def _address(web: Faces, **fields: str) -> str:
    content = {"data": base64.b64encode(DATA).decode()} | fields
    return f"/v1/mailbox/{await web.message(contents=[content])}/contents/0"


async def test_a_content_comes_as_it_was_sealed(web: Faces) -> None:
    address = await _address(web, name='tờ "trình".pdf', media_type="application/pdf")
    answer = await web.client(COMMUNE).get(address)
    assert (answer.status_code, answer.content) == (200, DATA)
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''t%E1%BB%9D%20%22tr%C3%ACnh%22.pdf"
    assert answer.headers["x-content-type-options"] == "nosniff"
    digest = hashlib.sha256(DATA)
    assert answer.headers["etag"] == f'"{digest.hexdigest()}"'
    assert answer.headers["repr-digest"] == f"sha-256=:{base64.b64encode(digest.digest()).decode()}:"


@pytest.mark.parametrize("media_type", ["text/html\r\nX-Evil: 1", "nonsense", "a/b; q=é", ""])
async def test_a_media_type_that_is_none_is_not_passed_on(web: Faces, media_type: str) -> None:
    answer = await web.client(COMMUNE).get(await _address(web, media_type=media_type))
    assert answer.headers["content-type"] == "application/octet-stream"
    assert "x-evil" not in answer.headers


@pytest.mark.parametrize(
    ("range_", "start", "stop"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=100-", 100, len(DATA)),
        ("bytes=-10", len(DATA) - 10, len(DATA)),
        ("bytes=-9999999", 0, len(DATA)),
        ("bytes=10-9999999999", 10, len(DATA)),
        (f"bytes={len(DATA) - 1}-", len(DATA) - 1, len(DATA)),
    ],
)
async def test_a_range_is_answered_with_that_part(web: Faces, range_: str, start: int, stop: int) -> None:
    answer = await web.client(COMMUNE).get(await _address(web), headers={"Range": range_})
    assert (answer.status_code, answer.content) == (206, DATA[start:stop])
    assert answer.headers["content-range"] == f"bytes {start}-{stop - 1}/{len(DATA)}"


@pytest.mark.parametrize(
    "range_", ["bytes=5-1", "bytes=0-1,3-4", "items=0-1", "bytes=-", "bytes=x", "bytes=" + "1" * 30]
)
async def test_what_is_no_single_range_of_bytes_is_answered_with_everything(web: Faces, range_: str) -> None:
    answer = await web.client(COMMUNE).get(await _address(web), headers={"Range": range_})
    assert (answer.status_code, answer.content) == (200, DATA)


async def test_a_range_of_another_content_is_answered_with_everything(web: Faces) -> None:
    address, client = await _address(web), web.client(COMMUNE)
    etag = (await client.get(address)).headers["etag"]
    for condition, status in ((etag, 206), ('"other"', 200)):
        answer = await client.get(address, headers={"Range": "bytes=1-", "If-Range": condition})
        assert answer.status_code == status


@pytest.mark.parametrize("range_", [f"bytes={len(DATA)}-", "bytes=99999999-100000000", "bytes=-0"])
async def test_a_range_behind_the_end_is_refused(web: Faces, range_: str) -> None:
    answer = await web.client(COMMUNE).get(await _address(web), headers={"Range": range_})
    assert problem(answer)[:2] == (416, "range_invalid")


async def test_a_content_that_is_not_there_is_unknown(web: Faces) -> None:
    message = await web.message()
    client = web.client(COMMUNE)
    answer = await client.get(f"/v1/mailbox/{message}/contents/1")
    assert problem(answer) == (404, "message_unknown", f"content 1 of {message}")
    answer = await client.get(f"/v1/mailbox/{message}/contents/64")
    assert problem(answer) == (400, "input_invalid", "Expected `int` <= 63 - at `$.n`")


async def test_a_content_that_is_kept_no_more_is_gone(web: Faces) -> None:
    content = base64.b64encode(DATA * 4).decode()
    message = await web.message(contents=[{"data": content}])
    client = web.client(COMMUNE)
    await client.post(f"/v1/mailbox/{message}/accept", json={})
    (file,) = (web.world.folder / "p1" / "blobs").iterdir()
    file.unlink()
    answer = await client.get(f"/v1/mailbox/{message}/contents/0")
    assert problem(answer) == (410, "content_gone", f"of {message}, accepted")
    # The message itself stays.
    assert (await client.get(f"/v1/mailbox/{message}")).json()["state"] == "accepted"
