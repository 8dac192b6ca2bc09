"""Keys of organs: renewed while files are read and come, destroyed only when nothing is under them."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.db import connection, connections, transaction
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import DjangoCaptureOnCommitCallbacks

from lienthong.office.core import scope
from lienthong.office.core.actor import SYSTEM
from lienthong.office.core.errors import Forbidden, NotFound
from lienthong.office.core.models import AuditEntry
from lienthong.office.vault import rewrapping
from lienthong.office.vault.actions.files import shred
from lienthong.office.vault.actions.keys import active_keys, destroy, rotate
from lienthong.office.vault.errors import KeyInUse
from lienthong.office.vault.keys import key_store
from lienthong.office.vault.models import Blob, KeyState, UnitKey
from lienthong.office.vault.rewrapping import rewrap
from lienthong.office.vault.selectors import read
from lienthong.trust.errors import KeyStoreError, KeyUnknown
from tests.office.people import House
from tests.office.vault.boxes import content, keep, place_of, whole


def states(unit_id: int) -> list[tuple[int, str]]:
    with scope.system():
        return list(UnitKey.objects.filter(unit=unit_id).order_by("generation").values_list("generation", "state"))


def generation(blob: Blob) -> int:
    with scope.system():
        return Blob.objects.select_related("key").get(pk=blob.pk).key.generation


def test_files_come_under_the_new_key_and_their_objects_stay(house: House, files: Path) -> None:
    unit, other = house.organs["province"], house.organs["commune"]
    old, foreign = keep(unit, content()), keep(other, b"x")
    before = place_of(files, old).read_bytes()
    assert rotate(unit_id=unit.pk, actor=house.actor("security")).generation == 2
    assert states(unit.pk) == [(1, KeyState.RETIRED), (2, KeyState.ACTIVE)]
    new = keep(unit, b"new")
    # Until the job has run, under the old one.
    assert (generation(old), generation(new), whole(old)) == (1, 2, content())
    with scope.system():
        job = ProcrastinateJob.objects.get(task_name="vault.rewrap")
        entry = AuditEntry.objects.get(kind="vault:key:rotate")
    assert job.args == {"unit_id": unit.pk}
    assert (entry.person_name, entry.old, entry.new) == (
        house.persons["security"].name,
        {"generation": 1},
        {"generation": 2},
    )
    assert rewrap(unit.pk) == 1
    assert (generation(old), generation(foreign), whole(old), whole(foreign)) == (2, 1, content(), b"x")
    assert place_of(files, old).read_bytes() == before
    assert rewrap(unit.pk) == 0


@pytest.mark.parametrize("who", ["official", "administrator", "auditor", "leader", "outside_administrator", "below"])
def test_others_renew_and_destroy_nothing(house: House, files: Path, who: str) -> None:
    unit = house.organs["province"]
    keep(unit, b"x")
    with pytest.raises(Forbidden):
        rotate(unit_id=unit.pk, actor=house.actor(who))
    with pytest.raises(Forbidden):
        destroy(unit_id=unit.pk, generation=1, actor=house.actor(who))
    assert states(unit.pk) == [(1, KeyState.ACTIVE)]


def test_those_who_guard_above_may(house: House, files: Path) -> None:
    unit = house.organs["province"]
    keep(unit, b"x")
    rotate(unit_id=unit.pk, actor=house.actor("above_security"))
    assert states(unit.pk)[-1] == (2, KeyState.ACTIVE)


def test_an_organ_without_files_has_no_key_to_renew(house: House, files: Path) -> None:
    with pytest.raises(NotFound):
        rotate(unit_id=house.organs["province"].pk, actor=SYSTEM)


def test_what_was_cut_off_goes_on(house: House, files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rewrapping, "BATCH", 2)
    unit = house.organs["province"]
    blobs = [keep(unit, str(number).encode()) for number in range(5)]
    rotate(unit_id=unit.pk, actor=SYSTEM)
    left = 3
    wrap = key_store().wrap

    def failing(id_: bytes, plain: bytes, associated: bytes) -> bytes:
        nonlocal left
        left -= 1
        if left < 0:
            raise KeyStoreError("the token has gone")
        return wrap(id_, plain, associated)

    with monkeypatch.context() as patch:
        patch.setattr(key_store(), "wrap", failing)
        with pytest.raises(KeyStoreError):
            rewrap(unit.pk)
    assert sorted(map(generation, blobs)) == [1, 1, 1, 2, 2]
    assert rewrap(unit.pk) == 3
    assert [(generation(blob), whole(blob)) for blob in blobs] == [(2, str(n).encode()) for n in range(5)]


def test_several_renewals_end_with_the_last(house: House, files: Path) -> None:
    unit = house.organs["province"]
    blob = keep(unit, b"x")
    for _ in range(3):
        rotate(unit_id=unit.pk, actor=SYSTEM)
    rewrap(unit.pk)
    assert (generation(blob), whole(blob)) == (4, b"x")


def test_a_key_is_destroyed_only_when_no_living_file_is_under_it(
    house: House, files: Path, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    unit = house.organs["province"]
    blob, gone = keep(unit, b"x"), keep(unit, b"y")
    with scope.system():
        copy = Blob.objects.select_related("key").get(pk=blob.pk)
    rotate(unit_id=unit.pk, actor=SYSTEM)
    shred(blob_id=gone.pk, actor=SYSTEM)
    for number in (1, 2):
        with pytest.raises(KeyInUse):
            destroy(unit_id=unit.pk, generation=number, actor=SYSTEM)
    rewrap(unit.pk)
    with django_capture_on_commit_callbacks(execute=True):
        destroy(unit_id=unit.pk, generation=1, actor=house.actor("security"))
    assert states(unit.pk) == [(1, KeyState.DESTROYED), (2, KeyState.ACTIVE)]
    assert whole(blob) == b"x"
    # What a copy of the database from before has, opens nothing any more.
    with pytest.raises(KeyUnknown):
        key_store().unwrap(bytes(copy.key.reference), bytes(copy.wrapped_key or b""), b"")
    with scope.system():
        assert AuditEntry.objects.filter(kind="vault:key:destroy").count() == 1
    # Once more does no harm: the key store may have been away after the commit.
    destroy(unit_id=unit.pk, generation=1, actor=SYSTEM)
    with pytest.raises(NotFound):
        destroy(unit_id=unit.pk, generation=3, actor=SYSTEM)


def test_a_destruction_that_is_rolled_back_destroys_nothing(house: House, files: Path) -> None:
    unit = house.organs["province"]
    blob = keep(unit, b"x")
    rotate(unit_id=unit.pk, actor=SYSTEM)
    with transaction.atomic():
        rewrap(unit.pk)
        destroy(unit_id=unit.pk, generation=1, actor=SYSTEM)
        transaction.set_rollback(True)
    assert (generation(blob), whole(blob)) == (1, b"x")


@contextmanager
def beside(work: Callable[[], object], times: int = 1) -> Iterator[list[BaseException]]:
    """Run something in other threads, each with its own connection, until the block ends or it fails."""
    failed: list[BaseException] = []
    stop = threading.Event()

    def run() -> None:
        try:
            while not stop.is_set():
                work()
        except BaseException as error:  # noqa: BLE001 - told by the test
            failed.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(times)]
    for thread in threads:
        thread.start()
    try:
        yield failed
    finally:
        stop.set()
        for thread in threads:
            thread.join(30)


def test_files_are_read_and_come_while_keys_are_renewed_and_destroyed(lasting_house: House, files: Path) -> None:
    unit = lasting_house.organs["province"]
    old = [keep(unit, content(1000)) for _ in range(10)]
    came: list[Blob] = []

    def reading() -> None:
        for blob in old:
            assert b"".join(read(blob.pk)) == content(1000)

    with beside(reading, 2) as readers, beside(lambda: came.append(keep(unit, b"new"))) as writers:
        for number in range(1, 11):
            rotate(unit_id=unit.pk, actor=SYSTEM)
            rewrap(unit.pk)
            destroy(unit_id=unit.pk, generation=number, actor=SYSTEM)
    assert (readers, writers) == ([], [])
    assert len(came) > 1
    assert {whole(blob) for blob in came} == {b"new"}
    assert states(unit.pk)[-1] == (11, KeyState.ACTIVE)
    assert {state for _, state in states(unit.pk)[:-1]} == {KeyState.DESTROYED}


def test_first_files_that_come_together_make_one_key(lasting_house: House, files: Path) -> None:
    unit = lasting_house.organs["province"]
    start = threading.Barrier(6)
    blobs: list[Blob] = []

    def first() -> None:
        start.wait(10)
        blobs.append(keep(unit, b"x"))
        connections.close_all()

    threads = [threading.Thread(target=first) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [whole(blob) for blob in blobs] == [b"x"] * 6
    assert states(unit.pk) == [(1, KeyState.ACTIVE)]


def test_a_file_that_is_under_way_holds_off_the_end_of_its_key(lasting_house: House, files: Path) -> None:
    unit = lasting_house.organs["province"]
    keep(unit, b"x")
    with scope.system(), transaction.atomic():
        assert active_keys([unit.pk])[unit.pk].generation == 1
        done = threading.Event()

        def renew() -> None:
            rotate(unit_id=unit.pk, actor=SYSTEM)
            done.set()
            connections.close_all()

        thread = threading.Thread(target=renew)
        thread.start()
        assert not done.wait(0.5)
        with connection.cursor() as cursor:
            cursor.execute("SELECT state FROM vault_unitkey WHERE unit_id = %s", [unit.pk])
            assert cursor.fetchall() == [("active",)]
    thread.join(10)
    assert done.is_set()
