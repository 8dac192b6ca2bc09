"""How like two values are: the levels of each likeness, from the same to different.

A level is a predicate over the columns of two records, written for DuckDB with ``{jw}`` (Jaro–Winkler
similarity, 0 to 1) and ``{dl}`` (Damerau–Levenshtein distance) for the functions that other engines call otherwise.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from lienthong.quality.linking.settings import Compared, Likeness

DIFFERENT: Final = "different"


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One degree of likeness; it holds where the levels before it do not."""

    # Stable: models refer to it.
    label: str
    # Over x_l and x_r; "ELSE" for the last one.
    sql: str
    # The share of pairs of one person at this level, before anything is learned.
    m: float
    # The column in which both have the same value: the rarer the value, the more it says.
    same: str | None = None
    # Values of that column differ so much in how common they are that the weight depends on the value.
    by_value: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """How one comparison is made."""

    name: str
    # Where nothing can be said.
    unknown: str
    levels: tuple[Level, ...]
    columns: tuple[str, ...]


def levels_of(compared: Compared) -> Levels:
    """Return the levels of a comparison."""
    unknown, levels = _LIKENESSES[compared.likeness](compared.columns)
    total = sum(level.m for level in levels)
    return Levels(
        name=compared.name,
        unknown=unknown,
        levels=tuple(replace(level, m=level.m / total) for level in levels),
        columns=(*compared.columns, *(f"{column}_year" for column in compared.columns if compared.likeness in _DATED)),
    )


def _same(column: str, label: str, m: float, *, by_value: bool = True) -> Level:
    return Level(label=label, sql=f"{column}_l = {column}_r", m=m, same=column, by_value=by_value)


def _else(m: float) -> Level:
    return Level(label=DIFFERENT, sql="ELSE", m=m)


def _near(column: str, most: int) -> str:
    # Counting edits takes twenty times as long as Jaro–Winkler, which rules out nearly all. DuckDB asks the parts of an
    # AND in any order, those of a CASE in this one.
    return _only_if(f"{{jw}}({column}_l, {column}_r) >= 0.77", f"{{dl}}({column}_l, {column}_r) <= {most}")


def _only_if(quick: str, slow: str) -> str:
    return f"CASE WHEN {quick} THEN {slow} ELSE false END"


def _missing(*columns: str) -> str:
    return " OR ".join(f"{column}_{side} IS NULL" for column in columns for side in "lr")


def _name(columns: Sequence[str]) -> tuple[str, list[Level]]:
    written, key, *others = columns
    levels = [
        _same(written, "same", 0.8),
        _same(key, "same without diacritics", 0.08),
        Level(label="one letter", sql=f"length({key}_l) > 2 AND {_near(key, 1)}", m=0.04),
        Level(label="alike", sql=f"{{jw}}({key}_l, {key}_r) >= 0.88", m=0.02),
        Level(
            label="short form",
            sql=f"starts_with({key}_l, {key}_r) OR starts_with({key}_r, {key}_l)",
            m=0.02,
        ),
    ]
    if others:
        crossed = " OR ".join(f"{key}_l = {other}_r OR {other}_l = {key}_r" for other in others)
        levels.append(Level(label="in another's place", sql=crossed, m=0.01))
    return _missing(key), [*levels, _else(0.03)]


def _date(columns: Sequence[str]) -> tuple[str, list[Level]]:
    x, *_parts = columns
    two_of_three = (
        f"(year({x}_l) = year({x}_r))::INT + (month({x}_l) = month({x}_r))::INT + (day({x}_l) = day({x}_r))::INT = 2"
    )
    return _missing(f"{x}_year"), [
        _same(x, "same day", 0.82),
        Level(
            label="day and month swapped",
            sql=f"{x}_year_l = {x}_year_r AND day({x}_l) = month({x}_r) AND month({x}_l) = day({x}_r)",
            m=0.02,
        ),
        Level(
            label="same year, day unknown", sql=f"({x}_l IS NULL OR {x}_r IS NULL) AND {x}_year_l = {x}_year_r", m=0.05
        ),
        Level(
            label="one digit",
            sql=_only_if(two_of_three, f"{{dl}}(CAST({x}_l AS VARCHAR), CAST({x}_r AS VARCHAR)) <= 1"),
            m=0.05,
        ),
        Level(label="two of day, month, year", sql=two_of_three, m=0.03),
        Level(label="same year", sql=f"{x}_year_l = {x}_year_r", m=0.01),
        _else(0.02),
    ]


