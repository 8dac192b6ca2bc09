"""What is to be sent, and what has become of it."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from lienthong.exchange.errors import Refused
from lienthong.exchange.mail.address import Address
from lienthong.kernel.clock import DAY, Millis
from lienthong.kernel.identifiers import ClientId, OrganId
from lienthong.kernel.labels import INTERNAL, Label

TERM: Final[Millis] = 30 * DAY
"""How long a message may be under way before it counts as not delivered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """One content of a message, small enough for memory."""

    name: str
    media_type: str
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploaded:
    """One content of a message that has been uploaded before; see ``Uploads``."""

    name: str
    media_type: str
    upload: uuid.UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What is to be sent, and to whom."""

    sender: ClientId
    subject: str
    contents: tuple[Attachment | Uploaded, ...]
    # Named one by one; what ``to`` names comes on top.
    receivers: Sequence[OrganId] = ()
    to: Address | None = None
    label: Label = INTERNAL
    # 0 normal; the profile names the higher ones. The higher, the earlier it goes out and is listed.
    urgency: int = 0
    purpose: str = ""
    # Messages of one conversation reach each receiver's application in the order in which they were sent.
    conversation: uuid.UUID | None = None
    term: Millis = TERM
    # Made anew unless given. A message of that id goes to those only who have not been sent it.
    id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """What has become of a draft."""

    message: uuid.UUID
    # Receivers whose envelope the carrier has taken durably.
    published: int
    # Receivers whose envelope waits here, durably, until the carrier can be reached.
    queued: int
    # Receivers to whom nothing may be sent, and why.
    refused: dict[OrganId, Refused] = field(default_factory=dict)
