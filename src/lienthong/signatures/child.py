"""What reads one file, in a process of its own that then ends (`isolation` has it started)."""

import logging
import sys
from typing import Final

import msgspec

from lienthong.signatures.isolation import Task
from lienthong.signatures.limits import confine
from lienthong.signatures.report import Facts, Problem, Report, State
from lienthong.signatures.surveying import survey
from lienthong.signatures.validation import validate

_MAX_TASK: Final = 64 * 1024 * 1024


def main() -> int:
    """Read task and file from standard input, answer on standard output, and return 0."""
    task = msgspec.json.decode(sys.stdin.buffer.readline(_MAX_TASK), type=Task)
    # The libraries log what they find, with quotes from the file.
    logging.disable(logging.CRITICAL)
    data = sys.stdin.buffer.read()
    confine(seconds=task.seconds, memory=task.memory)
    answer: Report | Facts
    try:
        answer = survey(data) if task.at is None else validate(data, task, at=task.at)
    except MemoryError:
        answer = _excessive(task, "out of memory")
    except RecursionError:
        answer = _excessive(task, "nested too deeply")
    sys.stdout.buffer.write(msgspec.json.encode(answer))
    sys.stdout.buffer.flush()
    return 0


def _excessive(task: Task, detail: str) -> Report | Facts:
    if task.at is None:
        return Facts(problem=Problem.EXCESSIVE, detail=detail)
    return Report(state=State.UNREADABLE, at=task.at, problem=Problem.EXCESSIVE, detail=detail)
