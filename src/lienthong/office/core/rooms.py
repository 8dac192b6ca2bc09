"""What stands in the navigation: rooms on the left, and what belongs to a person's own account in its menu.

Applications register their entries when Django starts (``AppConfig.ready``); nobody else knows of them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from django.utils.functional import Promise
from django.utils.safestring import SafeString

from lienthong.office.core.actor import Actor
from lienthong.office.core.templatetags.look import icon


class Menu(StrEnum):
    """Where an entry stands."""

    ROOMS = "rooms"
    ACCOUNT = "account"


def everybody(actor: Actor) -> bool:
    """Show an entry to whoever is signed in."""
    return bool(actor.person_id)


# Equal only to itself: what is drawn of a menu is found by its entries.
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Entry:
    """One line of a menu."""

    # Unique within its menu; also tells which room a page belongs to.
    key: str
    title: str | Promise
    # Where it leads: a path within this site. A page whose path begins with it belongs to this room.
    url: str
    # A name in assets/icons.json.
    icon: str
    # Lower ones come first.
    order: int
    # The letter after ``g`` that leads there.
    shortcut: str = ""
    # Whether somebody sees it. Only for sight: the page itself refuses whom it must.
    shown: Callable[[Actor], bool] = everybody

    @property
    def image(self) -> SafeString:
        """The icon, for a template's loop."""
        return icon(self.icon)


_MENUS: Final[dict[Menu, list[Entry]]] = {menu: [] for menu in Menu}


def register(entry: Entry, menu: Menu = Menu.ROOMS) -> None:
    """Add an entry to a menu.

    Raises:
        ValueError: the menu has an entry of that key, or one with that shortcut.
    """
    entries = _MENUS[menu]
    for other in entries:
        if other.key == entry.key or (entry.shortcut and other.shortcut == entry.shortcut):
            message = f"{menu}: {entry.key} and {other.key} have the same key or shortcut"
            raise ValueError(message)
    entries.append(entry)
    entries.sort(key=lambda each: each.order)


def entries_for(actor: Actor | None, menu: Menu = Menu.ROOMS) -> tuple[Entry, ...]:
    """Return what a person sees of a menu, in order; nothing for somebody who is not signed in."""
    if actor is None:
        return ()
    return tuple(entry for entry in _MENUS[menu] if entry.shown(actor))


def room_of(path: str) -> str:
    """Return the key of the room that a page's path belongs to: that of the longest beginning, or ""."""
    # The home page's own path is the beginning of all others.
    rooms = (entry for entry in _MENUS[Menu.ROOMS] if entry.url != "/" or path == "/")
    fitting = (entry for entry in rooms if path.startswith(entry.url))
    found = max(fitting, key=lambda entry: len(entry.url), default=None)
    return found.key if found else ""
