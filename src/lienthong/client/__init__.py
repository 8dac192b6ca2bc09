"""What an information system in Python uses to talk to its gateway. The guide is docs/integrate.md.

``Client`` for ordinary code, ``AsyncClient`` for asyncio; both have the same methods. Needs the extra ``client``.
"""

from lienthong.client.asynchronous import AsyncClient
from lienthong.client.errors import (
    AnswerInvalid,
    CallFailed,
    ClientError,
    Conflict,
    GatewayUnreachable,
    NotFound,
    Problem,
    Refused,
    Unavailable,
)
from lienthong.client.results import (
    Answer,
    ContentItem,
    Delivery,
    Event,
    EvidenceEntry,
    EvidencePage,
    EvidenceReceipt,
    MailboxItem,
    MailboxPage,
    Message,
    MessageStatus,
    NewContent,
    Receipt,
    Sent,
    Status,
)
from lienthong.client.synchronous import Client

__all__ = [
    "Answer",
    "AnswerInvalid",
    "AsyncClient",
    "CallFailed",
    "Client",
    "ClientError",
    "Conflict",
    "ContentItem",
    "Delivery",
    "Event",
    "EvidenceEntry",
    "EvidencePage",
    "EvidenceReceipt",
    "GatewayUnreachable",
    "MailboxItem",
    "MailboxPage",
    "Message",
    "MessageStatus",
    "NewContent",
    "NotFound",
    "Problem",
    "Receipt",
    "Refused",
    "Sent",
    "Status",
    "Unavailable",
]
