"""What a gateway keeps of the directory between two runs: one file, replaced as a whole or not at all."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lienthong.directory.errors import DirectoryError, DirectoryRefused
from lienthong.directory.published import MAX_BUNDLE, Published
from lienthong.kernel import cbor
from lienthong.kernel.clock import Millis
from lienthong.kernel.errors import CborInvalid
from lienthong.kernel.files import write_atomically

_NAME: Final = "directory.cbor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cached:
    """The last verified version."""

    published: Published
    # When it was fetched, by this machine's clock (milliseconds UTC): time does not run back behind it.
    fetched: Millis


class Cache:
    """The file in its folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._path = folder / _NAME

    def load(self) -> Cached | None:
        """Return what was kept, unverified, or None.

        Raises:
            DirectoryRefused: the file is damaged.
            DirectoryError: it cannot be read.
        """
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unusable(self._path, error) from error
        try:
            fetched, bundle = cbor.decode(data, max_size=MAX_BUNDLE)
            if not isinstance(fetched, int) or not isinstance(bundle, bytes):
                raise TypeError
        except (CborInvalid, ValueError, TypeError) as error:
            raise DirectoryRefused(
                f"{self._path} is damaged", hint="Delete it; the gateway then fetches the directory anew."
            ) from error
        return Cached(published=Published.from_bytes(bundle), fetched=fetched)

    def store(self, cached: Cached) -> None:
        """Keep a version in place of the one before; durable when it returns.

        Raises:
            DirectoryError: it cannot be written; the one before stays.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_atomically(self._path, cbor.encode([cached.fetched, cached.published.to_bytes()]))
        except OSError as error:
            raise _unusable(self._path, error) from error


def _unusable(path: Path, error: OSError) -> DirectoryError:
    return DirectoryError(f"{path}: {error.strerror}", hint="Check the folder, its owner and the free space.")
