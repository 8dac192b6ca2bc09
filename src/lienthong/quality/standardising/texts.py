"""Texts, places and names."""

from lienthong.quality.description import Column, Kind
from lienthong.quality.standardising import vietnamese
from lienthong.quality.standardising.steps import Step, key, text_steps


def steps_of(column: Column, *, is_vietnamese: bool) -> list[Step]:
    """Return the steps of a column of kind text, place or name."""
    is_name = column.kind is Kind.NAME
    steps = text_steps(is_vietnamese=is_vietnamese, first=[Step("sign", _signs)] if is_name else [])
    if column.kind is Kind.PLACE and is_vietnamese:
        # Twice, as two of them beside each other share the space between them.
        steps += [Step("abbreviation", vietnamese.places), Step("abbreviation", vietnamese.places)]
    if is_name and column.order == "given-first":
        steps.append(Step("order", _given_first))
    steps.append(Step("case", _every_word if is_name and is_vietnamese else _shouted))
    if is_vietnamese:
        steps.append(Step("tone", vietnamese.tones))
    return steps


def more_of(column: Column, *, is_vietnamese: bool) -> str:
    """Return what else is made of a value: the key, and the parts of a name."""
    made = f"{key('value', is_vietnamese=is_vietnamese)} AS key"
    if column.kind is not Kind.NAME:
        return made
    words = "string_split(value, ' ')"
    first, last = f"{words}[1]", f"CASE WHEN len({words}) > 1 THEN {words}[-1] END"
    middle = f"nullif(array_to_string({words}[2:-2], ' '), '')"
    # A single word is what people are called by.
    alone = f"CASE WHEN len({words}) > 1 THEN {first} END"
    family, given = (alone, f"{words}[-1]") if column.order == "family-first" else (last, first)
    return f"{made}, {family} AS family, {middle} AS middle, {given} AS given"


def _signs(x: str) -> str:
    """Digits and signs that are no part of a name give way; what is in brackets goes."""
    bare = f"regexp_replace({x}, '\\([^)]*\\)|[0-9()\\[\\]{{}}\"“”.;:_*/\\\\|+=<>!?]+', ' ', 'g')"
    single = f"nullif(trim(regexp_replace({bare}, ' +', ' ', 'g')), '')"
    return f"CASE WHEN regexp_matches({x}, '[0-9()\\[\\]{{}}\"“”.;:_*/\\\\|+=<>!?]') THEN {single} ELSE {x} END"


def _given_first(x: str) -> str:
    """``Smith, John`` is John Smith."""
    return f"regexp_replace({x}, '^([^,]+?) ?, ?([^,]+)$', '\\2 \\1')"


def _every_word(x: str) -> str:
    capital = "lambda w: upper(w[1]) || w[2:]"
    return f"array_to_string(list_transform(string_split(lower({x}), ' '), {capital}), ' ')"


def _shouted(x: str) -> str:
    """Text in capitals only, or in small letters only, gets capitals at the beginning of words."""
    shouts = f"length({x}) > 3 AND ({x} = upper({x}) OR {x} = lower({x})) AND NOT regexp_matches({x}, '[0-9]')"
    return f"CASE WHEN {shouts} THEN {_every_word(x)} ELSE {x} END"
