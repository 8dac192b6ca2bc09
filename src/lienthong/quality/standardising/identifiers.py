"""Personal numbers, codes, phones, addresses of mail, numbers: nearly all different, so read row by row."""

from typing import Final

from lienthong.quality.description import Column, Kind

PROVINCES: Final = 96
"""The highest code of a province of birth registration in personal numbers (of before the reform of 2025)."""
# 016x and so on became 03x in 2018.
_MOBILE: Final = (
    ("0162", "032"), ("0163", "033"), ("0164", "034"), ("0165", "035"), ("0166", "036"), ("0167", "037"),
    ("0168", "038"), ("0169", "039"), ("0120", "070"), ("0121", "079"), ("0122", "077"), ("0126", "076"),
    ("0128", "078"), ("0123", "083"), ("0124", "084"), ("0125", "085"), ("0127", "081"), ("0129", "082"),
    ("0186", "056"), ("0188", "058"), ("0199", "059"),
)  # fmt: skip


def bare(column: Column, x: str) -> str | None:
    """Return the expression of what is left without signs, which others are made of; None where they need none."""
    match column.kind:
        case Kind.PERSONAL_NUMBER:
            # What a spreadsheet adds to a number that it took for one goes first.
            return f"regexp_replace(regexp_replace({x}, '[.,]0$', ''), '[^0-9]', '', 'g')"
        case Kind.CODE:
            signless = f"regexp_replace(upper(nfc_normalize({x})), '[^\\pL0-9]', '', 'g')"
            return f"CASE WHEN regexp_full_match({x}, '[A-Z0-9]+') THEN {x} ELSE {signless} END"
        case Kind.PHONE:
            return f"regexp_replace({x}, '[^0-9]', '', 'g')"
        case Kind.EMAIL:
            return f"lower(regexp_replace({x}, '^mailto:|\\s|[<>;,]', '', 'g'))"
        case _:
            return None


def personal_number(x: str, digits: str) -> str:
    """Return the expression of twelve digits, leading zeros restored; NULL where it is none."""
    province = "CAST(left(lpad({d}, 12, '0'), 3) AS INTEGER) BETWEEN 1 AND " + str(PROVINCES)
    padded = f"lpad({digits}, 12, '0')"
    return (
        f"CASE WHEN regexp_full_match({x}, '0[0-9]{{11}}') AND {x} <> '000000000000' THEN {x}"
        f" WHEN regexp_matches({x}, '[A-Za-z]') THEN NULL"
        f" WHEN length({digits}) BETWEEN 10 AND 11 AND {province.format(d=digits)} THEN {padded}"
        f" WHEN length({digits}) = 12 AND {digits} <> '000000000000' THEN {digits} END"
    )


def old_number(x: str, digits: str) -> str:
    """Return the expression of nine digits that stand where a personal number belongs; else NULL."""
    return (
        f"CASE WHEN length({x}) < 8 OR regexp_full_match({x}, '[0-9]{{10,}}') THEN NULL"
        f" WHEN regexp_matches({x}, '[A-Za-z]') THEN NULL"
        f" WHEN length({digits}) BETWEEN 8 AND 9 AND CAST({digits} AS BIGINT) > 0 THEN lpad({digits}, 9, '0') END"
    )


def birth_year(number: str) -> str:
    """Return the expression of the year a personal number was given for."""
    century = f"CAST(substr({number}, 4, 1) AS INTEGER) // 2"
    return f"(1900 + 100 * ({century}) + CAST(substr({number}, 5, 2) AS INTEGER))"


def sex_of(number: str) -> str:
    """Return the expression of the sex a personal number was given for."""
    return f"CASE WHEN CAST(substr({number}, 4, 1) AS INTEGER) % 2 = 0 THEN 'm' ELSE 'f' END"


def simple(column: Column, x: str, without_signs: str, *, is_vietnamese: bool) -> str:
    """Return the expression of a code, phone, mail address or number as text."""
    match column.kind:
        case Kind.CODE:
            return _code(column, without_signs)
        case Kind.PHONE:
            return _phone(x, without_signs, is_vietnamese=is_vietnamese)
        case Kind.EMAIL:
            is_address = f"regexp_full_match({without_signs}, '[^@\\s]+@[^@\\s]+\\.[^@\\s.]+')"
            return f"CASE WHEN {is_address} THEN {without_signs} END"
        case _:
            return f"CAST(try_cast(replace(trim({x}), ',', '.') AS DOUBLE) AS VARCHAR)"


def _code(column: Column, code: str) -> str:
    if column.digits is None:
        return f"nullif({code}, '')"
    number = f"regexp_extract({code}, '^[0-9]+')"
    zeros = f"CASE WHEN {number} <> '' THEN repeat('0', greatest(0, {column.digits} - length({number}))) ELSE '' END"
    return f"nullif({zeros} || {code}, '')"


def _phone(x: str, digits: str, *, is_vietnamese: bool) -> str:
    if not is_vietnamese:
        return f"CASE WHEN length({digits}) BETWEEN 5 AND 15 THEN {digits} END"
    home = f"CASE WHEN regexp_full_match({digits}, '84[0-9]{{9,10}}') THEN '0' || {digits}[3:]"
    home += f" WHEN regexp_full_match({digits}, '[1-9][0-9]{{8,9}}') THEN '0' || {digits} ELSE {digits} END"
    moved = " ".join(f"WHEN '{old}' THEN '{new}'" for old, new in _MOBILE)
    prefix = f"CASE WHEN length({home}) = 11 THEN CASE left({home}, 4) {moved} END END"
    full = f"coalesce({prefix} || ({home})[5:], {home})"
    quick = f"regexp_full_match({x}, '0[0-9]{{9}}')"
    return f"CASE WHEN {quick} THEN {x} WHEN length({digits}) BETWEEN 8 AND 12 THEN {full} END"
