"""Writing attachments into a folder: never over another file, never outside, never through a link."""

import os
import stat
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lienthong.profiles.vn.edxml.errors import NotExtracted
from lienthong.profiles.vn.edxml.extraction import extract
from lienthong.profiles.vn.edxml.reading import Reading, read
from lienthong.profiles.vn.edxml.values import Attachment, DocumentPacket
from tests.support.edxml import PDF, attachment, text


def packet_with(*attachments: tuple[str, bytes]) -> Reading:
    found = tuple(Attachment(name=name, data=data) for name, data in attachments)
    return Reading(packet=DocumentPacket(attachments=found), encoding="utf-8", findings=(), signatures=())


def everything(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    assert extract(packet_with(("a.pdf", PDF)), tmp_path / "new" / "x") == {(1,): "a.pdf"}
    assert stat.S_IMODE((tmp_path / "new" / "x" / "a.pdf").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "new" / "x").stat().st_mode) == 0o700


def test_names_that_are_the_same_or_look_it(tmp_path: Path) -> None:
    names = ["a.pdf", "a.pdf", "A.PDF", "\u0430.pdf", "x/a.pdf", "a (2).pdf"]
    found = extract(packet_with(*((name, name.encode()) for name in names)), tmp_path)
    assert list(found.values()) == ["a.pdf", "a (2).pdf", "A (3).PDF", "\u0430 (4).pdf", "a (5).pdf", "a (2) (2).pdf"]
    assert sorted(everything(tmp_path).values()) == sorted(name.encode() for name in names)


def test_nothing_is_replaced_and_no_link_is_followed(tmp_path: Path) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "in"
    outside.mkdir()
    folder.mkdir()
    (folder / "a.pdf").write_bytes(b"mine")
    (folder / "b.pdf").symlink_to(outside / "b.pdf")
    (folder / "c.pdf").symlink_to(outside)
    (folder / "d.xml.d").symlink_to(outside, target_is_directory=True)
    reading = read(text(attachment(text(attachment(PDF)).encode(), name="d.xml", kind="text/xml")).encode())
    assert extract(reading, folder) == {(1,): "d.xml", (1, 1): "d.xml (2).d/a.pdf"}
    names = ("a.pdf", "b.pdf", "c.pdf")
    found = extract(packet_with(*((name, b"theirs") for name in names)), folder)
    assert list(found.values()) == ["a (2).pdf", "b (2).pdf", "c (2).pdf"]
    assert (folder / "a.pdf").read_bytes() == b"mine"
    assert list(outside.iterdir()) == []


def test_what_comes_between_looking_and_writing_is_not_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "in"
    outside.mkdir()
    folder.mkdir()
    (folder / "a.pdf").write_bytes(b"mine")
    (folder / "b.pdf").symlink_to(outside / "b.pdf")
    # As if they had not been there yet when the folder was looked through.
    monkeypatch.setattr(os, "listdir", lambda _: [])
    found = extract(packet_with(("a.pdf", b"theirs"), ("b.pdf", b"theirs")), folder)
    assert list(found.values()) == ["a (2).pdf", "b (2).pdf"]
    assert (folder / "a.pdf").read_bytes() == b"mine"
    assert list(outside.iterdir()) == []


def test_a_folder_that_is_swapped_for_a_link_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outside, folder = tmp_path / "outside", tmp_path / "in"
    outside.mkdir()
    folder.mkdir()
    reading = read(text(attachment(text(attachment(PDF)).encode(), name="d.xml", kind="text/xml")).encode())

    real = os.mkdir

    def swapped(name: str, mode: int, *, dir_fd: int | None = None) -> None:
        if dir_fd is None:
            real(name, mode)
        else:
            os.symlink(outside, name, dir_fd=dir_fd)

    monkeypatch.setattr(os, "mkdir", swapped)
    with pytest.raises(NotExtracted):
        extract(reading, folder)
    assert list(outside.iterdir()) == []


def test_nested_packets_have_folders(tmp_path: Path) -> None:
    inner = text(attachment(PDF, name="../../../x.pdf")).encode()
    middle = text(attachment(inner, name="inner.xml", kind="text/xml")).encode()
    reading = read(text(attachment(middle, name="middle.xml", kind="text/xml")).encode())
    found = extract(reading, tmp_path / "out")
    assert found == {
        (1,): "middle.xml",
        (1, 1): "middle.xml.d/inner.xml",
        (1, 1, 1): "middle.xml.d/inner.xml.d/x.pdf",
    }
    assert everything(tmp_path / "out") == {
        "middle.xml": middle,
        "middle.xml.d/inner.xml": inner,
        "middle.xml.d/inner.xml.d/x.pdf": PDF,
    }


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(NotExtracted):
        extract(packet_with(("a", b"x")), tmp_path / "file")
    with pytest.raises(NotExtracted):
        extract(packet_with(("a", b"x")), tmp_path / "file" / "below")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text(max_size=12) | st.sampled_from(["..", "../x", "/x", "a\0", "CON", "x" * 400]), max_size=6))
def test_everything_stays_inside(tmp_path_factory: pytest.TempPathFactory, names: list[str]) -> None:
    above = tmp_path_factory.mktemp("above")
    contents = [f"{number}".encode() for number in range(len(names))]
    found = extract(packet_with(*zip(names, contents, strict=True)), above / "in")
    assert list(above.iterdir()) == [above / "in"]
    assert {name: (above / "in" / name).read_bytes() for name in found.values()} == everything(above / "in")
    assert len(set(found.values())) == len(names)
