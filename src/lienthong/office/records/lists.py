"""The lists of this room: work files, what goes to the archive, disposals."""

from datetime import date
from typing import Any, Final

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localdate
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from lienthong.kernel.labels import Level
from lienthong.office.core.actor import Actor
from lienthong.office.core.lists.columns import Column, named, shown
from lienthong.office.core.lists.filters import ChoiceFilter, DateFilter, TextFilter, choices_of, contains, level_filter
from lienthong.office.core.lists.pages import BulkAction, ListPage
from lienthong.office.core.policies import Permission
from lienthong.office.core.templatetags.look import label
from lienthong.office.records import profile
from lienthong.office.records.actions.ending import accept, submit
from lienthong.office.records.models import Disposal
from lienthong.office.records.selectors import disposals, files
from lienthong.office.records.states import Deed, Mode, State

_URL: Final = "/records/"


def _found(text: str) -> Q:
    # Of what is labelled there is no word to be found by, only its code.
    return (contains("title_key")(text) & ~Q(title_key="")) | Q(code__istartswith=text)


def _title(title: str, level: int) -> str:
    del level
    return title


def _marked(title: str, level: int) -> SafeString:
    return format_html("{} {}", title, label(level)) if level >= Level.CONFIDENTIAL else format_html("{}", title)


def _by(due: date | None, state: str) -> date | None:
    del state
    return due


def _late(due: date | None, state: str) -> SafeString:
    """Return a day that has passed as such, in words too."""
    if due is None or due >= localdate() or state != State.CLOSED:
        return format_html("{}", shown(due))
    return format_html('<span class="late">{} <span class="tag tag-bad">{}</span></span>', shown(due), _now("late"))


_CODE = Column(key="code", title=_("Code"), fields=("code",), sort=("year", "entry"))
_TITLE = Column(
    key="title", title=_("File title"), fields=("title", "label"), value=_title, html=_marked, sort=("title_key",)
)
_STATE = Column(key="state", title=_("Stands at"), fields=("state",), value=named(dict(State.choices)), sort=("state",))
_MAKER = Column(key="maker", title=_("Maker"), fields=("maker__person__name",), wide_only=True)
_OPENED = Column(key="opened", title=_("Opened on"), fields=("opened_on",), sort=("opened_on",), wide_only=True)
_CLOSED = Column(key="closed", title=_("Closed on"), fields=("closed_on",), sort=("closed_on",), wide_only=True)
_TERM = Column(key="term", title=_("Kept for"), fields=("retention",), value=profile.term_name, sort=("retention",))
_BASIS = Column(key="basis", title=_("Basis of the term"), fields=("retention_reason",), wide_only=True)
_MODE = Column(key="mode", title=_("Access"), fields=("mode",), value=named(dict(Mode.choices)), wide_only=True)
_DOCUMENTS = Column(key="documents", title=_("Documents"), fields=("documents",), number=True, wide_only=True)
_PAGES = Column(key="pages", title=_("Pages"), fields=("pages",), number=True, wide_only=True)
_DUE = Column(
    key="due", title=_("Submit by"), fields=("submit_by", "state"), value=_by, html=_late, sort=("submit_by",)
)

_FILTERS: Final = (
    TextFilter(key="q", title=_("Title or code"), where=_found),
    ChoiceFilter(key="state", title=_("Stands at"), column="state", choices=choices_of(State.choices)),
    DateFilter(key="opened", title_from=_("Opened from"), title_to=_("Opened up to"), column="opened_on"),
    level_filter(),
)


def _list(name: str, title: Promise, rows: Any, empty: Promise) -> ListPage:  # noqa: ANN401 - as ListPage has it
    return ListPage(
        name=name, title=title, rows=rows, url=_URL, filters=_FILTERS, sort="-code", path="organ__path",
        columns=(_CODE, _TITLE, _STATE, _MAKER, _OPENED, _CLOSED, _TERM, _MODE, _DOCUMENTS, _PAGES),
        empty_title=_("No work files"), empty_text=empty, empty_url="/records/new/", empty_action=_("Open a work file"),
    )  # fmt: skip


FILES: Final = _list(
    "records", _("Work files"), files.files, _("Open one for a piece of work, and put its documents in.")
)
MINE: Final = _list(
    "records-mine", _("My work files"), files.mine, _("What you make, work on or are asked to take over appears here.")
)


def _each(action: Any, deed: Deed) -> Any:  # noqa: ANN401 - one of two actions of this room
    """Return the bulk form of an action: done to those files to which the actor may do it."""

    def run(actor: Actor, ids: Any) -> int:  # noqa: ANN401 - as BulkAction has it
        number = 0
        for file in files.to_submit(actor).filter(pk__in=ids).order_by("pk"):
            if deed in files.deeds(actor, file):
                action(actor=actor, file=file)
                number += 1
        return number

    return run


SUBMISSION: Final = ListPage(
    name="records-submission",
    title=_("List of submission to the archive"),
    rows=files.to_submit,
    url=_URL,
    # As the list is handed in: what it is, from when to when, how long it is kept, how much it is.
    columns=(_CODE, _TITLE, _OPENED, _CLOSED, _TERM, _BASIS, _DOCUMENTS, _PAGES, _MAKER, _STATE, _DUE),
    filters=_FILTERS,
    bulk=(
        BulkAction(
            name="submit", title=_("Submit to the archive"), permission=Permission.RECORD_WORK,
            run=_each(submit, Deed.SUBMIT),
        ),
        BulkAction(
            name="accept", title=_("Accept into the archive"), permission=Permission.RECORD_ARCHIVE,
            run=_each(accept, Deed.ACCEPT),
        ),
    ),
    sort="code",
    path="organ__path",
    empty_title=_("Nothing to submit"),
    empty_text=_("Closed work files appear here until the archive has accepted them."),
)  # fmt: skip


def _certificate(code: str, number: int) -> str:
    return code or f"№ {number}"


DISPOSALS: Final = ListPage(
    name="records-disposals",
    title=_("Disposals"),
    rows=disposals.disposals,
    url="/records/disposals/",
    columns=(
        Column(key="code", title=_("Certificate"), fields=("code", "id"), value=_certificate, sort=("id",)),
        Column(
            key="state", title=_("State"), fields=("state",), value=named(dict(Disposal.State.choices)), sort=("state",)
        ),
        Column(key="by", title=_("Proposed by"), fields=("proposer_name",)),
        Column(key="at", title=_("Proposed on"), fields=("proposed_at",), sort=("id",)),
        Column(key="ended", title=_("Decided on"), fields=("ended_at",), sort=("ended_at",), wide_only=True),
        Column(key="files", title=_("Work files"), fields=("number",), number=True),
    ),
    filters=(
        ChoiceFilter(key="state", title=_("State"), column="state", choices=choices_of(Disposal.State.choices)),
        level_filter(),
    ),
    sort="-code",
    path="organ__path",
    empty_title=_("No disposals"),
    empty_text=_("What clerks propose to dispose of appears here."),
)
