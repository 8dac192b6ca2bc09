"""Keep a file, and destroy one.

Who may do so is the business of whoever refers to the file (a document): ask there first. The tables here are shown to
nobody but the system, so a file is known by its id only.
"""

import hashlib
import secrets
from collections.abc import Iterable, Iterator
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
from lienthong.office.vault.actions.keys import active_key, ensure_key
from lienthong.office.vault.errors import FileInfected, FilesUnavailable, FileTooLarge
from lienthong.office.vault.events import VaultEvent
from lienthong.office.vault.models import Blob
from lienthong.office.vault.storage import Incoming, name_of, objects
from lienthong.trust.stored import KEY_SIZE, MAX_SIZE, encrypt, object_size

_log = structlog.get_logger(__name__)


def store(*, unit_id: int, chunks: Iterable[bytes], limit: int, actor: Actor, look: bool = True) -> Blob:
    """Encrypt a file as it comes, and keep it. Nothing of it touches a disk in plain.

    Its object is complete before its row is written, in the transaction that goes on here, if any. Where that is rolled
    back, or the process dies, the object goes a day later (``sweeping``). A transaction should not be open while a
    browser still sends: keep the file first.

    Args:
        unit_id: whose it is: an organ, or a unit of one, under whose organ's key it comes.
        chunks: the content, cut anyhow; read once.
        limit: the most bytes it may have.
        actor: who brings it, for the trail when it holds a virus.
        look: have it looked through for viruses, where the installation has a scanner.

    Returns:
        The file; refer to it by a foreign key.

    Raises:
        FileTooLarge, FileInfected, ScannerUnavailable: it is not taken, and nothing of it is left.
        FilesUnavailable: the storage does not take it.
        KeyStoreError: the key store cannot be used.
        NotFound: there is no such unit.
    """
    with scope.system():
        organ = _organ(unit_id)
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
        with transaction.atomic():
            generation = active_key(organ.pk)
            blob = Blob(
                id=id_,
                unit=organ,
                key=generation,
                size=intake.size,
                sha256=intake.digest(),
                stored=object_size(intake.size),
            )
            blob.wrapped_key = keys.wrap(bytes(generation.reference), key, blob)
            blob.save(force_insert=True)
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
    with transaction.atomic():
        audit.record(actor=actor, kind=VaultEvent.FILE_INFECTED, obj=organ, new={"found": error.where})
