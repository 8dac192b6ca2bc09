"""Every address of a document, a work file and what hangs on them × every label × every kind of person.

What each meets follows from a rule of this test (``labelled.sees``), not from the office's policies. Whoever does not
see a thing is answered in every byte as if there were none of that number. What a thing is read at is asked at every
label, every other address at the highest label somebody sees and the lowest they do not.
"""

import copy
import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from lienthong.kernel.labels import Level
from lienthong.office.accounts.models import TokenKind
from lienthong.office.api import limits
from tests.office.addresses import routes
from tests.office.documents.bureau import PDF
from tests.office.labelled import ARRIVED, DISPOSAL, DRAFT, ISSUED, KINDS, WORK_FILE, Kind, Thing, World, build, sees

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.office.people import House

# By the end of its address: on which thing something is done. All else is asked of what was issued.
_ON_DRAFTS: Final = re.compile(
    r"/(edit|share|submit|discard|approve|return|sign|choices|relations(/.*)?|files(/.*)?)/?$"
)
_ON_ARRIVALS: Final = re.compile(r"/(accept|refuse|assign|start|complete|agree-recall|refuse-recall|proof(/.*)?)/?$")
_REVISED: Final = {"revision": 1}
_DRAFTED: Final = {"type": "ke-hoach", "subject": "Kế hoạch"}
# What an endpoint takes, so that it is the document that decides on the answer.
_BODIES: Final[dict[str, dict[str, Any]]] = {
    "share": {"writers": [1], **_REVISED},
    "comment": {"text": "x"},
    "submit": {"chain": 1, **_REVISED},
    "return": {"reason": "x"},
    "sign": {"key": "organ"},
    "dispatch": {"audience": "all", **_REVISED},
    "recall": {"reason": "x"},
    "replace": {"by": "1-KH"},
    "refuse": {"reason": "x"},
    "assign": {"lead": 1, **_REVISED},
    "refuse-recall": {"reason": "x"},
    "relations": {"kind": "based-on", "number": "1-NQ/TW"},
    "<document_id>": {**_DRAFTED, **_REVISED},
}
# Who may do it, of those who see it: by part, as the diagrams of docs/documents.md tell.
_AUTHOR: Final = frozenset({"writer"})
_CLERKS: Final = frozenset({"open_clerk", "clerk", "unnamed"})
_LEADERS: Final = frozenset({"signer"})
_MAKER: Final = frozenset({"clerk"})
_NOBODY: Final[frozenset[str]] = frozenset()
_MAY: Final[dict[str, dict[str, frozenset[str]]]] = {
    DRAFT: {
        **dict.fromkeys(("edit", "share", "submit", "discard", "relations", "add", "remove"), _AUTHOR),
        **dict.fromkeys(("approve", "return", "sign"), _NOBODY),
    },
    ISSUED: {
        **dict.fromkeys(("issue", "dispatch", "replace", "packet"), _CLERKS),
        "recall": _CLERKS | _LEADERS,
        "<int:answer_id>": _CLERKS,
    },
    ARRIVED: {
        **dict.fromkeys(("accept", "refuse", "agree-recall", "refuse-recall"), _CLERKS),
        **dict.fromkeys(("assign", "complete"), _LEADERS),
        "start": _NOBODY,
    },
    WORK_FILE: {
        **dict.fromkeys(("edit", "add", "pages", "remove", "share", "close", "reopen", "submit"), _MAKER),
        "hand-over": _MAKER | _LEADERS,
        **dict.fromkeys(("take-over", "decline"), _NOBODY),
        **dict.fromkeys(("accept", "return"), _CLERKS),
        **dict.fromkeys(("hold", "lift"), frozenset({"security"})),
    },
    # Who proposed it does not approve it.
    DISPOSAL: {"approve": (_CLERKS | _LEADERS) - _MAKER, "refuse": _CLERKS | _LEADERS},
}
_FILES: Final = frozenset({"<int:file_id>", "<file_id>"})
# By other methods than GET these change.
_CHANGED: Final = frozenset({"files", "<document_id>", "<relation_id>", *_FILES})
# There is none of these, for anybody.
_ABSENT: Final = re.compile(r"(preview|certificate|<int:index>)/$")
_FORMS: Final = "application/x-www-form-urlencoded"
_METHODS: Final = {"api": ("GET", "POST", "PUT", "DELETE"), "page": ("GET", "POST")}
_CHANGING: Final = re.compile(
    r'urn:uuid:[0-9a-f-]{36}|name="csrfmiddlewaretoken" value="\w+"|name="csrf-token" content="\w+"|nonce="[^"]*"'
)
"""What is new in every answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """One address and method, and the kind of thing it is about."""

    route: str
    method: str
    what: str

    @property
    def by_token(self) -> bool:
        return self.route.startswith("api/")

    @property
    def end(self) -> str:
        return self.route.rstrip("/").rsplit("/", 1)[-1]

    def of(self, thing: Thing) -> str:
        """Return it for a thing."""
        known = {f"{name}_id": number for name, number in thing.numbers.items()}
        known["number"] = next(iter(thing.numbers.values()))
        known["item"] = thing.numbers.get("item", 1)
        return "/" + re.sub(r"<(?:int:)?(\w+)>", lambda found: str(known.get(found[1], 1)), self.route)


def _what(route: str) -> str | None:
    if route.startswith("records/disposals/<"):
        return DISPOSAL
    if route.startswith("records/<"):
        return WORK_FILE
    if not re.match(r"(api/v1/)?documents/<", route):
        return None
    if _ON_DRAFTS.search(route):
        return DRAFT
    return ARRIVED if _ON_ARRIVALS.search(route) else ISSUED


def _addresses() -> list[Address]:
    return [
        Address(route=route, method=method, what=what)
        for route in routes()
        if (what := _what(route)) is not None
        for method in _METHODS["api" if route.startswith("api/") else "page"]
    ]


@dataclass(frozen=True, slots=True)
class Met:
    """What somebody is answered."""

    status: int
    text: str


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who asks."""

    world: World
    kind: Kind
    # What they are answered where there is nothing, by method and kind of thing, for pages and the API.
    nothing: dict[tuple[str, str, bool], Met] = field(default_factory=dict)

    def meets(self, address: Address, thing: Thing) -> Met:
        """Ask, and take back whatever was done."""
        path, browser = address.of(thing), self.world.browsers[self.kind.key]
        cookies = copy.deepcopy(browser.cookies)
        with transaction.atomic():
            if address.by_token:
                program = self.world.programs[self.kind.key]
                answer = program.ask(path.removeprefix("/api/v1"), address.method, **_sent(address))
            else:
                answer = browser.generic(address.method, path, content_type=_FORMS)
            # What is streamed is read to its end: left open, it takes the connection along when it is closed.
            body = (b"".join(answer.streaming_content) if answer.streaming else answer.content).decode(errors="replace")
            transaction.set_rollback(True)
        browser.cookies = cookies
        told = f"{answer.headers.get('Content-Type')} {answer.headers.get('Location', '')} {_CHANGING.sub('', body)}"
        asked = "|".join({re.escape(path), re.escape(quote(path, safe="")), *map(str, thing.numbers.values())})
        return Met(answer.status_code, re.sub(asked, "…", told))

    def meets_nothing(self, address: Address, thing: Thing) -> Met:
        """Ask for what is not there; every address of a thing answers that alike, but for the address itself."""
        known = (address.method, address.what, address.by_token)
        if known not in self.nothing:
            self.nothing[known] = self.meets(address, thing.unknown())
        return self.nothing[known]

    def trouble(self, address: Address, thing: Thing) -> str:
        """Return what is wrong with what they meet; nothing if it is as it should be."""
        met, nothing = self.meets(address, thing), self.meets_nothing(address, thing)
        if self.kind.clearance is None:
            wanted = {401} if address.by_token else {302}
        elif _ABSENT.search(address.route) or not self.sees(address, thing.label):
            wanted = {404}
        else:
            return "" if met.status in self._statuses(address, thing) else self._told(address, thing, met)
        return "" if met.status in wanted and met == nothing else self._told(address, thing, met)

    def sees(self, address: Address, label: Level) -> bool:
        return sees(self.kind, address.what, label, by_token=address.by_token)

    def labels(self, address: Address) -> list[Level]:
        """Return the labels between which what they see ends."""
        seen = [label for label in Level if self.sees(address, label)]
        return [*seen[-1:], *[label for label in Level if label not in seen][:1]]

    def _statuses(self, address: Address, thing: Thing) -> set[int]:
        """Return what they may be answered who see it: whether they may do it, not whether what was sent fits."""
        may = _MAY[address.what].get(address.end)
        if address.end in _CHANGED and address.method != "GET":
            may = _AUTHOR if address.what == DRAFT else _NOBODY
        if may and address.what == DISPOSAL and thing.label == Level.TOP_SECRET:
            # Nobody decides on files that they do not see, and these are nobody's to keep.
            may = _NOBODY
        if may is None:
            # A top secret file that cannot be marked with its reader's name is not handed out.
            return {200, 302, 400, 422} if address.end in _FILES else {200, 302}
        # Theirs to do, but not as it stands: 409.
        return {200, 201, 204, 302, 400, 409, 422} if self.kind.key in may else {403, 409}

    def _told(self, address: Address, thing: Thing, met: Met) -> str:
        return f"{address.method} {address.route} {thing.label.name}: {self.kind.key} met {met.status}"


