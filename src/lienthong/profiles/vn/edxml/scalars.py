"""Reading single values: codes, dates, numbers. Every oddity is noted, none is an error."""

import re
from datetime import date, datetime
from typing import Final

from lienthong.kernel.agency_codes import canonical
from lienthong.kernel.errors import AgencyCodeInvalid
from lienthong.profiles.vn.edxml.oddities import Notes, Oddity
from lienthong.profiles.vn.edxml.tree import Node
from lienthong.profiles.vn.edxml.values import LOCAL, DocumentId

_YEAR_FIRST: Final = re.compile(r"(\d{4})([/.-])(\d{1,2})\2(\d{1,2})(?:[T ,]+(.*))?", re.ASCII | re.DOTALL)
_YEAR_LAST: Final = re.compile(r"(\d{1,2})([/.-])(\d{1,2})\2(\d{4})(?:[T ,]+(.*))?", re.ASCII | re.DOTALL)
_DATE: Final = re.compile(r"\d{4}/\d{2}/\d{2}", re.ASCII)
_MOMENT: Final = re.compile(r"\d{4}/\d{2}/\d{2} \d{2}:\d{2}:\d{2}", re.ASCII)
_NUMBER: Final = re.compile(r"\d{1,9}", re.ASCII)
_UUID: Final = re.compile(r"\{?[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}\}?", re.ASCII | re.IGNORECASE)
# What a clock shows: hours of one digit, no seconds, fractions, a zone.
_CLOCK: Final = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?", re.ASCII)


class Scalars:
    """Reads the text of elements; an element that is not there reads as nothing."""

    def __init__(self, notes: Notes) -> None:
        self._notes = notes

    def text(self, node: Node | None, name: str) -> str:
        """Return the text of a child, empty if it is not there."""
        child = node.first(name) if node is not None else None
        return child.text if child is not None else ""

    def code(self, node: Node | None) -> tuple[str, str]:
        """Return an agency code with level 1 leftmost, and as it is written where that is another form."""
        if node is None or not node.text:
            return "", ""
        written = node.text
        try:
            code = canonical(written)
        except AgencyCodeInvalid:
            self._notes.add(Oddity.AGENCY_CODE, node.place, line=node.line, detail=written)
            return written, ""
        return code, "" if code == written else written

    def date(self, node: Node | None) -> date | None:
        """Return a date; a time of day behind it is left out."""
        if node is None or not node.text:
            return None
        found = _split(node.text)
        day = _day(found)
        if day is None:
            self._notes.add(Oddity.DATE_UNREADABLE, node.place, line=node.line, detail=node.text)
        elif not _DATE.fullmatch(node.text):
            self._notes.add(Oddity.DATE_FORM, node.place, line=node.line, detail=node.text)
        return day

    def moment(self, node: Node | None) -> datetime | None:
        """Return a time in ``LOCAL``, to the second; a date alone is its midnight."""
        if node is None or not node.text:
            return None
        found = _split(node.text)
        day = _day(found)
        at = _at(day, found[3]) if day is not None and found is not None else None
        if at is None:
            self._notes.add(Oddity.DATE_UNREADABLE, node.place, line=node.line, detail=node.text)
        elif not _MOMENT.fullmatch(node.text):
            self._notes.add(Oddity.DATE_FORM, node.place, line=node.line, detail=node.text)
        return at

    def number(self, node: Node | None, *, known: range | None = None) -> int | None:
        """Return a whole number, of those that are known."""
        if node is None or not node.text:
            return None
        if not _NUMBER.fullmatch(node.text):
            self._notes.add(Oddity.NUMBER_UNREADABLE, node.place, line=node.line, detail=node.text)
            return None
        number = int(node.text)
        if known is not None and number not in known:
            self._notes.add(Oddity.VALUE_UNKNOWN, node.place, line=node.line, detail=node.text)
            return None
        return number

    def document_id(self, node: Node | None) -> str:
        """Return a document's id as it is written."""
        if node is None or not node.text:
            return ""
        if not is_document_id(node.text):
            self._notes.add(Oddity.DOCUMENT_ID, node.place, line=node.line, detail=node.text)
        return node.text


def is_document_id(text: str) -> bool:
    """Tell whether a document's id has one of the two forms: composite, or a UUID."""
    return bool(_UUID.fullmatch(text)) or DocumentId.parse(text) is not None


def _split(text: str) -> tuple[int, int, int, str] | None:
    """Return year, month, day and what comes behind."""
    if found := _YEAR_FIRST.fullmatch(text):
        year, _, month, day, rest = found.groups()
    elif found := _YEAR_LAST.fullmatch(text):
        day, _, month, year, rest = found.groups()
    else:
        return None
    return int(year), int(month), int(day), rest or ""


def _day(found: tuple[int, int, int, str] | None) -> date | None:
    try:
        return date(*found[:3]) if found is not None else None
    except ValueError:
        return None


def _at(day: date, clock: str) -> datetime | None:
    found = _CLOCK.fullmatch(clock.strip()) if clock.strip() else None
    if clock.strip() and found is None:
        return None
    hour, minute, second, zone = found.groups() if found is not None else ("0", "0", "0", None)
    text = f"{day.isoformat()}T{int(hour):02}:{int(minute):02}:{int(second or 0):02}{zone or '+07:00'}"
    try:
        return datetime.fromisoformat(text).astimezone(LOCAL)
    except (ValueError, OverflowError):
        return None
