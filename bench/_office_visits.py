"""Sign officials of a commune, a province and the centre in, and count their pages' queries; JSON on the last line.

A process of its own, as Django is set up once per process; its environment is that of the office.
"""

import json
from typing import Final

import django

django.setup()

from _sessions import cookie_of, visit

from lienthong.office.accounts.models import Person
from lienthong.office.core import scope
from lienthong.office.organs.models import Unit

_PAGES: Final = {
    "home": "/",
    "tree": "/units/",
    "unit": "/units/{organ}/",
    "units": "/units/list/",
    "persons": "/persons/",
    "person": "/persons/{person}/",
    "search": "/search?q=ba+dinh",
}
_ORGANS: Final = {"commune": "U00004", "province": "U01", "centre": "A01"}


def visits() -> list[dict[str, object]]:
    """Return the pages to ask for: what, by whom, where, with which cookie, and with how many queries."""
    found: list[dict[str, object]] = [visit("sign-in", "anybody", "/account/login/", "")]
    for who, code in _ORGANS.items():
        with scope.system():
            organ = Unit.objects.get(code=code)
            # Whoever looks after the accounts sees the most.
            person = Person.objects.filter(
                organ=organ, appointments__position__roles__contains=["administrator"], state="active"
            ).order_by("-id").first() or _nobody(code)
            cookie = cookie_of(person)
        found += [
            visit(page, who, path.format(organ=organ.pk, person=person.pk), cookie) for page, path in _PAGES.items()
        ]
    return found


def _nobody(code: str) -> Person:
    raise SystemExit(f"{code} has no administrator: fill the office with more accounts")


print(json.dumps(visits()))
