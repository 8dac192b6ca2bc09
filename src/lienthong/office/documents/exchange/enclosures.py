"""Where the files of documents are: the one place at which sending and arriving meet the rest of this room."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import BinaryIO, Final, Protocol

from lienthong.office.documents.models import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosure:
    """A file of a document, as it leaves."""

    name: str
    role: str
    media_type: str
    # Bytes; digest in hexadecimal.
    size: int
    sha256: str


class Cabinet(Protocol):
    """Keeps the files of documents."""

    def enclosed(self, document: Document) -> Sequence[Enclosure]:
        """Return the files that leave with a document, in their order."""

    def read(self, document: Document, number: int) -> BinaryIO:
        """Open one of them; what comes can be sought."""

    def keep(self, document: Document, *, name: str, role: str, media_type: str, chunks: Iterable[bytes]) -> None:
        """Keep a file that arrived with a document, in the transaction that goes on.

        Raises:
            Invalid: it is not taken: too large, or a virus.
        """


@dataclass(slots=True)
class _Connected:
    cabinet: Cabinet | None = None


_connected: Final = _Connected()


def connect(cabinet: Cabinet) -> None:
    """Say who keeps files."""
    _connected.cabinet = cabinet


def cabinet() -> Cabinet:
    """Return who keeps files.

    Raises:
        LookupError: nobody does.
    """
    if _connected.cabinet is None:
        raise LookupError("nobody keeps the files of documents")
    return _connected.cabinet
