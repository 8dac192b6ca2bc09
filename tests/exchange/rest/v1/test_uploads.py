"""Uploads over HTTP: piece by piece, taken up after a break, checked, the organ's own, and sent."""

import hashlib
import uuid

import httpx2
import pytest

from lienthong.exchange.rest.v1.uploads import PIECE
from tests.support.carriers import eventually
from tests.support.gateways import COMMUNE, NEIGHBOUR, World
from tests.support.v1 import Faces, problem

CHUNK = 64 * 1024
DATA = bytes(range(256)) * 1024
DIGEST = hashlib.sha256(DATA).hexdigest()


async def begun(client: httpx2.AsyncClient, **body: object) -> str:
    answer = await client.post("/v1/uploads", json={"size": len(DATA)} | body)
    assert answer.status_code == 201
    upload = answer.json()
    assert answer.headers["location"] == f"/v1/uploads/{upload['id']}"
    assert (upload["offset"], upload["whole"], upload["size"]) == (0, False, len(DATA))
    return str(answer.headers["location"])


async def piece(client: httpx2.AsyncClient, address: str, data: bytes, offset: object) -> httpx2.Response:
    headers = {"Content-Type": PIECE, "Upload-Offset": str(offset)}
    return await client.patch(address, content=data, headers=headers)


async def test_a_content_is_uploaded_in_pieces_and_sent(web: Faces, country: World) -> None:
    client = web.client()
    address = await begun(client, digest=DIGEST)
    first = await piece(client, address, DATA[: CHUNK + 10], 0)
    assert (first.status_code, first.json()["offset"]) == (200, CHUNK)
    head = await client.head(address)
    assert (head.status_code, head.headers["upload-offset"], head.headers["upload-length"]) == (
        200,
        str(CHUNK),
        str(len(DATA)),
    )
    last = await piece(client, address, DATA[CHUNK:], CHUNK)
    assert (last.json()["whole"], last.json()["digest"]) == (True, DIGEST)
    content = {"upload": last.json()["id"], "name": "large.bin", "media_type": "application/pdf"}
    body = {"receivers": [str(COMMUNE)], "contents": [content]}
    message = (await client.post("/v1/messages", json=body)).json()["id"]
    await eventually(lambda: country.arrivals)
    answer = await web.client(COMMUNE).get(f"/v1/mailbox/{message}/contents/0", headers={"Range": "bytes=70000-"})
    assert answer.content == DATA[70000:]
    assert (await web.client(COMMUNE).get(f"/v1/mailbox/{message}/contents/0")).content == DATA


async def test_a_piece_belongs_where_the_upload_is(web: Faces) -> None:
    client = web.client()
    address = await begun(client)
    upload = address.rpartition("/")[2]
    assert problem(await piece(client, address, DATA[:10], 1)) == (409, "upload_conflict", f"{upload} is at 0, not 1")
    assert problem(await piece(client, address, b"x", 0))[:2] == (400, "bad_request")
    assert problem(await piece(client, address, DATA + b"x", 0))[:2] == (413, "body_too_large")


@pytest.mark.parametrize("offset", ["", "-1", "x", "²", "1" * 20])
async def test_an_offset_that_is_none_is_refused(web: Faces, offset: str) -> None:
    client = web.client()
    headers = [(b"Content-Type", PIECE.encode()), (b"Upload-Offset", offset.encode())]
    answer = await client.patch(await begun(client), content=b"x", headers=headers)
    assert problem(answer)[:2] == (400, "input_invalid")


async def test_a_piece_says_what_it_is_and_where(web: Faces) -> None:
    client = web.client()
    address = await begun(client)
    answer = await client.patch(address, content=b"x", headers={"Upload-Offset": "0"})
    assert problem(answer)[:2] == (415, "media_type_invalid")
    answer = await client.patch(address, content=b"x", headers={"Content-Type": PIECE})
    assert problem(answer) == (400, "input_invalid", "the header Upload-Offset is missing")


async def test_another_content_than_announced_is_refused(web: Faces) -> None:
    client = web.client()
    address = await begun(client, digest="0" * 64)
    assert problem(await piece(client, address, DATA, 0))[:2] == (422, "upload_invalid")
    assert (await client.head(address)).status_code == 404


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "input_invalid"),
        ({"size": -1}, "input_invalid"),
        ({"size": 1, "digest": "x"}, "input_invalid"),
        ({"size": 2**53}, "payload_too_large"),
    ],
)
async def test_an_upload_that_cannot_be_is_refused(web: Faces, body: dict[str, object], code: str) -> None:
    assert problem(await web.client().post("/v1/uploads", json=body))[1] == code


async def test_an_upload_of_another_organ_does_not_exist(web: Faces) -> None:
    address = await begun(web.client())
    upload = address.rpartition("/")[2]
    other = web.client(NEIGHBOUR)
    assert (await other.head(address)).status_code == 404
    assert problem(await piece(other, address, DATA[:10], 0))[:2] == (404, "upload_unknown")
    assert problem(await other.delete(address))[:2] == (404, "upload_unknown")
    body = {"receivers": [str(COMMUNE)], "contents": [{"upload": upload}]}
    assert problem(await other.post("/v1/messages", json=body))[:2] == (404, "upload_unknown")


async def test_an_upload_that_is_not_whole_is_not_sent(web: Faces) -> None:
    client = web.client()
    upload = (await begun(client)).rpartition("/")[2]
    body = {"receivers": [str(COMMUNE)], "contents": [{"upload": upload}]}
    assert problem(await client.post("/v1/messages", json=body))[:2] == (409, "upload_conflict")


async def test_an_upload_is_given_up(web: Faces) -> None:
    client = web.client()
    address = await begun(client)
    assert (await client.delete(address)).status_code == 204
    assert problem(await client.delete(address))[:2] == (404, "upload_unknown")
    nothing = f"/v1/uploads/{uuid.UUID(int=0)}"
    assert (await client.head(nothing)).status_code == 404
