"""What each column adds to the statements that make the standardised table and the list of changes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from lienthong.quality.description import Column, Kind, Registry
from lienthong.quality.standardising import areas, choices, dates, identifiers, texts
from lienthong.quality.standardising.steps import treatment
from lienthong.quality.tables import literal, quoted
from lienthong.quality.units import Units

_NOTHING: Final = r"[-\s./0]*"


@dataclass(slots=True, kw_only=True)
class Part:
    """One column's share; ``r`` is the record, ``d_x`` the dictionary of column x."""

    # The dictionary, joined by the raw value, and the query of ``texts`` that makes it.
    dictionary: str | None = None
    treatment: str | None = None
    # Expressions with names, on records, and on these and records: what others are made of.
    bare: list[str] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    # Expressions with names, on records joined with dictionaries.
    inner: list[str] = field(default_factory=list)
    # Expressions for the columns of ``tables.fields_of``, in order, on what ``inner`` named.
    outer: list[str] = field(default_factory=list)
    # Value and rule of a change, on records joined with this dictionary alone; the rule is NULL for none.
    changed: tuple[str, str] | None = None


def part_of(registry: Registry, column: Column, present: Mapping[str, bool], units: Units) -> Part:
    """Return what a column adds. Columns that the input does not have are NULL."""
    is_vietnamese = registry.language == "vi"
    match column.kind:
        case Kind.TEXT | Kind.PLACE | Kind.NAME:
            return _text(column, is_vietnamese=is_vietnamese)
        case Kind.DATE:
            return _date(column, present)
        case Kind.SEX | Kind.CHOICE:
            return _choice(column, present)
        case Kind.UNIT:
            return _unit(column, present, units)
        case Kind.PERSONAL_NUMBER:
            return _number(column)
        case _:
            return _simple(registry, column, is_vietnamese=is_vietnamese)


def _text(column: Column, *, is_vietnamese: bool) -> Part:
    table = f"d_{column.name}"
    steps = texts.steps_of(column, is_vietnamese=is_vietnamese)
    more = texts.more_of(column, is_vietnamese=is_vietnamese)
    kept = ("value", "family", "middle", "given", "key") if column.kind is Kind.NAME else ("value", "key")
    return Part(
        treatment=treatment(steps, more),
        dictionary=table,
        inner=[f"{table}.{each} AS {quoted(f'{column.name}__{each}')}" for each in (*kept, "rule")],
        outer=[quoted(f"{column.name}__{each}") for each in kept],
        changed=(quoted(f"{column.name}__value"), quoted(f"{column.name}__rule")),
    )


def _date(column: Column, present: Mapping[str, bool]) -> Part:
    table = f"d_{column.name}"
    readings = f"{table}.readings"
    chosen, by_number = f"{readings}[1]", "NULL"
    if column.checked_by is not None and present[column.checked_by]:
        year = identifiers.birth_year(f"r.{quoted(f'{column.checked_by}__x')}")
        contradicted = f'len({readings}) > 1 AND {readings}[1]."year" <> {year}'
        fitting = f'list_filter({readings}, lambda e: e."year" = {year})[1]'
        chosen = f"CASE WHEN {contradicted} THEN coalesce({fitting}, {readings}[1]) ELSE {readings}[1] END"
        by_number = f"CASE WHEN {contradicted} AND {fitting} IS NOT NULL THEN 'by-number' END"
    name = quoted(f"{column.name}__r")
    raw = quoted(column.name)
    written = f"CASE {name}.\"precision\" WHEN 'day' THEN strftime({name}.\"date\", '%Y-%m-%d')"
    written += f" WHEN 'month' THEN strftime({name}.\"date\", '%Y-%m') ELSE CAST({name}.\"year\" AS VARCHAR) END"
    nothing = f"regexp_full_match({raw}, '{_NOTHING}')"
    unread = f"CASE WHEN {name} IS NULL AND NOT {nothing} THEN {raw} END"
    rule = f"CASE WHEN {name} IS NULL THEN CASE WHEN {nothing} THEN 'empty' ELSE 'unread' END"
    return Part(
        treatment=dates.treatment(column),
        dictionary=table,
        inner=[f"{chosen} AS {name}", f"{by_number} AS {quoted(f'{column.name}__n')}"],
        outer=[
            f'CASE WHEN {name}."precision" <> \'year\' THEN {name}."date" END',
            f'{name}."year"',
            f'{name}."precision"',
            unread,
        ],
        changed=(
            written,
            f"{rule} ELSE nullif(concat_ws('+', {name}.rule, {quoted(f'{column.name}__n')}), '') END",
        ),
    )


