"""What is done with a list: many rows at once, and taking it out of the office."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from typing import IO, Any, Final

from django.contrib.humanize.templatetags.humanize import intcomma
from django.db import transaction
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from lienthong.office.core import audit
from lienthong.office.core.actor import Actor
from lienthong.office.core.errors import Invalid
from lienthong.office.core.exports import csv_file, pdf_file, xlsx_file
from lienthong.office.core.exports.cells import Cell
from lienthong.office.core.lists.asking import Ask
from lienthong.office.core.lists.columns import slices_of
from lienthong.office.core.lists.pages import BulkAction
from lienthong.office.core.lists.reading import count, everything, matching, selected
from lienthong.office.core.policies import require, which
from lienthong.office.organs.models import Unit

MOST_EXPORTED: Final = 1_000_000
MOST_AT_ONCE: Final = 1000
"""How many rows a bulk action takes: as many as are done within one request."""


class ListEvent(StrEnum):
    """What the trail keeps of lists."""

    EXPORT = "core:list:export"


def chosen(*, actor: Actor, ask: Ask, action: BulkAction, ids: list[str] | None) -> list[int]:
    """Return the rows that a bulk action would be done to: seen by the actor, and theirs to change.

    Args:
        actor: who does it.
        ask: the list's filter.
        action: what shall be done.
        ids: the selected rows; None for all of the filter.

    Raises:
        Forbidden: it is not the actor's to do at all.
        Invalid: there are none, or more than are done at once.
    """
    require(actor, action.permission)
    rows = matching(actor, ask) if ids is None else selected(actor, ask, ids)
    allowed = rows.filter(which(actor, action.permission, ask.list_page.path))
    found: list[int] = list(allowed.order_by("pk").values_list("pk", flat=True)[: MOST_AT_ONCE + 1])
    if not found:
        raise Invalid(str(action.title), hint=_("Select rows that you may change."))
    if len(found) > MOST_AT_ONCE:
        raise Invalid(str(action.title), hint=_("At most 1,000 rows are changed at once: narrow the filter."))
    return found


@transaction.atomic
def export(*, actor: Actor, ask: Ask, kind: str) -> IO[bytes]:
    """Write everything of a filter into a file of its own, which is gone when it is closed.

    The trail tells who took out how many rows of what.

    Args:
        actor: who takes it out; only what they see is in it.
        ask: filter and order.
        kind: ``csv``, ``xlsx`` or ``pdf``.
    """
    most = pdf_file.MOST_ROWS if kind == "pdf" else MOST_EXPORTED
    number = count(matching(actor, ask), most + 1)
    page = ask.list_page
    audit.record(
        actor=actor,
        kind=ListEvent.EXPORT,
        obj=Unit(pk=actor.organ_id, name=actor.organ, organ_path=actor.organ_path),
        new={"list": page.name, "query": ask.turned(1).query(), "kind": kind, "rows": min(number, most)},
    )
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by whoever sends it
    rows = _table(actor, ask, most, cut=number > most)
    if kind == "csv":
        csv_file.write_csv(file, rows)
    elif kind == "pdf":
        pdf_file.write_pdf(file, rows, _sheet(actor, ask))
    else:
        xlsx_file.write_xlsx(file, rows, str(page.title))
    file.seek(0)
    return file


def _sheet(actor: Actor, ask: Ask) -> pdf_file.Sheet:
    """Return what stands around a printed list."""
    page, now = ask.list_page, date_format(localtime(), "SHORT_DATETIME_FORMAT")
    told = [words for each in page.filters if (words := each.words(ask.values))]
    return pdf_file.Sheet(
        organ=actor.organ,
        title=str(page.title),
        period=" · ".join(told),
        by=_("Printed by {name}, {time}").format(name=actor.name, time=now),
        numbers=frozenset(place for place, column in enumerate(page.columns) if column.number),
    )


def _table(actor: Actor, ask: Ask, most: int, *, cut: bool) -> Iterator[Sequence[Cell]]:
    """Yield the head and the rows, and in the end a note if there were more."""
    columns = ask.list_page.columns
    yield [str(column.title) for column in columns]
    cells: list[tuple[Callable[..., Any], slice]] = [
        (column.value, place) for column, place in zip(columns, slices_of(columns), strict=True)
    ]
    for row in everything(actor, ask, most):
        yield [value(*row[place]) for value, place in cells]
    if cut:
        note = _("Only the first {number} rows are in this file: narrow the filter for the others.")
        yield [note.format(number=intcomma(most))]
