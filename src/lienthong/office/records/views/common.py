"""What the pages of this room share."""

from django.utils.translation import gettext as _

from lienthong.office.core.actor import Actor
from lienthong.office.core.policies import Permission, may
from lienthong.office.records.models import WorkFile
from lienthong.office.records.policies import keeps

type Links = list[dict[str, object]]


def crumbs(file: WorkFile, *more: str) -> Links:
    """Return the way to a file's page, or to one below it."""
    found: Links = [{"title": _("Work files"), "url": "/records/"}, {"title": file.code, "url": f"/records/{file.pk}/"}]
    found += [{"title": title, "url": ""} for title in more]
    if not more:
        found[-1]["url"] = ""
    return found


def tabs(actor: Actor, current: str) -> Links:
    """Return the lists of the room that the actor sees."""
    rows = [
        ("", _("All"), True),
        ("mine/", _("Mine"), True),
        ("submission/", _("To the archive"), True),
        ("disposals/", _("Disposals"), keeps(actor)),
    ]
    return [
        {"title": title, "url": f"/records/{end}", "current": end == current, "count": ""}
        for end, title, shown in rows
        if shown
    ]


def opens(actor: Actor) -> bool:
    """Tell whether the actor may open a work file."""
    return may(actor, Permission.RECORD_WORK)
