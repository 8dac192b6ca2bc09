"""Packets in folders: taken when they are whole, each once, and moved to where everybody sees what became of them."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test import override_settings

from lienthong.office.core import scope
from lienthong.office.documents.actions.receiving import accept
from lienthong.office.documents.models import Answer, Dispatch, Document, Intake
from lienthong.office.documents.packets import places
from lienthong.office.documents.packets.places import FoldersInvalid, folders
from lienthong.office.documents.packets.polling import PATIENCE, Watcher
from lienthong.office.vault.errors import FilesUnavailable
from lienthong.profiles.packets import Letter, News, Party
from tests.office.documents.exchange.posts import run_jobs
from tests.office.documents.packets.partners import packet, read

if TYPE_CHECKING:
    from tests.office.documents.packets.partners import Partners


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """The province's folder."""
    file = tmp_path / "packets.toml"
    file.write_text('[[folder]]\norgan = "T.province"\npath = "province"\n', encoding="utf-8")
    (tmp_path / "province" / "in").mkdir(parents=True)
    with override_settings(PACKETS=file):
        yield tmp_path / "province"


def _put(folder: Path, name: str, data: bytes, *, age: float = 60) -> Path:
    path = folder / "in" / name
    path.write_bytes(data)
    at = time.time() - age
    os.utime(path, (at, at))
    return path


def _rounds(watcher: Watcher | None = None) -> int:
    """Look twice: what is new is only looked at."""
    watcher = watcher or Watcher()
    return watcher.round() + watcher.round()


def _names(folder: Path) -> dict[str, list[str]]:
    found = {each.name: sorted(file.name for file in each.iterdir()) for each in folder.iterdir()}
    return {name: files for name, files in found.items() if files}


def _documents() -> int:
    with scope.system():
        return Document.objects.filter(direction="incoming").count()


def test_a_packet_is_entered_and_moved(partners: "Partners", folder: Path) -> None:
    _put(folder, "một.edxml", packet())
    assert _rounds() == 1
    assert _names(folder) == {"done": ["một.edxml"]}
    with scope.system():
        assert Intake.objects.get().way == "folder"
    # The same again, under whatever name: it is put away and not entered.
    _put(folder, "một.edxml", packet())
    assert _rounds() == 1
    assert (_names(folder), _documents()) == ({"done": ["2-một.edxml", "một.edxml"]}, 1)
    assert partners.organ.pk


@pytest.mark.usefixtures("partners")
def test_what_is_refused_lies_beside_its_reason(folder: Path) -> None:
    _put(folder, "a.edxml", packet(receivers=(Party(code="H49", name="Tỉnh khác"),)))
    _put(folder, "b.edxml", b"nothing", age=PATIENCE + 1)
    _put(folder, "x" * 250, b"nothing", age=PATIENCE + 1)
    assert _rounds() == 3
    names = _names(folder)
    assert list(names) == ["refused"]
    assert names["refused"][:4] == ["a.edxml", "a.edxml.txt", "b.edxml", "b.edxml.txt"]
    assert len(names["refused"]) == 6
    assert "Tỉnh khác (H49)" in (folder / "refused" / "a.edxml.txt").read_text(encoding="utf-8")
    assert _documents() == 0


@pytest.mark.usefixtures("partners")
def test_what_is_half_written_is_left(folder: Path) -> None:
    watcher = Watcher()
    _put(folder, ".hidden.edxml", packet())
    _put(folder, "a.edxml.part", packet())
    # As if it were written on from now on, however slow this machine is.
    _put(folder, "fresh.edxml", packet(), age=-3600)
    growing = _put(folder, "growing.edxml", packet()[:500])
    assert _rounds(watcher) == 0
    _put(folder, "growing.edxml", packet()[:900])
    assert watcher.round() == 0
    # Whole at last.
    _put(folder, "growing.edxml", packet())
    assert (watcher.round(), watcher.round(), _documents()) == (0, 1, 1)
    assert not growing.exists()
    # One that never ends is refused in the end.
    _put(folder, "broken.edxml", packet()[:900], age=PATIENCE + 1)
    assert _rounds(watcher) == 1
    assert "broken.edxml.txt" in _names(folder)["refused"]


