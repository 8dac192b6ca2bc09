"""The form of exported records: reproducible to write, bounded to read, whoever made them."""

import io
import struct
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lienthong.exchange.evidence import record
from lienthong.exchange.evidence.errors import EvidenceMissing, RecordInvalid
from tests.support.evidence import NOW

GOOD = {"README.txt": b"text", "entry.cbor": b"entry", "receipt.cose": b"receipt", "directory.cbor": b"directory"}


def zipped(members: list[tuple[str, bytes]], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return buffer.getvalue()


def read(path: Path, data: bytes) -> record.Record:
    path.write_bytes(data)
    return record.read(path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "record.zip"


def test_what_is_written_is_read(path: Path) -> None:
    seals = {"seals/0.cose": b"1", "seals/0.header.cbor": b"2", "seals/0.header.json": b"3"}
    found = read(path, record.write({**GOOD, **seals, "contents/3": b"content"}, at=NOW))
    assert (found.entry, found.receipt, found.directory) == (b"entry", b"receipt", b"directory")
    assert found.seals == seals
    assert found.contents.keys() == {3}


def test_the_same_members_give_the_same_bytes() -> None:
    assert record.write(GOOD, at=NOW) == record.write(GOOD, at=NOW)


def test_a_time_before_zip_is_moved_to_its_beginning(path: Path) -> None:
    path.write_bytes(record.write(GOOD, at=0))
    with zipfile.ZipFile(path) as archive:
        assert archive.infolist()[0].date_time[:3] == (1980, 1, 1)


@pytest.mark.parametrize("name", ["entry.cbor", "receipt.cose", "directory.cbor"])
def test_a_missing_member(path: Path, name: str) -> None:
    with pytest.raises(RecordInvalid, match=f"'{name}' is missing"):
        read(path, zipped([each for each in GOOD.items() if each[0] != name]))


@pytest.mark.parametrize(
    "name",
    [
        "../entry.cbor",
        "/etc/passwd",
        "seals/../../x.cose",
        "seals/0.exe",
        "seals/0.cose/",
        "seals/1234.cose",
        "contents/a",
        "contents/",
        "Entry.cbor",
        "..\\entry.cbor",
        "",
    ],
)
def test_members_that_do_not_belong_there(path: Path, name: str) -> None:
    with pytest.raises(RecordInvalid, match="does not belong there"):
        read(path, zipped([*GOOD.items(), (name, b"")]))


def test_a_name_that_hides_its_end_behind_a_zero_byte(path: Path) -> None:
    data = zipped([*GOOD.items(), ("entry.cborX.txt", b"")])
    with pytest.raises(RecordInvalid, match=r"entry\.cbor\\x00\.txt"):
        read(path, data.replace(b"entry.cborX", b"entry.cbor\x00"))


def test_a_member_that_is_there_twice(path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = zipped([*GOOD.items(), ("entry.cbor", b"another")])
    with pytest.raises(RecordInvalid, match=r"'entry\.cbor' is there twice"):
        read(path, data)


def test_a_member_that_is_encrypted(path: Path) -> None:
    data = bytearray(zipped(list(GOOD.items())))
    # Bit 0 of the general purpose flags, in the index.
    data[data.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(RecordInvalid, match="encrypted"):
        read(path, bytes(data))


@pytest.mark.parametrize("name", ["entry.cbor", "receipt.cose", "seals/0.cose", "README.txt"])
def test_a_member_that_grows_beyond_its_bound_is_not_unpacked(path: Path, name: str) -> None:
    data = zipped([*((n, d) for n, d in GOOD.items() if n != name), (name, bytes(5 * 1024 * 1024))])
    assert len(data) < 64 * 1024
    with pytest.raises(RecordInvalid, match="is larger than"):
        read(path, data)


def test_a_member_that_is_larger_than_its_index_promises(path: Path) -> None:
    data = bytearray(zipped([*GOOD.items(), ("seals/0.cose", bytes(1024 * 1024))]))
    at = data.rindex(b"PK\x01\x02")
    # The size in the index: 22 bytes after its checksum's place.
    data[at + 24 : at + 28] = struct.pack("<L", 10)
    data[at + 16 : at + 20] = struct.pack("<L", zlib.crc32(bytes(10)))
    found = read(path, bytes(data))
    assert found.seals["seals/0.cose"] == bytes(10)


def test_contents_are_bounded(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "_MAX_CONTENT", 1000)
    with pytest.raises(RecordInvalid, match="larger than 1000 bytes"):
        read(path, zipped([*GOOD.items(), ("contents/0", bytes(1001))]))


def test_another_compression(path: Path) -> None:
    data = bytearray(zipped(list(GOOD.items())))
    at = data.index(b"PK\x01\x02")
    data[at + 10 : at + 12] = struct.pack("<H", 99)
    with pytest.raises(RecordInvalid):
        read(path, bytes(data))


def test_a_wrong_checksum(path: Path) -> None:
    data = bytearray(zipped(list(GOOD.items()), method=zipfile.ZIP_STORED))
    data[data.index(b"receipt.cose") + len("receipt.cose")] ^= 1
    with pytest.raises(RecordInvalid, match="CRC"):
        read(path, bytes(data))


def test_an_index_with_too_many_members(path: Path) -> None:
    many = [(f"contents/{number}", b"") for number in range(600)]
    with pytest.raises(RecordInvalid, match="604 members"):
        read(path, zipped([*GOOD.items(), *many]))


def test_an_index_that_is_too_large(path: Path) -> None:
    data = bytearray(zipped(list(GOOD.items())))
    data[-10:-6] = struct.pack("<L", 10_000_000)
    with pytest.raises(RecordInvalid):
        read(path, bytes(data))


def test_the_larger_form_of_zip_is_refused(path: Path) -> None:
    data = zipped(list(GOOD.items()))
    end = data[-22:]
    with pytest.raises(RecordInvalid, match="not a ZIP file as records are"):
        read(path, data[:-22] + b"PK\x06\x07" + bytes(16) + end)


def test_a_comment_at_the_end_is_refused(path: Path) -> None:
    data = zipped(list(GOOD.items()))
    with pytest.raises(RecordInvalid):
        read(path, data[:-2] + struct.pack("<H", 4) + b"text")


@pytest.mark.parametrize("size", [0, 10, 21, 200])
def test_a_record_that_was_cut_short(path: Path, size: int) -> None:
    with pytest.raises(RecordInvalid):
        read(path, zipped(list(GOOD.items()))[:size])


def test_a_record_that_is_too_large(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "MAX_RECORD", 100)
    with pytest.raises(RecordInvalid, match="bytes"):
        read(path, zipped(list(GOOD.items())))


def test_a_record_that_is_not_there(path: Path) -> None:
    with pytest.raises(EvidenceMissing, match=r"record\.zip"):
        record.read(path)


@given(at=st.integers(0, 600), value=st.integers(0, 255))
def test_whatever_byte_is_changed_nothing_else_is_raised(
    tmp_path_factory: pytest.TempPathFactory, at: int, value: int
) -> None:
    data = bytearray(zipped(list(GOOD.items())))
    data[at % len(data)] = value
    path = tmp_path_factory.getbasetemp() / "changed.zip"
    path.write_bytes(data)
    try:
        found = record.read(path)
    except RecordInvalid:
        return
    assert {found.entry, found.receipt, found.directory} == set(GOOD.values()) - {b"text"}
