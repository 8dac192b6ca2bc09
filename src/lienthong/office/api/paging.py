"""Lists of the API go on from the last one seen, not from a number: pages never overlap and never get slower."""

import base64
import binascii
import json
from typing import Annotated, Any, Final, NamedTuple

from django.db.models import Model, Q, QuerySet
from ninja import Field, Schema

from lienthong.office.core.errors import Invalid

MOST: Final = 200
_LONGEST_KEY: Final = 1000

# Plain names and no type statements: of those pydantic makes references, which ninja does not follow.
Limit = Annotated[int, Field(ge=1, le=MOST, description="How many at most.")]
Cursor = Annotated[
    str,
    Field(max_length=2000, pattern=r"^[A-Za-z0-9_-]*$", description="“next” of the page before; empty: the first."),
]
Id = Annotated[int, Field(ge=1, le=2**63 - 1)]
# PostgreSQL keeps no text with the character NUL.
Text = Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")]


class PageOf[Item](Schema):
    """Part of a list."""

    items: list[Item]
    # Where the next page begins; null on the last one.
    next: str | None


class Place(NamedTuple):
    """The last one seen: what it is sorted by, and its number."""

    key: str
    id: int


def page[M: Model](query: QuerySet[M], *, cursor: str, limit: int, key: str) -> tuple[list[M], str | None]:
    """Return the part of a query that follows a cursor, in order of a column and the number, and the next cursor.

    Args:
        query: already restricted to what may be seen.
        cursor: from the page before, or empty.
        limit: how many.
        key: the column with a text to sort by.

    Raises:
        Invalid: the cursor is not one.
    """
    if cursor:
        last = decode(cursor)
        query = query.filter(Q(**{f"{key}__gte": last.key}) & ~Q(**{key: last.key, "pk__lte": last.id}))
    rows = list(query.order_by(key, "pk")[: limit + 1])
    if len(rows) <= limit:
        return rows, None
    end = rows[limit - 1]
    return rows[:limit], encode(Place(getattr(end, key), end.pk))


def encode(place: Place) -> str:
    """Return a place as a cursor."""
    return base64.urlsafe_b64encode(json.dumps(place, ensure_ascii=False).encode()).rstrip(b"=").decode()


def decode(cursor: str) -> Place:
    """Read what ``encode`` wrote.

    Raises:
        Invalid: it is something else.
    """
    try:
        found: Any = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        found = None
    match found:
        case [str() as key, int() as number] if (
            "\x00" not in key and len(key) <= _LONGEST_KEY and 0 < number < 2**63 and _is_text(key)
        ):
            return Place(key, number)
        case _:
            raise Invalid("cursor", hint="Take “next” of the page before as it is.")


def _is_text(key: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in key)