@pytest.mark.usefixtures("partners")
def test_what_a_process_that_died_was_taking_is_entered_once(folder: Path) -> None:
    (folder / "taking").mkdir()
    (folder / "taking" / "a.edxml").write_bytes(packet())
    assert Watcher().round() == 1
    # It had entered it, and died before it moved the file.
    (folder / "done" / "a.edxml").rename(folder / "taking" / "a.edxml")
    assert Watcher().round() == 1
    assert (_names(folder), _documents()) == ({"done": ["a.edxml"]}, 1)


@pytest.mark.usefixtures("partners")
def test_what_does_not_work_now_comes_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: object) -> None:
        raise FilesUnavailable

    _put(folder, "a.edxml", packet())
    watcher = Watcher()
    with monkeypatch.context() as failing:
        failing.setattr("lienthong.office.documents.actions.files.bring", full)
        assert _rounds(watcher) == 0
    assert (_names(folder), _documents()) == ({"taking": ["a.edxml"]}, 0)
    # Not at once, but by whoever comes next.
    assert watcher.round() == 0
    assert (Watcher().round(), _documents()) == (1, 1)


@pytest.mark.usefixtures("partners")
def test_links_and_pipes_are_not_followed(folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.edxml"
    outside.write_bytes(packet())
    (folder / "in" / "link.edxml").symlink_to(outside)
    os.mkfifo(folder / "in" / "pipe.edxml")
    (folder / "in" / "folder.edxml").mkdir()
    (folder / "taking").mkdir()
    (folder / "taking" / "link.edxml").symlink_to(outside)
    (folder / "out").mkdir()
    assert _rounds() == 1
    assert (_documents(), outside.exists()) == (0, True)
    assert _names(folder)["refused"] == ["link.edxml", "link.edxml.txt"]


@pytest.mark.usefixtures("partners")
def test_who_does_not_hold_the_lock_leaves_it_alone(folder: Path) -> None:
    _put(folder, "a.edxml", packet())
    with _held_elsewhere():
        assert _rounds() == 0
    assert _names(folder) == {"in": ["a.edxml"]}
    assert _rounds() == 1


@contextmanager
def _held_elsewhere() -> Iterator[None]:
    other, key = connection.copy(), "hashtextextended('packets:T.province', 0)"
    with other.cursor() as cursor:
        cursor.execute(f"SELECT pg_advisory_lock({key})")
        yield
        cursor.execute(f"SELECT pg_advisory_unlock({key})")
    other.close()


def test_what_leaves_is_written_into_the_folder(partners: "Partners", folder: Path) -> None:
    made = partners.sent()
    assert made.state == Dispatch.State.WAITING
    _put(folder, "a.edxml", packet())
    _rounds()
    with scope.system():
        document = Document.objects.get(direction="incoming")
    accept(actor=partners.bureau.actor("clerk"), document=document)
    run_jobs()
    written = [read((folder / "out" / name).read_bytes()).content for name in _names(folder)["out"]]
    assert [type(each) for each in written] == [Letter, News, News]
    assert sorted(each.code for each in written if isinstance(each, News)) == ["01", "03"]
    with scope.system():
        assert not Answer.objects.filter(taken_at=None).exists()
        assert Dispatch.objects.get().state == Dispatch.State.SENT


def test_without_a_folder_the_clerk_takes_it_along(partners: "Partners") -> None:
    assert partners.sent().state == Dispatch.State.SENT
    partners.come(packet())
    run_jobs()
    with scope.system():
        assert Answer.objects.get().taken_at is None


@pytest.mark.parametrize(
    "text",
    ["x", "[[folder]]\norgan = 1", '[[folder]]\norgan = "a"\npath = "b"\n[[folder]]\norgan = "a"\npath = "c"',
     '[[folder]]\norgan = "a"\npath = "b"\n[[folder]]\norgan = "c"\npath = "b"'],
    ids=["no toml", "no code", "organ twice", "folder twice"],
)  # fmt: skip
def test_a_file_that_is_not_in_order(tmp_path: Path, text: str) -> None:
    file = tmp_path / "packets.toml"
    file.write_text(text, encoding="utf-8")
    with override_settings(PACKETS=file), pytest.raises(FoldersInvalid):
        folders()
    with override_settings(PACKETS=file):
        assert not places.has_folder("a")
