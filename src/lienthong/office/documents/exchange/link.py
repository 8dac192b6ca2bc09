"""What the office asks of a gateway. ``lienthong.client.Client`` does it; ``memory`` stands in for it in tests."""

from collections.abc import Collection, Iterator, Sequence
from typing import BinaryIO, Protocol, Unpack
from uuid import UUID

from lienthong.client import (
    EvidenceEntry,
    EvidenceReceipt,
    MailboxItem,
    MailboxPage,
    Message,
    MessageStatus,
    NewContent,
    Recalled,
    Sent,
    Standings,
    Upload,
)
from lienthong.client.connection import SendOptions
from lienthong.kernel.identifiers import OrganId


class Link(Protocol):
    """One organ's office at its gateway. All methods as those of ``lienthong.client.Client``, and the same errors."""

    def send(
        self, receivers: Sequence[str], *, contents: Sequence[NewContent] = (), **options: Unpack[SendOptions]
    ) -> Sent:
        """Send a message."""

    def message(self, message: UUID) -> MessageStatus:
        """Return how far it is."""

    def standings(self, message: UUID, *, after: int = 0) -> Standings:
        """Return how far it is, without seals, and only where it has moved."""

    def recall(self, message: UUID, *, reason: str, receivers: Sequence[str] | None = None) -> Recalled:
        """Take it back."""

    def upload(self, file: BinaryIO, *, size: int, digest: str | None = None) -> Upload:
        """Upload a content."""

    def mailbox_page(
        self, *, state: str | None = None, after: str | None = None, limit: int = 100, wait: int = 0
    ) -> MailboxPage:
        """Return a part of the mailbox."""

    def open(self, message: UUID, *, sender: str | None = None) -> Message:
        """Open a message."""

    def content(self, message: UUID, number: int = 0, *, sender: str | None = None) -> bytes:
        """Return a content whole."""

    def pieces(self, message: UUID, number: int = 0, *, sender: str | None = None) -> Iterator[bytes]:
        """Yield a content; only at its end it is known to be what was sealed."""

    def accept(
        self, message: UUID, *, note: str = "", key: str | None = None, sender: str | None = None
    ) -> MailboxItem:
        """Accept a message."""

    def refuse(self, message: UUID, *, reason: str, key: str | None = None, sender: str | None = None) -> MailboxItem:
        """Refuse a message."""

    def evidence(self, *, id: UUID | str | None = None, kind: str | None = None) -> Iterator[EvidenceEntry]:  # noqa: A002 - as the client has it
        """Yield the evidence of an exchange."""

    def evidence_receipt(self, index: int) -> EvidenceReceipt:
        """Return the proof that an entry stands in the journal."""

    def evidence_record(self, index: int) -> bytes:
        """Return an entry with all that it takes to verify it."""


class Exchange(Protocol):
    """The gateways, and who is behind them."""

    @property
    def system(self) -> str:
        """The code of the information system that offices are in the exchange."""

    def served(self) -> Collection[str]:
        """Return the codes of organs whose office this is."""

    def organ(self, code: str) -> OrganId | None:
        """Return how an organ is named in the exchange; None for one that is not in it."""

    def link(self, code: str) -> Link:
        """Return an organ's way to its gateway.

        Raises:
            OrganUnserved: there is none.
        """
