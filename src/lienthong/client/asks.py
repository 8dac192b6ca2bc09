"""Every request of ``/v1`` and how its answer is read."""

import base64
from collections.abc import Sequence
from uuid import UUID

from lienthong.client.asking import JSON, Ask, given, read_as, written
from lienthong.client.results import (
    EvidencePage,
    EvidenceReceipt,
    MailboxItem,
    MailboxPage,
    Message,
    MessageStatus,
    NewContent,
    Sent,
    Status,
)

_JSON = {"Content-Type": JSON}


def send(
    receivers: Sequence[str],
    *,
    subject: str,
    contents: Sequence[NewContent],
    options: dict[str, object],
    key: str,
) -> Ask[Sent]:
    """Send a message."""
    body: dict[str, object] = {
        "receivers": list(receivers),
        "subject": subject,
        "contents": [
            {
                "name": content.name,
                "media_type": content.media_type,
                "data": base64.b64encode(content.data).decode(),
            }
            for content in contents
        ],
    }
    return Ask(
        method="POST",
        path="/v1/messages",
        headers=_JSON | {"Idempotency-Key": key},
        content=written(body | options),
        # The key makes it one message, however often it is sent.
        repeatable=True,
        read=read_as(Sent),
    )


def message(id_: UUID) -> Ask[MessageStatus]:
    """Ask how far a sent message has come."""
    return _get(f"/v1/messages/{id_}", MessageStatus)


def mailbox(*, state: str | None, after: str | None, limit: int, wait: int) -> Ask[MailboxPage]:
    """List a part of the mailbox."""
    params = given(state=state, after=after, limit=limit, wait=wait or None)
    return Ask(
        method="GET", path="/v1/mailbox", params=params, repeatable=True, patience=wait, read=read_as(MailboxPage)
    )


def opened(id_: UUID, *, sender: str | None) -> Ask[Message]:
    """Open a message."""
    return _get(f"/v1/mailbox/{id_}", Message, sender=sender)


def accept(id_: UUID, *, note: str, sender: str | None) -> Ask[MailboxItem]:
    """Accept a message."""
    return _decide(id_, "accept", {"note": note}, sender)


def refuse(id_: UUID, *, reason: str, sender: str | None) -> Ask[MailboxItem]:
    """Refuse a message."""
    return _decide(id_, "refuse", {"reason": reason}, sender)


def content(id_: UUID, number: int, *, sender: str | None) -> Ask[bytes]:
    """Read a content whole."""
    return Ask(
        method="GET",
        path=f"/v1/mailbox/{id_}/contents/{number}",
        params=given(sender=sender),
        repeatable=True,
        read=lambda reply: reply.body,
    )


def evidence(*, id_: UUID | str | None, kind: str | None, before: int | None, limit: int) -> Ask[EvidencePage]:
    """List a part of the evidence."""
    exchange = None if id_ is None else str(id_)
    return _get("/v1/evidence", EvidencePage, id=exchange, kind=kind, before=before, limit=limit)


def evidence_receipt(index: int) -> Ask[EvidenceReceipt]:
    """Ask for the proof of an entry."""
    return _get(f"/v1/evidence/{index}/receipt", EvidenceReceipt)


def status() -> Ask[Status]:
    """Ask how the gateway is doing."""
    return _get("/v1/status", Status)


def _get[T](path: str, answer: type[T], **params: str | int | None) -> Ask[T]:
    return Ask(method="GET", path=path, params=given(**params), repeatable=True, read=read_as(answer))


def _decide(id_: UUID, verb: str, body: dict[str, str], sender: str | None) -> Ask[MailboxItem]:
    return Ask(
        method="POST",
        path=f"/v1/mailbox/{id_}/{verb}",
        params=given(sender=sender),
        headers=_JSON,
        content=written(body),
        # A decision that is said again changes nothing.
        repeatable=True,
        read=read_as(MailboxItem),
    )
