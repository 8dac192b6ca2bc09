"""Dates in every form seen, read once per distinct text, with every other way to read the text beside it."""

from typing import Final

from lienthong.quality.description import Column
from lienthong.quality.tables import quoted

FIRST_YEAR: Final = 1850
LAST_YEAR: Final = 2099
_PIVOT: Final = 30
"""Two digits up to this are of this century, unless a personal number says otherwise."""
_MONTHS: Final = (
    "jan|januar|january", "feb|februar|february", "mar|mär|märz|march", "apr|april", "may|mai", "jun|juni|june",
    "jul|juli|july", "aug|august", "sep|sept|september", "oct|okt|oktober|october", "nov|november",
    "dec|dez|dezember|december",
)  # fmt: skip
_READING: Final = 'STRUCT("date" DATE, "year" SMALLINT, "precision" VARCHAR, rule VARCHAR)'


def dictionary(table: str, column: Column) -> str:
    """Return the statement that makes the table of a column's distinct dates.

    The table has ``raw`` and ``readings``: a list of (date, year, precision, rule), the likely one first, empty
    where the text can be no date. ``rule`` is NULL where only the form differs from ours.
    """
    name = quoted(column.name)
    texts = f"SELECT DISTINCT {name} AS raw FROM records WHERE {name} IS NOT NULL"
    numbers = f"SELECT raw, {_cleaned('raw')} AS text FROM ({texts})"
    numbers = f"SELECT *, regexp_extract_all(text, '[0-9]+') AS parts FROM ({numbers})"
    numbers = f"SELECT *, {_kind()} AS kind FROM ({numbers})"
    readings = (
        f'SELECT raw, list_filter({_readings(column)}, lambda r: r."year" IS NOT NULL) AS readings FROM ({numbers})'
    )
    return f"CREATE OR REPLACE TEMP TABLE {table} AS {readings}"


def _cleaned(x: str) -> str:
    """Lower case, without a time, months as numbers."""
    time = "[ t][0-9]{1,2}:[0-9]{2}(:[0-9.]+)?( ?[ap]m)?(z|[+-][0-9:]+)?$"
    bare = f"regexp_replace(lower(nfc_normalize(trim({x}))), '{time}', '')"
    named = bare
    for number, names in enumerate(_MONTHS, start=1):
        named = f"regexp_replace({named}, '(^|[^\\pL])(?:{names})([^\\pL]|$)', '\\1-{number}-\\2')"
    return f"CASE WHEN regexp_matches({bare}, '[a-zä]{{3}}') THEN {named} ELSE {bare} END"


def _kind() -> str:
    """Which form the text has; NULL: none of those known."""
    return """CASE
        WHEN NOT regexp_full_match(text, '[-0-9\\s./,\\\\]*|.*(ngày|tháng|năm).*|.*-[0-9]+-.*') THEN NULL
        WHEN len(parts) = 1 AND length(parts[1]) = 4 THEN 'year'
        WHEN len(parts) = 1 AND length(parts[1]) = 5 THEN 'serial'
        WHEN len(parts) = 1 AND length(parts[1]) = 8 AND left(parts[1], 2) IN ('18', '19', '20')
            AND try_strptime(parts[1], '%Y%m%d') IS NOT NULL THEN 'ymd8'
        WHEN len(parts) = 1 AND length(parts[1]) = 8 THEN 'dmy8'
        WHEN len(parts) = 1 AND length(parts[1]) = 6 THEN 'dmy6'
        WHEN len(parts) = 2 AND length(parts[1]) = 4 AND length(parts[2]) <= 2 THEN 'ym'
        WHEN len(parts) = 2 AND length(parts[2]) = 4 AND length(parts[1]) <= 2 THEN 'my'
        WHEN len(parts) = 3 AND length(parts[1]) = 4 AND length(parts[2]) <= 2 AND length(parts[3]) <= 2 THEN 'ymd'
        WHEN len(parts) = 3 AND length(parts[3]) = 4 AND length(parts[1]) <= 2 AND length(parts[2]) <= 2 THEN 'dmy'
        WHEN len(parts) = 3 AND length(parts[1]) <= 2 AND length(parts[2]) <= 2 AND length(parts[3]) <= 2 THEN 'dmy2'
        END"""


