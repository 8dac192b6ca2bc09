"""Sex, and values of a short list, by their other spellings."""

from typing import Final

from lienthong.quality.description import Column, Kind
from lienthong.quality.standardising.steps import key
from lienthong.quality.tables import literal

_SEXES: Final = {
    "m": ("m", "male", "man", "nam", "trai", "mann", "maennlich", "mannlich", "ong", "mr", "1"),
    "f": ("f", "female", "woman", "nu", "gai", "frau", "weiblich", "w", "ba", "mrs", "ms", "0", "2"),
}
CODES: Final = ("0", "1", "2")
"""Of sex: their meaning differs from place to place."""


def treatment(column: Column) -> str:
    """Return the query of ``texts`` (``dictionaries``) that finds each ``value``; NULL where it is no spelling."""
    known = _SEXES if column.kind is Kind.SEX else {value: (value, *others) for value, others in column.values.items()}
    pairs = [(value, spelling) for value, spellings in known.items() for spelling in spellings]
    rows = ", ".join(f"({literal(spelling)}, {literal(value)})" for value, spelling in pairs)
    spellings = (
        f"SELECT DISTINCT {key('spelling', is_vietnamese=False)} AS key, value FROM (VALUES {rows}) v(spelling, value)"
    )
    texts = f"SELECT *, {key('raw', is_vietnamese=False)} AS key FROM texts"
    return (
        f"SELECT raw, used_by, any_value(value) AS value FROM ({texts}) LEFT JOIN ({spellings}) USING (key)"
        " GROUP BY raw, used_by"
    )
