"""What is unread, on the home page."""

from lienthong.office.core.actor import Actor
from lienthong.office.core.cards import ROWS, Content, Row
from lienthong.office.core.notifications.selectors import recent


def fill(actor: Actor) -> Content:
    """Return the newest unread notifications. They are opened on their own page, where that is recorded."""
    unread = [note for note in recent(actor) if note.unread]
    return Content(total=len(unread), rows=[Row(title=note.text, url="/notifications/") for note in unread[:ROWS]])
