"""By what a list is filtered. What a reader gives that is malformed or unknown is passed over, never an error."""

import html
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final, Protocol

from django.db.models import Q
from django.utils.formats import date_format
from django.utils.functional import Promise, lazy
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import make_aware
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lienthong.kernel.labels import Level
from lienthong.office.core.templatetags.look import level_name
from lienthong.office.core.text import search_key, tidy

type Text = Promise | str
TEXT_LENGTH: Final = 200
_lazy_level: Final = lazy(level_name, str)
_LEVEL: Final = gettext_lazy("Level")
_EARLIEST, _LATEST = date(1800, 1, 1), date(2999, 12, 31)


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A control of the filter form, as core/list.html shows it."""

    id_for_label: str
    label: str
    control: SafeString

    def __str__(self) -> SafeString:
        """Return the control's markup."""
        return self.control


class Filter(Protocol):
    """One thing to filter by."""

    @property
    def key(self) -> str:
        """The name in the address; unique in the list."""

    @property
    def parameters(self) -> tuple[str, ...]:
        """All names in the address that it reads."""

    def read(self, name: str, given: str) -> str:
        """Return a given value in its one normal form; empty if it is none."""

    def predicate(self, values: Mapping[str, str]) -> Q:
        """Return what rows must meet, from what ``read`` returned."""

    def fields(self, values: Mapping[str, str]) -> list[Field]:
        """Return the controls."""

    def words(self, values: Mapping[str, str]) -> str:
        """Return what it asks for as a printed list says it; empty where nothing is asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TextFilter:
    """Rows that hold a text."""

    key: str
    title: Text
    # From a tidied text to the predicate; ``contains`` makes one.
    where: Callable[[str], Q]

    @property
    def parameters(self) -> tuple[str, ...]:
        """The text."""
        return (self.key,)

    def read(self, name: str, given: str) -> str:
        """Return the text without what cannot be seen."""
        del name
        return tidy(given[: TEXT_LENGTH * 2])[:TEXT_LENGTH].strip()

    def predicate(self, values: Mapping[str, str]) -> Q:
        """Return the predicate of the text."""
        return self.where(values[self.key]) if values.get(self.key) else Q()

    def fields(self, values: Mapping[str, str]) -> list[Field]:
        """Return a search field."""
        control = format_html(
            '<input type="search" class="form-control" id="filter-{0}" name="{0}" value="{1}" maxlength="{2}">',
            self.key, values.get(self.key, ""), TEXT_LENGTH,
        )  # fmt: skip
        return [Field(id_for_label=f"filter-{self.key}", label=str(self.title), control=control)]

    def words(self, values: Mapping[str, str]) -> str:
        """Return title and text."""
        return f"{self.title}: {values[self.key]}" if values.get(self.key) else ""


def contains(column: str) -> Callable[[str], Q]:
    """Return the predicate "has all these words in it", on a column with search keys (``core.text``)."""

    def where(text: str) -> Q:
        found = Q()
        for word in search_key(text).split(" "):
            found &= Q(**{f"{column}__contains": word})
        return found

    return where


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One value that a filter offers."""

    # In the address.
    slug: str
    title: Text
    # In the database.
    value: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceFilter:
    """Rows with one of a few values."""

    key: str
    title: Text
    column: str
    choices: Callable[[], Iterable[Choice]]
    # How the column is compared, such as "contains" for an array.
    lookup: str = "exact"
    # Whether the number of rows at each choice can be asked for.
    counted: bool = True

    @property
    def parameters(self) -> tuple[str, ...]:
        """The choice."""
        return (self.key,)

    def read(self, name: str, given: str) -> str:
        """Return the choice, if there is one of that name."""
        del name
        return given if any(choice.slug == given for choice in self.choices()) else ""

    def predicate(self, values: Mapping[str, str]) -> Q:
        """Return the predicate of the choice."""
        chosen = values.get(self.key)
        for choice in self.choices():
            if choice.slug == chosen:
                value = [choice.value] if self.lookup == "contains" else choice.value
                return Q(**{f"{self.column}__{self.lookup}": value})
        return Q()

    def fields(self, values: Mapping[str, str]) -> list[Field]:
        """Return a list to choose from. The script asks for the numbers of rows when it is opened."""
        chosen = values.get(self.key, "")
        lines = [f'<option value="">{html.escape(_("all"))}</option>']
        for each in self.choices():
            mark = " selected" if each.slug == chosen else ""
            lines.append(f'<option value="{html.escape(each.slug)}"{mark}>{html.escape(str(each.title))}</option>')
        counted = " data-counted" if self.counted else ""
        control = mark_safe(  # noqa: S308 - every part was escaped above; ``format_html_join`` takes six times as long
            f'<select class="form-select" id="filter-{self.key}" name="{self.key}"{counted}>{"".join(lines)}</select>'
        )
        return [Field(id_for_label=f"filter-{self.key}", label=str(self.title), control=control)]

    def words(self, values: Mapping[str, str]) -> str:
        """Return title and choice."""
        chosen = (each.title for each in self.choices() if each.slug == values.get(self.key))
        return next((f"{self.title}: {title}" for title in chosen), "")


