"""Find things by any words of their names: each name is kept from each of its words on, as a key of an index.

What stands together in a name is one range of keys. Words that do not stand together are looked up each for itself.
Either way no more than ``CANDIDATES`` are looked at (ADR 0056, 0102).
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from django.db.models import Exists, OuterRef, QuerySet

from lienthong.office.core.actor import Actor
from lienthong.office.core.compiled import Compiled, Reader
from lienthong.office.core.search import Sought
from lienthong.office.core.text import end_of

CANDIDATES: Final = 500
"""A word that a third of the country has costs no more than a rare one."""

type Keys = QuerySet[Any, Any]


class Keyed:
    """The search in one table of keys."""

    def __init__(self, seen: Callable[[Actor | Reader], Keys], *, of: str, order: Sequence[str]) -> None:
        """Prepare it.

        Args:
            seen: the keys that somebody sees, each with a column ``key``.
            of: the column that says what a key is of.
            order: of the index, so that of "ba" and "bac" whole words come first.
        """
        self._seen: Final = seen
        self._of: Final = of
        self._order: Final = tuple(order)
        self.beginning: Final = Compiled(self._beginning)
        # By the number of words.
        self._apart: Final[dict[int, Compiled]] = {}

    def ids(self, actor: Actor, wanted: Sought) -> list[int]:
        """Return what the actor sees and what fits, by id; some perhaps twice."""
        found = self.beginning(actor, first=wanted.key, last=end_of(wanted.key))
        words = sorted(set(wanted.words), key=len, reverse=True)
        if not found and len(words) > 1:
            found = self.apart(len(words))(actor, **_ranges(words))
        return [row[0] for row in found]

    def apart(self, number: int) -> Compiled:
        """Return the query of names that have so many words, wherever they stand."""
        if number not in self._apart:
            self._apart[number] = Compiled(partial(self._with_all, number), planned_once=False)
        return self._apart[number]

    def _beginning(self, reader: Actor | Reader, *, first: Any, last: Any) -> Keys:  # noqa: ANN401 - values or gaps
        found = self._seen(reader).filter(key__gte=first, key__lt=last)
        return found.order_by(*self._order).values_list(self._of)[:CANDIDATES]

    def _with_all(self, number: int, reader: Actor | Reader, **given: Any) -> Keys:  # noqa: ANN401 - the same
        ranges = [{"key__gte": given[f"first{place}"], "key__lt": given[f"last{place}"]} for place in range(number)]
        found = self._seen(reader).filter(**ranges[0])
        for other in ranges[1:]:
            same = {self._of: OuterRef(self._of)}
            found = found.filter(Exists(self._seen(reader).filter(**other, **same)))
        return found.values_list(self._of)[:CANDIDATES]


def _ranges(words: Sequence[str]) -> dict[str, str]:
    """Return the bounds of each word's keys by name."""
    bounds = {f"first{place}": word for place, word in enumerate(words)}
    return bounds | {f"last{place}": end_of(word) for place, word in enumerate(words)}
