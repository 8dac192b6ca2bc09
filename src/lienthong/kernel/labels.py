"""Labels: how secret something is and who may handle it, as a lattice.

A label is a level and a set of caveats. It may flow where both are covered: ``a <= b`` holds when the
level is no higher and every caveat is held. Level and set each form a lattice, so their product does
(Denning 1976); ``join`` is the least label that covers two, ``meet`` the greatest that both cover.
"""

import re
from dataclasses import dataclass, field
from enum import IntEnum
from functools import lru_cache
from typing import Self

from lienthong.kernel.errors import LabelInvalid

_CAVEAT = re.compile(r"[a-z0-9][a-z0-9-]{0,31}\Z")
_MAX_CAVEATS = 16


class Level(IntEnum):
    """The levels, from open to closed. A profile gives them their legal names."""

    PUBLIC = 0
    INTERNAL = 1
    CONFIDENTIAL = 2
    SECRET = 3
    TOP_SECRET = 4

    @property
    def slug(self) -> str:
        """The name in text, such as ``top-secret``."""
        return self.name.lower().replace("_", "-")


@dataclass(frozen=True, slots=True)
class Label:
    """A level and the caveats that narrow who may handle what carries it."""

    level: Level
    # Caveats: each is one more thing a reader must be cleared for, such as ``personnel``.
    caveats: frozenset[str] = field(default=frozenset())

    def __post_init__(self) -> None:
        """Refuse caveats that are not short tokens."""
        if len(self.caveats) > _MAX_CAVEATS:
            raise LabelInvalid(f"{len(self.caveats)} caveats where {_MAX_CAVEATS} are allowed")
        for caveat in self.caveats:
            if not _CAVEAT.match(caveat):
                raise LabelInvalid(repr(caveat), hint="A caveat is a-z, 0-9 and -, at most 32 characters.")

    def __le__(self, other: Self) -> bool:
        """Tell whether what carries this label may be handled under the other as a ceiling."""
        return self.level <= other.level and self.caveats <= other.caveats

    def __ge__(self, other: Self) -> bool:
        """Tell whether this label, as a ceiling, covers the other."""
        return other <= self

    def __lt__(self, other: Self) -> bool:
        """Tell whether this label lies strictly below the other."""
        return self <= other and self != other

    def __gt__(self, other: Self) -> bool:
        """Tell whether this label lies strictly above the other."""
        return other < self

    def join(self, other: Self) -> "Label":
        """Return the least label that covers both: that of something made of two parts."""
        return self if other <= self else Label(max(self.level, other.level), self.caveats | other.caveats)

    def meet(self, other: Self) -> "Label":
        """Return the greatest label both cover: the ceiling of a path with two ends."""
        return Label(min(self.level, other.level), self.caveats & other.caveats)

    def __str__(self) -> str:
        """Write ``level`` or ``level/caveat,caveat``."""
        return _written(self.level, self.caveats)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what ``str`` writes.

        Raises:
            LabelInvalid: unknown level or malformed caveat.
        """
        slug, slash, caveats = text.partition("/")
        level = _LEVELS.get(slug)
        if level is None or (slash and not caveats):
            raise LabelInvalid(repr(text[:80]))
        return cls(level, frozenset(caveats.split(",")) if caveats else frozenset())


@lru_cache(maxsize=1024)
def _written(level: Level, caveats: frozenset[str]) -> str:
    return "/".join(filter(None, (level.slug, ",".join(sorted(caveats)))))


_LEVELS = {level.slug: level for level in Level}
PUBLIC = Label(Level.PUBLIC)
INTERNAL = Label(Level.INTERNAL)
