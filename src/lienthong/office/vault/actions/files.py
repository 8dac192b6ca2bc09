"""Keep a file, and destroy one.

Who may do so is the business of whoever refers to the file (a document): ask there first. The tables here are shown to
nobody but the system, so a file is known by its id only.
"""

import hashlib
import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import structlog
from django.db import transaction
from django.utils import timezone

from lienthong.kernel.labels import Level
from lienthong.office.core import audit, scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.errors import NotFound
from lienthong.office.organs.models import Unit
from lienthong.office.vault import keys, scanning
from lienthong.office.vault.actions.keys import active_keys, ensure_key
from lienthong.office.vault.errors import FileInfected, FilesUnavailable, FileTooLarge
from lienthong.office.vault.events import VaultEvent
from lienthong.office.vault.models import Blob
from lienthong.office.vault.storage import Incoming, name_of, objects
from lienthong.trust.stored import KEY_SIZE, MAX_SIZE, encrypt, object_size

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """A file whose encrypted object is complete in the storage, and that no row has yet: nothing refers to it."""

    id: UUID
    organ: Unit
    size: int  # bytes
    sha256: bytes
    # Its own key, in plain: only in memory, until ``enter`` has wrapped it.
    key: bytes = field(repr=False)


def bring(*, unit_id: int, chunks: Iterable[bytes], limit: int, actor: Actor, look: bool = True) -> Brought:
    """Encrypt a file as it comes, into the storage. Nothing of it touches a disk in plain.

    Outside of any transaction: a file may take as long to come as its sender likes. What is not entered afterwards,
    because what it came with was refused or the process died, goes a day later (``sweeping``).

    Args:
        unit_id: whose it is: an organ, or a unit of one, under whose organ's key it comes.
        chunks: the content, cut anyhow; read once.
        limit: the most bytes it may have.
        actor: who brings it, for the trail when it holds a virus.
        look: have it looked through for viruses, where the installation has a scanner.

    Raises:
        FileTooLarge, FileInfected, ScannerUnavailable: it is not taken, and nothing of it is left.
        FilesUnavailable: the storage does not take it.
        KeyStoreError: the key store cannot be used.
        NotFound: there is no such unit.
    """
    with scope.system():
        organ = _organ(unit_id)
    return bring_to(organ=organ, chunks=chunks, limit=limit, actor=actor, look=look)


def bring_to(*, organ: Unit, chunks: Iterable[bytes], limit: int, actor: Actor, look: bool = True) -> Brought:
    """Bring a file to an organ that is at hand; all else as for ``bring``."""
    with scope.system():
        # Now, so that a key store that is closed is found out before all of the file has come.
        ensure_key(organ)
    id_, key = uuid4(), secrets.token_bytes(KEY_SIZE)
    intake = _Intake(chunks, min(limit, MAX_SIZE), scanning.scan() if look else scanning.NullScan())
    try:
        objects().save(name_of(id_), Incoming(encrypt(intake, key, id_=id_.bytes)))
    except OSError as error:
        _log.exception("vault_storage_failed")
        raise FilesUnavailable from error
    except FileInfected as error:
        _tell(actor, organ, error)
        raise
    return Brought(id=id_, organ=organ, size=intake.size, sha256=intake.digest(), key=key)


def enter(files: Sequence[Brought]) -> list[Blob]:
    """Write the rows of files that were brought, in the transaction of what refers to them; in their order.

    Raises:
        KeyUnknown, KeyStoreError, NotFound: the key of an organ is not there.
    """
    with scope.system(), transaction.atomic():
        generations = active_keys({each.organ.pk for each in files})
        rows = []
        for each in files:
            generation = generations[each.organ.pk]
            row = Blob(
                id=each.id, unit=each.organ, key=generation, size=each.size, sha256=each.sha256,
                stored=object_size(each.size),
            )  # fmt: skip
            row.wrapped_key = keys.wrap(bytes(generation.reference), each.key, row)
            rows.append(row)
        return Blob.objects.bulk_create(rows)


def store(*, unit_id: int, chunks: Iterable[bytes], limit: int, actor: Actor, look: bool = True) -> Blob:
    """Bring a small file and enter it: for what is in memory already. All else as for ``bring``.

    Returns:
        The file; refer to it by a foreign key.
    """
    brought = bring(unit_id=unit_id, chunks=chunks, limit=limit, actor=actor, look=look)
    (blob,) = enter([brought])
    return blob


def shred(*, blob_id: UUID, actor: Actor, label: Level = Level.PUBLIC) -> None:
    """Destroy a file for ever: its key first, then its object. Harmless when that was done before.

    A copy of the object is as good as chance from then on. Copies of the database from before still have the key, under
    that of the organ: a destroyed generation (``keys.destroy``) ends these too.

    Args:
        blob_id: the file.
        actor: who decided that.
        label: how secret the file is: the trail's entry is no less so.

    Raises:
        NotFound: there never was such a file.
    """
    with scope.system(), transaction.atomic():
        blob = Blob.objects.select_for_update(of=("self",)).select_related("key__unit").filter(pk=blob_id).first()
        if blob is None:
            raise NotFound("file")
        if blob.wrapped_key is None:
            return
        blob.wrapped_key, blob.shredded_at = None, timezone.now()
        blob.save(update_fields=["wrapped_key", "shredded_at"])
        told: dict[str, audit.Json] = {"file": str(blob.pk), "size": blob.size}
        audit.record(actor=actor, kind=VaultEvent.FILE_SHRED, obj=blob.key, old=told, label=label)
        transaction.on_commit(lambda: remove_object(blob_id))


def remove_object(id_: UUID) -> None:
    """Remove the object of a file that is no more; where that fails, it is swept later."""
    try:
        objects().delete(name_of(id_))
    except OSError:
        _log.exception("vault_object_not_removed")


class _Intake:
    """A file as it comes: counted, digested and looked at."""

    def __init__(self, pieces: Iterable[bytes], limit: int, scan: scanning.Scan) -> None:
        self.size = 0
        self._pieces = pieces
        self._limit = limit
        self._scan = scan
        self._hash = hashlib.sha256()

    def digest(self) -> bytes:
        return self._hash.digest()

    def __iter__(self) -> Iterator[bytes]:
        with self._scan as scan:
            for piece in self._pieces:
                self.size += len(piece)
                if self.size > self._limit:
                    raise FileTooLarge(f"> {self._limit} B")
                self._hash.update(piece)
                scan.feed(piece)
                yield piece
            # Before the last chunk is encrypted: what is refused was never a whole object.
            scan.finish()


def _organ(unit_id: int) -> Unit:
    unit = Unit.objects.select_related("organ").filter(pk=unit_id).first()
    if unit is None:
        raise NotFound("unit")
    return unit.organ or unit


def _tell(actor: Actor, organ: Unit, error: FileInfected) -> None:
    with transaction.atomic(), scope.system():
        audit.record(actor=actor, kind=VaultEvent.FILE_INFECTED, obj=organ, new={"found": error.where})
