"""What every template knows."""

from typing import Any

from django.http import HttpRequest

from lienthong.office.core import rooms
from lienthong.office.core.views.preferences import theme_of


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return who acts, what they see of the menus, which room this is, and how the page shall look."""
    actor = getattr(request, "actor", None)
    return {
        "actor": actor,
        "unread": getattr(request, "unread", 0),
        "theme": theme_of(request),
        "rooms": rooms.entries_for(actor),
        "account_links": rooms.entries_for(actor, rooms.Menu.ACCOUNT),
        "room_key": rooms.room_of(request.path),
    }
