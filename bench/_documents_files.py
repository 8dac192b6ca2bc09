"""Give every twentieth open document of an office a file with words in it, by COPY; a number on the last line.

A process of its own, as Django is set up once per process. The words are real, so are the rows; there are no bytes
behind them: nobody opens these files, they are only searched.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import batched
from random import Random
from typing import Final
from uuid import UUID

import django

if __name__ == "__main__":
    django.setup()

INSIDE: Final = "thuyet minh"
"""Words that a hundredth of the files have, and no document beside them."""
_EACH: Final = 20
_AT_ONCE: Final = 20_000
_SENTENCES: Final = 12
_RARE: Final = 0.01
# Never an organ's own generation: those count from one.
_GENERATION: Final = 1_000_000


def main() -> int:
    """Do it; returns how many files there are."""
    from django.db import connection, transaction  # noqa: PLC0415 - needs Django set up

    from lienthong.kernel.labels import Level  # noqa: PLC0415 - beside the others
    from lienthong.office.core import scope  # noqa: PLC0415 - needs Django set up
    from lienthong.office.documents.models import Document  # noqa: PLC0415 - the same
    from lienthong.office.seeding.tables import analyse  # noqa: PLC0415 - the same

    with scope.system(), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")
            cursor.execute(
                "INSERT INTO vault_unitkey (unit_id, generation, reference, state) SELECT id, %s,"
                " decode(md5('bench' || id), 'hex'), 'retired' FROM organs_unit WHERE kind = 'organ'",
                [_GENERATION],
            )
            cursor.execute("SELECT unit_id, id FROM vault_unitkey WHERE generation = %s", [_GENERATION])
            keys = dict(cursor.fetchall())
        open_ones = Document.objects.filter(label__lt=Level.CONFIDENTIAL, pk__in=_numbers(Document.objects.count()))
        rows = list(open_ones.order_by("pk").values_list("pk", "organ_id", "created_at"))
        for some in batched(rows, _AT_ONCE, strict=False):
            _write(some, keys)
        analyse()
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE vault_blob")
    return len(rows)


def _numbers(count: int) -> range:
    return range(_EACH, count + 1, _EACH)


def _write(rows: Sequence[tuple[int, int, datetime]], keys: dict[int, int]) -> None:
    from django.db import connection  # noqa: PLC0415 - needs Django set up

    from lienthong.office.documents.models import Content, File  # noqa: PLC0415 - the same
    from lienthong.office.seeding.tables import copy_rows  # noqa: PLC0415 - the same
    from lienthong.office.vault.models import Blob  # noqa: PLC0415 - the same

    blobs = [
        (_blob(pk), organ, keys[organ], b"\0", 1000, hashlib.sha256(str(pk).encode()).digest(), 1100)
        for pk, organ, _at in rows
    ]
    copy_rows(Blob, ("id", "unit_id", "key_id", "wrapped_key", "size", "sha256", "stored"), blobs)
    files = [
        (pk, _blob(pk), "main", "a.pdf", "application/pdf", 1000, hashlib.sha256(str(pk).encode()).hexdigest(), 1, True)
        for pk, _organ, _at in rows
    ]
    names = ("document_id", "blob_id", "role", "name", "media_type", "size", "digest", "version", "current")
    copy_rows(File, names, files)
    with connection.cursor() as cursor:
        cursor.execute("SELECT document_id, id FROM documents_file WHERE document_id = ANY(%s)", [[r[0] for r in rows]])
        numbers = dict(cursor.fetchall())
    copy_rows(Content, ("file_id", "document_id", "words"), _contents(rows, numbers))


def _contents(rows: Sequence[tuple[int, int, datetime]], numbers: dict[int, int]) -> Iterator[tuple[int, int, str]]:
    from lienthong.office.documents.words import vector  # noqa: PLC0415 - needs Django set up
    from lienthong.office.seeding.phrases import subject  # noqa: PLC0415 - the same

    for pk, organ, at in rows:
        random = Random(pk)
        texts = [subject(random, "đơn vị", at.year) for _ in range(_SENTENCES)]
        if random.random() < _RARE:
            texts.append("Thuyết minh dự toán")
        yield numbers[pk], pk, vector(organ, texts, at.date())


def _blob(number: int) -> UUID:
    return UUID(bytes=hashlib.sha256(f"bench {number}".encode()).digest()[:16], version=4)


if __name__ == "__main__":
    print(json.dumps(main()))
