"""Find documents by words of subject, author and signer, or by number; those from confidential up by number alone.

Then by words of their files. Two statements while somebody types, four at most. The predicate is the one of the lists
(``words.fits``), within what the reader sees; row-level security beneath it.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any

from django.db.models import Case, IntegerField, QuerySet, When
from django.utils.formats import date_format
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from lienthong.kernel.labels import Level
from lienthong.office.core.actor import Actor
from lienthong.office.core.compiled import Compiled, Reader, Row
from lienthong.office.core.search import SUGGESTED, Hit, Sought
from lienthong.office.core.templatetags.look import level_name
from lienthong.office.documents import profile
from lienthong.office.documents.facets import narrowed
from lienthong.office.documents.models import Content, Document
from lienthong.office.documents.policies import visible
from lienthong.office.documents.words import Wanted, fits, lately, wanted

_COLUMNS = ("pk", "number", "type", "subject", "author", "dated", "label")


def find_documents(actor: Actor, sought: Sought, most: int) -> Sequence[Hit]:
    """Return documents: that of the number first, then those with the very words, each from the newest on.

    After them, on the page of results, documents with all the words in one of their files.
    """
    given = wanted(actor.organ_id, sought.text, actor.kept)
    if not actor.placed or not given:
        return []
    rows = _newest(actor, given, most + 1) or _rows(actor, given, most + 1)
    hits = [_hit(*row) for row in rows]
    if len(hits) > most or most <= SUGGESTED or "query" not in given:
        return hits
    # While somebody types, files are not looked into.
    known = {row[0] for row in rows}
    inside = [row for row in _inside(actor, given["query"], most + 1) if row[0] not in known]
    return [*hits, *(_hit(*row, in_file=True) for row in inside)][: most + 1]


def find_narrowed(actor: Actor, sought: Sought, most: int, given: Mapping[str, str]) -> Sequence[Hit]:
    """Return documents in the same order, of those that have all the values of facets that are given."""
    looked_for = wanted(actor.organ_id, sought.text, actor.kept)
    if not actor.placed or not looked_for:
        return []
    rows = Document.objects.filter(visible(actor), fits(**looked_for), narrowed(given))
    rows = rows.order_by(*_order(looked_for), "-pk")
    return [_hit(*row) for row in rows.values_list(*_COLUMNS)[: most + 1]]


def _newest(actor: Actor, given: Wanted, most: int) -> list[Row]:
    """Return those of the last months if they are enough to be shown, and have the very words; otherwise none."""
    if "query" not in given:
        return []
    words = lately(actor.organ_id, given.get("exact", given["query"]), localdate(), actor.kept)
    rows = _rows(actor, {**given, "query": words, "exact": ""}, most)
    return rows if len(rows) == most else []


def _rows(actor: Actor, given: Wanted, most: int) -> list[Row]:
    meant = {name: value for name, value in given.items() if value}
    return _query(most, frozenset(meant))(actor, **meant)


def _inside(actor: Actor, query: str, most: int) -> list[Row]:
    """Return documents with all the words in one of their files: those of the last months if they are enough."""
    asked = _in_files(most)
    rows = asked(actor, query=lately(actor.organ_id, query, localdate(), actor.kept))
    return rows if len(rows) == most else asked(actor, query=query)


@cache
def _in_files(most: int) -> Compiled:
    def build(reader: Actor | Reader, *, query: Any) -> QuerySet[Document, Any]:  # noqa: ANN401 - a gap or a value
        files = Content.objects.filter(words__matches=query, file__current=True)
        rows = Document.objects.filter(visible(reader), label__lt=Level.CONFIDENTIAL, pk__in=files.values("document"))
        return rows.order_by("-pk").values_list(*_COLUMNS)[:most]

    return Compiled(build, planned_once=False)


@cache
def _query(most: int, names: frozenset[str]) -> Compiled:
    """Return the query of a kind of search: its SQL depends on what was given, and on how much is shown."""
    del names

    def build(reader: Actor | Reader, **found: Any) -> QuerySet[Document, Any]:  # noqa: ANN401 - gaps or values
        rows = Document.objects.filter(visible(reader), fits(**found)).order_by(*_order(found), "-pk")
        return rows.values_list(*_COLUMNS)[:most]

    return Compiled(build, planned_once=False)


def _order(found: Mapping[str, Any]) -> list[Case]:
    """Return what comes first: the number itself, numbers that go on with another part, then words as written."""
    ranks = []
    if "number" in found:
        ranks.append(When(number_key=found["number"], then=0))
        ranks.append(When(number_key__gte=found["part"], number_key__lt=found["part_end"], then=1))
    if "exact" in found:
        ranks.append(When(words__matches=found["exact"], then=2))
    return [Case(*ranks, default=3, output_field=IntegerField())] if ranks else []


def _hit(  # noqa: PLR0913, PLR0917 - a row
    number: int,
    mark: str,
    type_: str,
    subject: str,
    author: str,
    dated: date | None,
    label: int,
    *,
    in_file: bool = False,
) -> Hit:
    """Return a document as it is shown; of what is labelled no word but its number."""
    url = f"/documents/{number}/"
    if label >= Level.CONFIDENTIAL:
        return Hit(title=mark or f"№ {number}", note=level_name(label), url=url)
    day = date_format(dated, "SHORT_DATE_FORMAT") if dated else ""
    title = " · ".join(filter(None, (mark, subject)))
    where = _("in a file") if in_file else ""
    return Hit(title=title, note=" · ".join(filter(None, (profile.type_name(type_), author, day, where))), url=url)
