"""Dates, numbers, choices and units, and that standardising twice is standardising once."""

import unicodedata
from datetime import date
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from lienthong.quality.standardising import vietnamese
from tests.quality.standardising.conftest import Row, Standardise

DATES: dict[str, tuple[Any, ...]] = {
    "03/02/1960": (date(1960, 2, 3), 1960, "day", None, None),
    "1960-02-03": (date(1960, 2, 3), 1960, "day", None, None),
    "1960-02-03 00:00:00": (date(1960, 2, 3), 1960, "day", None, None),
    "3.2.1960": (date(1960, 2, 3), 1960, "day", None, None),
    "03 - 02 - 1960": (date(1960, 2, 3), 1960, "day", None, None),
    "ngày 3 tháng 2 năm 1960": (date(1960, 2, 3), 1960, "day", None, None),
    "3 Feb 1960": (date(1960, 2, 3), 1960, "day", None, None),
    "03/02/60": (date(1960, 2, 3), 1960, "day", None, "short-year"),
    "03/02/05": (date(2005, 2, 3), 2005, "day", None, "short-year"),
    "05/25/1960": (date(1960, 5, 25), 1960, "day", None, "swapped"),
    "03021960": (date(1960, 2, 3), 1960, "day", None, "compact"),
    "19600203": (date(1960, 2, 3), 1960, "day", None, "compact"),
    "030260": (date(1960, 2, 3), 1960, "day", None, "short-year"),
    "21949": (date(1960, 2, 3), 1960, "day", None, "serial"),
    "02/1960": (date(1960, 2, 1), 1960, "month", None, None),
    "1960-02": (date(1960, 2, 1), 1960, "month", None, None),
    "00/02/1960": (date(1960, 2, 1), 1960, "month", None, "zeros"),
    "1960": (None, 1960, "year", None, None),
    "năm 1960": (None, 1960, "year", None, None),
    "00/00/1960": (None, 1960, "year", None, "zeros"),
    "31/02/1960": (None, None, None, "31/02/1960", "unread"),
    "29/02/1961": (None, None, None, "29/02/1961", "unread"),
    "12/12/1066": (None, None, None, "12/12/1066", "unread"),
    "khoảng 1960-61": (None, None, None, "khoảng 1960-61", "unread"),
    "00/00/0000": (None, None, None, None, "empty"),
}


def test_dates(standardised: Standardise) -> None:
    rows, changes = standardised([{"admission_date": text} for text in DATES])
    rules = {change["raw"]: change["rule"] for change in changes}
    names = ("", "_year", "_precision", "_unread")
    found = {
        text: (*(row[f"admission_date{name}"] for name in names), rules.get(text))
        for text, row in zip(DATES, rows, strict=True)
    }
    assert found == DATES


@pytest.mark.parametrize(
    ("text", "number", "read_as"),
    [
        # The number says 1960: day and month stand in another order than was thought.
        ("60/05/12", "036060001234", date(1960, 5, 12)),
        ("03/02/25", "036025001234", date(1925, 2, 3)),
        ("03/02/25", "036225001234", date(2025, 2, 3)),
        # It says nothing that any reading agrees with.
        ("03/02/1961", "036060001234", date(1961, 2, 3)),
        ("03/02/25", None, date(2025, 2, 3)),
    ],
    ids=range(5),
)
def test_the_personal_number_decides_between_readings(
    standardised: Standardise, text: str, number: str | None, read_as: date
) -> None:
    records: list[dict[str, str | None]] = [{"birth_date": text, "personal_number": number}, {"sex": "Nam"}]
    assert standardised(records)[0][0]["birth_date"] == read_as


NUMBERS: dict[str, tuple[Any, ...]] = {
    "036060001234": ("036060001234", None, None, None),
    "36060001234": ("036060001234", None, None, "zeros"),
    "1060001234": ("001060001234", None, None, "zeros"),
    "36060001234.0": ("036060001234", None, None, "zeros"),
    "036 060 001 234": ("036060001234", None, None, "sign"),
    "123456789": (None, "123456789", None, "old-number"),
    "12345678": (None, "012345678", None, "old-number"),
    "123.456.789": (None, "123456789", None, "old-number"),
    "97060001234": (None, None, "97060001234", "unread"),
    "3.606E+10": (None, None, "3.606E+10", "unread"),
    "000000000000": (None, None, "000000000000", "unread"),
    "12": (None, None, "12", "unread"),
    "không": (None, None, "không", "unread"),
}


