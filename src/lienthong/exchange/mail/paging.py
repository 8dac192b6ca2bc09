"""A mailbox page by page: urgent first, then as they were handed over."""

import base64
import binascii
from typing import Annotated, Final, Self

import msgspec
from msgspec import Meta

from lienthong.exchange.errors import RequestInvalid
from lienthong.exchange.mail.items import ITEM, MailItem, item_from
from lienthong.kernel.labels import Label
from lienthong.trust.header import ReceiptState
from lienthong.trust.journal import Journal

_PAGE: Final = (
    f"SELECT {ITEM}, rank FROM mailbox WHERE receiver = :receiver AND held = 0 AND :state IN (state, '')"  # noqa: S608 - a constant
    " AND (-rank, place) > (:rank, :place) ORDER BY rank DESC, place LIMIT :limit"
)
_ROWS: Final = 500
# Before every place there is: urgencies are below 2**53 (trust.header).
_FIRST: Final = 1 << 53


# What a table can hold: a client's cursor is a client's word.
type _Number = Annotated[int, Meta(ge=-_FIRST, le=_FIRST)]


class Place(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A place in a mailbox, behind some message."""

    # The urgency by which it is listed, and the order in which it was handed over.
    rank: _Number = _FIRST
    place: _Number = 0

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
) -> list[tuple[MailItem, Place]]:
    """Return what stands in a mailbox behind a place, as far as a reader may handle it, each with its own place.

    Args:
        journal: where the mailboxes are.
        receiver: whose mailbox (identifier text of an organ).
        ceiling: what the reader may handle; nothing above it is returned, nor counted.
        state: only messages that have come so far and no further.
        after: the place; the beginning if not given.
        limit: at most so many.
    """
    place = after or Place()
    found: list[tuple[MailItem, Place]] = []
    while len(found) < limit:
        rows = journal.read(
            _PAGE,
            {
                "receiver": receiver,
                "state": "" if state is None else state.value,
                "rank": -place.rank,
                "place": place.place,
                "limit": _ROWS,
            },
        )
        items = [(item, Place(row[-1], item.place)) for row in rows for item in (item_from(row[:-1]),)]
        found += [each for each in items if Label.parse(each[0].label) <= ceiling]
        if len(items) < _ROWS:
            break
        place = items[-1][1]
    return found[:limit]
