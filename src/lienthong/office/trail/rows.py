"""Entries of the audit trail as bytes, and those that no transaction under way can still change or precede."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from django.db import connection

_COLUMNS: Final = (
    "id", "at", "kind", "person_id", "person_name", "appointment_id", "acting_as", "on_behalf_of", "object_type",
    "object_id", "object_name", "organ_path", "label", "old", "new", "address",
)  # fmt: skip
# ``host`` writes an address without the width of its network; JSON comes as text, whoever decodes it otherwise.
_SELECT: Final = "SELECT " + ", ".join(
    {"old": "old::text", "new": "new::text", "address": "host(address)"}.get(name, name) for name in _COLUMNS
)
# A bare ``xid`` after ORDER BY would be the text that is selected, and “10” stands before “9”.
_DUE: Final = f"""{_SELECT}, xid::text FROM core_auditentry
WHERE id > %(floor)s AND xid < %(horizon)s::xid8 AND (xid, id) > (%(xid)s::xid8, %(id)s)
ORDER BY core_auditentry.xid, id LIMIT %(limit)s"""
_OF_BEFORE: Final = (
    f"{_SELECT}, '0' FROM core_auditentry WHERE id > %(id)s AND id <= %(floor)s ORDER BY id LIMIT %(limit)s"
)
_BY_NUMBER: Final = f"{_SELECT}, xid::text FROM core_auditentry WHERE id = ANY(%(ids)s) ORDER BY id"
_NUMBERS: Final = "SELECT id, xid::text FROM core_auditentry WHERE id > %(after)s ORDER BY id LIMIT %(limit)s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An entry of the trail."""

    id: int
    at: datetime
    kind: str
    organ_path: str
    label: int
    # The transaction that wrote it.
    xid: int
    # All of it: JSON in UTF-8 with sorted keys and no spaces.
    content: bytes

    @property
    def digest(self) -> bytes:
        """SHA-256 of the content."""
        return hashlib.sha256(self.content).digest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizon:
    """How far transactions have ended."""

    # All below have ended.
    ended: int
    # None was begun from here on.
    next: int


def horizon() -> Horizon:
    """Return how far transactions have ended by now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_snapshot_xmin(s)::text, pg_snapshot_xmax(s)::text FROM (SELECT pg_current_snapshot() AS s) now"
        )
        ended, following = cursor.fetchone() or ("0", "0")
    return Horizon(ended=int(ended), next=int(following))


def due(*, after: tuple[int, int], floor: int, ended: int, limit: int) -> list[Row]:
    """Return entries whose place is final, in order of transaction and number.

    Args:
        after: transaction and number of the last one that was taken.
        floor: only those of a higher number.
        ended: only those of transactions below.
        limit: at most so many.
    """
    return _rows(_DUE, {"xid": str(after[0]), "id": after[1], "floor": floor, "horizon": str(ended), "limit": limit})


def of_before(*, after: int, floor: int, limit: int) -> list[Row]:
    """Return entries by number, from another server's life, whose transactions mean nothing here."""
    return _rows(_OF_BEFORE, {"id": after, "floor": floor, "limit": limit})


def by_number(ids: Sequence[int]) -> list[Row]:
    """Return the entries of these numbers that there are."""
    return _rows(_BY_NUMBER, {"ids": list(ids)})


def numbers(slice_: int = 5000) -> Iterator[list[tuple[int, int]]]:
    """Yield number and transaction of all entries, in slices."""
    after = 0
    while True:
        with connection.cursor() as cursor:
            cursor.execute(_NUMBERS, {"after": after, "limit": slice_})
            found = [(number, int(xid)) for number, xid in cursor.fetchall()]
        if not found:
            return
        yield found
        after = found[-1][0]


def last_number() -> int:
    """Return the highest number of all entries; 0 without any."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM core_auditentry")
        return int((cursor.fetchone() or (0,))[0])


def _rows(sql: str, parameters: dict[str, Any]) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return [_row(dict(zip(_COLUMNS, row, strict=False)), int(row[-1])) for row in cursor.fetchall()]


def _row(values: dict[str, Any], xid: int) -> Row:
    at: datetime = values["at"]
    written = {
        **values,
        "at": at.astimezone(UTC).isoformat(timespec="microseconds"),
        "old": json.loads(values["old"] or "null"),
        "new": json.loads(values["new"] or "null"),
    }
    return Row(
        id=values["id"],
        at=at,
        kind=values["kind"],
        organ_path=values["organ_path"],
        label=values["label"],
        xid=xid,
        content=json.dumps(written, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode(),
    )