def _sent(address: Address) -> dict[str, Any]:
    if address.method not in {"POST", "PUT"}:
        return {}
    if address.end == "files":
        brought = {"role": "main", "upload": SimpleUploadedFile("x.pdf", PDF)}
        return {"data": encode_multipart(BOUNDARY, brought), "content_type": MULTIPART_CONTENT}
    return {"data": json.dumps(_BODIES.get(address.end, {})), "content_type": "application/json"}


@pytest.fixture
def visitors(house: "House", monkeypatch: pytest.MonkeyPatch) -> "Iterator[list[Visitor]]":
    from tests.office.documents.bureau import open_bureau  # noqa: PLC0415 - needs Django set up
    from tests.office.documents.exchange.posts import opened  # noqa: PLC0415 - as above

    monkeypatch.setitem(limits.LIMITS, TokenKind.PERSONAL, 1_000_000)
    bureau = open_bureau(house)
    with opened(bureau) as posts:
        world = build(bureau, posts)
        yield [Visitor(world, kind) for kind in KINDS]


@pytest.mark.slow
def test_everybody_meets_what_the_rule_says_and_nothing_tells_of_what_is_hidden(visitors: list[Visitor]) -> None:
    world, troubles = visitors[0].world, []
    for address in _addresses():
        anything = world.at(Level.PUBLIC)[address.what]
        # Who has no session is told first that an address does not take a method.
        if visitors[0].meets(address, anything.unknown()).status == 405:
            continue
        for visitor in visitors:
            reads = address.method == "GET" and address.end.startswith("<") and address.route.count("<") == 1
            labels = Level if reads else visitor.labels(address)
            troubles += [visitor.trouble(address, world.at(label)[address.what]) for label in labels]
    assert [each for each in troubles if each] == []
    # Fewer would mean that addresses were not found.
    assert len(troubles) > 1500
