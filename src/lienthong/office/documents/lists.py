"""The registers and lists of documents, with the columns that officials expect of them."""

from collections.abc import Callable
from datetime import date
from typing import Any, Final

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localdate
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from lienthong.kernel.labels import Level
from lienthong.office.core import scope
from lienthong.office.core.actor import Actor
from lienthong.office.core.compiled import Reader
from lienthong.office.core.lists.columns import Column, named, shown, written
from lienthong.office.core.lists.filters import Choice, ChoiceFilter, DateFilter, TextFilter, choices_of, level_filter
from lienthong.office.core.lists.pages import ListPage
from lienthong.office.core.templatetags.look import label
from lienthong.office.documents import profile
from lienthong.office.documents.selectors import documents as found
from lienthong.office.documents.states import State
from lienthong.office.documents.words import fits, wanted

type Rows = Callable[[Actor | Reader], QuerySet[Any, Any]]
_STATES = named(dict(State.choices))
_URL = "/documents/"
_YEARS: Final = 10
"""So many can be chosen from; others by the days."""


def _fitting(text: str) -> Q:
    """Return the predicate of the search, among the words of the organ that is read for and of those it keeps."""
    told = scope.current()
    kept = [int(each) for each in told.kept.strip("{}").split(",") if each]
    return fits(**wanted(int(told.organ or 0), text, kept))


def _abstract(type_: str, subject: str, urgency: str, level: int) -> str:
    """Return type and abstract, as they stand in a register."""
    del urgency, level
    return f"{profile.type_name(type_)}: {subject}" if type_ else subject


def _abstract_marked(type_: str, subject: str, urgency: str, level: int) -> SafeString:
    """Return the same with the tags of what is urgent or labelled."""
    text = _abstract(type_, subject, urgency, level)
    marks = label(level) if level >= Level.CONFIDENTIAL else SafeString()
    if profile.is_urgent(urgency):
        marks += SafeString(f' <span class="tag tag-warn">{written(profile.urgency_name(urgency))}</span>')
    return written(text) + SafeString(" ") + marks if marks else written(text)


def _due(due: date | None, state: str) -> SafeString:
    """Return a date that has passed as such, in words too."""
    text = shown(due)
    if due is None or due >= localdate() or state in {State.COMPLETED, State.REFUSED, State.RECALLED}:
        return written(text)
    return format_html('<span class="late">{} <span class="tag tag-bad">{}</span></span>', text, _now("late"))


def _due_day(due: date | None, state: str) -> date | None:
    del state
    return due


_ENTRY = Column(key="entry", title=_("Entry"), fields=("entry",), sort=("entered_on", "entry"), number=True)
_ENTERED = Column(
    key="entered", title=_("Entered on"), fields=("entered_on",), sort=("entered_on", "entry"), wide_only=True
)
_AUTHOR = Column(key="author", title=_("Issued by"), fields=("author",), wide_only=True)
_NUMBER = Column(key="number", title=_("Number"), fields=("number",), sort=("number_key",), whole=True)
_DATED = Column(key="dated", title=_("Dated"), fields=("dated",), sort=("dated",), wide_only=True)
_ABSTRACT = Column(
    key="subject", title=_("Type and abstract"), fields=("type", "subject", "urgency", "label"), value=_abstract,
    html=_abstract_marked, sort=("id",), grows=True,
)  # fmt: skip
_SIGNER = Column(key="signer", title=_("Signed by"), fields=("signer",), wide_only=True)
_DUE = Column(key="due", title=_("Due"), fields=("due", "state"), value=_due_day, html=_due, sort=("due",))
_STATE = Column(key="state", title=_("Stands at"), fields=("state",), value=_STATES, sort=("state",), whole=True)
_COPIES = Column(key="copies", title=_("Copies"), fields=("copies",), number=True, wide_only=True)
_NOTES = Column(key="note", title=_("Notes"), fields=("note",), wide_only=True)
# Beside the entry, which counts in each register anew.
_BOOK = Column(key="book", title=_("Register of"), fields=("organ__name",))
_INCOMING = (_ENTRY, _ENTERED, _AUTHOR, _NUMBER, _DATED, _ABSTRACT, _DUE, _SIGNER, _STATE, _NOTES)
_OUTGOING = (_ENTRY, _NUMBER, _DATED, _ABSTRACT, _SIGNER, _COPIES, _STATE, _NOTES)
_WORKING = (_ABSTRACT, _NUMBER, _AUTHOR, _DUE, _STATE)


