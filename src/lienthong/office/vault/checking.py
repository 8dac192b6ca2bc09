"""Read every file to its end and compare it with its row: that storage, rows and keys still belong together."""

import hashlib
from collections.abc import Iterator
from typing import Final
from uuid import UUID

from lienthong.kernel.errors import LienthongError
from lienthong.office.core import scope
from lienthong.office.vault.models import Blob
from lienthong.office.vault.selectors import facts, read
from lienthong.trust.errors import StoredInvalid

_BATCH: Final = 1000


def check() -> Iterator[tuple[UUID, LienthongError | OSError | None]]:
    """Yield the id of each living file, and what is wrong with it."""
    last = UUID(int=0)
    while True:
        with scope.system():
            rows = Blob.objects.filter(shredded_at=None, pk__gt=last).order_by("pk")
            ids = list(rows.values_list("pk", flat=True)[:_BATCH])
        for id_ in ids:
            yield id_, _wrong(id_)
        if not ids:
            return
        last = ids[-1]


def _wrong(id_: UUID) -> LienthongError | OSError | None:
    try:
        digest = hashlib.sha256()
        for piece in read(id_):
            digest.update(piece)
        if digest.digest() != facts(id_).sha256:
            return StoredInvalid("its digest")
    except (LienthongError, OSError) as error:
        return error
    return None
