"""Rules find what breaks them; counts by unit add up to the scores of the tree."""

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from lienthong.profiles.vn import units as vn
from lienthong.quality import description, tables
from lienthong.quality.errors import RegistryInvalid
from lienthong.quality.units import NO_UNITS, Units
from lienthong.quality.validating import Validated, duplicates, load_rules, score, validate
from tests.quality.validating.test_rules import rule, write

MEMBER = description.load("member")
TODAY = date(2026, 11, 26)
GOOD: dict[str, Any] = {
    "unit": "00004", "unit_code": "00004", "unit_code_review": False, "cell": "Chi bộ 1", "file_number": "123456AB",
    "card_number": "00000001", "full_name": "Nguyễn Văn A", "full_name_family": "Nguyễn", "sex": "m",
    "birth_date": date(1960, 2, 3), "birth_date_year": 1960, "birth_date_precision": "day",
    "personal_number": "036060001234", "residence": "Hà Nội", "ethnicity": "Kinh", "religion": "Không",
    "admission_date": date(1985, 2, 3), "admission_date_year": 1985, "admission_date_precision": "day",
    "official_date": date(1986, 2, 3), "official_date_year": 1986, "official_date_precision": "day",
    "membership": "official", "status": "active", "verified_on": date(2026, 1, 1), "updated_on": date(2026, 1, 1),
}  # fmt: skip

type Check = Callable[..., tuple[Validated, set[tuple[str, str]]]]


@pytest.fixture
def check(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> Check:
    """Return a function that validates records, each a good one with changes."""

    def go(*records: dict[str, Any]) -> tuple[Validated, set[tuple[str, str]]]:
        fields = ", ".join(f"{tables.quoted(field.name)} {field.type}" for field in tables.fields(MEMBER.registry))
        connection.execute(f"CREATE OR REPLACE TEMP TABLE good_records ({fields})")
        for at, changes in enumerate(records):
            own = {"record_id": str(at), "personal_number": f"0360600012{at:02}", "card_number": f"000000{at:02}"}
            record = GOOD | own | changes
            marks = ", ".join("?" for _ in record)
            connection.execute(
                f"INSERT INTO good_records ({', '.join(record)}) VALUES ({marks})", list(record.values())
            )
        source = tmp_path / "standardised.parquet"
        connection.execute(f"COPY good_records TO '{source}' (FORMAT parquet)")
        found = validate(connection, MEMBER, load_rules(MEMBER), tmp_path, source=source, today=TODAY)
        duplicates.count(connection, [], source=f"read_parquet('{source}')", clusters=None, today=TODAY)
        rows = connection.execute(f"SELECT record_id, rule FROM '{tmp_path}/failures.parquet'").fetchall()
        return found, {(str(row[0]), str(row[1])) for row in rows}

    return go


def test_a_good_record_breaks_nothing(check: Check) -> None:
    assert check({}) == (Validated(records=1, failing=0, failures=0), set())


BROKEN: list[tuple[dict[str, Any], str]] = [
    ({"full_name": None, "full_name_family": None}, "name-missing"),
    ({"sex": None}, "sex-missing"),
    ({"sex": None, "sex_unread": "x"}, "sex-form"),
    ({"birth_date": None, "birth_date_year": None, "birth_date_precision": None}, "birth-date-missing"),
    ({"birth_date": None, "birth_date_precision": "year"}, "birth-day-unknown"),
    ({"personal_number": None}, "number-missing"),
    ({"personal_number": None, "personal_number_unread": "12"}, "number-form"),
    ({"personal_number": "936060001234"}, "number-form"),
    ({"personal_number": "036061001234"}, "number-year"),
    ({"personal_number": "036160001234"}, "number-sex"),
    ({"cell": None}, "cell-missing"),
    ({"file_number": "12AB"}, "file-number-form"),
    ({"card_number": "12"}, "card-number-form"),
    ({"card_number": None}, "card-missing"),
    ({"official_date": None, "official_date_year": None}, "official-missing"),
    ({"official_date": date(1984, 1, 1)}, "official-before-admission"),
    ({"official_date": date(1985, 6, 1)}, "probation-shorter"),
    ({"admission_date_year": 1977}, "admission-age"),
    ({"updated_on": date(2027, 1, 1)}, "in-future"),
    ({"unit_code": None, "unit_code_unread": "99999"}, "unit-unknown"),
    ({"unit_code_review": True}, "unit-split"),
    ({"membership": "probationary"}, "probationary-with-card"),
    ({"verified_on": date(2024, 1, 1)}, "not-verified"),
    ({"verified_on": None}, "never-verified"),
    ({"full_name_family": None}, "name-form"),
    ({"phone_unread": "12"}, "phone-form"),
]


def test_each_rule_finds_what_breaks_it(check: Check) -> None:
    found, failures = check(*(changes for changes, _ in BROKEN))
    assert {(str(at), rule) for at, (_, rule) in enumerate(BROKEN)} == failures
    assert found.failing == len(BROKEN)


def test_numbers_are_unique(check: Check) -> None:
    same = {"personal_number": "036060001234"}
    assert check(same, same, {})[1] == {("0", "number-twice"), ("1", "number-twice")}


def test_scores_roll_up_the_tree(check: Check, connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    check({}, {"unit": "00008", "unit_code": "00008", "verified_on": None}, {"unit": None, "cell": None})
    units = Units(versions=vn.every_version(), successions=vn.every_succession(), reform=vn.REFORM)
    whole = score(connection, tmp_path, units=units).dimensions
    assert whole["correct"] == 100
    rows = connection.execute(
        f"SELECT unit, dimension, score, name, failures FROM '{tmp_path}/scores.parquet'"
    ).fetchall()
    by_unit = {(row[0], row[1]): row[2:] for row in rows}
    assert by_unit["00004", "current"][:2] == (100, "Phường Ba Đình")
    assert by_unit["00008", "current"][0] < 100
    # Never verified weighs 2 and is about both; not verified weighs 1 and is about the one that was; too old 2.
    assert by_unit["01", "current"] == (round(100 * (1 - 2 / 9), 2), "Thành phố Hà Nội", 1)
    assert by_unit["01", "complete"][0] == 100
    # The record without a unit counts for the whole only.
    assert by_unit["*", "complete"][2] == 1
    assert by_unit["VN", "current"][2] == 1


def test_without_units_there_is_the_whole(check: Check, connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    check({})
    assert set(score(connection, tmp_path, units=NO_UNITS).dimensions.values()) == {100}


def test_a_test_that_is_no_sql_is_named(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    described = write(tmp_path, rule('test = "hight > 0"'))
    connection.execute(f"COPY (SELECT '1' AS record_id, 'a' AS unit, 1.0 AS height) TO '{tmp_path}/s.parquet'")
    with pytest.raises(RegistryInvalid, match=r"r\.rules\.toml: rule tall: .*hight.*standardised columns"):
        validate(connection, described, load_rules(described), tmp_path, source=tmp_path / "s.parquet", today=TODAY)
