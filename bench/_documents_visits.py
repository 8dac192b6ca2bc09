"""Sign those in who work on documents, choose what each looks at, and count the queries; JSON on the last line.

A process of its own, as Django is set up once per process; its environment is that of the office.
"""

import json
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote_plus

import django

django.setup()

from _documents_files import INSIDE
from _sessions import cookie_of, visit

from lienthong.office.accounts.acting import actor_of
from lienthong.office.accounts.models import Person
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.documents.selectors.documents import documents
from lienthong.office.documents.states import State
from lienthong.office.organs.models import Position, Unit

_ORGANS: Final = {"commune": "U00004", "province": "U01", "centre": "A01"}
_ROLES: Final = ("official", "clerk", "leader")
_PAGES: Final = {"home": "/", "for me": "/documents/"}
_OF_DESK: Final = {
    "incoming": "/documents/incoming/",
    "outgoing": "/documents/outgoing/",
    "incoming, filtered": "/documents/incoming/?q=c%C3%B4ng+t%C3%A1c&state=completed",
}
# A word that a third of all have, without marks and its last one begun; a phrase; nothing.
_SEARCHES: Final = {
    "words": "cong tac c",
    "words with diacritics": "công tác cán bộ",
    "phrase": '"cải cách thủ tục hành chính"',
    "nothing": "không có gì cả xyz",
    "words in files": f"{INSIDE} du toan",
}
# Read by nobody from end to end: what grows with the documents.
_LARGE: Final = frozenset(
    {
        "documents_document", "documents_content", "documents_access", "documents_assignment", "documents_step",
        "documents_file", "documents_takennumber", "vault_blob",
    }
)  # fmt: skip


def visits() -> Iterator[dict[str, object]]:
    """Yield the pages to ask for."""
    for place, code in _ORGANS.items():
        for role in _ROLES:
            with scope.system():
                person = _one(Unit.objects.get(code=code), role)
                actor, cookie = actor_of(person), cookie_of(person)
            who = f"{role}, {place}"
            searches, pages = dict(_SEARCHES), _PAGES | (_OF_DESK if actor.at_desk else {})
            if (seen := _newest(actor)) is not None:
                pages["document"], searches["number"] = f"/documents/{seen[0]}/", seen[1]
            pages |= {f"search, {name}": _search(text) for name, text in searches.items()}
            for page, path in pages.items():
                yield visit(page, who, path, cookie, large=_LARGE)


def _one(organ: Unit, role: str) -> Person:
    """Return somebody of an organ with that role, or without any."""
    positions = Position.objects.filter(unit__organ=organ) | Position.objects.filter(unit=organ)
    positions = positions.filter(roles=[]) if role == "official" else positions.filter(roles__contains=[role])
    found = (
        Person.objects.filter(state="active", appointments__valid_to=None, appointments__position__in=positions)
        .order_by("-id")
        .first()
    )
    if found is None:
        raise SystemExit(f"{organ.code} has no {role}: fill the office with more accounts")
    return found


def _newest(actor: Actor) -> tuple[int, str] | None:
    """Return id and number of the newest document that is through, of those somebody sees; None without any."""
    with scope.act_for(actor):
        seen = documents(actor).filter(state__in=[State.COMPLETED, State.ISSUED]).order_by("-pk")
        return seen.values_list("pk", "number").first()


def _search(text: str) -> str:
    return f"/search?q={quote_plus(text)}"


print(json.dumps(list(visits())))