def choices_of(names: Iterable[tuple[Any, Text]]) -> Callable[[], tuple[Choice, ...]]:
    """Return the choices of a field's values and their names, such as ``State.choices``."""
    made = tuple(Choice(slug=str(value), title=title, value=value) for value, title in names)
    return lambda: made


def level_filter(*, key: str = "label", column: str = "label", title: Text = _LEVEL) -> ChoiceFilter:
    """Return the filter by level of secrecy."""
    made = tuple(Choice(slug=level.slug, title=_lazy_level(int(level)), value=int(level)) for level in Level)
    return ChoiceFilter(key=key, title=title, column=column, choices=lambda: made)


@dataclass(frozen=True, slots=True, kw_only=True)
class DateFilter:
    """Rows from one day up to another, both included."""

    key: str
    # Of the two controls.
    title_from: Text
    title_to: Text
    column: str
    # Whether the column holds moments; days are then those of the office's time zone.
    moment: bool = False
    _ends: tuple[str, str] = field(default=("from", "to"), init=False, repr=False)

    @property
    def parameters(self) -> tuple[str, ...]:
        """First and last day."""
        return tuple(f"{self.key}_{end}" for end in self._ends)

    def read(self, name: str, given: str) -> str:
        """Return the day as ISO 8601."""
        del name
        day = _day(given)
        return day.isoformat() if day else ""

    def predicate(self, values: Mapping[str, str]) -> Q:
        """Return the predicate of the days."""
        first, last = (_day(values.get(name, "")) for name in self.parameters)
        found = Q()
        if first:
            found &= Q(**{f"{self.column}__gte": self._bound(first)})
        if last:
            found &= Q(**{f"{self.column}__lt": self._bound(last + timedelta(days=1))})
        return found

    def _bound(self, day: date) -> date:
        return make_aware(datetime(day.year, day.month, day.day)) if self.moment else day  # noqa: DTZ001 - made aware

    def fields(self, values: Mapping[str, str]) -> list[Field]:
        """Return two controls for days."""
        return [
            Field(
                id_for_label=f"filter-{name}",
                label=str(title),
                control=format_html(
                    '<input type="date" class="form-control" id="filter-{0}" name="{0}" value="{1}">',
                    name, values.get(name, ""),
                ),
            )
            for name, title in zip(self.parameters, (self.title_from, self.title_to), strict=True)
        ]  # fmt: skip

    def words(self, values: Mapping[str, str]) -> str:
        """Return first and last day."""
        days = zip(
            (self.title_from, self.title_to), (_day(values.get(name, "")) for name in self.parameters), strict=True
        )
        return ", ".join(f"{title} {date_format(day, 'SHORT_DATE_FORMAT')}" for title, day in days if day)


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if _EARLIEST <= day <= _LATEST else None
