"""The demo as a user runs it: a process, what it prints, its end. Without the office unless a test asks for it."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

PATIENCE = 120.0


@dataclass(slots=True)
class Demo:
    """A demo that runs; its output is read as it comes."""

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)
    # Told of every line, and of the end.
    changed: threading.Condition = field(default_factory=threading.Condition)
    ended: bool = False

    def read(self) -> None:
        """Collect the output until it ends."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self.changed:
                self.lines.append(line.rstrip("\n"))
                self.changed.notify_all()
        with self.changed:
            self.ended = True
            self.changed.notify_all()

    def wait_for(self, text: str) -> str:
        """Wait for a line with this text and return it."""
        with self.changed:
            self.changed.wait_for(lambda: self.ended or any(text in line for line in self.lines), PATIENCE)
            found = [line for line in self.lines if text in line]
        assert found, f"no {text!r} in {self.lines}"
        return found[0]

    def children(self) -> list[int]:
        """Return the processes it has started."""
        path = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        return [int(pid) for pid in path.read_text().split()]

    def stop(self, number: signal.Signals) -> tuple[int, float]:
        """End it; returns its exit status and the seconds it took."""
        begun = time.monotonic()
        self.process.send_signal(number)
        status = self.process.wait(PATIENCE)
        return status, time.monotonic() - begun


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the demo to its end."""
    return subprocess.run(
        [*_COMMAND, *_with_office(arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
        env=_environment(),
    )


@contextmanager
def running(*arguments: str, **environ: str) -> Iterator[Demo]:
    """Run the demo until it ends or the context does."""
    with subprocess.Popen(
        [*_COMMAND, *_with_office(arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=_environment() | environ,
    ) as process:
        demo = Demo(process)
        reader = threading.Thread(target=demo.read)
        reader.start()
        try:
            yield demo
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait(PATIENCE)
            reader.join(PATIENCE)


def _environment() -> dict[str, str]:
    """Return our environment without what the office's own tests have put there."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DATABASE_", "LIENTHONG_OFFICE"))}
    return kept | {"LIENTHONG_LANG": "en", "COLUMNS": "120"}


def _with_office(arguments: Sequence[str]) -> list[str]:
    """Have the office started only where that was said: it takes as long as the rest."""
    return [*arguments] if "--office" in arguments else [*arguments, "--no-office"]


_COMMAND = (sys.executable, "-m", "lienthong", "demo")
