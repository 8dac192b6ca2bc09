"""Which column is which, whatever its language and place, and what a cell may hold."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lienthong.office.core.errors import Invalid
from lienthong.office.core.text import search_key, tidy

NAME_LENGTH: Final = 200
EMAIL_LENGTH: Final = 254
PHONE_LENGTH: Final = 30
_PHONE: Final = re.compile(r"[+()\d ./-]{3,30}\Z")
# With the apostrophe that word processors set.
_MARKS: Final = frozenset(" -.'()·,/\u2019")


class Column(StrEnum):
    """What is read of a person."""

    NAME = "name"
    EMAIL = "email"
    PHONE = "phone"
    ORGAN = "organ"
    POSITION = "position"


TITLES: Final[Mapping[Column, Promise]] = MappingProxyType(
    {
        Column.NAME: gettext_lazy("Name"),
        Column.EMAIL: gettext_lazy("Mail"),
        Column.PHONE: gettext_lazy("Telephone"),
        Column.ORGAN: gettext_lazy("Organ"),
        Column.POSITION: gettext_lazy("Position"),
    }
)
# As they are compared: lower case, without diacritics and what is no letter.
_HEADS: Final[Mapping[Column, frozenset[str]]] = MappingProxyType(
    {
        Column.NAME: frozenset({"name", "fullname", "hoten", "hovaten", "ten", "vollername"}),
        Column.EMAIL: frozenset(
            {"email", "mail", "mailaddress", "emailaddress", "thudientu", "diachithu", "diachiemail", "mailadresse"}
        ),
        Column.PHONE: frozenset({"phone", "telephone", "dienthoai", "sodienthoai", "telefon", "sdt"}),
        Column.ORGAN: frozenset({"organ", "organcode", "coquan", "macoquan", "kennung", "organkennung", "madonvi"}),
        Column.POSITION: frozenset({"position", "title", "vitri", "chucvu", "stelle", "funktion", "chucdanh"}),
    }
)
_REQUIRED: Final = (Column.NAME, Column.EMAIL)
_valid_email: Final = EmailValidator()


class Wrong(Exception):
    """A cell will not do: which column, and what to do."""

    def __init__(self, column: Column, text: str) -> None:
        super().__init__(text)
        self.column, self.text = column, text


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A row, tidied."""

    name: str
    email: str
    phone: str
    # Code; empty: the organ of whoever imports.
    organ: str
    position: str


def places_of(head: Sequence[str]) -> Mapping[Column, int]:
    """Return in which place each column stands.

    Raises:
        Invalid: one that is needed is missing, or one is there twice.
    """
    places: dict[Column, int] = {}
    for place, cell in enumerate(head):
        key = "".join(c for c in search_key(cell) if c.isalnum())
        for column, names in _HEADS.items():
            if key in names:
                if column in places:
                    hint = _('The column "%(name)s" is there twice: remove one.')
                    raise Invalid("", hint=hint % {"name": TITLES[column]})
                places[column] = place
    for column in _REQUIRED:
        if column not in places:
            hint = _('The first row must name the columns; "%(name)s" is missing. Take the template.')
            raise Invalid("", hint=hint % {"name": TITLES[column]})
    return places


def read(cells: Sequence[str], places: Mapping[Column, int]) -> Read:
    """Return a row as it would be stored.

    Raises:
        Wrong: a cell will not do.
    """
    given = {column: _cell(cells, places.get(column, -1)) for column in Column}
    for column, text in given.items():
        if text.startswith("="):
            raise Wrong(column, _("This is a formula: put its value here."))
    name, email, phone = given[Column.NAME], given[Column.EMAIL].lower(), given[Column.PHONE]
    _check_name(name)
    if not email or len(email) > EMAIL_LENGTH or not email.isascii():
        raise Wrong(Column.EMAIL, _("Enter a mail address."))
    try:
        _valid_email(email)
    except ValidationError:
        raise Wrong(Column.EMAIL, _("This is not a mail address.")) from None
    if phone and not _PHONE.match(phone):
        raise Wrong(Column.PHONE, _("Enter digits, spaces and + - . / ( ) only, at most 30."))
    return Read(name=name, email=email, phone=phone, organ=given[Column.ORGAN], position=given[Column.POSITION])


def _cell(cells: Sequence[str], place: int) -> str:
    return tidy(cells[place]) if 0 <= place < len(cells) else ""


def _check_name(name: str) -> None:
    if not name:
        raise Wrong(Column.NAME, _("Enter the name."))
    if len(name) > NAME_LENGTH:
        raise Wrong(Column.NAME, _("A name has at most 200 characters."))
    if name[0] in "+-@":
        raise Wrong(Column.NAME, _("This is a formula: put its value here."))
    for character in name:
        if not (unicodedata.category(character)[0] in "LM" or character.isdecimal() or character in _MARKS):
            hint = _('"%(character)s" is no letter: text in TCVN3 or VNI must be converted to Unicode first.')
            raise Wrong(Column.NAME, hint % {"character": character})
