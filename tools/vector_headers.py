"""The headers that the vectors seal."""

import hashlib
from copy import replace
from typing import Final
from uuid import UUID

from lienthong.exchange.http import encode_head
from lienthong.exchange.packet import content_of
from lienthong.kernel.labels import Label
from lienthong.trust.header import Header, Kind, ReceiptState
from tools.kept_vectors import NOW

HEAD: Final = encode_head((("accept", "application/json"), ("x-road-id", "VN-4711")))
REQUEST: Final = Header(
    kind=Kind.REQUEST,
    id=UUID("6f1d9f4e-6f0c-4f3c-9b43-0d9c2f3f1a01"),
    sender="VN/PARTY/A01/Consumer",
    receiver="VN/STATE/G22/Provider/echo",
    label=Label.parse("internal"),
    created=NOW,
    expires=NOW + 60_000,
    method="GET",
    path="/persons/7?full=1",
    user="VN/PARTY/A01/officer-3",
    purpose="lookup",
    contents=(content_of(HEAD), content_of(b"", media_type="application/json")),
)
MESSAGE: Final = replace(
    REQUEST,
    kind=Kind.MESSAGE,
    sender="VN/PARTY/A01",
    receiver="VN/STATE/H37",
    label=Label.parse("confidential/health"),
    expires=NOW + 30 * 86_400_000,
    method="",
    path="",
    subject="Chỉ thị",
    urgency=1,
    contents=(content_of(b"%PDF-1.7", name="directive.pdf", media_type="application/pdf"),),
)


def headers() -> dict[str, Header]:
    """One header of each kind."""
    return {
        "request": REQUEST,
        "response": Header(
            kind=Kind.RESPONSE,
            id=REQUEST.id,
            sender=REQUEST.receiver,
            receiver=REQUEST.sender,
            label=REQUEST.label,
            created=NOW + 5,
            expires=NOW + 60_005,
            answers=hashlib.sha256(b"the sealed request").digest(),
            status="200",
            contents=(content_of(encode_head(())), content_of(b"{}", media_type="application/json")),
        ),
        "refusal": Header(
            kind=Kind.RESPONSE,
            id=REQUEST.id,
            sender=REQUEST.receiver,
            receiver=REQUEST.sender,
            label=REQUEST.label,
            created=NOW + 5,
            expires=NOW + 60_005,
            answers=hashlib.sha256(b"the sealed request").digest(),
            fault="access_denied",
            note="No grant allows this call.",
        ),
        "message": MESSAGE,
        "receipt": Header(
            kind=Kind.RECEIPT,
            id=UUID("0f61d4d6-94a7-4be8-a0c3-92dbb1a0e2b7"),
            sender=MESSAGE.receiver,
            receiver=MESSAGE.sender,
            label=MESSAGE.label,
            created=NOW + 9,
            expires=MESSAGE.expires,
            conversation=MESSAGE.id,
            answers=hashlib.sha256(b"the sealed message").digest(),
            status=ReceiptState.DELIVERED.value,
        ),
    }
