"""A request and the reading of its answer, without anything that waits: both clients share it."""

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec

from lienthong.client.errors import AnswerInvalid, ClientError, Problem, Unavailable, kind_of

JSON: Final = "application/json"
_PROBLEM: Final = "application/problem+json"
_FIRST_PAUSE: Final = 0.2
_LONGEST_PAUSE: Final = 5.0

type Headers = Sequence[tuple[str, str]]


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """What came back."""

    status: int
    # Names in lower case.
    headers: Headers
    body: bytes
    # What was sent: path and query, and headers in their order.
    target: str = ""
    sent: Headers = ()

    def header(self, name: str) -> str:
        """Return the last value of a header (lower-case name), or an empty text."""
        return next((value for key, value in reversed(self.headers) if key == name), "")


class Ask[T](msgspec.Struct, frozen=True, kw_only=True):
    """A request, and how its answer is read."""

    method: str
    # Path and, behind a question mark, what of the query is already written.
    path: str
    read: Callable[[Reply], T]
    params: Mapping[str, str | int] = {}
    headers: Mapping[str, str] = {}
    content: bytes = b""
    # May it be sent again when nobody knows whether it arrived? Only where twice is as good as once.
    repeatable: bool = False
    # Is an error's status the gateway's word? In a call it is the service's.
    ours: bool = True
    # Seconds that the gateway may take on top, because it was asked to wait.
    patience: float = 0.0


def read_as[T](kind: type[T]) -> Callable[[Reply], T]:
    """Return what reads a JSON answer as a value."""

    def read(reply: Reply) -> T:
        try:
            return msgspec.json.decode(reply.body, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise AnswerInvalid(f"{kind.__name__}: {error}") from error

    return read


def written(value: object) -> bytes:
    """Write a value as the body of a request."""
    return msgspec.json.encode(value)


def given(**values: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever parameters there are
    """Return those values that are not None."""
    return {name: value for name, value in values.items() if value is not None}


class _Described(msgspec.Struct, frozen=True, kw_only=True):
    code: str
    title: str
    detail: str = ""
    hint: str = ""


def problem_of(reply: Reply) -> ClientError:
    """Return what an answer with an error status says."""
    if reply.header("content-type").partition(";")[0] != _PROBLEM:
        return AnswerInvalid(f"status {reply.status} without a problem")
    try:
        told = msgspec.json.decode(reply.body, type=_Described)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return AnswerInvalid(f"status {reply.status} with a problem that cannot be read")
    kind: type[Problem] = kind_of(reply.status)
    return kind(status=reply.status, code=told.code, title=told.title, detail=told.detail, hint=told.hint)


def pause(attempt: int, reply: Reply | None = None) -> float:
    """Return for how many seconds to wait before the next attempt.

    Args:
        attempt: how many have failed.
        reply: what the last one brought, for its ``Retry-After``.
    """
    said = reply.header("retry-after") if reply is not None else ""
    if said.isascii() and said.isdecimal():
        return min(float(said), _LONGEST_PAUSE)
    # Many clients that lost one gateway must not come back at one moment.
    return min(_FIRST_PAUSE * (1 << min(attempt, 10)), _LONGEST_PAUSE) * random.uniform(0.5, 1.0)  # noqa: S311 - spreads load, guards nothing


def passes(error: ClientError) -> bool:
    """Tell whether the same request may do better in a while."""
    return isinstance(error, Unavailable)
