"""Bring the files of an organ under its newest key. Only their keys are encrypted anew; no object is touched."""

from typing import Final

from django.db import transaction

from lienthong.office.core import scope
from lienthong.office.vault import keys
from lienthong.office.vault.models import Blob, KeyState, UnitKey

BATCH: Final = 200


def rewrap(unit_id: int) -> int:
    """Do so batch by batch, each in a transaction: cut off anywhere, the next call goes on. Returns how many.

    Raises:
        KeyUnknown, KeyStoreError, StoredInvalid: a key is not there, or a row was altered; batches before it stay.
    """
    done = 0
    with scope.system():
        while count := _batch(unit_id):
            done += count
    return done


def _batch(unit_id: int) -> int:
    with transaction.atomic():
        new = UnitKey.objects.get(unit_id=unit_id, state=KeyState.ACTIVE)
        rows = Blob.objects.select_for_update(of=("self",)).select_related("key")
        blobs = list(
            rows.filter(key__unit_id=unit_id, key__state=KeyState.RETIRED, shredded_at=None).order_by("pk")[:BATCH]
        )
        for blob in blobs:
            key = keys.unwrap(bytes(blob.key.reference), blob)
            blob.wrapped_key, blob.key = keys.wrap(bytes(new.reference), key, blob), new
        Blob.objects.bulk_update(blobs, ["wrapped_key", "key"])
    return len(blobs)
