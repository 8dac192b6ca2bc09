"""Every request of ``/v1`` and how its answer is read."""

import base64
from collections.abc import Sequence
from uuid import UUID

from lienthong.client.asking import JSON, Ask, Reply, given, read_as, written
from lienthong.client.errors import AnswerInvalid
from lienthong.client.results import (
    DeadLetters,
    EvidencePage,
    EvidenceReceipt,
    MailboxItem,
    MailboxPage,
    Message,
    MessageStatus,
    NewContent,
    Recalled,
    Sent,
    Standings,
    Status,
    Upload,
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
        "contents": [_content(content) for content in contents],
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


def _content(content: NewContent) -> dict[str, str]:
    described = {"name": content.name, "media_type": content.media_type}
    if content.upload is not None:
        return described | {"upload": str(content.upload)}
    return described | {"data": base64.b64encode(content.data).decode()}


def message(id_: UUID) -> Ask[MessageStatus]:
    """Ask how far a sent message has come."""
    return _get(f"/v1/messages/{id_}", MessageStatus)


def standings(id_: UUID, *, after: int) -> Ask[Standings]:
    """Ask how far a sent message has come, without seals."""
    return _get(f"/v1/messages/{id_}/standings", Standings, after=after or None)


def mailbox(*, state: str | None, after: str | None, limit: int, wait: int) -> Ask[MailboxPage]:
    """List a part of the mailbox."""
    params = given(state=state, after=after, limit=limit, wait=wait or None)
    return Ask(
        method="GET", path="/v1/mailbox", params=params, repeatable=True, patience=wait, read=read_as(MailboxPage)
    )


def opened(id_: UUID, *, sender: str | None) -> Ask[Message]:
    """Open a message."""
    return _get(f"/v1/mailbox/{id_}", Message, sender=sender)


def accept(id_: UUID, *, note: str, key: str | None, sender: str | None) -> Ask[MailboxItem]:
    """Accept a message."""
    return _decide(id_, "accept", {"note": note}, key=key, sender=sender)


def refuse(id_: UUID, *, reason: str, key: str | None, sender: str | None) -> Ask[MailboxItem]:
    """Refuse a message."""
    return _decide(id_, "refuse", {"reason": reason}, key=key, sender=sender)


def recall(id_: UUID, *, reason: str, receivers: Sequence[str] | None) -> Ask[Recalled]:
    """Take a message back."""
    body = given(reason=reason, receivers=None if receivers is None else list(receivers))
    # Asked twice, a receiver says the same twice.
    return _post(f"/v1/messages/{id_}/recall", body, Recalled, repeatable=True)


def dead_letters(limit: int) -> Ask[DeadLetters]:
    """List what will not reach its receivers."""
    return _get("/v1/dead-letters", DeadLetters, limit=limit)


def redrive(id_: UUID, *, receivers: Sequence[str] | None) -> Ask[Sent]:
    """Send dead letters anew."""
    body = given(receivers=None if receivers is None else list(receivers))
    # What was sent anew is no dead letter any more: a repetition finds nothing to do.
    return _post(f"/v1/messages/{id_}/redrive", body, Sent)


def begin_upload(size: int, digest: str | None) -> Ask[Upload]:
    """Begin an upload."""
    # Twice as good as once: the other is dropped unused.
    return _post("/v1/uploads", given(size=size, digest=digest), Upload, repeatable=True)


def upload_offset(id_: UUID) -> Ask[int]:
    """Ask how far an upload has come."""
    return Ask(method="HEAD", path=f"/v1/uploads/{id_}", repeatable=True, read=_offset)


def upload_piece(id_: UUID, offset: int, data: bytes) -> Ask[Upload]:
    """Go on with an upload."""
    return Ask(
        method="PATCH",
        path=f"/v1/uploads/{id_}",
        headers={"Content-Type": "application/offset+octet-stream", "Upload-Offset": str(offset)},
        content=data,
        read=read_as(Upload),
    )


def _offset(reply: Reply) -> int:
    said = reply.header("upload-offset")
    if not (said.isascii() and said.isdecimal()):
        raise AnswerInvalid(f"the upload-offset {said[:40]!r}")
    return int(said)


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


def evidence_record(index: int) -> Ask[bytes]:
    """Ask for an entry with all that it takes to verify it."""
    return Ask(method="GET", path=f"/v1/evidence/{index}/record", repeatable=True, read=lambda reply: reply.body)


def status() -> Ask[Status]:
    """Ask how the gateway is doing."""
    return _get("/v1/status", Status)


def _get[T](path: str, answer: type[T], **params: str | int | None) -> Ask[T]:
    return Ask(method="GET", path=path, params=given(**params), repeatable=True, read=read_as(answer))


def _post[T](path: str, body: dict[str, object], answer: type[T], *, repeatable: bool = False) -> Ask[T]:
    return Ask(
        method="POST", path=path, headers=_JSON, content=written(body), repeatable=repeatable, read=read_as(answer)
    )


def _decide(id_: UUID, verb: str, body: dict[str, str], *, key: str | None, sender: str | None) -> Ask[MailboxItem]:
    return Ask(
        method="POST",
        path=f"/v1/mailbox/{id_}/{verb}",
        params=given(sender=sender),
        headers=_JSON | ({} if key is None else {"Idempotency-Key": key}),
        content=written(body),
        # A decision that is said again changes nothing.
        repeatable=True,
        read=read_as(MailboxItem),
    )
