"""Files that come are kept encrypted or not at all; files that were destroyed are gone, copies too."""

import hashlib
import logging
import os
import shutil
import signal
import stat
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connection, transaction
from pytest_django import DjangoCaptureOnCommitCallbacks

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.actor import SYSTEM
from lienthong.office.core.errors import NotFound
from lienthong.office.core.models import AuditEntry
from lienthong.office.vault import scanning
from lienthong.office.vault.actions.files import shred, store
from lienthong.office.vault.errors import FileInfected, FileShredded, FilesUnavailable, FileTooLarge
from lienthong.office.vault.keys import key_store
from lienthong.office.vault.models import Blob, UnitKey
from lienthong.office.vault.selectors import read
from lienthong.office.vault.storage import LocalObjects
from lienthong.trust.errors import StoredInvalid
from lienthong.trust.stored import object_size
from tests.office.people import House
from tests.office.vault.boxes import MIB, SECRET, content, cut, keep, on_disk, place_of, whole


def blobs() -> int:
    with scope.system():
        return Blob.objects.count()


@pytest.mark.parametrize("size", [0, 1, 65_536, 300_000])
def test_a_file_comes_out_as_it_came(house: House, files: Path, size: int) -> None:
    data = content(size)
    blob = keep(house.organs["province"], data)
    assert whole(blob) == data
    assert (blob.size, bytes(blob.sha256)) == (size, hashlib.sha256(data).digest())
    assert blob.stored == object_size(size) == place_of(files, blob).stat().st_size


def test_nothing_of_it_is_on_disk_in_plain_and_nobody_else_may_read(house: House, files: Path) -> None:
    blob = keep(house.organs["province"], content())
    (object_,) = on_disk(files)
    assert object_ == place_of(files, blob)
    assert SECRET not in object_.read_bytes()
    assert stat.S_IMODE(object_.stat().st_mode) == 0o600
    assert {stat.S_IMODE(path.stat().st_mode) for path in (files, *files.rglob("*")) if path.is_dir()} == {0o700}


def test_it_comes_under_the_key_of_its_organ_one_for_each(house: House, files: Path) -> None:
    mine, too = keep(house.organs["province"], b"1"), keep(house.departments["province"], b"2")
    other = keep(house.organs["commune"], b"3")
    assert mine.key_id == too.key_id != other.key_id
    assert mine.unit_id == too.unit_id == house.organs["province"].pk
    assert mine.wrapped_key != too.wrapped_key
    with scope.system():
        assert UnitKey.objects.count() == 2
        created = AuditEntry.objects.filter(kind="vault:key:create", organ_path=house.organs["province"].path)
        assert created.count() == 1


def test_what_is_too_large_is_refused_and_leaves_nothing(house: House, files: Path) -> None:
    came = 0

    def endless() -> Iterator[bytes]:
        nonlocal came
        while True:
            came += 1
            yield bytes(70_000)

    with pytest.raises(FileTooLarge):
        store(unit_id=house.organs["province"].pk, chunks=endless(), limit=MIB, actor=SYSTEM)
    assert came == 15
    assert (on_disk(files), blobs()) == ([], 0)
    exact = store(unit_id=house.organs["province"].pk, chunks=[bytes(MIB)], limit=MIB, actor=SYSTEM)
    assert exact.size == MIB


def test_an_upload_that_breaks_off_leaves_nothing(house: House, files: Path) -> None:
    def broken() -> Iterator[bytes]:
        yield content(3 * MIB)
        raise ConnectionResetError

    with pytest.raises(FilesUnavailable):
        store(unit_id=house.organs["province"].pk, chunks=broken(), limit=10 * MIB, actor=SYSTEM)
    assert (on_disk(files), blobs()) == ([], 0)


