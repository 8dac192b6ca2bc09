"""An exchange that is only in memory: what stands in for gateways where documents are tested without them."""

import hashlib
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import BinaryIO, Final, Unpack
from uuid import UUID, uuid4

import msgspec

from lienthong.client import (
    Conflict,
    ContentItem,
    Delivery,
    EvidenceEntry,
    EvidenceReceipt,
    MailboxItem,
    MailboxPage,
    Message,
    MessageStatus,
    NewContent,
    NotFound,
    Recalled,
    Receipt,
    Refused,
    Sent,
    Standing,
    Standings,
    Upload,
)
from lienthong.client.connection import SendOptions
from lienthong.kernel.identifiers import OrganId
from lienthong.office.documents.exchange.errors import OrganUnserved
from lienthong.trust.header import ReceiptState

_PIECE: Final = 64 * 1024
_FOREVER: Final = datetime(9999, 1, 1, tzinfo=UTC)
_DECIDED: Final = frozenset({ReceiptState.ACCEPTED, ReceiptState.REFUSED, ReceiptState.RECALLED})


@dataclass(slots=True, kw_only=True)
class Letter:
    """A message as one receiver has it."""

    message: Message
    data: tuple[bytes, ...]
    key: str = ""
    note: str = ""
    receipts: list[Receipt] = field(default_factory=list)

    @property
    def state(self) -> ReceiptState:
        """How far it has come."""
        return self.message.state

    def move(self, state: ReceiptState, note: str = "") -> None:
        """Say a receipt."""
        self.message = msgspec.structs.replace(self.message, state=state)
        self.receipts.append(Receipt(state=state, at=datetime.now(UTC), note=note, sealed=b""))
        self.note = note or self.note


@dataclass(slots=True, kw_only=True)
class MemoryExchange:
    """Organs, and everything that was ever sent between them. The methods are those of ``link.Exchange``."""

    organs: dict[str, OrganId]
    # Codes of organs to which nothing may be sent, with the code of the reason.
    refusing: dict[str, str] = field(default_factory=dict)
    system: str = "office"
    letters: list[Letter] = field(default_factory=list)
    # Raised by whatever is asked, once each.
    troubles: list[Exception] = field(default_factory=list)
    answered: dict[str, Sent] = field(default_factory=dict)
    uploads: dict[UUID, bytes] = field(default_factory=dict)

    def served(self) -> Collection[str]:
        """Return all organs."""
        return self.organs.keys()

    def organ(self, code: str) -> OrganId | None:
        """Return how an organ is named."""
        return self.organs.get(code)

    def link(self, code: str) -> "MemoryLink":
        """Return an organ's way to here.

        Raises:
            OrganUnserved: there is none.
        """
        if code not in self.organs:
            raise OrganUnserved(code)
        return MemoryLink(exchange=self, organ=self.organs[code], name=f"{self.organs[code]}/{self.system}")


