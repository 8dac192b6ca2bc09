"""Dates in every form seen, read once per distinct text, with every other way to read the text beside it."""

from typing import Final

from lienthong.quality.description import Column
from lienthong.quality.tables import literal

FIRST_YEAR: Final = 1850
LAST_YEAR: Final = 2099
_PIVOT: Final = 30
"""Two digits up to this are of this century, unless a personal number says otherwise."""
_MONTHS: Final = (
    "jan|januar|january", "feb|februar|february", "mar|mär|märz|march", "apr|april", "may|mai", "jun|juni|june",
    "jul|juli|july", "aug|august", "sep|sept|september", "oct|okt|oktober|october", "nov|november",
    "dec|dez|dezember|december",
)  # fmt: skip

_MARK: Final = "\x02"


def treatment(column: Column) -> str:
    """Return the query of ``texts`` (``dictionaries``) that reads dates.

    It has ``readings``: a list of (date, year, precision, rule), the likely one first, empty where the text can be no
    date. ``rule`` is NULL where only the form differs from ours.
    """
    numbers = f"SELECT *, {_cleaned('raw')} AS text FROM texts"
    numbers = f"SELECT *, regexp_extract_all(text, '[0-9]+') AS parts FROM ({numbers})"
    numbers = f"SELECT *, list_transform(parts, lambda p: try_cast(p AS INTEGER)) AS numbers FROM ({numbers})"
    kinds = f"SELECT *, {_kind()} AS kind FROM ({numbers})"
    guesses = f"SELECT *, {_guesses(column)} AS guesses FROM ({kinds})"
    readings = f'list_filter(list_transform(guesses, lambda g: {_reading()}), lambda r: r."year" IS NOT NULL)'
    return f"SELECT raw, used_by, coalesce({readings}, []) AS readings FROM ({guesses})"


def _cleaned(x: str) -> str:
    """Lower case, without a time, months as numbers."""
    time = "[ t][0-9]{1,2}:[0-9]{2}(:[0-9.]+)?( ?[ap]m)?(z|[+-][0-9:]+)?$"
    bare = f"regexp_replace(lower(nfc_normalize(trim({x}))), '{time}', '')"
    # Words are marked, so that the patterns of months need not know what a letter is, which takes long to compile.
    named = f"regexp_replace({bare}, '(\\pL+)', '{_MARK}\\1{_MARK}', 'g')"
    for number, names in enumerate(_MONTHS, start=1):
        named = f"regexp_replace({named}, '{_MARK}(?:{names}){_MARK}', '-{number}-')"
    return f"CASE WHEN regexp_matches({bare}, '[a-zä]{{3}}') THEN replace({named}, '{_MARK}', '') ELSE {bare} END"


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


def _guesses(column: Column) -> str:
    """Every way to read each form, the likely one first: year, month and day, a zero for what is not known."""
    one, two, three = "numbers[1]", "numbers[2]", "numbers[3]"
    packed = {at: f"CAST(substr(parts[1], {at}, 2) AS INTEGER)" for at in (1, 3, 5, 7)}
    first_four, last_four = (f"CAST({side}(parts[1], 4) AS INTEGER)" for side in ("left", "right"))
    serial = f"CASE WHEN {one} BETWEEN 1000 AND 73050 THEN DATE '1899-12-30' + {one} END"
    serials = _guess(f"year({serial})", f"month({serial})", f"day({serial})", "serial")
    return f"""CASE kind
        WHEN 'year' THEN [{_guess(one, "0", "0", None)}]
        WHEN 'serial' THEN [{serials}]
        WHEN 'ymd8' THEN [{_guess(first_four, packed[5], packed[7], "compact")}]
        WHEN 'dmy8' THEN [{_both(column, last_four, packed[1], packed[3], "compact")}]
        WHEN 'dmy6' THEN [{_both(column, _century(packed[5]), packed[1], packed[3], "short-year")},
            {_both(column, _other(packed[5]), packed[1], packed[3], "short-year")}]
        WHEN 'ym' THEN [{_guess(one, two, "0", None)}]
        WHEN 'my' THEN [{_guess(two, one, "0", None)}]
        WHEN 'ymd' THEN [{_guess(one, two, three, None)}, {_guess(one, three, two, "swapped")}]
        WHEN 'dmy' THEN [{_both(column, three, one, two, None)}]
        WHEN 'dmy2' THEN [{_both(column, _century(three), one, two, "short-year")},
            {_both(column, _other(three), one, two, "short-year")},
            {_guess(_century(one), two, three, "year-first")}, {_guess(_other(one), two, three, "year-first")}]
        END"""


def _century(two: str) -> str:
    return f"({two} + CASE WHEN {two} <= {_PIVOT} THEN 2000 ELSE 1900 END)"


def _other(two: str) -> str:
    return f"({two} + CASE WHEN {two} <= {_PIVOT} THEN 1900 ELSE 2000 END)"


def _both(column: Column, year: str, first: str, second: str, rule: str | None) -> str:
    day, month = (first, second) if column.day_order == "day-first" else (second, first)
    swapped = "swapped" if rule is None else f"{rule}+swapped"
    return f"{_guess(year, month, day, rule)}, {_guess(year, day, month, swapped)}"


def _guess(year: str, month: str, day: str, rule: str | None) -> str:
    return f"{{'y': {year}, 'm': {month}, 'd': {day}, 'rule': {literal(rule) if rule else 'CAST(NULL AS VARCHAR)'}}}"


def _reading() -> str:
    """What a guess ``g`` comes to, once for all forms; its year is NULL where there is no such date."""
    valid_year = f"CASE WHEN g.y BETWEEN {FIRST_YEAR} AND {LAST_YEAR} THEN g.y END"
    whole = "try_strptime(lpad(CAST(g.y AS VARCHAR), 4, '0') || '-' || g.m || '-' || g.d, '%Y-%m-%d')"
    date = f"CASE WHEN g.d = 0 AND g.m BETWEEN 1 AND 12 THEN make_date({valid_year}, g.m, 1)"
    date += f" WHEN g.d > 0 AND g.m > 0 THEN CAST({whole} AS DATE) END"
    possible = f"g.d = 0 AND g.m BETWEEN 0 AND 12 OR ({date}) IS NOT NULL"
    precision = "CASE WHEN g.m = 0 THEN 'year' WHEN g.d = 0 THEN 'month' ELSE 'day' END"
    rule = "coalesce(g.rule, CASE WHEN g.d = 0 AND len(parts) = 3 THEN 'zeros' END)"
    return (
        f"{{'date': {date}, 'year': CAST(CASE WHEN {possible} THEN {valid_year} END AS SMALLINT),"
        f" 'precision': {precision}, 'rule': {rule}}}"
    )
