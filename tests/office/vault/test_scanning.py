"""ClamAV by its own protocol, against a server that speaks it: verdicts, limits, and everything that may go wrong."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.test import override_settings
from pytest_django import Settings

from lienthong.office.vault.configuration import VaultMisconfigured
from lienthong.office.vault.errors import FileInfected, FileTooLarge, ScannerUnavailable
from lienthong.office.vault.scanning import ClamScan, NullScan, scan
from tests.office.vault.boxes import MIB, content

# The test file of EICAR, in two parts so that no scanner takes this one for it.
EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR" + b"-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
LIMIT = 5 * MIB

type Server = Callable[[socket.socket], None]


def exactly(connection: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = connection.recv(size - len(data))
        if not piece:
            raise ConnectionError
        data += piece
    return data


def clamd(connection: socket.socket) -> None:
    """Answer as clamd does (clamd(8))."""
    assert exactly(connection, 10) == b"zINSTREAM\0"
    data = bytearray()
    while size := int.from_bytes(exactly(connection, 4)):
        if len(data) + size > LIMIT:
            connection.sendall(b"INSTREAM size limit exceeded. ERROR\0")
            return
        data += exactly(connection, size)
    connection.sendall(b"stream: Win.Test.EICAR_HDB-1 FOUND\0" if EICAR in data else b"stream: OK\0")


@contextmanager
def served(server: Server, listener: socket.socket) -> Iterator[None]:
    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            try:
                server(connection)
            except ConnectionError:
                ended.set()

    listener.listen()
    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield
    finally:
        thread.join(10)
        listener.close()
        assert not thread.is_alive()


ended = threading.Event()


@contextmanager
def listening(server: Server, tmp_path: Path) -> Iterator[str]:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "clamd"))
    with served(server, listener):
        yield f"unix:{tmp_path / 'clamd'}"


def look(address: str, *pieces: bytes) -> None:
    with ClamScan(address, seconds=5) as looking:
        for piece in pieces:
            looking.feed(piece)
        looking.finish()


@pytest.mark.parametrize("pieces", [(), (b"",), (b"a", b"", b"b"), (content(4 * MIB),)])
def test_what_is_clean_passes(tmp_path: Path, pieces: tuple[bytes, ...]) -> None:
    with listening(clamd, tmp_path) as address:
        look(address, *pieces)


def test_a_virus_is_found_wherever_it_was_cut(tmp_path: Path) -> None:
    with listening(clamd, tmp_path) as address, pytest.raises(FileInfected) as caught:
        look(address, content(70_000) + EICAR[:20], EICAR[20:] + b"x")
    assert caught.value.where == "Win.Test.EICAR_HDB-1"


def test_what_is_more_than_it_takes_is_refused(tmp_path: Path) -> None:
    with listening(clamd, tmp_path) as address, pytest.raises(FileTooLarge, match="StreamMaxLength"):
        look(address, *(content(MIB) for _ in range(20)))


def test_over_tcp_too() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    with served(clamd, listener), pytest.raises(FileInfected):
        look(f"tcp://127.0.0.1:{listener.getsockname()[1]}", EICAR)


@pytest.mark.parametrize(
    "answer", [b"", b"INSTREAM: lstat() failed. ERROR\0", b"stream: OK but", b"\xff\xfe\0", b"x" * 5000]
)
def test_whatever_is_no_verdict_lets_nothing_in(tmp_path: Path, answer: bytes) -> None:
    def odd(connection: socket.socket) -> None:
        exactly(connection, 10)
        while size := int.from_bytes(exactly(connection, 4)):
            exactly(connection, size)
        connection.sendall(answer)

    with listening(odd, tmp_path) as address, pytest.raises(ScannerUnavailable):
        look(address, b"x")


def test_one_that_hangs_up_lets_nothing_in(tmp_path: Path) -> None:
    with listening(lambda connection: connection.close(), tmp_path) as address, pytest.raises(ScannerUnavailable):
        look(address, *(content(MIB) for _ in range(20)))


def test_one_that_does_not_answer_is_waited_for_only_so_long(tmp_path: Path) -> None:
    done = threading.Event()

    def silent(_: socket.socket) -> None:
        done.wait(10)

    with (
        listening(silent, tmp_path) as address,
        ClamScan(address, seconds=0.2) as looking,
    ):
        with pytest.raises(ScannerUnavailable):
            looking.finish()
        done.set()


def test_one_that_is_not_there_lets_nothing_in(tmp_path: Path) -> None:
    with pytest.raises(ScannerUnavailable):
        look(f"unix:{tmp_path / 'nobody'}")
    with pytest.raises(ScannerUnavailable):
        look("tcp://127.0.0.1:1")


def test_a_file_that_breaks_off_is_forgotten_there_too(tmp_path: Path) -> None:
    ended.clear()

    def broken(address: str) -> None:
        with ClamScan(address, seconds=5) as looking:
            looking.feed(b"half")
            raise LookupError

    with listening(clamd, tmp_path) as address, pytest.raises(LookupError):
        broken(address)
    assert ended.is_set()


@pytest.mark.parametrize("address", ["tcp://", "tcp://host", "http://host:1", "tcp://host:70000", "clamd"])
def test_addresses_that_are_none_are_refused(address: str) -> None:
    with pytest.raises(VaultMisconfigured):
        ClamScan(address)


def test_without_an_address_nobody_looks(settings: Settings, files: Path) -> None:
    assert isinstance(scan(), NullScan)
    with override_settings(VAULT=settings.VAULT.__replace__(clamav="unix:/nowhere")):
        assert isinstance(scan(), ClamScan)
