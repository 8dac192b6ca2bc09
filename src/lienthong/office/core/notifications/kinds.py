"""Kinds of notifications. A room registers its own when Django starts; the text is made when somebody reads it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

type Fact = str | int | bool | None
type Facts = Mapping[str, Fact]
"""What a text is made of. Never secret: the reader's right to see it is not checked again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What notifications of one kind say."""

    # ``app:subject:event``, as in the audit trail.
    name: str
    # Makes the text from the facts, in the language that is active: the reader's.
    text: Callable[[Facts], str]
    # Whether it is told by mail too.
    mailed: bool = True


_KINDS: Final[dict[str, Kind]] = {}


def register(kind: Kind) -> None:
    """Add a kind.

    Raises:
        ValueError: there is one of that name.
    """
    if kind.name in _KINDS:
        message = f"there are two kinds {kind.name}"
        raise ValueError(message)
    _KINDS[kind.name] = kind


def kind_of(name: str) -> Kind | None:
    """Return a kind; None for one whose room is no longer installed."""
    return _KINDS.get(name)


def mailed_kinds() -> list[str]:
    """Return the names of the kinds that are told by mail."""
    return [kind.name for kind in _KINDS.values() if kind.mailed]
