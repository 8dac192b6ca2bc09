"""The endpoint at which systems of organs without this office, or their middlemen, hand in packets."""

from datetime import datetime
from typing import Any, Final

from django.http import HttpRequest
from ninja import Router, Schema, Status

from lienthong.office.accounts.models import TokenKind
from lienthong.office.api.authentication import Bearer, TokenRequest
from lienthong.office.api.description import operation
from lienthong.office.api.errors import BodyTooLarge
from lienthong.office.api.tokens import Scope
from lienthong.office.core.actor import Role
from lienthong.office.core.errors import Forbidden
from lienthong.office.documents.models import Way
from lienthong.office.documents.packets.entering import Entered, Outcome, enter
from lienthong.office.documents.packets.formats import packets
from lienthong.office.documents.selectors.organ import own
from lienthong.profiles.packets import Letter

router = Router()
_PIECE: Final = 256 * 1024
_BODY: Final = {
    "requestBody": {
        "required": True,
        "description": "The packet as its sender made it (edXML, QCVN 102:2016), at most 64 MiB.",
        "content": {"application/xml": {"schema": {"type": "string", "format": "binary"}}},
    }
}


class OddityOut(Schema):
    """Something in the packet that is not as the format wants it; it was taken all the same."""

    # As docs/edxml.md lists them.
    code: str
    place: str
    detail: str


class ReceiptOut(Schema):
    """What became of a packet."""

    # entered: a document has arrived and waits for a clerk. known: this very packet came before. noted: what it tells
    # of a document was written down.
    outcome: Outcome
    # Of the packet, hexadecimal.
    sha256: str
    # The organ that it was handed in for, and the one that the packet names as its sender.
    organ: str
    sender: str
    # Of the document that came, or that is told of, as the packet has them.
    document_id: str
    number: str
    # In this office; null for what tells of a document.
    document: int | None
    arrived_at: datetime | None
    oddities: list[OddityOut]


def _described() -> dict[str, Any]:
    found = operation("packets_enter", body=True)
    found["openapi_extra"] |= _BODY
    return found


@router.post("/packets", response={201: ReceiptOut, 200: ReceiptOut}, auth=Bearer(Scope.WRITE_PACKETS), **_described())
def enter_packet(request: TokenRequest) -> Status[ReceiptOut]:
    """Hand in a packet for the organ of the token; the same packet again is answered alike and entered once."""
    if request.auth.kind == TokenKind.PERSONAL and Role.CLERK not in request.actor.roles:
        # As on the page; a system's token is made for this by an administrator.
        raise Forbidden("packets")
    organ = own(request.actor)
    entered = enter(actor=request.actor, organ=organ, data=_read(request), way=Way.SYSTEM)
    return Status(201 if entered.outcome is Outcome.ENTERED else 200, _receipt(entered, organ.code))


def _read(request: HttpRequest) -> bytes:
    """Read the body as it comes, up to what a packet may have."""
    found = bytearray()
    while piece := request.read(_PIECE):
        found += piece
        if len(found) > packets().largest:
            raise BodyTooLarge(f"> {packets().largest} bytes")
    return bytes(found)


def _receipt(entered: Entered, organ: str) -> ReceiptOut:
    content, document = entered.received.content, entered.document
    about = (content.id, content.number) if isinstance(content, Letter) else (content.about.id, content.about.number)
    return ReceiptOut(
        outcome=entered.outcome,
        sha256=entered.digest,
        organ=organ,
        sender=content.sender.code,
        document_id=about[0],
        number=about[1],
        document=document.pk if document is not None else None,
        arrived_at=document.arrived_at if document is not None else None,
        oddities=[
            OddityOut(code=each.code, place=each.place, detail=each.detail) for each in entered.received.oddities
        ],
    )