def test_personal_numbers(standardised: Standardise) -> None:
    rows, changes = standardised([{"personal_number": text} for text in NUMBERS])
    rules = {change["raw"]: change["rule"] for change in changes}
    found = {
        text: (row["personal_number"], row["old_number"], row["personal_number_unread"], rules.get(text))
        for text, row in zip(NUMBERS, rows, strict=True)
    }
    assert found == NUMBERS


def test_an_old_number_of_its_own_stays(standardised: Standardise) -> None:
    row = standardised([{"personal_number": "123456789", "old_number": "11111111"}])[0][0]
    assert row["old_number"] == "011111111"


@pytest.mark.parametrize(
    ("column", "text", "value"),
    [
        ("sex", "Nữ", "f"),
        ("sex", "NAM", "m"),
        ("sex", "male", "m"),
        ("sex", "1", "m"),
        ("membership", "Chính thức", "official"),
        ("membership", "ĐV dự bị", "probationary"),
        ("status", "TỪ TRẦN", "deceased"),
        ("file_number", "1234 ab", "001234AB"),
        ("card_number", "1234567", "01234567"),
        ("phone", "+84 912 345 678", "0912345678"),
        ("phone", "912345678", "0912345678"),
        ("phone", "0168.1234567", "0381234567"),
    ],
    ids=range(12),
)
def test_choices_and_codes(standardised: Standardise, column: str, text: str, value: str) -> None:
    assert standardised([{column: text}])[0][0][column] == value


@pytest.mark.parametrize(("column", "text"), [("sex", "x"), ("status", "?!a"), ("phone", "12")], ids=range(3))
def test_what_cannot_be_read_is_kept(standardised: Standardise, column: str, text: str) -> None:
    row = standardised([{column: text}])[0][0]
    assert (row[column], row[f"{column}_unread"]) == (None, text)


def test_the_number_decides_what_a_code_of_sex_means(standardised: Standardise) -> None:
    rows, changes = standardised(
        [{"sex": "0", "personal_number": "036060001234"}, {"sex": "0", "personal_number": None}]
    )
    assert [row["sex"] for row in rows] == ["m", "f"]
    assert "by-number" in {change["rule"] for change in changes}


def test_mail_and_post(standardised: Standardise) -> None:
    row = standardised([{"email": " Jane@Example.ORG ", "postcode": "ab1 2cd", "phone": "(02) 1234-5678"}], "person")[
        0
    ][0]
    assert (row["email"], row["postcode"], row["phone"]) == ("jane@example.org", "AB12CD", "0212345678")
    assert standardised([{"email": "jane@"}], "person")[0][0]["email_unread"] == "jane@"


UNITS: list[tuple[str, str | None, tuple[Any, ...]]] = [
    # Code as written, when it was written: present code, former code, split, not read.
    ("00004", "01/08/2025", ("00004", None, False, None)),
    ("4", "01/08/2025", ("00004", None, False, None)),
    ("00001", "01/08/2020", ("00097", "00001", False, None)),
    ("00001", None, ("00097", "00001", False, None)),
    ("Phường Ba Đình, Hà Nội", None, ("00004", None, False, None)),
    ("P. Phúc Xá, Q. Ba Đình, TP Hà Nội", None, ("00097", "00001", False, None)),
    ("99999", None, (None, None, False, "99999")),
    ("Chi bộ 3", None, (None, None, False, "Chi bộ 3")),
    (".", None, (None, None, False, ".")),
]


def test_units(standardised: Standardise) -> None:
    rows, _ = standardised([{"unit_code": code, "updated_on": on} for code, on, _ in UNITS])
    found = [tuple(row[f"unit_code{name}"] for name in ("", "_old", "_review", "_unread")) for row in rows]
    assert found == [expected for _, _, expected in UNITS]
    assert [row["unit"] for row in rows] == [row["unit_code"] for row in rows]


def test_columns_that_are_treated_alike_share_no_values(standardised: Standardise) -> None:
    rows, changes = standardised(
        [
            {"full_name": "LÊ AN", "birth_name": None, "birth_date": "31/12/60", "admission_date": "05/25/1980"},
            {"full_name": "Lê  Anh", "birth_name": "LÊ AN", "birth_date": "1961", "admission_date": "31/12/60"},
        ]
    )
    found = [(row["full_name"], row["birth_name"], row["birth_date_year"], row["admission_date"]) for row in rows]
    assert found == [
        ("Lê An", None, 1960, date(1980, 5, 25)),
        ("Lê Anh", "Lê An", 1961, date(1960, 12, 31)),
    ]
    assert sorted((change["record_id"], change["field"], change["rule"]) for change in changes) == [
        ("0", "admission_date", "swapped"),
        ("0", "birth_date", "short-year"),
        ("0", "full_name", "case"),
        ("1", "admission_date", "short-year"),
        ("1", "birth_name", "case"),
        ("1", "full_name", "space"),
    ]


