"""What /styleguide shows: each part of a page with data of the shape that pages give it. The units are made up."""

from datetime import timedelta
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext as _

from lienthong.office.core.cards import Filled, Row

_UNITS: Final = (("Văn phòng", "01", 24), ("Ban Tổ chức", "02", 18), ("Phường Số 3", "00003", 7))


def everything() -> dict[str, Any]:
    """Return the context of the style guide's template."""
    return {
        "list": _list(),
        "nothing": {"filtered": True, "reset_url": "#list"},
        "tabs": [
            {"title": _("Facts"), "url": "#tabs", "current": True, "count": ""},
            {"title": _("Positions"), "url": "#tabs", "current": False, "count": 12},
            {"title": _("History"), "url": "#tabs", "current": False, "count": ""},
        ],
        "entries": _history(),
        "abilities": [
            {"title": _("Change the name"), "may": True, "url": "#abilities", "reason": ""},
            {"title": _("Grant a clearance"), "may": False, "url": "", "reason": _("needs the role security")},
        ],
        "below": [{"name": name, "code": code} for name, code, _persons in _UNITS],
        "cards": _cards(),
        "consequences": [
            {"text": _("24 persons keep their positions."), "grave": False, "url": ""},
            {"text": _("2 positions are closed."), "grave": True, "url": "#preview"},
        ],
        "refusals": [],
        "question": _("Merge this unit into another one?"),
        "crumbs": [{"title": _("Home"), "url": "/"}, {"title": _("Style guide"), "url": ""}],
    }


def _list() -> dict[str, Any]:
    return {
        "caption": _("Units"),
        "columns": [
            {"title": _("Name"), "url": "?sort=-name", "sort": "ascending", "number": False},
            {"title": _("Code"), "url": "?sort=code", "sort": "", "number": False},
            {"title": _("Persons"), "url": "?sort=persons", "sort": "", "number": True},
        ],
        "rows": [{"id": code, "name": name, "code": code, "persons": persons} for name, code, persons in _UNITS],
        "total": 120,
        "first": 1,
        "last": len(_UNITS),
        "filters": None,
        "filtered": False,
        "views": [{"title": _("Only mine"), "url": "#list", "current": True}],
        "exports": [{"title": "XLSX", "url": "#list"}, {"title": "CSV", "url": "#list"}],
        "bulk": [{"value": "suspend", "title": _("Suspend"), "grave": True}],
        "bulk_url": "#list",
        "previous": "",
        "next": "#list",
        "pages": [{"number": 1, "url": "#list", "current": True}, {"number": 2, "url": "#list", "current": False}],
    }


def _history() -> list[dict[str, Any]]:
    now = timezone.now()
    return [
        {
            "at": now,
            "who": "Người dùng 1",
            "acting_as": "Chuyên viên · Văn phòng",
            "on_behalf_of": "Người dùng 2",
            "what": _("changed the name"),
            "changes": [{"name": _("Name"), "old": "Phòng Tổng hợp", "new": "Văn phòng"}],
        },
        {
            "at": now - timedelta(days=2),
            "who": "Người dùng 2",
            "acting_as": "Chánh Văn phòng",
            "on_behalf_of": "",
            "what": _("opened the unit"),
            "changes": [],
        },
    ]


def _cards() -> list[Filled]:
    today = timezone.localdate()
    rows = (
        Row(title=_("Take over an account"), url="#cards", due=today, late=True),
        Row(title=_("Renew a clearance"), url="#cards", due=today + timedelta(days=7)),
        Row(title=_("Answer a question"), url="#cards", note=_("new")),
    )
    return [
        Filled(key="sample", title=_("Waiting for me"), url="#cards", empty="", total="12", rows=rows),
        Filled(key="sample-empty", title=_("Late in my unit"), url="", empty=_("Nothing is late."), total="0", rows=()),
    ]
