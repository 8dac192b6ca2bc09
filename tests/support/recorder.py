"""The recording service of a process of its own, from the side of a test."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tests.support import recorder_process
from tests.support.recorder_process import Plan, Received, read_frame, write_frame

PATIENCE = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorder:
    """A running service: say what it answers, ask what it got."""

    commands: IO[bytes]
    reports: IO[bytes]
    port: int

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def answers(self, *pieces: bytes | float, close: bool = False) -> None:
        """Answer every request with these bytes as they are; numbers are seconds to wait in between."""
        self._plan(Plan(pieces=list(pieces), close=close))

    def mirrors(self) -> None:
        """Answer every request with its own body."""
        self._plan(Plan(mirror=True))

    def taken(self) -> list[Received]:
        """Return what has come since this was last asked."""
        write_frame(self.commands, None)
        return read_frame(self.reports, list[Received])

    def only(self) -> Received:
        """Return the one request that has come."""
        (received,) = self.taken()
        return received

    def _plan(self, plan: Plan) -> None:
        write_frame(self.commands, plan)
        read_frame(self.reports, type(None))


def answer(status: str = "200 OK", *headers: str, body: bytes = b"") -> bytes:
    """Return an HTTP answer with its length; one byte for a character."""
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


@contextmanager
def recorder() -> Iterator[Recorder]:
    """Run a service until the context ends."""
    process = subprocess.Popen(
        [sys.executable, recorder_process.__file__],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield Recorder(commands=process.stdin, reports=process.stdout, port=read_frame(process.stdout, int))
        finally:
            process.stdin.close()
            process.wait(PATIENCE)
