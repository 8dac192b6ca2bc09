"""Large uploads: encrypted on disk while they come, readable as any file, bounded, and nobody's but a person's."""

import io
import os
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadedfile import InMemoryUploadedFile, SimpleUploadedFile, UploadedFile
from django.http import HttpRequest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from lienthong.office.core.actor import SYSTEM
from lienthong.office.vault.actions.files import store
from lienthong.office.vault.uploads import SPOOL, SealedFile
from lienthong.trust.chunks import CHUNK
from lienthong.trust.errors import EnvelopeInvalid
from tests.office.people import House
from tests.office.vault.boxes import MIB, SECRET, content, whole


def posted(*contents: bytes, signed_in: bool = True) -> HttpRequest:
    uploads = {str(place): SimpleUploadedFile(f"{place}.pdf", each) for place, each in enumerate(contents)}
    request = RequestFactory().post("/", uploads)
    request.actor = SYSTEM if signed_in else None  # type: ignore[attr-defined]  # as the middleware does
    return request


def uploaded(data: bytes) -> "UploadedFile[bytes]":
    file = posted(data).FILES["0"]
    assert isinstance(file, UploadedFile)
    return file


def descriptors() -> Iterator[str]:
    """Yield what files this process has open."""
    for each in Path("/proc/self/fd").iterdir():
        try:
            yield f"{each.name} {each.readlink()}"
        except FileNotFoundError:
            continue


def in_spool(files: Path) -> list[int]:
    spool = str(files.parent / SPOOL)
    return [int(each.split()[0]) for each in descriptors() if each.split(" ", 1)[1].startswith(spool)]


def test_what_is_large_comes_through_and_is_nowhere_in_plain(house: House, files: Path) -> None:
    data = content(3 * MIB)
    file = uploaded(data)
    assert (file.name, file.size) == ("0.pdf", len(data))
    (descriptor,) = in_spool(files)
    size = os.fstat(descriptor).st_size
    assert size >= len(data)
    assert SECRET not in os.pread(descriptor, size, 0)
    # Without a name: a process that is killed leaves nothing.
    assert list((files.parent / SPOOL).iterdir()) == []
    blob = store(unit_id=house.organs["province"].pk, chunks=file.chunks(), limit=4 * MIB, actor=SYSTEM)
    assert whole(blob) == data
    file.close()
    assert in_spool(files) == []


def test_what_is_small_stays_in_memory(files: Path) -> None:
    assert isinstance(uploaded(content(MIB)), InMemoryUploadedFile)
    assert in_spool(files) == []


def test_it_opens_from_any_place_as_archives_need(files: Path) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("a", os.urandom(3 * MIB))
        made.writestr("b", b"found")
    with uploaded(archive.getvalue()) as file, zipfile.ZipFile(file) as read:
        assert read.read("b") == b"found"
        assert read.testzip() is None


@given(
    pieces=st.lists(st.binary(max_size=3 * CHUNK), max_size=4),
    reads=st.lists(st.tuples(st.integers(0, 8 * CHUNK), st.integers(0, 2 * CHUNK)), max_size=4),
)
def test_it_reads_like_any_file(pieces: list[bytes], reads: list[tuple[int, int]]) -> None:
    plain = io.BytesIO(b"".join(pieces))
    with open(os.memfd_create("test"), "w+b") as under, SealedFile(under) as sealed:  # noqa: PTH123 - a descriptor
        for piece in pieces:
            sealed.add(piece)
        sealed.finish()
        file = io.BufferedReader(sealed)
        assert file.read() == plain.getvalue()
        for place, size in reads:
            assert file.seek(place) == plain.seek(place)
            assert file.read(size) == plain.read(size)
        assert file.seek(-min(10, sealed.size), os.SEEK_END) == plain.seek(-min(10, sealed.size), os.SEEK_END)
        assert file.read() == plain.read()


def test_a_spool_that_was_altered_is_noticed() -> None:
    with open(os.memfd_create("test"), "w+b") as under, SealedFile(under) as sealed:  # noqa: PTH123 - a descriptor
        sealed.add(content(2 * CHUNK))
        sealed.finish()
        os.pwrite(under.fileno(), b"x", CHUNK)
        with pytest.raises(EnvelopeInvalid):
            sealed.readall()


def test_all_files_of_a_request_share_one_bound(files: Path, settings: Settings) -> None:
    settings.VAULT = replace(settings.VAULT, largest=6 * MIB)
    request = posted(content(3 * MIB), content(3 * MIB))
    assert len(request.FILES) == 2
    request.close()
    assert in_spool(files) == []
    with pytest.raises(RequestDataTooBig):
        posted(content(3 * MIB), content(3 * MIB + 1)).FILES  # noqa: B018 - reading it is what is tested
    assert in_spool(files) == []


def test_strangers_fill_no_disk(files: Path) -> None:
    with pytest.raises(RequestDataTooBig):
        posted(content(3 * MIB), signed_in=False).FILES  # noqa: B018 - reading it is what is tested
    assert not (files.parent / SPOOL).exists()


def test_an_upload_that_is_refused_leaves_nothing_open(files: Path, settings: Settings) -> None:
    settings.VAULT = replace(settings.VAULT, largest=3 * MIB)
    request = posted(content(4 * MIB))
    with pytest.raises(RequestDataTooBig):
        request.FILES  # noqa: B018 - reading it is what is tested
    assert in_spool(files) == []


@pytest.mark.django_db
def test_pages_refuse_large_files_of_strangers(house: House, files: Path) -> None:
    data = {"file": SimpleUploadedFile("a.pdf", content(3 * MIB))}
    assert house.client("anonymous").post("/account/login/", data).status_code in {400, 413}
    assert not (files.parent / SPOOL).exists()
