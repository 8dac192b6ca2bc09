"""Uploads as values, and as rows of their table."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from lienthong.directory.model import Organ
from lienthong.exchange.packet import BlobRef
from lienthong.kernel.clock import Millis
from lienthong.trust import chunks
from lienthong.trust.journal import Statement

COLUMNS: Final = "id, organ, size, digest, name, key, expires, whole, stored"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """How far an upload has come."""

    id: UUID
    # Identifier text of the organ it belongs to.
    organ: str
    # Bytes that were announced, and bytes that are here.
    size: int
    offset: int
    # SHA-256: as it was announced, or empty; once it is whole, as it is.
    digest: bytes
    # When it is dropped, unless it is in a message.
    expires: Millis
    # Whether it can be sent.
    whole: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """An upload as it is stored."""

    id: bytes
    organ: str
    size: int
    # SHA-256, or empty as long as nobody has said it.
    digest: bytes
    # Of the file, and on the carrier.
    name: str
    # Locked in the organ's safe; empty where the message itself keeps it.
    key: bytes
    expires: Millis
    whole: bool
    # Chunks that the carrier has.
    stored: int

    @property
    def chunks(self) -> int:
        """How many chunks it has."""
        return chunks.count_of(self.size)


def row_of(values: tuple[bytes, str, int, bytes, str, bytes, Millis, int, int]) -> Row:
    """Read a row of ``COLUMNS``."""
    id_, organ, size, digest, name, key, expires, whole, stored = values
    return Row(
        id=id_,
        organ=organ,
        size=size,
        digest=digest,
        name=name,
        key=key,
        expires=expires,
        whole=bool(whole),
        stored=stored,
    )


def insert(row: Row) -> Statement:
    """Add an upload."""
    return (
        f"INSERT INTO upload ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - a constant
        (row.id, row.organ, row.size, row.digest, row.name, row.key, row.expires, int(row.whole), row.stored),
    )


def keep(row: Row, until: Millis) -> Statement:
    """Keep an upload until then at least."""
    return ("UPDATE upload SET expires = max(expires, ?) WHERE id = ?", (until, row.id))


def stored(row: Row, count: int) -> Statement:
    """Note how many chunks the carrier has."""
    return ("UPDATE upload SET stored = ? WHERE id = ?", (count, row.id))


def ref_of(organ: Organ, row: Row, key: bytes) -> BlobRef:
    """Say where the carrier has it."""
    return BlobRef(branch=organ.branch, site=organ.site, name=row.name, key=key, chunks=row.chunks)


def upload_of(row: Row, offset: int) -> Upload:
    """Say how far it has come."""
    return Upload(
        id=UUID(bytes=row.id),
        organ=row.organ,
        size=row.size,
        offset=offset,
        digest=row.digest,
        expires=row.expires,
        whole=row.whole,
    )
