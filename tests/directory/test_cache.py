"""The one file a gateway keeps."""

import os
from pathlib import Path

import pytest

from lienthong.directory.cache import Cache, Cached
from lienthong.directory.errors import DirectoryError, DirectoryRefused
from lienthong.directory.published import Published
from lienthong.kernel import cbor
from tests.support.directories import NOW, files_in


def test_what_is_stored_is_loaded(tmp_path: Path, published: Published) -> None:
    cache = Cache(tmp_path / "new")
    assert cache.load() is None
    cache.store(Cached(published=published, fetched=NOW))
    assert cache.load() == Cached(published=published, fetched=NOW)
    assert files_in(tmp_path) == ["new/directory.cbor"]


@pytest.mark.parametrize("data", [b"", cbor.encode([1]), cbor.encode(["now", b""]), cbor.encode([1, "text"])])
def test_another_file_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "directory.cbor").write_bytes(data)
    with pytest.raises(DirectoryRefused, match=r"damaged.*Delete it"):
        Cache(tmp_path).load()


def test_a_disk_that_cannot_be_written_leaves_what_was_there(tmp_path: Path, published: Published) -> None:
    cache = Cache(tmp_path)
    cache.store(Cached(published=published, fetched=NOW))
    other = Cache(tmp_path / "directory.cbor" / "below")
    with pytest.raises(DirectoryError, match="free space"):
        other.store(Cached(published=published, fetched=NOW + 1))
    assert cache.load() == Cached(published=published, fetched=NOW)


def test_what_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "directory.cbor").mkdir()
    with pytest.raises(DirectoryError, match=os.strerror(21)):
        Cache(tmp_path).load()
