"""What the pages of this room share."""

import time
from typing import Final

from django.http import HttpRequest
from django.utils.translation import gettext as _

from lienthong.office.accounts.views.common import acting_in
from lienthong.office.core.actor import Actor
from lienthong.office.core.errors import NotFound
from lienthong.office.core.policies import Permission, require
from lienthong.office.members import registry
from lienthong.office.members.actions.looking import Purpose
from lienthong.office.members.models import Look

type Links = list[dict[str, object]]
ROOM: Final = "/members/"
LIST: Final = f"{ROOM}failing/"
"""Of failing records."""
_PURPOSE: Final = "members_purpose"
_CARRIED: Final = 3600
"""Seconds for which a purpose that was said once is carried on."""


def steward_in(request: HttpRequest, permission: Permission = Permission.MEMBER_VIEW) -> Actor:
    """Return who acts.

    Raises:
        Forbidden: the registry is not open to them.
    """
    actor = acting_in(request)
    require(actor, permission)
    return actor


def known_rule(rule: str) -> None:
    """Refuse what is no rule of the registry.

    Raises:
        NotFound: it is none.
    """
    if rule not in registry.rules():
        raise NotFound(rule)


def crumbs(*more: tuple[str, str]) -> Links:
    """Return the way to a page of this room: titles and addresses, the last one without."""
    found: Links = [{"title": _("Members"), "url": ROOM}]
    found += [{"title": title, "url": url} for title, url in more]
    return found


def tabs(current: str) -> Links:
    """Return the parts of the room."""
    rows = (
        ("", _("Score card")),
        ("people/", _("Members")),
        ("failing/", _("Failing records")),
        ("assignments/", _("Assignments")),
        ("changes/", _("Changes")),
        ("review/", _("Doubles")),
        ("decisions/", _("Decisions")),
    )
    return [{"title": title, "url": f"{ROOM}{end}", "current": end == current, "count": ""} for end, title in rows]


def carried(request: HttpRequest) -> Purpose | None:
    """Return the purpose that was said before, as long as it is carried on in the same position."""
    kept = request.session.get(_PURPOSE)
    if not isinstance(kept, dict) or kept.get("until", 0) < time.time():
        return None
    if kept.get("as") != acting_in(request).appointment_id:
        return None
    return Purpose(purpose=Look.Purpose(kept["purpose"]), words=kept["words"])


def carry(request: HttpRequest, purpose: Purpose) -> None:
    """Carry a purpose on from page to page."""
    request.session[_PURPOSE] = {
        "purpose": purpose.purpose.value, "words": purpose.words, "until": time.time() + _CARRIED,
        "as": acting_in(request).appointment_id,
    }  # fmt: skip
