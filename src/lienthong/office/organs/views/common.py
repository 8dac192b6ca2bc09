"""What the pages of this room share."""

from collections.abc import Mapping
from datetime import date
from typing import cast

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.utils.translation import gettext as _

from lienthong.office.core.actor import Actor
from lienthong.office.core.middleware import OfficeRequest
from lienthong.office.organs import selectors
from lienthong.office.organs.models import Unit


def acting_in(request: HttpRequest) -> Actor:
    """Return who acts; for pages that need somebody signed in."""
    actor = cast("OfficeRequest", request).actor
    if actor is None:
        raise PermissionDenied
    return actor


def day_in(text: str) -> date | None:
    """Return the day of an address; None for what is none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def crumbs(actor: Actor, unit: Unit, *more: str) -> list[dict[str, str]]:
    """Return the way to a unit's page, or to one below it."""
    return way(selectors.named(actor, selectors.above(unit)), unit, *more)


def way(seen: Mapping[int, Unit], unit: Unit, *more: str) -> list[dict[str, str]]:
    """Return the same from units that were read already."""
    line = [*(seen[number] for number in selectors.above(unit) if number in seen), unit]
    found = [{"title": _("Units"), "url": "/units/"}]
    found += [{"title": each.name, "url": f"/units/{each.pk}/"} for each in line]
    found += [{"title": title, "url": ""} for title in more]
    found[-1]["url"] = ""
    return found
