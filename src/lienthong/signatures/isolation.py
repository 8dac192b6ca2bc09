"""Reading a file in a process of its own, which is given up when it takes too much (docs/adr/0070).

Protocol: the child gets a line of JSON (`Task`), then the file, on its standard input; it answers with JSON and ends.
It inherits no environment, no open file and no secret.
"""

import importlib.util
import subprocess
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import msgspec

from lienthong.signatures.errors import ExtraMissing
from lienthong.signatures.limits import Limits
from lienthong.signatures.report import Facts, Problem, Report

_CHILD: Final = "lienthong.signatures.child"
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
    """Run a module of ours in a process of its own, give it a line and a file, and return what it writes.

    Raises:
        GivenUp: it took too long, too much memory, or broke down.
        ExtraMissing: there is nothing to read PDFs with.
    """
    if importlib.util.find_spec("pyhanko") is None:
        raise ExtraMissing
    command = [sys.executable, "-I", "-B", "-m", child]
    with subprocess.Popen(  # noqa: S603 - our own module, no shell
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=_UTF8, cwd="/"
    ) as process:
        try:
            answer, _ = process.communicate(task + b"\n" + pdf, timeout=limits.seconds)
        except subprocess.TimeoutExpired:
            raise GivenUp(Problem.EXCESSIVE, f"no answer within {limits.seconds} s") from None
        finally:
            process.kill()
    if process.returncode:
        raise GivenUp(Problem.EXCESSIVE, f"reading it ended with status {process.returncode}")
    if len(answer) > limits.answer:
        raise GivenUp(Problem.EXCESSIVE, "the answer is too long")
    return answer
