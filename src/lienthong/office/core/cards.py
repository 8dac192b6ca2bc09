"""The cards of the home page: what waits for me, what is due, what my unit is late with.

Rooms register a card when Django starts; it is filled for whoever opens the home page. A card reads at most twice: the
home page's number of queries is bound by that of its cards.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lienthong.office.core.actor import Actor
from lienthong.office.core.compiled import Row as Found
from lienthong.office.core.rooms import everybody

ROWS: Final = 6
"""How many rows a card shows; its total tells how many there are."""
MOST: Final = 100
"""What a card counts up to: beyond that the number says no more than that there is much to do."""


class Group(StrEnum):
    """Under which heading a card stands, in this order."""

    WAITING = "waiting"
    DUE = "due"
    LATE = "late"
    OVERVIEW = "overview"


TITLES: Final = {
    Group.WAITING: _("Waiting for me"),
    Group.DUE: _("Due soon"),
    Group.LATE: _("Late in my unit"),
    Group.OVERVIEW: _("My organ"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One thing on a card."""

    title: str
    url: str
    # A word or two, such as a state.
    note: str = ""
    due: date | None = None
    late: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a card has for one reader."""

    # All there is, not only what is shown; what reaches ``MOST`` need not be counted on.
    total: int
    rows: Sequence[Row] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A card as a room registers it."""

    key: str
    group: Group
    title: str | Promise
    # Where all of it is listed.
    url: str
    # What is said when there is nothing: good news, or what to do.
    empty: str | Promise
    # Lower ones come first within a group.
    order: int
    # Reads as the one who looks, with at most ``ROWS`` rows.
    fill: Callable[[Actor], Content]
    shown: Callable[[Actor], bool] = everybody


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A card with its content, as core/card.html shows it."""

    key: str
    title: str
    url: str
    empty: str
    total: str
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """The cards under one heading."""

    title: str
    cards: tuple[Filled, ...]


_CARDS: Final[list[Card]] = []


def register(card: Card) -> None:
    """Add a card to the home page.

    Raises:
        ValueError: there is one of that key.
    """
    if any(other.key == card.key for other in _CARDS):
        message = f"there are two cards {card.key}"
        raise ValueError(message)
    _CARDS.append(card)
    _CARDS.sort(key=lambda each: each.order)


def content(found: Sequence[Found], row: Callable[..., Row]) -> Content:
    """Return the content of a card.

    Args:
        found: at most ``MOST``, in the order in which they are shown.
        row: what is shown of one, from its columns.
    """
    return Content(total=len(found), rows=[row(*each) for each in found[:ROWS]])


def shelves(actor: Actor) -> list[Shelf]:
    """Return what the home page shows to somebody: headings in order, without those that have no card."""
    found = []
    for group in Group:
        cards = tuple(_filled(card, actor) for card in _CARDS if card.group is group and card.shown(actor))
        if cards:
            found.append(Shelf(title=str(TITLES[group]), cards=cards))
    return found


def _filled(card: Card, actor: Actor) -> Filled:
    content = card.fill(actor)
    return Filled(
        key=card.key,
        title=str(card.title),
        url=card.url,
        empty=str(card.empty),
        total=str(content.total) if content.total < MOST else f"{MOST - 1}+",
        rows=content.rows[:ROWS],
    )
