"""Read files. Whether the reader may is asked before, where the file is referred to: nothing here asks."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from lienthong.office.core import scope
from lienthong.office.core.errors import NotFound
from lienthong.office.vault import keys
from lienthong.office.vault.errors import FileShredded
from lienthong.office.vault.models import Blob
from lienthong.office.vault.storage import name_of, objects
from lienthong.trust.errors import KeyUnknown, StoredInvalid
from lienthong.trust.stored import decrypt


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a file without opening it."""

    size: int  # bytes
    sha256: bytes
    shredded: bool


def facts(blob_id: UUID) -> Facts:
    """Return size and digest of a file.

    Raises:
        NotFound: there never was such a file.
    """
    blob = _blob(blob_id)
    return Facts(size=blob.size, sha256=bytes(blob.sha256), shredded=blob.wrapped_key is None)


def read(blob_id: UUID, start: int = 0, end: int | None = None) -> Iterator[bytes]:
    """Return the content of a file, or a part of it, piece by piece; no byte comes before it was verified.

    The database and the key store are asked now, the storage when the first piece is: by any thread, with no connection
    to the database.

    Args:
        blob_id: the file.
        start: the first byte.
        end: the byte before which it ends; the file's end unless given.

    Raises:
        NotFound: there never was such a file.
        FileShredded: it was destroyed.
        ValueError: the part is not within the file.
        StoredInvalid: row or object are not what was written; for the object, while it is read.
        KeyUnknown, KeyStoreError: its key is not there.
        OSError: the storage does not answer, while it is read.
    """
    blob, key = _opened(blob_id)
    if not 0 <= start <= (blob.size if end is None else end) <= blob.size:
        raise ValueError(f"bytes {start} to {end} of {blob.size}")
    return decrypt(partial(_part, name_of(blob_id)), key, id_=blob_id.bytes, size=blob.size, start=start, end=end)


def _opened(blob_id: UUID) -> tuple[Blob, bytes]:
    blob = _blob(blob_id)
    try:
        return blob, _key(blob)
    except KeyUnknown:
        # Between the two the file may have come under a new key, and the old one been destroyed.
        blob = _blob(blob_id)
        return blob, _key(blob)


def _key(blob: Blob) -> bytes:
    if blob.wrapped_key is None:
        raise FileShredded("file")
    return keys.unwrap(bytes(blob.key.reference), blob)


def _blob(blob_id: UUID) -> Blob:
    with scope.system():
        blob = Blob.objects.select_related("key").filter(pk=blob_id).first()
    if blob is None:
        raise NotFound("file")
    return blob


def _part(name: str, start: int, length: int) -> tuple[int, Iterator[bytes]]:
    try:
        return objects().part(name, start, length)
    except FileNotFoundError:
        raise StoredInvalid("its object is missing") from None
