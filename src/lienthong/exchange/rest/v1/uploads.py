"""``/v1/uploads``: contents of any size, piece by piece, to be named in a message afterwards."""

from typing import Annotated, Final
from uuid import UUID

import msgspec
from msgspec import UNSET, Meta, UnsetType
from starlette.responses import Response

from lienthong.exchange.errors import (
    PayloadTooLarge,
    RequestInvalid,
    StorageFailed,
    UploadConflict,
    UploadInvalid,
    UploadUnknown,
)
from lienthong.exchange.mail.upload_rows import Upload
from lienthong.exchange.rest.v1.endpoint import AnyEndpoint, Asked, Endpoint, Nothing
from lienthong.exchange.rest.v1.errors import InputInvalid
from lienthong.exchange.rest.v1.reading import check_media_type, pieces
from lienthong.exchange.rest.v1.values import Time
from lienthong.kernel.clock import iso

OFFSET: Final = "Upload-Offset"
LENGTH: Final = "Upload-Length"
PIECE: Final = "application/offset+octet-stream"
_WHOLE: Final = 1 << 53
_DIGITS: Final = len(str(_WHOLE))


class NewUpload(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A content that will be uploaded."""

    size: Annotated[int, Meta(ge=0, le=_WHOLE, description="Bytes.")]
    digest: (
        Annotated[str, Meta(pattern="^[0-9a-f]{64}$", description="SHA-256, hexadecimal: another content is refused.")]
        | UnsetType
    ) = UNSET


class UploadParams(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which upload."""

    id: UUID


class UploadState(msgspec.Struct, frozen=True, kw_only=True):
    """How far an upload has come."""

    id: UUID
    size: int
    # Bytes that are here: the next piece begins with this one.
    offset: int
    # SHA-256, hexadecimal; empty until somebody says it.
    digest: str
    # When it is dropped, unless it is in a message.
    expires: Time
    # Whether a message can bring it.
    whole: bool


async def _begin(asked: Asked[Nothing, NewUpload]) -> Response:
    digest = b"" if isinstance(asked.body.digest, UnsetType) else bytes.fromhex(asked.body.digest)
    upload = await asked.gateway.sender.uploads.begin(asked.caller.organ.id, size=asked.body.size, digest=digest)
    return Response(
        msgspec.json.encode(_state(upload)),
        201,
        {"location": f"/v1/uploads/{upload.id}", **_headers(upload)},
        "application/json",
    )


async def _append(asked: Asked[UploadParams, Nothing]) -> Response:
    check_media_type(asked.request, PIECE)
    uploads, organ = asked.gateway.sender.uploads, asked.caller.organ.id
    now = await uploads.get(organ, asked.params.id)
    offset = _offset(asked.request.headers.get(OFFSET))
    body = pieces(asked.request, at_most=now.size - now.offset)
    upload = await uploads.append(organ, asked.params.id, offset=offset, pieces=body)
    return Response(msgspec.json.encode(_state(upload)), 200, _headers(upload), "application/json")


def _offset(said: str | None) -> int:
    if said is None or not (said.isascii() and said.isdecimal() and len(said) <= _DIGITS):
        raise InputInvalid(f"the header {OFFSET} is {'missing' if said is None else repr(said[:40])}")
    return int(said)


async def _head(asked: Asked[UploadParams, Nothing]) -> Response:
    upload = await asked.gateway.sender.uploads.get(asked.caller.organ.id, asked.params.id)
    return Response(None, 200, {"cache-control": "no-store", **_headers(upload)})


async def _drop(asked: Asked[UploadParams, Nothing]) -> Response:
    await asked.gateway.sender.uploads.drop(asked.caller.organ.id, asked.params.id)
    return Response(None, 204)


def _headers(upload: Upload) -> dict[str, str]:
    return {OFFSET.lower(): str(upload.offset), LENGTH.lower(): str(upload.size)}


def _state(upload: Upload) -> UploadState:
    return UploadState(
        id=upload.id,
        size=upload.size,
        offset=upload.offset,
        digest=upload.digest.hex(),
        expires=iso(upload.expires),
        whole=upload.whole,
    )


ENDPOINTS: Final[tuple[AnyEndpoint, ...]] = (
    Endpoint(
        method="POST",
        path="/v1/uploads",
        handler=_begin,
        summary="Begin the upload of a content.",
        params=Nothing,
        body=NewUpload,
        answer=UploadState,
        status=201,
        errors=(PayloadTooLarge, RequestInvalid, StorageFailed),
    ),
    Endpoint(
        method="PATCH",
        path="/v1/uploads/{id}",
        handler=_append,
        summary="Go on with an upload; a piece that is not the last has at least 64 KiB.",
        params=UploadParams,
        body=Nothing,
        answer=UploadState,
        streams=PIECE,
        headers={OFFSET: "Where this piece belongs: where the upload is."},
        errors=(UploadUnknown, UploadConflict, UploadInvalid, RequestInvalid, StorageFailed),
    ),
    Endpoint(
        method="HEAD",
        path="/v1/uploads/{id}",
        handler=_head,
        summary="Tell in the header Upload-Offset how far an upload has come.",
        params=UploadParams,
        body=Nothing,
        errors=(UploadUnknown,),
    ),
    Endpoint(
        method="DELETE",
        path="/v1/uploads/{id}",
        handler=_drop,
        summary="Give an upload up; a message that has it goes on without.",
        params=UploadParams,
        body=Nothing,
        status=204,
        errors=(UploadUnknown,),
    ),
)
