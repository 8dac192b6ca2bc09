"""What a record that a transfer left behind says otherwise, as expressions of one record's number ``k``.

It was written years ago, somewhere else, by somebody else, often from paper: before there were personal numbers, under
the identity card of another province, at another address, by ear. Some of them are worn all through (``worn``, from 0
to 1), others hardly at all, so what identifies a member is lost together.
"""

from typing import Final

from lienthong.quality.generating.chance import Chance

# The law on personal numbers of twelve digits.
_NUMBERS: Final = "DATE '2016-01-01'"
# The exchange of cards brought a new series.
_CARDS: Final = "DATE '2025-07-01'"
# Heard alike in half the country, and confused in writing by the other half too.
_ASKING: Final = "ảẳẩẻểỉỏổởủửỷẢẲẨẺỂỈỎỔỞỦỬỶ"
_TUMBLING: Final = "ãẵẫẽễĩõỗỡũữỹÃẴẪẼỄĨÕỖỠŨỮỸ"


def left_behind(chance: Chance, records: str) -> str:
    """Return a query in which records of former places say what their writers knew.

    Args:
        chance: of the run.
        records: a query with ``k``, ``c`` (0 for the record of today), ``updated`` and what a member is known by:
            ``name``, ``born``, ``admitted``, ``official``, ``native``, ``number``, ``old``, ``file``, ``card`` and
            ``new_card``, ``phone``, ``house``.

    Returns:
        The query; it also has ``worn`` and ``vague``: of the date of birth only the year is known.
    """
    worn = f"SELECT *, CASE WHEN c = 0 THEN 0 ELSE {chance.share('k', 'worn')} END AS worn FROM ({records})"
    district = "regexp_replace(native, '^[^,]*, ', '')"
    changed = {
        "name": _name(chance),
        "born": _born(chance),
        "admitted": _near(chance, "admitted"),
        "official": _near(chance, "official"),
        "native": f"CASE WHEN {_worn(chance, 'native', 0.2)} THEN {district} ELSE native END",
        "number": _number(chance),
        "old": _old(chance),
        "file": _file(chance),
        "card": f"CASE WHEN {_worn(chance, 'card', 0.3)} THEN NULL WHEN updated < {_CARDS} THEN card ELSE new_card END",
        "phone": _phone(chance),
        "house": f"CASE WHEN c = 0 THEN house ELSE 1 + {chance.whole('k', 'house', 300)} END",
    }
    replaced = ", ".join(f"{expression} AS {name}" for name, expression in changed.items())
    vague = _worn(chance, "vague", 0.08)
    return f"SELECT * REPLACE ({replaced}), {vague} AS vague FROM ({worn})"


def _worn(chance: Chance, what: str, share: float) -> str:
    """Return a predicate that holds for so many of the records left behind, the worn ones first, and no others."""
    return f"({chance.share('k', f'lost {what}')} < {3 * share:g} * worn * worn)"


def _name(chance: Chance) -> str:
    """By ear, without the middle name, or with the letters of a typewriter."""
    heard = f"translate(name, '{_ASKING}{_TUMBLING}', '{_TUMBLING}{_ASKING}')"
    return (
        f"CASE WHEN {_worn(chance, 'tones', 0.10)} THEN strip_accents(translate(name, 'Đđ', 'Dd'))"
        f" WHEN {_worn(chance, 'heard', 0.10)} THEN {heard}"
        f" WHEN {_worn(chance, 'middle', 0.05)} THEN regexp_replace(name, ' .* ', ' ') ELSE name END"
    )


def _born(chance: Chance) -> str:
    """With day and month the wrong way round, by the calendar of the moon, or some days away."""
    days = f"CAST(1 + {chance.whole('k', 'days', 9)} AS INTEGER)"
    swapped = "make_date(year(born), day(born), month(born))"
    return (
        f"CASE WHEN day(born) <= 12 AND {_worn(chance, 'order', 0.15)} THEN {swapped}"
        f" WHEN {_worn(chance, 'year', 0.05)} THEN CAST(born + INTERVAL 1 YEAR AS DATE)"
        f" WHEN {_worn(chance, 'day', 0.03)} THEN born + {days} ELSE born END"
    )


def _near(chance: Chance, column: str) -> str:
    """The day of the decision, the ceremony or the entry: some weeks apart."""
    days = f"CAST({chance.whole('k', f'{column} days', 60)} - 30 AS INTEGER)"
    return f"CASE WHEN {_worn(chance, column, 0.25)} THEN {column} + {days} ELSE {column} END"


def _number(chance: Chance) -> str:
    """Not before there were any; then sometimes with two digits the wrong way round."""
    return (
        f"CASE WHEN c > 0 AND updated < {_NUMBERS} THEN CASE WHEN {chance.share('k', 'old there')} < 0.5 THEN old END"
        f" WHEN {_worn(chance, 'number', 0.3)} THEN NULL"
        f" WHEN {_worn(chance, 'digits', 0.05)} THEN number[1:8] || number[10] || number[9] || number[11:12]"
        " ELSE number END"
    )


def _old(chance: Chance) -> str:
    """Of another province: whoever moved got another card with another number."""
    other = f"lpad(CAST(100000000 + {chance.whole('k', 'other old', 900_000_000)} AS VARCHAR), 9, '0')"
    return f"CASE WHEN c > 0 AND {chance.share('k', 'card of old')} < 0.5 THEN {other} ELSE old END"


def _file(chance: Chance) -> str:
    """Missing, registered anew, or with a digit wrong."""
    anew = f"lpad(CAST({chance.whole('k', 'file anew', 1_000_000)} AS VARCHAR), 6, '0') || file[7:]"
    wrong = f"file[1:3] || {chance.whole('k', 'file digit', 10)} || file[5:]"
    return (
        f"CASE WHEN {_worn(chance, 'file', 0.3)} THEN NULL WHEN {_worn(chance, 'file anew', 0.1)} THEN {anew}"
        f" WHEN {_worn(chance, 'file digit', 0.1)} THEN {wrong} ELSE file END"
    )


def _phone(chance: Chance) -> str:
    """Of years ago: another one, or none."""
    other = f"900000000 + {chance.whole('k', 'other phone', 99_999_999)}"
    return f"CASE WHEN c = 0 OR {chance.share('k', 'same phone')} < 0.3 THEN phone ELSE {other} END"
