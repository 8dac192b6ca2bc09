"""The list of a unit as a spreadsheet, and what comes back in one."""

import tempfile
from collections.abc import Iterator, Sequence
from typing import IO, Final

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import override

from lienthong.office.core import audit
from lienthong.office.core.actor import Actor
from lienthong.office.core.errors import Invalid
from lienthong.office.core.exports import xlsx_file
from lienthong.office.core.policies import Permission, require
from lienthong.office.core.sheets.tables import Head, Limits, read_table
from lienthong.office.core.text import search_key
from lienthong.office.members import registry
from lienthong.office.members.actions.changing import Edit
from lienthong.office.members.audit import MemberEvent
from lienthong.office.members.checking import MOST
from lienthong.office.members.selectors import failing
from lienthong.office.organs.models import Unit

_LIMITS: Final = Limits(rows=20_000, columns=16)


def _names(text: str) -> tuple[str, ...]:
    found = []
    for code, _name in settings.LANGUAGES:
        with override(code):
            found.append(_(text))
    return tuple(found)


def heads() -> tuple[Head, ...]:
    """Return the columns of the list: what is read again is the record, the field and the new value."""
    return (
        Head(key="record", names=_names("Record"), required=True),
        Head(key="name", names=_names("Name")),
        Head(key="cell", names=_names("Cell")),
        Head(key="organ", names=_names("Organ")),
        Head(key="rule", names=_names("What is wrong")),
        Head(key="field", names=_names("Field"), required=True),
        Head(key="now", names=_names("Value now")),
        Head(key="new", names=_names("New value"), required=True),
    )


@transaction.atomic
def write_sheet(*, actor: Actor, where: Q, rule: str) -> IO[bytes]:
    """Write the failing records of the actor's subtree into a file of its own, with a column for new values.

    Raises:
        Forbidden: the actor mends no records.
    """
    require(actor, Permission.MEMBER_MEND)
    organ = Unit(pk=actor.organ_id, name=actor.organ, organ_path=actor.organ_path)
    audit.record(actor=actor, kind=MemberEvent.SHEET, obj=organ, new={"rule": rule})
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by whoever sends it
    xlsx_file.write_xlsx(file, _rows(actor, where), str(_("Failing records")))
    file.seek(0)
    return file


def _rows(actor: Actor, where: Q) -> Iterator[Sequence[str]]:
    yield [head.title for head in heads()]
    for row in failing.sheet(actor, where):
        yield [*row, ""]


def read_sheet(file: IO[bytes]) -> list[Edit]:
    """Return the edits that a spreadsheet asks for: rows with a new value.

    Raises:
        Invalid: it is no such list, or too long.
    """
    columns = {_plain(name): name for name in registry.columns()}
    for name, column in registry.columns().items():
        columns |= {_plain(title): name for title in (column.title.vi, column.title.en, column.title.de)}
    edits = []
    for row in read_table(file, heads(), _LIMITS).rows:
        if not row.values["new"]:
            continue
        field = columns.get(_plain(row.values["field"]))
        if field is None:
            text = _("Row {number}: there is no field called {name}.")
            raise Invalid(text.format(number=row.number, name=row.values["field"][:40]))
        edits.append(Edit(record=row.values["record"], field=field, new=row.values["new"]))
    if len({edit.record for edit in edits}) > MOST:
        raise Invalid(_("The file changes more than {most} records: send it in parts.").format(most=MOST))
    return edits


def _plain(text: str) -> str:
    return "".join(sign for sign in search_key(text) if sign.isalnum())
