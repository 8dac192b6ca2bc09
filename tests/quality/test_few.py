"""Few records are standardised and checked as a whole run does it."""

from datetime import date
from pathlib import Path

import duckdb
import pytest

from lienthong.quality import description
from lienthong.quality.few import Few
from lienthong.quality.reading import read
from lienthong.quality.standardising import standardise
from lienthong.quality.tables import RECORD_ID, STANDARDISED, fields, quoted
from lienthong.quality.validating import load_rules, validate
from lienthong.quality.validating.check import FAILURES
from tests.quality.standardising.conftest import UNITS

TODAY = date(2026, 11, 27)
RECORDS = {
    "a": {"full_name": "NGUYỄN  VĂN A", "birth_date": "03/02/60", "personal_number": "36060001234", "sex": "0"},
    "b": {"full_name": "Trần Thị B", "birth_date": "1971", "unit_code": "00001", "updated_on": "2020-01-01"},
    "c": {"full_name": "", "birth_date": "31/02/1960", "sex": "f", "personal_number": "036060001234"},
}


@pytest.fixture(scope="module")
def few() -> Few:
    return Few(description.load("member"), today=TODAY, units=UNITS)


def of_a_run(connection: duckdb.DuckDBPyConnection, folder: Path) -> tuple[list[tuple[object, ...]], set[object]]:
    """Return the standardised rows of the records, and record and rule of what is not unique to few of them."""
    described = description.load("member")
    names = [column.name for column in described.registry.columns]
    lines = [",".join([RECORD_ID, *names])]
    lines += [",".join([key, *(values.get(name, "") for name in names)]) for key, values in RECORDS.items()]
    (folder / "records.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    found = read(connection, described.registry, folder / "records.csv", scratch=folder)
    standardise(connection, described.registry, found.columns, folder, run="run", units=UNITS)
    rules = load_rules(described)
    validate(connection, described, rules, folder, source=folder / STANDARDISED, today=TODAY)
    rows = connection.execute(f"FROM '{folder}/{STANDARDISED}' ORDER BY record_id").fetchall()
    broken = connection.execute(f"SELECT record_id, rule FROM '{folder}/{FAILURES}'").fetchall()
    unique = {rule.id for rule in rules.rules if rule.unique}
    return rows, {(key, rule) for key, rule in broken if rule not in unique}


def test_they_become_what_a_run_makes_of_them(few: Few, connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    wanted = [quoted(field.name) for field in fields(description.load("member").registry)]
    looked = sorted(few.look(RECORDS, today=TODAY, wanted=wanted), key=lambda each: each.record_id)
    rows, broken = of_a_run(connection, tmp_path)
    assert [each.values for each in looked] == rows
    assert {(each.record_id, rule) for each in looked for rule in each.breaks} == broken
    assert broken


def test_nothing_of_one_question_is_left_for_the_next(few: Few) -> None:
    assert few.look({}, today=TODAY, wanted=["full_name"]) == ()
    first, again = (few.look({"a": RECORDS["a"]}, today=TODAY, wanted=["full_name", "sex"]) for _ in range(2))
    assert first == again
    assert first[0].values == ("Nguyễn Văn A", "m")


def test_a_rule_about_today_holds_for_the_day_that_is_asked(few: Few) -> None:
    record = {"a": {"birth_date": "01/01/1990", "admission_date": "01/01/2020"}}
    early, late = (few.look(record, today=day, wanted=[])[0].breaks for day in (date(2019, 1, 1), TODAY))
    assert early != late


def test_what_a_spreadsheet_would_compute_is_taken_for_empty(few: Few) -> None:
    (looked,) = few.look({"a": {"alias": '=HYPERLINK("x")', "cell": "-"}}, today=TODAY, wanted=["alias"])
    assert (looked.values, looked.formulas) == ((None,), frozenset({"alias"}))
