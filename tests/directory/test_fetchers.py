"""Every place the directory can be fetched from: real folders, a real web server, a real event loop."""

import asyncio
import functools
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tuf.api.exceptions import DownloadError, DownloadHTTPError, SlowRetrievalError

from lienthong.directory.client import sync
from lienthong.directory.errors import DirectoryUnreachable
from lienthong.directory.fetchers import CarrierFetcher, Fetcher, FolderFetcher, HttpFetcher, MemoryFetcher
from lienthong.directory.published import Published
from tests.support.directories import NOW


class _QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name it overrides
        """Keep quiet."""


@pytest.fixture
def folder(tmp_path: Path, published: Published) -> Path:
    """A folder with the first version."""
    published.save(tmp_path)
    return tmp_path


@pytest.fixture
def server(folder: Path) -> Iterator[str]:
    """The address of a web server that serves it."""
    handler = functools.partial(_QuietHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as web:
        thread = threading.Thread(target=web.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{web.server_port}"
        web.shutdown()
        thread.join()


def _fetches_everything(fetcher: Fetcher, published: Published) -> None:
    assert sync(fetcher, root=published.root, known=None, at=NOW).published == published
    # All but the root, which is given, and one look for a newer one.
    files = published.files()
    del files["metadata/1.root.json"]
    assert fetcher.received == sum(map(len, files.values()))
    assert fetcher.requests >= len(files)


def test_from_memory(published: Published) -> None:
    _fetches_everything(MemoryFetcher(published.files()), published)


def test_from_a_folder(folder: Path, published: Published) -> None:
    _fetches_everything(FolderFetcher(folder), published)


def test_a_folder_gives_nothing_from_outside(folder: Path) -> None:
    (folder / "inside").mkdir()
    fetcher = FolderFetcher(folder / "inside")
    with pytest.raises(DownloadHTTPError):
        fetcher.download_bytes("../metadata/timestamp.json", 10_000)


def test_from_a_web_server(server: str, published: Published) -> None:
    _fetches_everything(HttpFetcher(f"{server}/"), published)


def test_a_web_server_without_the_files(server: str, published: Published) -> None:
    with pytest.raises(DirectoryUnreachable):
        sync(HttpFetcher(f"{server}/elsewhere"), root=published.root, known=None, at=NOW)


def test_no_web_server_there(published: Published) -> None:
    with pytest.raises(DirectoryUnreachable):
        sync(HttpFetcher("http://127.0.0.1:9", timeout=1), root=published.root, known=None, at=NOW)


async def test_from_the_carrier(published: Published) -> None:
    files = published.files()

    async def get(name: str) -> bytes | None:
        await asyncio.sleep(0)
        return files.get(name)

    fetcher = CarrierFetcher(get, asyncio.get_running_loop())
    await asyncio.to_thread(_fetches_everything, fetcher, published)


async def test_a_carrier_that_does_not_answer() -> None:
    cancelled = asyncio.Event()

    async def get(_: str) -> bytes | None:
        try:
            await asyncio.sleep(60)
        finally:
            cancelled.set()
        return None

    fetcher = CarrierFetcher(get, asyncio.get_running_loop(), timeout=0.05)
    with pytest.raises(SlowRetrievalError, match=r"no answer in 0.05 s"):
        await asyncio.to_thread(fetcher.download_bytes, "metadata/timestamp.json", 100)
    await asyncio.wait_for(cancelled.wait(), 5)


async def test_a_carrier_that_fails() -> None:
    async def get(_: str) -> bytes | None:
        raise ConnectionError("the carrier is gone")

    fetcher = CarrierFetcher(get, asyncio.get_running_loop())
    with pytest.raises(DownloadError):
        await asyncio.to_thread(fetcher.download_bytes, "metadata/timestamp.json", 100)
