"""Look a file through for viruses as it comes: by ClamAV where there is one, else not at all.

The daemon is spoken to in its own protocol (clamd(8), INSTREAM): pieces with their lengths, an empty one at the end,
one line in answer. It gets the content in plain, and writes it into its TemporaryDirectory: that must be in memory.
"""

import socket
from types import TracebackType
from typing import Final, Protocol, Self
from urllib.parse import urlsplit

from django.conf import settings

from lienthong.office.vault.configuration import VaultMisconfigured
from lienthong.office.vault.errors import FileInfected, FileTooLarge, ScannerUnavailable

_UNIX: Final = "unix:"
_SECONDS: Final = 120.0
_ANSWER: Final = 4096
_FOUND: Final = " FOUND"


class Scan(Protocol):
    """The look at one file; a context, so that it ends when the file breaks off."""

    def __enter__(self) -> Self:
        """Begin."""
        ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Let go."""
        ...

    def feed(self, piece: bytes) -> None:
        """Look at more.

        Raises:
            FileInfected, FileTooLarge, ScannerUnavailable: it will not be taken.
        """
        ...

    def finish(self) -> None:
        """Have the verdict; without an error the file is clean as far as anybody knows.

        Raises:
            FileInfected: it is not; the error names what was found.
            FileTooLarge: it is larger than the scanner takes.
            ScannerUnavailable: there is no verdict.
        """
        ...


class NullScan:
    """Nobody looks."""

    def __enter__(self) -> Self:
        """Do nothing."""
        return self

    def __exit__(self, *_: object) -> None:
        """Do nothing."""

    def feed(self, piece: bytes) -> None:
        """Do nothing."""

    def finish(self) -> None:
        """Do nothing."""


class ClamScan:
    """ClamAV looks."""

    def __init__(self, address: str, *, seconds: float = _SECONDS) -> None:
        """Name the daemon.

        Args:
            address: ``unix:/PATH`` or ``tcp://HOST:PORT``.
            seconds: how long it may take to answer.

        Raises:
            VaultMisconfigured: it is neither.
        """
        self._address = address
        self._seconds = seconds
        self._host, self._port = ("", 0) if address.startswith(_UNIX) else _host_and_port(address)

    def __enter__(self) -> Self:
        """Connect and begin a stream.

        Raises:
            ScannerUnavailable: it does not answer.
        """
        try:
            self._socket = self._connect()
        except OSError as error:
            raise ScannerUnavailable(error.strerror or type(error).__name__) from None
        try:
            self._socket.sendall(b"zINSTREAM\0")
        except OSError as error:
            self._socket.close()
            raise ScannerUnavailable(error.strerror or type(error).__name__) from None
        return self

    def _connect(self) -> socket.socket:
        if self._host:
            return socket.create_connection((self._host, self._port), timeout=self._seconds)
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.settimeout(self._seconds)
            connection.connect(self._address.removeprefix(_UNIX))
        except OSError:
            connection.close()
            raise
        return connection

    def __exit__(self, *_: object) -> None:
        """Hang up; a stream without its end is forgotten."""
        self._socket.close()

    def feed(self, piece: bytes) -> None:
        """Send more; an empty piece would end the stream."""
        if not piece:
            return
        try:
            self._socket.sendall(len(piece).to_bytes(4) + piece)
        except OSError:
            # It has hung up, usually with an answer: what it was sent was too much.
            self._judge()
            raise ScannerUnavailable("it hung up") from None

    def finish(self) -> None:
        """End the stream and have the verdict."""
        try:
            self._socket.sendall(bytes(4))
        except OSError as error:
            self._judge()
            raise ScannerUnavailable(type(error).__name__) from None
        if not self._judge():
            raise ScannerUnavailable("it gave no verdict")

    def _judge(self) -> bool:
        """Read the answer; tell whether there was a good one."""
        answer = self._answer()
        if answer.endswith(_FOUND):
            raise FileInfected(answer.removesuffix(_FOUND).removeprefix("stream: "))
        if "size limit exceeded" in answer:
            raise FileTooLarge("ClamAV: StreamMaxLength")
        return answer == "stream: OK"

    def _answer(self) -> str:
        answer = bytearray()
        try:
            while len(answer) < _ANSWER and b"\0" not in answer and (piece := self._socket.recv(_ANSWER)):
                answer += piece
        except OSError:
            return ""
        return answer.partition(b"\0")[0].decode(errors="replace").strip()


def scan() -> Scan:
    """Return a look by whoever the installation has.

    Raises:
        VaultMisconfigured: the address of it is none.
    """
    address: str = settings.VAULT.clamav
    return ClamScan(address) if address else NullScan()


def _host_and_port(address: str) -> tuple[str, int]:
    try:
        parts = urlsplit(address)
        if parts.scheme == "tcp" and parts.hostname and parts.port:
            return parts.hostname, parts.port
    except ValueError:
        pass
    raise VaultMisconfigured("LIENTHONG_CLAMAV", hint="Write unix:/PATH or tcp://HOST:PORT.")