def written(row: Row) -> dict[str, str | None]:
    """Return a standardised row as a record that says the same."""
    texts = {name: row[name] for name in ("full_name", "residence", "sex", "personal_number", "old_number", "phone")}
    texts["unit_code"] = row["unit_code_old"] or row["unit_code"]
    match row["birth_date_precision"]:
        case "day":
            texts["birth_date"] = row["birth_date"].isoformat()
        case "month":
            texts["birth_date"] = row["birth_date"].strftime("%Y-%m")
        case _:
            texts["birth_date"] = str(row["birth_date_year"]) if row["birth_date_year"] else None
    return {"updated_on": "2020-01-01", **texts}


SYLLABLES = [
    *("nguyễn", "văn", "thị", "hòa", "hoà", "thuý", "đặng", "lê", "trường", "ủy", "uỷ", "ban", "phường", "hà", "nội"),
    *("bắc", "ước", "ẩn", "oánh", "ý", "yến", "khuê", "ngọc"),
]
MARKS = {combining: signs[0] for signs, combining, _after in vietnamese._VNI}
ALONE = str.maketrans("đỉĩịỵĐỈĨỊỴ", "ñæóòîÑÆÓÒÎ")


def in_tcvn3(text: str) -> str:
    return text.translate(str.maketrans(vietnamese._TCVN3_LETTERS, vietnamese._TCVN3))


def in_vni(text: str) -> str:
    """Write a text as the fonts VNI did: a mark behind its letter."""
    written = ""
    for letter in text.translate(ALONE):
        base, *marks = list(unicodedata.normalize("NFD", letter))
        horn = "\u031b" in marks
        signs = "".join(mark for mark in marks if mark != "\u031b")
        written += (
            {"o": "ô", "u": "ö", "O": "Ô", "U": "Ö"}[base] if horn else letter if base in "iI" or not signs else base
        )
        written += MARKS.get(signs, "") if base not in "iI" else ""
    return written


def in_pieces(text: str) -> str:
    return unicodedata.normalize("NFD", text)


# What people write, in each of the ways that computers kept it.
WORDS = st.builds(
    lambda words, gap, letters, font: font(letters(gap.join(words))),
    st.lists(st.sampled_from([*SYLLABLES, "P.15", "Q. 3", "TX.", "-", "(a)"]), max_size=5),
    st.sampled_from([" ", "  ", "\u00a0", ", "]),
    st.sampled_from([str, str.title]),
    st.sampled_from([str, in_tcvn3, in_vni, in_pieces, str.upper]),
)
RECORD = st.fixed_dictionaries(
    {
        "full_name": WORDS,
        "residence": WORDS,
        "sex": st.sampled_from(["nam", "Nữ", "0", "x", ""]),
        "birth_date": st.text("0123456789/-. ", max_size=10) | st.dates().map(lambda day: day.strftime("%d/%m/%y")),
        "personal_number": st.text("0123456789 ", max_size=13) | st.just("036060001234"),
        "old_number": st.just(None),
        "phone": st.text("0123456789+ ", max_size=13),
        "unit_code": st.sampled_from(["00001", "1", "00097", "99999", "P. Phúc Xá, Q. Ba Đình, Hà Nội"]),
        "updated_on": st.just("2020-01-01"),
    }
)


@settings(
    max_examples=5, deadline=None, phases=[Phase.explicit, Phase.generate], suppress_health_check=list(HealthCheck)
)
@given(records=st.lists(RECORD, min_size=20, max_size=40))
def test_twice_is_once(standardised: Standardise, records: list[dict[str, str | None]]) -> None:
    blank = [{name: value or None for name, value in record.items()} for record in records]
    once, changes = standardised(blank)
    raw = {(int(change["record_id"]), change["field"]): change["raw"] for change in changes}
    for (at, field), value in raw.items():
        assert blank[at][field] == value
    twice, _ = standardised([written(row) for row in once])
    unread = {name for name in once[0] if name.endswith("_unread")}
    for first, second in zip(once, twice, strict=True):
        assert {k: v for k, v in first.items() if k not in unread} == {
            k: v for k, v in second.items() if k not in unread
        }