def _dates(columns: Sequence[str]) -> tuple[str, list[Level]]:
    same = [f"{x}_l = {x}_r" for x in columns]
    unknown = " AND ".join(f"({x}_year_l IS NULL OR {x}_year_r IS NULL)" for x in columns)

    def either(sql: str) -> str:
        return " OR ".join(f"({sql.format(x=x)})" for x in columns)

    return unknown, [
        Level(label="both same day", sql=" AND ".join(same), m=0.6),
        Level(label="one same day", sql=" OR ".join(same), m=0.2),
        Level(
            label="day and month swapped",
            sql=either("{x}_year_l = {x}_year_r AND day({x}_l) = month({x}_r) AND month({x}_l) = day({x}_r)"),
            m=0.02,
        ),
        Level(label="days apart", sql=either("abs(date_diff('day', {x}_l, {x}_r)) <= 45"), m=0.05),
        Level(label="same year", sql=either("{x}_year_l = {x}_year_r"), m=0.08),
        _else(0.05),
    ]


def _identifier(columns: Sequence[str]) -> tuple[str, list[Level]]:
    (x,) = columns
    return _missing(x), [
        _same(x, "same", 0.85, by_value=False),
        Level(label="one sign", sql=_near(x, 1), m=0.05),
        Level(label="two signs", sql=f"length({x}_l) > 5 AND {_near(x, 2)}", m=0.02),
        _else(0.08),
    ]


def _text(columns: Sequence[str]) -> tuple[str, list[Level]]:
    (x,) = columns
    return _missing(x), [
        _same(x, "same", 0.7),
        Level(label="very alike", sql=f"{{jw}}({x}_l, {x}_r) >= 0.93", m=0.1),
        Level(
            label="alike",
            sql=f"{{jw}}({x}_l, {x}_r) >= 0.85 OR contains({x}_l, {x}_r) OR contains({x}_r, {x}_l)",
            m=0.05,
        ),
        _else(0.15),
    ]


def _home(columns: Sequence[str]) -> tuple[str, list[Level]]:
    number, street, locality, postcode = columns
    near = f"({postcode}_l = {postcode}_r OR {{jw}}({locality}_l, {locality}_r) >= 0.9)"
    both = f"{postcode}_l = {postcode}_r AND {{jw}}({locality}_l, {locality}_r) >= 0.9"
    house, road = f"{number}_l = {number}_r", f"{{jw}}({street}_l, {street}_r) >= 0.9"
    nothing = " OR ".join(
        "(" + " AND ".join(f"{column}_{side} IS NULL" for column in (street, locality, postcode)) + ")" for side in "lr"
    )
    return nothing, [
        Level(label="same house", sql=f"{house} AND {road}", m=0.5),
        Level(label="same street and place", sql=f"{road} AND {near}", m=0.1),
        Level(label="same number, place and postcode", sql=f"{house} AND {both}", m=0.05),
        Level(label="same street", sql=road, m=0.05),
        Level(label="same number and place", sql=f"{house} AND {near}", m=0.03),
        Level(label="same place and postcode", sql=both, m=0.05),
        Level(label="same place", sql=near, m=0.05),
        _else(0.17),
    ]


def _choice(columns: Sequence[str]) -> tuple[str, list[Level]]:
    (x,) = columns
    return _missing(x), [_same(x, "same", 0.95), _else(0.05)]


def _place(columns: Sequence[str]) -> tuple[str, list[Level]]:
    levels = [_same(column, f"same {column}", 0.5 / (at + 1)) for at, column in enumerate(columns)]
    return _missing(columns[-1]), [*levels, _else(0.2)]


_LIKENESSES: Final[dict[Likeness, Callable[[Sequence[str]], tuple[str, list[Level]]]]] = {
    Likeness.NAME: _name,
    Likeness.DATE: _date,
    Likeness.DATES: _dates,
    Likeness.IDENTIFIER: _identifier,
    Likeness.TEXT: _text,
    Likeness.CHOICE: _choice,
    Likeness.PLACE: _place,
    Likeness.HOME: _home,
}
# Their levels also use the year, which is known more often.
_DATED: Final = frozenset({Likeness.DATE, Likeness.DATES})
