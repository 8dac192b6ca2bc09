"""How far a message has come at each of its receivers, as its sender sees it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from lienthong.kernel.clock import Millis
from lienthong.trust.header import ReceiptState


class Standing(StrEnum):
    """The one word for where a message stands at a receiver."""

    # Sealed and durable here; the carrier has not taken it yet.
    QUEUED = "queued"
    # The carrier has it; no receipt has come.
    SENT = "sent"
    DELIVERED = "delivered"
    OPENED = "opened"
    ACCEPTED = "accepted"
    # By the receiver, its gateway or, before anything was sent, by ours: see ``refusal`` and ``note``.
    REFUSED = "refused"
    # No receipt came in time.
    EXPIRED = "expired"
    RECALLED = "recalled"


class RecallState(StrEnum):
    """What has become of a recall."""

    ASKED = "asked"
    DONE = "done"
    # It had been accepted or refused before.
    TOO_LATE = "too-late"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a message has come at one receiver."""

    # Identifier text.
    receiver: str
    standing: Standing
    # When it was sealed.
    sent: Millis
    # When it counts as not delivered.
    expires: Millis
    # When each receipt came.
    receipts: Mapping[ReceiptState, Millis]
    # What the receiver said with its last receipt: why it was refused, or a remark.
    note: str = ""
    # The machine-readable reason where it was refused or given up.
    refusal: str = ""
    recall: RecallState | None = None
    # The message that was sent in its place.
    redriven: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """Where a message stands at all its receivers."""

    message: UUID
    # Identifier text of the organ or information system that sent it.
    sender: str
    receivers: tuple[Progress, ...]

    def counts(self) -> Mapping[Standing, int]:
        """Return how many receivers it stands how far at."""
        return Counter(each.standing for each in self.receivers)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeadLetter:
    """A message that will not reach one of its receivers by itself."""

    message: UUID
    sender: str
    receiver: str
    # When it was given up.
    at: Millis
    # ``expired``, ``refused`` (by the receiver), or the code of the rule that kept it from being sent.
    reason: str
    # For a person.
    detail: str
    # The message that was sent in its place.
    redriven: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """What has been done to take a message back."""

    message: UUID
    # Receivers that are asked to give it back; their answers come as receipts.
    asked: tuple[str, ...]
    # Receivers that had accepted or refused it already, or never got it.
    concluded: tuple[str, ...]
