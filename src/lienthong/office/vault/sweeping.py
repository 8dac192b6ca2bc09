"""Remove objects that no file has: of transactions that were rolled back, of processes that died, of destroyed files.

All objects are listed and compared with the rows. So a database must never sweep another one's storage: the storage
names the database server that it belongs to, and another one (a copy, a restored backup) touches nothing until an
operator says that it is the one (``python -m django vault adopt``).
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import batched
from typing import Final

import structlog
from django.db import connection

from lienthong.office.core import scope
from lienthong.office.core.errors import Conflict
from lienthong.office.vault.keys import key_store
from lienthong.office.vault.models import Blob, KeyState, UnitKey
from lienthong.office.vault.storage import Found, Incoming, id_of, is_part, objects

OWNER: Final = "owner"
"""The name of the object that tells whose the storage is."""
AGE: Final = timedelta(days=1)
_BATCH: Final = 1000
_LONGEST: Final = 200
_log = structlog.get_logger(__name__)


class StorageOfOthers(Conflict):
    """These files belong to another database."""

    code = "storage_of_others"
    hint = "If this database is the one from now on, run: python -m django vault adopt."


def sweep(now: datetime) -> int:
    """Remove what is older than a day and nobody's; returns how many.

    Raises:
        StorageOfOthers: the storage is another database's; nothing was removed.
        OSError: the storage cannot be used.
    """
    _check_owner()
    storage, gone = objects(), 0
    with scope.system():
        for found in batched((each for each in storage.walk() if each.modified < now - AGE), _BATCH, strict=False):
            for name in _nobodys(found):
                storage.delete(name)
                gone += 1
        for reference in UnitKey.objects.filter(state=KeyState.DESTROYED).values_list("reference", flat=True):
            # Usually that was done right after the commit.
            key_store().destroy(bytes(reference))
    if gone:
        _log.info("vault_swept", objects=gone)
    return gone


def adopt() -> None:
    """Say that the storage belongs to this database from now on.

    Raises:
        OSError: the storage cannot be used.
    """
    storage = objects()
    storage.delete(OWNER)
    storage.save(OWNER, Incoming([_identity()]))


def _check_owner() -> None:
    try:
        _, pieces = objects().part(OWNER, 0, _LONGEST)
        owner = b"".join(pieces)
    except FileNotFoundError:
        # Nobody has swept here yet. A database without any file has nothing to compare with, and claims nothing.
        with scope.system():
            if not Blob.objects.exists():
                raise StorageOfOthers from None
        adopt()
        return
    if owner != _identity():
        raise StorageOfOthers


def _nobodys(found: Iterable[Found]) -> Iterator[str]:
    ids = {each.name: id_ for each in found if (id_ := id_of(each.name))}
    living = set(Blob.objects.filter(pk__in=ids.values(), shredded_at=None).values_list("pk", flat=True))
    for each in found:
        # What has no name of ours is not ours.
        if is_part(each.name) or (each.name in ids and ids[each.name] not in living):
            yield each.name


def _identity() -> bytes:
    """Return what tells this database from its copies: made with the server's data folder, and kept by replicas."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT system_identifier || '/' || current_database() FROM pg_control_system()")
        (identity,) = cursor.fetchone()
    return str(identity).encode()
