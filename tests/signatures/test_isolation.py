"""Processes that read files: one for each, ended whatever happens, started anew where they were killed."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lienthong.signatures.isolation import _CHILD, _RUNNING
from lienthong.signatures.limits import Limits
from lienthong.signatures.report import Problem
from lienthong.signatures.verify import inspect
from tests.support.hostile_pdfs import HOSTILE
from tests.support.pdfs import pdf

# Reads a file, says which process read it, and waits to be killed.
STARTER = """
import sys, time
from lienthong.signatures.isolation import _RUNNING
from lienthong.signatures.verify import inspect
inspect(sys.stdin.buffer.read())
print(*(each.process.pid for each in _RUNNING.values()), flush=True)
time.sleep(60)
"""


def zygote() -> int:
    """Return the process that children are forked from."""
    inspect(pdf())
    return _RUNNING[_CHILD, os.getpid()].process.pid


def children(process: int) -> list[str]:
    return Path(f"/proc/{process}/task/{process}/children").read_text().split()


def ends(process: int) -> bool:
    """Return whether a process is gone within ten seconds."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        if not Path(f"/proc/{process}").exists() or " Z " in Path(f"/proc/{process}/stat").read_text():
            return True
        time.sleep(0.05)
    return False


def test_a_process_that_was_killed_is_replaced() -> None:
    killed = zygote()
    os.kill(killed, signal.SIGKILL)
    assert ends(killed)
    assert inspect(pdf()).pages == 1
    assert zygote() != killed


def test_many_files_are_read_at_once() -> None:
    with ThreadPoolExecutor(8) as pool:
        assert [each.pages for each in pool.map(inspect, [pdf()] * 24)] == [1] * 24


def test_a_child_that_is_given_up_does_not_live_on() -> None:
    process = zygote()
    assert inspect(HOSTILE["field of a million kids"], limits=Limits(seconds=1)).problem is Problem.EXCESSIVE
    until = time.monotonic() + 10
    while children(process) and time.monotonic() < until:
        time.sleep(0.05)
    assert not children(process)
    assert inspect(pdf()).pages == 1


@pytest.mark.slow
def test_it_ends_with_whoever_started_it() -> None:
    with subprocess.Popen([sys.executable, "-c", STARTER], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as starter:
        assert starter.stdin
        assert starter.stdout
        starter.stdin.write(pdf())
        starter.stdin.close()
        process = int(starter.stdout.readline())
        starter.kill()
    assert ends(process)
