"""What is said of each unit is what plain counting finds."""

import random
import unicodedata
from collections import Counter, defaultdict
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb
import pytest

from lienthong.quality import description, tables
from lienthong.quality.profiling_units import UNIT_PROFILE, profile_units
from tests.support import standardised

TITLE = "title = { vi = 'a', en = 'a', de = 'a' }"
REGISTRY = description.decode(
    f"""
    name = 'few'
    version = 1
    {TITLE}
    record_id = ['id']
    unit = 'home'
    columns = [
      {{ name = 'home', kind = 'unit', {TITLE} }},
      {{ name = 'word', kind = 'text', {TITLE} }},
      {{ name = 'born', kind = 'date', {TITLE} }},
      {{ name = 'size', kind = 'number', {TITLE} }},
      {{ name = 'faith', kind = 'text', sensitive = true, {TITLE} }},
      {{ name = 'phone', kind = 'phone', sensitive = true, {TITLE} }},
      {{ name = 'never', kind = 'text', {TITLE} }},
    ]
    """.encode(),
    "few.toml",
)  # fmt: skip
UNITS = [None, *(f"{at:05}" for at in range(7))]
WORDS = ["Đỗ", "đỗ", "Nguyễn Văn A", "x9", "12", "١٢", "ǅ", "'", '"', "<b>&</b>", "Số 7, Xã Ea H'Leo", "", "\ue000"]


type Rows = list[dict[str, Any]]
type Said = tuple[int, int, int, list[str], list[str], list[str]]


def made(chance: random.Random, count: int) -> Rows:
    """Return records with many ties; common words are far more frequent than the last ones."""
    rows: Rows = []
    for at in range(count):
        bad = chance.random() < 0.01
        common = chance.random() < 0.99
        rows.append({
            "record_id": str(at),
            "unit": (unit := chance.choices(UNITS, range(1, len(UNITS) + 1))[0]),
            "home": unit,
            "home_unread": None if unit else chance.choice(["nowhere", "không rõ"]),
            "word": chance.choice(WORDS[:3] if common else [*WORDS, None]),
            "born": None if bad else date(1960, 1, 1) + timedelta(days=chance.randrange(900)),
            "born_unread": chance.choice(["31/02/1960", "đầu năm", "30/02/1961"]) if bad else None,
            "size": chance.choice([None, 1.0, 2.5, -3.0]),
            "faith": chance.choice(["Không", "Hòa Hảo"] if common else ["Công giáo"]),
            "phone": f"09{chance.randrange(10**8):08}",
            "phone_unread": "+84 secret" if bad else None,
        })  # fmt: skip
    return rows


def form(text: str) -> str:
    """Return the form of a text, sign by sign."""
    kinds = {"Lu": "A", "Ll": "a", "Nd": "9", "Nl": "9", "No": "9"}
    signs = [kinds.get(unicodedata.category(sign), sign) for sign in text]
    return "".join(sign if sign in "Aa9" else "".join(run) for sign, run in groupby(signs))


def in_order(counted: Counter[str]) -> list[str]:
    return sorted(counted, key=lambda each: (-counted[each], each))


def of_column(rows: Rows, name: str, *, sensitive: bool) -> dict[str, Said]:
    """Count the values of one column in plain Python."""
    totals = Counter(form(str(row[name])) for row in rows if row.get(name) is not None)
    unread = Counter(form(row[f"{name}_unread"]) for row in rows if row.get(f"{name}_unread"))
    units = defaultdict(list)
    for row in rows:
        units[row["unit"] or ""].append(row)
    found: dict[str, Said] = {}
    for unit, own in units.items():
        values = Counter(str(row[name]) for row in own if row.get(name) is not None)
        forms = Counter(form(value) for value in values.elements())
        wrong = Counter(row[f"{name}_unread"] for row in own if row.get(f"{name}_unread"))
        rare = sorted(
            (totals[form(each)], form(each), each) for each in values if totals[form(each)] * 1000 < totals.total()
        )
        bad = sorted((unread[form(each)], form(each), each) for each in wrong)
        found[unit] = (
            len(own),
            values.total(),
            len(values),
            [each for each in in_order(forms) if not sensitive or forms[each] >= 5][:5],
            [] if sensitive else [each for each in in_order(values) if values[each] > 1][:5],
            []
            if sensitive
            else [next(group)[2] for part in (bad, rare) for _, group in groupby(part, lambda each: each[:2])][:5],
        )
    return found


def said(connection: duckdb.DuckDBPyConnection, folder: Path, rows: Rows) -> dict[tuple[str, str], Said]:
    """Return what the table says of records, by unit and column."""
    source = standardised.write(connection, REGISTRY, rows, folder / tables.STANDARDISED)
    profile_units(connection, REGISTRY, folder, source=source)
    found = connection.execute(f"FROM '{folder / UNIT_PROFILE}'").fetchall()
    # By unit, and the columns of each as the registry has them.
    places = [(row[0], [column.name for column in REGISTRY.columns].index(row[1])) for row in found]
    assert places == sorted(places)
    return {(row[0], row[1]): row[2:] for row in found}


@pytest.mark.parametrize("seed", range(4))
def test_it_is_what_plain_counting_finds(connection: duckdb.DuckDBPyConnection, tmp_path: Path, seed: int) -> None:
    rows = made(random.Random(seed), 3000)
    found = said(connection, tmp_path, rows)
    assert found == {
        (unit, column.name): each
        for column in REGISTRY.columns
        for unit, each in of_column(rows, column.name, sensitive=column.sensitive).items()
    }
    assert any(each[5] for each in found.values())


def test_the_order_of_records_does_not_matter(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    chance = random.Random(5)
    rows = made(chance, 500)
    first = said(connection, tmp_path, rows)
    chance.shuffle(rows)
    assert said(connection, tmp_path, rows) == first


def test_of_equally_frequent_values_the_first_are_told(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    rows: Rows = [{"unit": "1", "word": word} for word in "gfedcba" * 2] + [{"unit": "1", "word": "once"}]
    assert said(connection, tmp_path, rows)["1", "word"] == (15, 15, 8, ["a"], ["a", "b", "c", "d", "e"], [])


def test_what_could_not_be_read_comes_before_rare_forms(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    rows: Rows = [{"unit": "1", "born": date(1960, 1, 1)} for _ in range(3)]
    rows += [{"unit": "1", "born_unread": text} for text in ("32/01/1960", "31/02/1960", "spring")]
    assert said(connection, tmp_path, rows)["1", "born"] == (
        6, 3, 1, ["9-9-9"], ["1960-01-01"], ["spring", "31/02/1960"],
    )  # fmt: skip


def test_nothing_of_sensitive_columns_but_forms_that_several_have(
    connection: duckdb.DuckDBPyConnection, tmp_path: Path
) -> None:
    rows: Rows = [{"unit": "1", "faith": "Không"} for _ in range(5)]
    rows += [{"unit": "1", "faith": "Hòa Hảo", "phone_unread": "secret"} for _ in range(4)]
    found = said(connection, tmp_path, rows)
    assert found["1", "faith"] == (9, 9, 2, ["Aa"], [], [])
    assert found["1", "phone"] == (9, 0, 0, [], [], [])


def test_without_units_there_is_one(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    found = said(connection, tmp_path, [{"word": "Đỗ"}, {"word": "Đỗ"}])
    assert found["", "word"] == (2, 2, 1, ["Aa"], ["Đỗ"], [])
    assert {unit for unit, _ in found} == {""}