def _types() -> list[Choice]:
    return [Choice(slug=slug, title=profile.type_name(slug), value=slug) for slug in profile.types()]


def _years() -> list[Choice]:
    this = localdate().year
    return [Choice(slug=str(year), title=str(year), value=year) for year in range(this, this - _YEARS, -1)]


def _urgencies() -> list[Choice]:
    return [Choice(slug=slug, title=profile.urgency_name(slug), value=slug) for slug in profile.urgencies()]


_FILTERS = (
    TextFilter(key="q", title=_("Number, abstract or author"), where=_fitting),
    ChoiceFilter(key="type", title=_("Type"), column="type", choices=_types),
    ChoiceFilter(key="state", title=_("Stands at"), column="state", choices=choices_of(State.choices)),
    ChoiceFilter(key="urgency", title=_("Urgency"), column="urgency", choices=_urgencies),
    ChoiceFilter(key="year", title=_("Year"), column="entered_on__year", choices=_years),
    DateFilter(key="entered", title_from=_("Entered from"), title_to=_("Entered up to"), column="entered_on"),
    level_filter(),
)


def _register(name: str, title: Promise, rows: Rows, columns: tuple[Column, ...], empty: Promise) -> ListPage:
    return ListPage(
        name=f"documents-{name}", title=title, rows=rows, kept=True, begun=True, url=_URL, columns=columns,
        filters=_FILTERS, printed=True, sort=f"-{columns[0].key}", path="organ__path",
        empty_title=_("Nothing here"), empty_text=empty,
    )  # fmt: skip


_BY_CLERKS = _("What a clerk enters in this register appears here.")
MINE = _register(
    "mine", _("For me"), found.mine, _WORKING,
    _("What is assigned to you or your unit, and what you write, approve or sign, appears here."),
)  # fmt: skip
INCOMING = _register("incoming", _("Incoming"), found.incoming, _INCOMING, _BY_CLERKS)
OUTGOING = _register("outgoing", _("Outgoing"), found.outgoing, _OUTGOING, _BY_CLERKS)
SECRET_INCOMING = _register("secret-incoming", _("Secret incoming"), found.secret_incoming, _INCOMING, _BY_CLERKS)
SECRET_OUTGOING = _register("secret-outgoing", _("Secret outgoing"), found.secret_outgoing, _OUTGOING, _BY_CLERKS)
ARRIVALS = _register(
    "arrivals", _("To be registered"), found.arrivals, _WORKING, _("What arrives and waits for a clerk appears here.")
)
DRAFTS = _register(
    "drafts", _("Drafts"), found.drafts, _WORKING, _("What is being written, approved and signed appears here.")
)
_BY_MERGERS = _("What an organ entered before it was merged into yours appears here.")
KEPT_INCOMING = _register(
    "kept-incoming", _("Incoming, of merged organs"), found.kept_incoming, (_ENTRY, _BOOK, *_INCOMING[1:]), _BY_MERGERS
)
KEPT_OUTGOING = _register(
    "kept-outgoing", _("Outgoing, of merged organs"), found.kept_outgoing, (_ENTRY, _BOOK, *_OUTGOING[1:]), _BY_MERGERS
)
TOP_SECRET = _register(
    "top-secret", _("Top secret"), found.top_secret, _WORKING, _("What you were named for appears here.")
)
REGISTERS: Final = {
    each.name.removeprefix("documents-"): each
    for each in (
        MINE,
        ARRIVALS,
        INCOMING,
        OUTGOING,
        SECRET_INCOMING,
        SECRET_OUTGOING,
        DRAFTS,
        KEPT_INCOMING,
        KEPT_OUTGOING,
        TOP_SECRET,
    )
}
"""By the end of the address."""
HIGHEST: Final = "top-secret"
_OF_DESK: Final = ("arrivals", "incoming", "outgoing")
_SECRET: Final = ("secret-incoming", "secret-outgoing")
_KEPT: Final = ("kept-incoming", "kept-outgoing")


def lists_of(actor: Actor) -> list[str]:
    """Return the lists that an actor has something in, or may have."""
    names = ["mine", "drafts"]
    if actor.at_desk:
        names[1:1] = _OF_DESK
        if actor.clearance >= Level.CONFIDENTIAL:
            names += _SECRET
        if actor.kept:
            names += _KEPT
    if actor.clearance == Level.TOP_SECRET:
        names.append(HIGHEST)
    return names
