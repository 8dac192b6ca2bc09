"""What the columns of a list of persons are called, in any language, and what a cell may hold."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lienthong.office.core.sheets.tables import Head

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
HEADS: Final = (
    Head(
        key=Column.NAME,
        names=("Họ và tên", "Name", "Name", "Họ tên", "Tên", "Full name", "Voller Name"),
        required=True,
    ),
    Head(
        key=Column.EMAIL,
        names=("Thư điện tử", "Mail", "E-Mail", "Mail address", "Email address", "Địa chỉ thư", "Địa chỉ email",
               "Mailadresse"),
        required=True,
    ),
    Head(key=Column.PHONE, names=("Điện thoại", "Telephone", "Telefon", "Phone", "Số điện thoại", "SĐT")),
    Head(
        key=Column.ORGAN,
        names=("Cơ quan", "Organ", "Organ", "Mã cơ quan", "Organ code", "Organkennung", "Kennung", "Mã đơn vị"),
    ),
    Head(
        key=Column.POSITION,
        names=("Chức vụ", "Position", "Stelle", "Vị trí", "Chức danh", "Title", "Funktion"),
    ),
)  # fmt: skip
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


def read(given: Mapping[str, str]) -> Read:
    """Return a row as it would be stored.

    Args:
        given: tidied cells by column.

    Raises:
        Wrong: a cell will not do.
    """
    for column in Column:
        if given[column].startswith("="):
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