@dataclass(slots=True, kw_only=True)
class MemoryLink:
    """One information system's way. The methods are those of ``link.Link``."""

    exchange: MemoryExchange
    organ: OrganId
    # Of the information system.
    name: str

    def send(
        self, receivers: Sequence[str], *, contents: Sequence[NewContent] = (), **options: Unpack[SendOptions]
    ) -> Sent:
        """Send to organs named one by one, or to all (``*``)."""
        self._trouble()
        key = f"{self.name} {options.get('key') or uuid4()}"
        if key in self.exchange.answered:
            return self.exchange.answered[key]
        others = [str(organ) for organ in self.exchange.organs.values() if organ != self.organ]
        named = others if "*" in receivers else list(receivers)
        refused = {
            str(organ): self.exchange.refusing[code]
            for code, organ in self.exchange.organs.items()
            if code in self.exchange.refusing and str(organ) in named
        }
        if not set(named) - refused.keys():
            raise Refused(status=403, code=next(iter(refused.values()), "nobody_addressed"), title="To nobody")
        id_, data = uuid4(), tuple(self._data(content) for content in contents)
        message = Message(
            id=id_, sender=self.name, receiver="", subject=options.get("subject", ""),
            label=options.get("label", "internal"), urgency=options.get("urgency", 0), purpose="",
            created=datetime.now(UTC), expires=_FOREVER, conversation=options.get("conversation"), sequence=0,
            repeats=None, state=ReceiptState.DELIVERED, contents=_items(contents, data),
        )  # fmt: skip
        for receiver in named:
            if receiver not in refused:
                addressed = msgspec.structs.replace(message, receiver=receiver)
                self.exchange.letters.append(Letter(message=addressed, data=data))
        sent = Sent(id=id_, published=0, queued=len(named) - len(refused), refused=refused)
        self.exchange.answered[key] = sent
        return sent

    def message(self, message: UUID) -> MessageStatus:
        """Return how far a message is."""
        self._trouble()
        found = [each for each in self.exchange.letters if each.message.id == message]
        found = [each for each in found if each.message.sender == self.name]
        if not found:
            raise _unknown()
        return MessageStatus(id=message, sender=self.name, deliveries=tuple(map(_delivery, found)))

    def standings(self, message: UUID, *, after: int = 0) -> Standings:
        """Return how far a message is; here all of it, whatever was told before."""
        del after
        found = [_standing(each) for each in self.message(message).deliveries]
        return Standings(id=message, position=1, standings=tuple(found))

    def recall(self, message: UUID, *, reason: str, receivers: Sequence[str] | None = None) -> Recalled:
        """Take a message back where nothing was decided."""
        asked: list[str] = []
        concluded: list[str] = []
        for each in self.exchange.letters:
            receiver = each.message.receiver
            if each.message.id == message and (receivers is None or receiver in receivers):
                (concluded if each.state in _DECIDED else asked).append(receiver)
                if each.state not in _DECIDED:
                    each.move(ReceiptState.RECALLED, reason)
        return Recalled(id=message, asked=tuple(asked), concluded=tuple(concluded))

    def upload(self, file: BinaryIO, *, size: int, digest: str | None = None) -> Upload:
        """Keep a content."""
        self._trouble()
        data, id_ = file.read(), uuid4()
        if len(data) != size or digest not in {None, hashlib.sha256(data).hexdigest()}:
            raise Conflict(status=422, code="upload_conflict", title="Another content")
        self.exchange.uploads[id_] = data
        return Upload(id=id_, size=size, offset=size, digest=digest or "", expires=_FOREVER, whole=True)

    def mailbox_page(
        self, *, state: str | None = None, after: str | None = None, limit: int = 100, wait: int = 0
    ) -> MailboxPage:
        """Return a part of the mailbox; nothing is waited for."""
        del wait
        self._trouble()
        mine = [each for each in self.exchange.letters if each.message.receiver == str(self.organ)]
        mine = [each for each in mine if each.state is not ReceiptState.RECALLED]
        items = [_item(each) for each in mine if state is None or each.state.value == state]
        start = int(after or 0)
        more = str(start + limit) if len(items) > start + limit else None
        return MailboxPage(messages=tuple(items[start : start + limit]), next=more)

    def open(self, message: UUID, *, sender: str | None = None) -> Message:
        """Open a message."""
        self._trouble()
        found = self._letter(message, sender)
        if found.state is ReceiptState.DELIVERED:
            found.move(ReceiptState.OPENED)
        return found.message

    def content(self, message: UUID, number: int = 0, *, sender: str | None = None) -> bytes:
        """Return a content."""
        return b"".join(self.pieces(message, number, sender=sender))

    def pieces(self, message: UUID, number: int = 0, *, sender: str | None = None) -> Iterator[bytes]:
        """Yield a content."""
        self._trouble()
        data = self._letter(message, sender).data[number]
        for start in range(0, len(data), _PIECE):
            yield data[start : start + _PIECE]

    def accept(
        self, message: UUID, *, note: str = "", key: str | None = None, sender: str | None = None
    ) -> MailboxItem:
        """Accept a message."""
        return self._decide(message, sender, ReceiptState.ACCEPTED, note, key or "")

    def refuse(self, message: UUID, *, reason: str, key: str | None = None, sender: str | None = None) -> MailboxItem:
        """Refuse a message."""
        return self._decide(message, sender, ReceiptState.REFUSED, reason, key or "")

    def evidence(self, *, id: UUID | str | None = None, kind: str | None = None) -> Iterator[EvidenceEntry]:  # noqa: A002 - as the client has it
        """Yield nothing: memory proves nothing."""
        del id, kind
        yield from ()

    def evidence_receipt(self, index: int) -> EvidenceReceipt:
        """Return nothing.

        Raises:
            NotFound: always.
        """
        del index
        raise _unknown()

    def evidence_record(self, index: int) -> bytes:
        """Return nothing.

        Raises:
            NotFound: always.
        """
        del index
        raise _unknown()

    def _decide(self, message: UUID, sender: str | None, state: ReceiptState, note: str, key: str) -> MailboxItem:
        self._trouble()
        found = self._letter(message, sender)
        if found.state in _DECIDED:
            if (found.state, found.key) != (state, key):
                raise Conflict(status=409, code="message_concluded", title="Decided")
            return _item(found)
        found.key = key
        found.move(state, note)
        return _item(found)

    def _letter(self, message: UUID, sender: str | None) -> Letter:
        for each in self.exchange.letters:
            said = each.message
            mine = (said.id, said.receiver) == (message, str(self.organ)) and each.state is not ReceiptState.RECALLED
            if mine and sender in {None, said.sender}:
                return each
        raise _unknown()

    def _data(self, content: NewContent) -> bytes:
        return content.data if content.upload is None else self.exchange.uploads[content.upload]

    def _trouble(self) -> None:
        if self.exchange.troubles:
            raise self.exchange.troubles.pop(0)


def _items(contents: Sequence[NewContent], data: Sequence[bytes]) -> tuple[ContentItem, ...]:
    return tuple(
        ContentItem(
            name=content.name, media_type=content.media_type, size=len(each), digest=hashlib.sha256(each).hexdigest()
        )
        for content, each in zip(contents, data, strict=True)
    )


def _item(letter: Letter) -> MailboxItem:
    message = letter.message
    return MailboxItem(
        id=message.id, sender=message.sender, label=message.label, urgency=message.urgency, arrived=message.created,
        state=message.state, note=letter.note,
    )  # fmt: skip


def _delivery(letter: Letter) -> Delivery:
    message = letter.message
    return Delivery(
        receiver=message.receiver, standing=letter.state.value, sent=message.created, expires=message.expires,
        refusal="", note=letter.note, recall=None, redriven=None, receipts=tuple(letter.receipts),
    )  # fmt: skip


def _standing(delivery: Delivery) -> Standing:
    last = delivery.receipts[-1].at if delivery.receipts else None
    return Standing(receiver=delivery.receiver, standing=delivery.standing, at=last, refusal="", note=delivery.note)


def _unknown() -> NotFound:
    return NotFound(status=404, code="message_unknown", title="There is no such message")
