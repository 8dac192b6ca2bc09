"""Reading a file in a process of its own, which is given up when it takes too much (docs/adr/0070).

Protocol: the child gets a line of JSON (`Task`), then the file, on its standard input; it answers with JSON and ends.
It inherits no environment, no open file and no secret: it is the fork of a process that was started without them and
has only imported what reads files (`zygote`).
"""

import atexit
import importlib.util
import os
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from lienthong.signatures.errors import ExtraMissing
from lienthong.signatures.limits import Limits
from lienthong.signatures.report import Facts, Problem, Report
from lienthong.signatures.zygote import DONE, JOB

_CHILD: Final = "lienthong.signatures.child"
_ZYGOTE: Final = "lienthong.signatures.zygote"
_PIECE: Final = 64 * 1024
HEAD: Final = b"%PDF-"
_UTF8: Final = {"PYTHONUTF8": "1", "LC_ALL": "C.UTF-8", "TZ": "UTC"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a child is to find out about the file that follows."""

    # Bounds it puts on itself: seconds of the processor, bytes.
    seconds: int
    memory: int
    # Verify at this time; None: only tell the facts.
    at: datetime | None = None
    # DER.
    trust: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()
    ocsps: tuple[bytes, ...] = ()


class GivenUp(Exception):
    """There is no answer: a report says why, nobody else sees this."""

    def __init__(self, problem: Problem, detail: str = "") -> None:
        """Say why."""
        self.problem = problem
        self.detail = detail
        super().__init__(problem, detail)


def read_bounded(pdf: Path | bytes, limits: Limits) -> bytes:
    """Return a file's bytes.

    Raises:
        GivenUp: it is empty, larger than the limit, or does not begin as a PDF does.
        OSError: it cannot be read.
    """
    if isinstance(pdf, Path):
        with pdf.open("rb") as file:
            data = file.read(limits.file + 1)
    else:
        data = pdf
    if not data:
        raise GivenUp(Problem.EMPTY)
    if len(data) > limits.file:
        raise GivenUp(Problem.TOO_LARGE, f"over {limits.file} bytes")
    if not data.startswith(HEAD):
        raise GivenUp(Problem.NOT_A_PDF)
    return data


def ask[Answer: (Report, Facts)](task: Task, pdf: bytes, kind: type[Answer], limits: Limits) -> Answer:
    """Have a child read a file, and return its answer.

    Raises:
        GivenUp: it took too long, too much memory, or broke down.
        ExtraMissing: there is nothing to read PDFs with.
    """
    answer = run(_CHILD, msgspec.json.encode(task), pdf, limits)
    try:
        return msgspec.json.decode(answer, type=kind)
    except msgspec.MsgspecError:
        raise GivenUp(Problem.EXCESSIVE, "reading it ended without an answer") from None


def run(child: str, task: bytes, pdf: bytes, limits: Limits) -> bytes:
    """Have a module of ours run in a process of its own: it gets a line and a file; return what it writes.

    Raises:
        GivenUp: it took too long, too much memory, or broke down.
        ExtraMissing: there is nothing to read PDFs with.
    """
    if importlib.util.find_spec("pyhanko") is None:
        raise ExtraMissing
    ends = time.monotonic() + limits.seconds
    with _handed_over(child, limits.seconds) as job:
        try:
            answer = _exchanged(job, (task, b"\n", pdf), ends, limits.answer + len(DONE))
        except TimeoutError:
            raise GivenUp(Problem.EXCESSIVE, f"no answer within {limits.seconds} s") from None
        except OSError:
            answer = b""
    if len(answer) > limits.answer + len(DONE):
        raise GivenUp(Problem.EXCESSIVE, "the answer is too long")
    if not answer.endswith(DONE):
        raise GivenUp(Problem.EXCESSIVE, "reading it ended without an answer")
    return answer[: -len(DONE)]


def _exchanged(job: socket.socket, parts: tuple[bytes, ...], ends: float, most: int) -> bytes:
    for part in parts:
        job.settimeout(_left(ends))
        job.sendall(part)
    job.shutdown(socket.SHUT_WR)
    answer = bytearray()
    while len(answer) <= most:
        job.settimeout(_left(ends))
        piece = job.recv(_PIECE)
        if not piece:
            break
        answer += piece
    return bytes(answer)


def _left(ends: float) -> float:
    left = ends - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


@dataclass(slots=True)
class _Zygote:
    """A process that forks for each file (`zygote`), and the way to it."""

    process: subprocess.Popen[bytes]
    control: socket.socket

    def end(self) -> None:
        self.control.close()
        self.process.kill()
        self.process.wait()


_LOCK: Final = threading.Lock()
# By module, and by the process that started it: after a fork it is the parent's.
_RUNNING: Final[dict[tuple[str, int], _Zygote]] = {}


def _handed_over(child: str, seconds: int) -> socket.socket:
    """Return our end of a socket whose other end a new child reads from."""
    ours, theirs = socket.socketpair()
    with theirs:
        try:
            # The clock on the wall ends it even if nobody waits for it any more.
            _hand(child, JOB.pack(seconds + 1), theirs)
        except BaseException:
            ours.close()
            raise
    return ours


def _hand(child: str, job: bytes, theirs: socket.socket) -> None:
    with _LOCK:
        for _ in range(2):
            zygote = _RUNNING.get((child, os.getpid())) or _started(child)
            try:
                socket.send_fds(zygote.control, [job], [theirs.fileno()])
            except OSError:
                # It was killed, for memory or by an operator: start another one.
                _RUNNING.pop((child, os.getpid())).end()
            else:
                return
    raise GivenUp(Problem.EXCESSIVE, "no process can be started")


def _started(child: str) -> _Zygote:
    ours, theirs = socket.socketpair()
    with theirs:
        process = subprocess.Popen(  # noqa: S603 - our own module, no shell
            [sys.executable, "-I", "-B", "-m", _ZYGOTE, str(theirs.fileno()), child],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env=_UTF8, cwd="/", pass_fds=[theirs.fileno()],
        )  # fmt: skip
    _RUNNING[child, os.getpid()] = _Zygote(process, ours)
    return _RUNNING[child, os.getpid()]


@atexit.register
def _end_all() -> None:
    for (_, starter), zygote in _RUNNING.items():
        if starter == os.getpid():
            zygote.end()