def _readings(column: Column) -> str:
    """Every way to read each form, the likely one first."""
    one, two, three = (f"CAST(parts[{at}] AS INTEGER)" for at in (1, 2, 3))
    packed = {at: f"CAST(substr(parts[1], {at}, 2) AS INTEGER)" for at in (1, 3, 5, 7)}
    first_four = "CAST(left(parts[1], 4) AS INTEGER)"
    last_four = "CAST(right(parts[1], 4) AS INTEGER)"
    serial = f"CASE WHEN {one} BETWEEN 1000 AND 73050 THEN DATE '1899-12-30' + {one} END"
    serials = f"[{_struct(serial, f'CAST(year({serial}) AS SMALLINT)', 'day', 'serial')}]"
    return f"""CASE kind
        WHEN 'year' THEN [{_reading(one, "0", "0", None)}]
        WHEN 'serial' THEN {serials}
        WHEN 'ymd8' THEN [{_reading(first_four, packed[5], packed[7], "compact")}]
        WHEN 'dmy8' THEN [{_both(column, last_four, packed[1], packed[3], "compact")}]
        WHEN 'dmy6' THEN [{_both(column, _century(packed[5]), packed[1], packed[3], "short-year")},
            {_both(column, _other(packed[5]), packed[1], packed[3], "short-year")}]
        WHEN 'ym' THEN [{_reading(one, two, "0", None)}]
        WHEN 'my' THEN [{_reading(two, one, "0", None)}]
        WHEN 'ymd' THEN [{_reading(one, two, three, None)}, {_reading(one, three, two, "swapped")}]
        WHEN 'dmy' THEN [{_both(column, three, one, two, None)}]
        WHEN 'dmy2' THEN [{_both(column, _century(three), one, two, "short-year")},
            {_both(column, _other(three), one, two, "short-year")},
            {_reading(_century(one), two, three, "year-first")}, {_reading(_other(one), two, three, "year-first")}]
        ELSE CAST([] AS {_READING}[]) END"""


def _century(two: str) -> str:
    return f"({two} + CASE WHEN {two} <= {_PIVOT} THEN 2000 ELSE 1900 END)"


def _other(two: str) -> str:
    return f"({two} + CASE WHEN {two} <= {_PIVOT} THEN 1900 ELSE 2000 END)"


def _both(column: Column, year: str, first: str, second: str, rule: str | None) -> str:
    day, month = (first, second) if column.day_order == "day-first" else (second, first)
    swapped = "swapped" if rule is None else f"{rule}+swapped"
    return f"{_reading(year, month, day, rule)}, {_reading(year, day, month, swapped)}"


def _reading(year: str, month: str, day: str, rule: str | None) -> str:
    """One reading; its year is NULL where there is no such date. A zero stands for what is not known."""
    valid_year = f"CASE WHEN {year} BETWEEN {FIRST_YEAR} AND {LAST_YEAR} THEN {year} END"
    whole = f"try_strptime(lpad(CAST({year} AS VARCHAR), 4, '0') || '-' || {month} || '-' || {day}, '%Y-%m-%d')"
    date = f"CASE WHEN {day} = 0 AND {month} BETWEEN 1 AND 12 THEN make_date({valid_year}, {month}, 1)"
    date += f" WHEN {day} > 0 AND {month} > 0 THEN CAST({whole} AS DATE) END"
    possible = f"{day} = 0 AND {month} BETWEEN 0 AND 12 OR ({date}) IS NOT NULL"
    year_or_null = f"CAST(CASE WHEN {possible} THEN {valid_year} END AS SMALLINT)"
    precision = f"CASE WHEN {month} = 0 THEN 'year' WHEN {day} = 0 THEN 'month' ELSE 'day' END"
    zeros = "" if rule else f"CASE WHEN {day} = 0 AND len(parts) = 3 THEN 'zeros' END"
    return _struct(date, year_or_null, precision, rule, zeros)


def _struct(date: str, year: str, precision: str, rule: str | None, otherwise: str = "") -> str:
    given = precision if precision.startswith("CASE") else f"'{precision}'"
    put_down = f"'{rule}'" if rule else (otherwise or "NULL")
    return f"CAST({{'date': {date}, 'year': {year}, 'precision': {given}, 'rule': {put_down}}} AS {_READING})"
