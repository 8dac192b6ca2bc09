"""Writing over every page of a PDF for whom this copy was made."""

from dataclasses import dataclass
from typing import Final

import msgspec

from lienthong.signatures.errors import MarkingFailed
from lienthong.signatures.isolation import GivenUp, read_bounded, run
from lienthong.signatures.limits import MEBIBYTE, Limits
from lienthong.signatures.report import Problem

LIMITS: Final = Limits(file=64 * MEBIBYTE, seconds=31, answer=160 * MEBIBYTE)
_CHILD: Final = "lienthong.signatures.marker"


@dataclass(frozen=True, slots=True, kw_only=True)
class Marking:
    """What the child is told; the file follows."""

    # Bounds it puts on itself: seconds of the processor, bytes.
    seconds: int
    memory: int
    text: str


def mark(pdf: bytes, text: str, *, limits: Limits = LIMITS) -> bytes:
    """Return a copy with a text across every page, as part of the page.

    It is written anew, not appended to: whoever cuts the end off has no file without the text. Signatures do not hold
    in it. Who is able to edit PDF can take the text out; it says whose copy it is, it does not lock it.

    Args:
        pdf: the file.
        text: one line.
        limits: what that may cost.

    Raises:
        MarkingFailed: it is no PDF, is damaged or encrypted, or would take more than the limits.
    """
    try:
        data = read_bounded(pdf, limits)
        task = Marking(seconds=limits.seconds - 1, memory=limits.memory_for(len(data)), text=text)
        problem, _, marked = run(_CHILD, msgspec.json.encode(task), data, limits).partition(b"\n")
    except GivenUp as error:
        raise MarkingFailed(error.problem.value or error.detail) from None
    if problem or not marked.startswith(b"%PDF-"):
        raise MarkingFailed(problem.decode("ascii", "replace") or Problem.EXCESSIVE.value)
    return marked
