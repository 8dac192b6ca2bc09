"""A mailbox page by page: urgent first, then in order of arrival."""

import base64
import binascii
from typing import Final, Self
from uuid import UUID

import msgspec

from lienthong.exchange.errors import RequestInvalid
from lienthong.exchange.mail.store import MailItem
from lienthong.kernel.clock import Millis
from lienthong.kernel.labels import Label
from lienthong.trust.header import ReceiptState
from lienthong.trust.journal import Journal

_PAGE: Final = (
    "SELECT receiver, message, sender, label, urgency, arrived, state FROM mailbox"
    " WHERE receiver = :receiver AND :state IN (state, '')"
    " AND (-urgency, arrived, message, sender) > (:urgency, :arrived, :message, :sender)"
    " ORDER BY urgency DESC, arrived, message, sender LIMIT :limit"
)
_ROWS: Final = 500
# Before every place there is: urgencies are below 2**53 (trust.header).
_FIRST_URGENCY: Final = -(1 << 53)


class Place(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A place in a mailbox, after some message."""

    urgency: int = -_FIRST_URGENCY
    arrived: Millis = 0
    message: UUID = UUID(int=0)
    sender: str = ""

    @classmethod
    def after(cls, item: MailItem) -> Self:
        """Return the place behind a message."""
        return cls(item.urgency, item.arrived, item.message, item.sender)

    def __str__(self) -> str:
        """Write it as a client gets it."""
        return base64.urlsafe_b64encode(msgspec.json.encode(self)).rstrip(b"=").decode()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what ``str`` wrote.

        Raises:
            RequestInvalid: it was not one of ours.
        """
        try:
            padded = text + "=" * (-len(text) % 4)
            return msgspec.json.decode(base64.b64decode(padded, altchars=b"-_", validate=True), type=cls)
        except (binascii.Error, msgspec.DecodeError, UnicodeError, ValueError) as error:
            raise RequestInvalid(
                "the cursor is not one that was given", hint="Take it from the answer before, or leave it out."
            ) from error


def page(  # noqa: PLR0913 - filters, each with its name
    journal: Journal,
    receiver: str,
    *,
    ceiling: Label,
    state: ReceiptState | None = None,
    after: Place | None = None,
    limit: int,
) -> list[MailItem]:
    """Return what stands in a mailbox behind a place, as far as a reader may handle it.

    Args:
        journal: where the mailboxes are.
        receiver: whose mailbox (identifier text of an organ).
        ceiling: what the reader may handle; nothing above it is returned, nor counted.
        state: only messages that have come so far and no further.
        after: the place; the beginning if not given.
        limit: at most so many.
    """
    place = after or Place()
    found: list[MailItem] = []
    while len(found) < limit:
        rows = journal.read(
            _PAGE,
            {
                "receiver": receiver,
                "state": "" if state is None else state.value,
                "urgency": -place.urgency,
                "arrived": place.arrived,
                "message": place.message.bytes,
                "sender": place.sender,
                "limit": _ROWS,
            },
        )
        items = [
            MailItem(
                receiver=to,
                message=UUID(bytes=message),
                sender=sender,
                label=label,
                urgency=urgency,
                arrived=arrived,
                state=ReceiptState(reached),
            )
            for to, message, sender, label, urgency, arrived, reached in rows
        ]
        found += [item for item in items if Label.parse(item.label) <= ceiling]
        if len(items) < _ROWS:
            break
        place = Place.after(items[-1])
    return found[:limit]