def _choice(column: Column, present: Mapping[str, bool]) -> Part:
    table, raw, name = f"d_{column.name}", quoted(column.name), quoted(f"{column.name}__x")
    value, by_number = f"{table}.value", "NULL"
    if column.checked_by is not None and present[column.checked_by]:
        codes = ", ".join(map(literal, choices.CODES))
        sex = identifiers.sex_of(f"r.{quoted(f'{column.checked_by}__x')}")
        value = f"CASE WHEN r.{raw} IN ({codes}) THEN coalesce({sex}, {table}.value) ELSE {table}.value END"
        by_number = f"CASE WHEN r.{raw} IN ({codes}) AND {sex} <> {table}.value THEN 'by-number' END"
    usual = ("nam", "nữ", *column.values, *(spellings[0] for spellings in column.values.values() if spellings))
    same = f"lower({raw}) IN ({', '.join(map(literal, usual))})"
    rule = f"CASE WHEN {name} IS NULL THEN 'unread' WHEN {quoted(f'{column.name}__n')} IS NOT NULL THEN 'by-number'"
    rule += f" WHEN NOT ({same}) THEN 'spelling' END"
    return Part(
        treatment=choices.treatment(column),
        dictionary=table,
        inner=[f"{value} AS {name}", f"{by_number} AS {quoted(f'{column.name}__n')}"],
        outer=[name, f"CASE WHEN {name} IS NULL THEN {raw} END"],
        changed=(
            name,
            rule,
        ),
    )


def _unit(column: Column, present: Mapping[str, bool], units: Units) -> Part:
    table, raw = f"d_{column.name}", quoted(column.name)
    former = f"{table}.now IS NULL"
    if column.as_of is not None and present[column.as_of] and units.reform is not None:
        written = f'd_{column.as_of}.readings[1]."date"'
        former = f"({former} OR coalesce({written} < DATE '{units.reform}', false) AND {table}.past IS NOT NULL)"
    value, old = quoted(f"{column.name}__x"), quoted(f"{column.name}__old")
    rule, review = quoted(f"{column.name}__rule"), quoted(f"{column.name}__review")
    read = f"CASE WHEN {former} THEN {table}.past ELSE {table}.now END"
    how = f"CASE WHEN {table}.named THEN 'name' WHEN {read} <> r.{raw} THEN 'zeros' END"
    moved = f"CASE WHEN {former} AND {table}.future <> {table}.past THEN 'successor' END"
    return Part(
        treatment=areas.treatment(),
        dictionary=table,
        inner=[
            f"CASE WHEN {former} THEN {table}.future ELSE {table}.now END AS {value}",
            f"CASE WHEN {former} THEN {table}.past END AS {old}",
            f"CASE WHEN {former} THEN coalesce({table}.review, false) ELSE false END AS {review}",
            f"nullif(concat_ws('+', {how}, {moved}), '') AS {rule}",
        ],
        outer=[
            value,
            old,
            quoted(f"{column.name}__review"),
            f"CASE WHEN {value} IS NULL AND {old} IS NULL THEN {raw} END",
        ],
        changed=(value, f"CASE WHEN {value} IS NULL THEN 'unread' ELSE {rule} END"),
    )


def _number(column: Column) -> Part:
    raw, value, old = quoted(column.name), quoted(f"{column.name}__x"), quoted(f"{column.name}__old")
    digits = quoted(f"{column.name}__bare")
    moved = f"{old} IS NOT NULL" if column.old_number is not None else "false"
    rule = f"CASE WHEN {value} = {raw} THEN NULL WHEN {value} IS NULL AND {moved} THEN 'old-number'"
    rule += f" WHEN {value} IS NULL THEN 'unread'"
    rule += f" WHEN {value} <> regexp_replace({raw}, '[^0-9]', '', 'g') THEN 'zeros' ELSE 'sign' END"
    return Part(
        bare=[f"{identifiers.bare(column, raw)} AS {digits}"],
        # They decide about other columns.
        numbers=[
            f"{identifiers.personal_number(raw, digits)} AS {value}",
            f"{identifiers.old_number(raw, digits)} AS {old}",
        ],
        outer=[value, f"CASE WHEN {value} IS NULL AND NOT ({moved}) THEN {raw} END"],
        changed=(
            value,
            rule,
        ),
    )


def _simple(registry: Registry, column: Column, *, is_vietnamese: bool) -> Part:
    raw, value = quoted(column.name), quoted(f"{column.name}__x")
    shown = f"CAST({value} AS DOUBLE)" if column.kind is Kind.NUMBER else value
    outer = [shown] if column.kind is Kind.CODE else [shown, f"CASE WHEN {value} IS NULL THEN {raw} END"]
    for number in registry.of_kind(Kind.PERSONAL_NUMBER):
        if number.old_number == column.name:
            outer[0] = f"coalesce({value}, {quoted(f'{number.name}__old')})"
    same = f"CAST({value} AS DOUBLE) = try_cast({raw} AS DOUBLE)" if column.kind is Kind.NUMBER else f"{value} = {raw}"
    signless, bare = quoted(f"{column.name}__bare"), identifiers.bare(column, raw)
    made = identifiers.simple(column, f"r.{raw}", f"r.{signless}", is_vietnamese=is_vietnamese)
    return Part(
        bare=[f"{bare} AS {signless}"] if bare is not None else [],
        inner=[f"{made} AS {value}"],
        outer=outer,
        changed=(value, f"CASE WHEN {same} THEN NULL WHEN {value} IS NULL THEN 'unread' ELSE 'form' END"),
    )
