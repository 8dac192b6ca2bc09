"""What a gateway answers, as values. Fields that a later gateway adds are passed over."""

from datetime import datetime
from uuid import UUID

import msgspec

from lienthong.trust.header import ReceiptState


class NewContent(msgspec.Struct, frozen=True, kw_only=True):
    """A content to be sent with a message: its data, or what was uploaded before."""

    data: bytes = b""
    upload: UUID | None = None
    name: str = ""
    media_type: str = "application/octet-stream"


class Sent(msgspec.Struct, frozen=True, kw_only=True):
    """What has become of a message when it is sealed, recorded and durable."""

    id: UUID
    # Receivers whose envelope the carrier has had already.
    published: int
    # Receivers whose envelope is durable at the gateway and on its way.
    queued: int
    # Receivers to whom nothing may be sent, with the code of the reason.
    refused: dict[str, str]


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """A sealed statement of a receiver."""

    state: ReceiptState
    at: datetime
    # What the receiver said with it, such as why it refused.
    note: str
    sealed: bytes


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """How far a message has come at one receiver."""

    receiver: str
    # queued, sent, delivered, opened, accepted, refused, expired or recalled.
    standing: str
    # None where it was never sent.
    sent: datetime | None
    expires: datetime | None
    # Why it was refused or given up: a code, and what a person has said.
    refusal: str
    note: str
    # asked, done or too-late; None where it was not recalled.
    recall: str | None
    # The message that was sent in its place.
    redriven: UUID | None
    receipts: tuple[Receipt, ...]


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How far a message has come at one receiver, without seals."""

    receiver: str
    # As that of a delivery.
    standing: str
    # When its last receipt came; None before the first.
    at: datetime | None
    # Why it was refused or given up: a code, and what a person has said.
    refusal: str
    note: str


class Standings(msgspec.Struct, frozen=True, kw_only=True):
    """How far a message has come at its receivers, or at those where it has moved."""

    id: UUID
    # What ``standings(after=…)`` takes next time.
    position: int
    standings: tuple[Standing, ...]


class MessageStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How far a message has come."""

    id: UUID
    sender: str
    deliveries: tuple[Delivery, ...]


class MailboxItem(msgspec.Struct, frozen=True, kw_only=True):
    """A message in the mailbox, as far as one sees without opening it."""

    id: UUID
    sender: str
    label: str
    urgency: int
    arrived: datetime
    state: ReceiptState
    conversation: UUID | None = None
    # Its place in the conversation, from 1; 0 without one.
    sequence: int = 0
    # How many before it did not come in time.
    missing: int = 0
    # When it was accepted or refused, and with what words.
    concluded: datetime | None = None
    note: str = ""


class Recalled(msgspec.Struct, frozen=True, kw_only=True):
    """What has been done to take a message back."""

    id: UUID
    # They are asked to give it back; their answers come as receipts.
    asked: tuple[str, ...]
    # They had accepted or refused it already, or never got it.
    concluded: tuple[str, ...]


class DeadLetter(msgspec.Struct, frozen=True, kw_only=True):
    """A message that will not reach one of its receivers by itself."""

    message: UUID
    sender: str
    receiver: str
    at: datetime
    # A code, and a text for a person.
    reason: str
    detail: str
    # The message that was sent in its place.
    redriven: UUID | None


class DeadLetters(msgspec.Struct, frozen=True, kw_only=True):
    """Dead letters, the newest first."""

    letters: tuple[DeadLetter, ...]


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """How far an upload has come."""

    id: UUID
    # Bytes: of the content, and of what the gateway has.
    size: int
    offset: int
    # SHA-256, hexadecimal.
    digest: str
    expires: datetime
    # Whether a message can bring it.
    whole: bool


