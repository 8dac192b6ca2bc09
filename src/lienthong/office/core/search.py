"""One search over everything: rooms register what can be found in them, each finds only what the reader may see.

A source reads at most twice while somebody types, four times for the page of results, and bounds what it looks at, so
that a search costs the same for everybody.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from django.utils.functional import Promise

from lienthong.office.core import rooms
from lienthong.office.core.actor import Actor
from lienthong.office.core.text import search_key, tidy

TEXT_LENGTH: Final = 200
SHORTEST: Final = 2
"""Characters from which on something is looked for: fewer fit nearly everything."""
MOST_WORDS: Final = 6
SUGGESTED: Final = 5
"""How many hits of a source are shown while somebody types."""
SHOWN: Final = 20
"""How many on the page of results."""
ALL: Final = 100
"""How many where only one source is shown: whoever needs more than that filters the room's list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """One thing found."""

    title: str
    # Where it belongs, or what it is.
    note: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sought:
    """What is looked for."""

    # As it was written, tidied.
    text: str
    # The same as a key: lower case, without diacritics.
    key: str

    @property
    def words(self) -> list[str]:
        """The key's words, without those beyond ``MOST_WORDS``."""
        return self.key.split(" ")[:MOST_WORDS]


@dataclass(frozen=True, slots=True, kw_only=True)
class FacetValue:
    """One value by which what was found is narrowed."""

    # In the address.
    value: str
    name: str
    # How many of what was found have it, with a plus where not all were looked at.
    count: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Facet:
    """One thing to narrow by."""

    # The name in the address.
    key: str
    title: Promise | str
    values: Sequence[FacetValue]
    # The value that was chosen; empty for none.
    chosen: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowing:
    """How a source narrows what it finds, on its own page of results."""

    # The names in the address that it reads.
    keys: tuple[str, ...]
    facets: Callable[[Actor, Sought, Mapping[str, str]], Sequence[Facet]]
    # As ``Source.find``, of what has all the values.
    find: Callable[[Actor, Sought, int, Mapping[str, str]], Sequence[Hit]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What a room lets be found."""

    key: str
    title: Promise | str
    # Lower ones come first.
    order: int
    # Returns at most so many hits and one more, which tells that there are others.
    find: Callable[[Actor, Sought, int], Sequence[Hit]]
    narrowing: Narrowing | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What was found in one source."""

    key: str
    title: Promise | str
    hits: Sequence[Hit]
    # Shows more of it; empty if this is all, or there is nowhere to go.
    more_url: str
    # Shows it with what it can be narrowed by; empty where it cannot be, or is by now.
    narrow_url: str = ""


_SOURCES: Final[list[Source]] = []


def register(source: Source) -> None:
    """Let something be found.

    Raises:
        ValueError: there is a source of that key.
    """
    if any(other.key == source.key for other in _SOURCES):
        message = f"there are two sources {source.key}"
        raise ValueError(message)
    _SOURCES.append(source)
    _SOURCES.sort(key=lambda each: each.order)


def sought(text: str) -> Sought | None:
    """Return what a reader looks for; None for too little."""
    visible = tidy(text[: TEXT_LENGTH * 2])[:TEXT_LENGTH].strip()
    key = search_key(visible)
    return Sought(text=visible, key=key) if len(key) >= SHORTEST else None


def find(
    actor: Actor, wanted: Sought, most: int, *, only: str = "", narrow: Mapping[str, str] | None = None
) -> list[Group]:
    """Return what the actor may see of what is looked for, source by source; those without hits are left out.

    Args:
        actor: who looks.
        wanted: for what.
        most: hits per source.
        only: the key of the one source to look in, up to ``ALL`` hits; all if there is none of that key.
        narrow: by what that one is narrowed.
    """
    alone = source_of(only)
    most = ALL if alone else most
    groups = []
    for source in [alone] if alone else _SOURCES:
        if alone and alone.narrowing and narrow:
            hits = alone.narrowing.find(actor, wanted, most, narrow)
        else:
            hits = source.find(actor, wanted, most)
        here = f"/search?{urlencode({'q': wanted.text, 'in': source.key})}"
        if hits:
            groups.append(
                Group(
                    key=source.key, title=source.title, hits=hits[:most],
                    more_url=here if len(hits) > most and not alone else "",
                    narrow_url=here if source.narrowing and not alone else "",
                )
            )  # fmt: skip
    return groups


def source_of(key: str) -> Source | None:
    """Return the source of a key; None if there is none."""
    return next((source for source in _SOURCES if source.key == key), None)


def find_rooms(actor: Actor, wanted: Sought, most: int) -> list[Hit]:
    """Return the pages of the menus whose title has all the words."""
    entries = [entry for menu in rooms.Menu for entry in rooms.entries_for(actor, menu)]
    fitting = (entry for entry in entries if all(word in search_key(str(entry.title)) for word in wanted.words))
    return [Hit(title=str(entry.title), note="", url=entry.url) for entry in fitting][: most + 1]
