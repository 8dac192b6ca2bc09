"""What is nobody's goes after a day; what is somebody's, new, or another database's stays."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import transaction

from lienthong.office.core import scope
from lienthong.office.core.actor import SYSTEM
from lienthong.office.vault.actions.files import shred
from lienthong.office.vault.actions.keys import destroy, rotate
from lienthong.office.vault.keys import key_store
from lienthong.office.vault.models import Blob, UnitKey
from lienthong.office.vault.rewrapping import rewrap
from lienthong.office.vault.storage import name_of
from lienthong.office.vault.sweeping import OWNER, StorageOfOthers, adopt, sweep
from lienthong.office.vault.tasks import sweep_files
from lienthong.trust.errors import KeyUnknown
from tests.office.people import House
from tests.office.vault.boxes import keep, on_disk, place_of, whole

pytestmark = pytest.mark.django_db


def later() -> datetime:
    """Return when what is new now is older than a day."""
    return datetime.now(UTC) + timedelta(days=1, minutes=5)


def age(path: Path, **back: int) -> None:
    """Make a file older."""
    then = (datetime.now(UTC) - timedelta(**back)).timestamp()
    os.utime(path, (then, then))


def test_only_what_is_nobodys_and_older_than_a_day_goes(house: House, files: Path) -> None:
    living = keep(house.organs["province"], b"1")
    with transaction.atomic():
        lost = keep(house.organs["province"], b"2")
        transaction.set_rollback(True)
    part = place_of(files, living).with_name(f"{living.pk.hex}.0123abcd.part")
    part.write_bytes(b"half")
    strange = files / "readme"
    strange.write_bytes(b"of somebody else")
    for path in (place_of(files, living), place_of(files, lost), part, strange):
        age(path, hours=25)
    young = files / name_of(uuid4())
    young.parent.mkdir(parents=True, exist_ok=True)
    young.write_bytes(b"x")
    age(young, hours=23)
    assert sweep(datetime.now(UTC)) == 2
    assert not place_of(files, lost).exists()
    assert not part.exists()
    assert strange.exists()
    assert young.exists()
    assert whole(living) == b"1"


def test_what_could_not_be_removed_when_it_was_destroyed_goes(house: House, files: Path) -> None:
    keep(house.organs["province"], b"stays")
    blob = keep(house.organs["province"], b"x")
    shred(blob_id=blob.pk, actor=SYSTEM)
    assert place_of(files, blob).exists()
    assert sweep(later()) == 1
    assert not place_of(files, blob).exists()


def test_keys_that_could_not_be_destroyed_are(house: House, files: Path) -> None:
    unit = house.organs["province"]
    blob = keep(unit, b"x")
    rotate(unit_id=unit.pk, actor=SYSTEM)
    rewrap(unit.pk)
    # What follows the commit does not come in this test.
    destroy(unit_id=unit.pk, generation=1, actor=SYSTEM)
    with scope.system():
        reference = bytes(UnitKey.objects.get(unit=unit, generation=1).reference)
    assert key_store().wrap(reference, b"x", b"")
    sweep(later())
    with pytest.raises(KeyUnknown):
        key_store().wrap(reference, b"x", b"")
    assert whole(blob) == b"x"


def test_a_copy_of_the_database_removes_nothing_until_it_is_told_to(house: House, files: Path) -> None:
    keep(house.organs["province"], b"x")
    assert sweep(later()) == 0
    (files / OWNER).write_bytes(b"7000000000000000001/office")
    with scope.system():
        Blob.objects.all().delete()
    with pytest.raises(StorageOfOthers):
        sweep(later())
    sweep_files(int(later().timestamp()))
    assert len(on_disk(files)) == 2
    adopt()
    assert sweep(later()) == 1
    assert on_disk(files) == [files / OWNER]


def test_an_empty_database_claims_no_storage(files: Path) -> None:
    stored = files / name_of(uuid4())
    stored.parent.mkdir(parents=True)
    stored.write_bytes(b"x")
    with pytest.raises(StorageOfOthers):
        sweep(later())
    assert on_disk(files) == [stored]