class MailboxPage(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the mailbox, urgent messages first."""

    messages: tuple[MailboxItem, ...]
    # For the page after this one; None where nothing follows.
    next: str | None


class ContentItem(msgspec.Struct, frozen=True, kw_only=True):
    """A content, as it was sealed."""

    name: str
    media_type: str
    # Bytes.
    size: int
    # SHA-256, hexadecimal.
    digest: str


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A message that has been opened, its seal checked by the gateway."""

    id: UUID
    sender: str
    receiver: str
    subject: str
    label: str
    urgency: int
    purpose: str
    created: datetime
    expires: datetime
    conversation: UUID | None
    sequence: int
    # The message that this one was sent in place of.
    repeats: UUID | None
    state: ReceiptState
    contents: tuple[ContentItem, ...]


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """Something that has happened to a message."""

    # message.arrived, message.recalled, message.receipt, message.expired …
    type: str
    # The message.
    id: str
    # Who is at the other end.
    peer: str
    label: str
    at: datetime
    # Of a receipt: how far the message has come, and what its receiver said with it. Of a recall: why.
    state: str = ""
    note: str = ""
    # Where the stream stands after it: what ``events(after=…)`` takes.
    position: int = 0


class NewTopicEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event to be published on a topic."""

    # Name and version of what the data are, such as ``person-moved/2``.
    schema: str
    data: bytes
    # What it is about.
    key: str = ""
    media_type: str = "application/json"
    # 0 an event, 1 a deletion, 2 to 4 the beginning, a row and the end of a snapshot.
    role: int = 0


class PublishedEvents(msgspec.Struct, frozen=True, kw_only=True):
    """Where events stand that were published."""

    first: int
    last: int


class Topic(msgspec.Struct, frozen=True, kw_only=True):
    """A topic that the information system may read."""

    topic: str
    title: str
    label: str
    schemas: tuple[str, ...]
    keep_days: int


class TopicsPage(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the topics, by name."""

    topics: tuple[Topic, ...]
    # For the page after this one; None where nothing follows.
    next: str | None


class Subscription(msgspec.Struct, frozen=True, kw_only=True):
    """A subscription, and the last event that was acknowledged; None before the first."""

    topic: str
    name: str
    purpose: str
    sequence: int | None


class Subscriptions(msgspec.Struct, frozen=True, kw_only=True):
    """All subscriptions of the information system."""

    subscriptions: tuple[Subscription, ...]


class TopicEvent(msgspec.Struct, frozen=True, kw_only=True):
    """An event of a topic, at its place: from 1, without a gap."""

    sequence: int
    schema: str
    key: str
    at: datetime
    role: int
    media_type: str
    data: bytes


class TopicHead(msgspec.Struct, frozen=True, kw_only=True):
    """How far a topic has come, as its owner has sealed it and as far as the gateway has taken it."""

    # Another one means that the owner has begun the topic anew.
    chain: UUID | None
    sequence: int
    # The oldest event that the owner keeps, and where its newest complete snapshot begins; 0: there is none.
    kept: int
    snapshot: int
    heard: datetime | None
    # Nothing was heard for longer than the owner ever keeps silent.
    silent: bool
    # The owner has sealed two histories: nothing more comes.
    forked: bool


class TopicEvents(msgspec.Struct, frozen=True, kw_only=True):
    """What comes next of a topic."""

    events: tuple[TopicEvent, ...]
    head: TopicHead


class EvidenceEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the gateway's journal."""

    index: int
    at: datetime
    # out, in or own.
    direction: str
    kind: str
    # Of the exchange: several entries share it.
    id: str
    peer: str
    label: str
    purpose: str
    # ok, or the code of a refusal.
    verdict: str
    detail: str
    digests: tuple[bytes, ...]
    seals: tuple[bytes, ...]


class EvidencePage(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the evidence, newest first."""

    entries: tuple[EvidenceEntry, ...]
    # For the page after this one; None at the journal's beginning.
    next: int | None


class EvidenceReceipt(msgspec.Struct, frozen=True, kw_only=True):
    """The proof that an entry stands in the journal; see ``lienthong.trust.checkpoint.verify_receipt``."""

    index: int
    entry: bytes
    receipt: bytes


class DirectoryStatus(msgspec.Struct, frozen=True, kw_only=True):
    """The directory that a gateway decides by."""

    version: int
    # fresh, grace or stale.
    standing: str
    expires: datetime


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """How a gateway is doing."""

    site: str
    organs: int
    carrier_connected: bool
    directory: DirectoryStatus
    messages_waiting_for_receipt: int


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What a service has answered to a call."""

    status: int
    # Names in lower case.
    headers: tuple[tuple[str, str], ...]
    body: bytes
    # The exchange's own id of the call: what evidence is found by.
    request_id: str
    # The id that the client gave the call, or had made for it.
    message_id: str

    def header(self, name: str) -> str:
        """Return the last value of a header (lower-case name), or an empty text."""
        return next((value for key, value in reversed(self.headers) if key == name), "")

    def json(self) -> object:
        """Return the body, read as JSON.

        Raises:
            msgspec.DecodeError: it is not JSON.
        """
        return msgspec.json.decode(self.body)