def test_a_full_disk_leaves_nothing(house: House, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(FilesUnavailable):
        keep(house.organs["province"], content())
    assert (on_disk(files), blobs()) == ([], 0)


class Suspicious(scanning.NullScan):
    """Finds a virus at the end."""

    def finish(self) -> None:
        raise FileInfected("Eicar-Test-Signature")


def test_a_virus_is_refused_told_and_leaves_nothing(house: House, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "scan", Suspicious)
    unit = house.organs["province"]
    with pytest.raises(FileInfected, match="Eicar"):
        store(unit_id=unit.pk, chunks=[content()], limit=MIB, actor=house.actor("official"))
    assert (on_disk(files), blobs()) == ([], 0)
    with scope.system():
        entry = AuditEntry.objects.get(kind="vault:file:infected")
    assert (entry.person_name, entry.new) == (house.persons["official"].name, {"found": "Eicar-Test-Signature"})
    assert store(unit_id=unit.pk, chunks=[b"x"], limit=MIB, actor=SYSTEM, look=False).size == 1


def test_a_unit_that_is_none_keeps_nothing(house: House, files: Path) -> None:
    with pytest.raises(NotFound):
        store(unit_id=0, chunks=[b"x"], limit=MIB, actor=SYSTEM)
    assert on_disk(files) == []


def test_the_scope_of_whoever_brings_it_stays_theirs(house: House, files: Path) -> None:
    with scope.act_for(house.actor("official")):
        before = scope.current()
        blob = keep(house.organs["province"], b"x")
        assert whole(blob) == b"x"
        assert scope.current() == before
        assert not Blob.objects.exists()
        assert not UnitKey.objects.exists()


def test_a_large_file_takes_little_memory(house: House, files: Path) -> None:
    piece = content(MIB)
    keep(house.organs["province"], b"")
    tracemalloc.start()
    try:
        blob = store(
            unit_id=house.organs["province"].pk, chunks=(piece for _ in range(64)), limit=64 * MIB, actor=SYSTEM
        )
        size = sum(map(len, read(blob.pk)))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size == 64 * MIB
    assert most < 10 * MIB


def test_logs_hold_nothing_of_content_and_keys(
    house: House, files: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    known: list[bytes] = []
    wrap = key_store().wrap

    def spying(id_: bytes, plain: bytes, associated: bytes) -> bytes:
        known.append(plain)
        return wrap(id_, plain, associated)

    monkeypatch.setattr(key_store(), "wrap", spying)
    with caplog.at_level(logging.DEBUG):
        blob = keep(house.organs["province"], content())
        whole(blob)
        place_of(files, blob).write_bytes(b"broken")
        with pytest.raises(StoredInvalid) as caught:
            whole(blob)
    said = caplog.text + str(caught.value)
    (key,) = known
    for secret in (SECRET.decode(), key.hex(), repr(key), bytes(blob.wrapped_key or b"").hex()):
        assert secret not in said


def test_a_file_that_was_shredded_is_gone_and_so_is_every_copy_of_it(
    house: House, files: Path, tmp_path: Path, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    blob = keep(house.organs["province"], content())
    shutil.copy(place_of(files, blob), tmp_path / "copy")
    with django_capture_on_commit_callbacks(execute=True):
        shred(blob_id=blob.pk, actor=house.actor("official"), label=Level.SECRET)
    assert on_disk(files) == []
    place_of(files, blob).write_bytes((tmp_path / "copy").read_bytes())
    with pytest.raises(FileShredded):
        read(blob.pk)
    with scope.system():
        assert Blob.objects.get(pk=blob.pk).wrapped_key is None
        entry = AuditEntry.objects.get(kind="vault:file:shred")
        assert (entry.label, entry.old) == (Level.SECRET, {"file": str(blob.pk), "size": 300_000})
    # Once more does nothing and tells nothing.
    shred(blob_id=blob.pk, actor=SYSTEM)
    with scope.system():
        assert AuditEntry.objects.filter(kind="vault:file:shred").count() == 1


def test_shredding_that_is_rolled_back_destroys_nothing(house: House, files: Path) -> None:
    blob = keep(house.organs["province"], b"x")
    with transaction.atomic():
        shred(blob_id=blob.pk, actor=SYSTEM)
        transaction.set_rollback(True)
    assert whole(blob) == b"x"


def test_an_object_that_cannot_be_removed_is_unreadable_all_the_same(
    house: House,
    files: Path,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    def away(*_: object) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(LocalObjects, "delete", away)
    blob = keep(house.organs["province"], b"x")
    with django_capture_on_commit_callbacks(execute=True):
        shred(blob_id=blob.pk, actor=SYSTEM)
    assert len(on_disk(files)) == 1
    with pytest.raises(FileShredded):
        read(blob.pk)


def test_a_file_that_never_was_cannot_be_shredded(house: House, files: Path) -> None:
    with pytest.raises(NotFound):
        shred(blob_id=uuid4(), actor=SYSTEM)


KILLED = """
import os, signal, sys, django
django.setup()
from django.conf import settings
from django.db import connections
from lienthong.office.core.actor import SYSTEM
from lienthong.office.vault.actions.files import store
connections["default"].settings_dict["NAME"] = sys.argv[1]
def pieces():
    for _ in range(4):
        yield bytes.fromhex(sys.argv[3]) * 100_000
    sys.stdout.write("under way"); sys.stdout.flush()
    signal.pause()
store(unit_id=int(sys.argv[2]), chunks=pieces(), limit=1 << 40, actor=SYSTEM)
"""


def test_a_process_that_is_killed_leaves_no_row_and_nothing_in_plain(lasting_house: House, tmp_path: Path) -> None:
    name = str(connection.settings_dict["NAME"])
    unit = lasting_house.organs["province"].pk
    env = {**os.environ, "LIENTHONG_OFFICE_STATE": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-c", KILLED, name, str(unit), SECRET.hex()], env=env, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.read(9) == b"under way"
        process.send_signal(signal.SIGKILL)
    assert process.returncode == -signal.SIGKILL
    assert blobs() == 0
    left = on_disk(tmp_path / "vault")
    assert [path.suffix for path in left if path.is_relative_to(tmp_path / "vault" / "files")] == [".part"]
    assert all(SECRET not in path.read_bytes() for path in left)


def test_pieces_of_an_upload_may_be_of_any_size(house: House, files: Path) -> None:
    data = content(200_000)
    blob = store(unit_id=house.organs["province"].pk, chunks=cut(data, 999), limit=MIB, actor=SYSTEM)
    assert whole(blob) == data
