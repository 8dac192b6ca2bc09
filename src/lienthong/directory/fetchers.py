"""Where a gateway fetches the directory from: a folder, a web server, the carrier, or memory.

Names are those of `Published.files`. What comes is not trusted; only its absence means something: TUF
ends the search for newer roots at the first one that is missing.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from tuf.api.exceptions import DownloadError, DownloadHTTPError, SlowRetrievalError
from tuf.ngclient import FetcherInterface
from tuf.ngclient.urllib3_fetcher import Urllib3Fetcher

_NOT_FOUND: Final = 404


class Fetcher(FetcherInterface):
    """Fetches files by name and counts what it transfers. Safe to use from several threads."""

    def __init__(self) -> None:
        # Bytes and files received so far; only ever read for display and measurement.
        self.received = 0
        self.requests = 0

    def _fetch(self, url: str) -> Iterator[bytes]:
        chunks = self._chunks(url)
        return self._counted(chunks)

    def _chunks(self, name: str) -> Iterator[bytes]:
        """Return a file's content, piece by piece.

        Raises:
            DownloadHTTPError: status 404 if there is no such file.
            DownloadError: it cannot be fetched now.
        """
        raise NotImplementedError

    def _counted(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        self.requests += 1
        for chunk in chunks:
            self.received += len(chunk)
            yield chunk


class MemoryFetcher(Fetcher):
    """Serves files that are already here: a cache, a bundle from evidence, a test's publisher."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        super().__init__()
        # Name → content; may be changed from outside.
        self.files = files

    def _chunks(self, name: str) -> Iterator[bytes]:
        if name not in self.files:
            raise _missing(name)
        return iter((self.files[name],))


class FolderFetcher(Fetcher):
    """Reads a folder that `Published.save` has made: a mounted share, removable media."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder.resolve()

    def _chunks(self, name: str) -> Iterator[bytes]:
        path = (self._folder / name).resolve()
        if not path.is_relative_to(self._folder):
            raise _missing(name)
        try:
            return iter((path.read_bytes(),))
        except FileNotFoundError:
            raise _missing(name) from None


class HttpFetcher(Fetcher):
    """Asks a web server that serves such a folder."""

    def __init__(self, url: str, *, timeout: int = 30) -> None:
        """Name the server; nothing is fetched yet.

        Args:
            url: address of the folder, http or https.
            timeout: seconds to wait for a connection, and for each piece after it.
        """
        super().__init__()
        self._base = url.rstrip("/")
        self._client = Urllib3Fetcher(socket_timeout=timeout, app_user_agent="lienthong")

    def _chunks(self, name: str) -> Iterator[bytes]:
        return self._client.fetch(f"{self._base}/{name}")


class CarrierFetcher(Fetcher):
    """Asks an asynchronous store, such as a key-value bucket on the carrier, from a worker thread."""

    def __init__(
        self,
        get: Callable[[str], Awaitable[bytes | None]],
        loop: asyncio.AbstractEventLoop,
        *,
        timeout: float = 10.0,
    ) -> None:
        """Name the store.

        Args:
            get: returns a file's content by its name, or None if there is none.
            loop: the running loop that ``get`` belongs to; never call the fetcher from its thread.
            timeout: seconds to wait for one file.
        """
        super().__init__()
        self._get = get
        self._loop = loop
        self._timeout = timeout

    def _chunks(self, name: str) -> Iterator[bytes]:
        answer = asyncio.run_coroutine_threadsafe(self._ask(name), self._loop)
        try:
            data = answer.result(self._timeout)
        except TimeoutError as error:
            answer.cancel()
            raise SlowRetrievalError(f"{name}: no answer in {self._timeout} s") from error
        if data is None:
            raise _missing(name)
        return iter((data,))

    async def _ask(self, name: str) -> bytes | None:
        return await self._get(name)


def _missing(name: str) -> DownloadError:
    return DownloadHTTPError(f"{name} is not there", _NOT_FOUND)
