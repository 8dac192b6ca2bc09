"""Standardised columns are named by one convention."""

import pytest

from lienthong.quality import description, tables
from lienthong.quality.description import BUILT_IN


def test_each_kind_has_its_columns() -> None:
    registry = description.load("member").registry
    names = [field.name for field in tables.fields(registry)]
    assert names[:2] == ["record_id", "unit"]
    assert {"full_name", "full_name_family", "full_name_middle", "full_name_given", "full_name_key"} <= set(names)
    assert [field for field in tables.fields(registry) if field.name.startswith("birth_date")] == [
        ("birth_date", "DATE"),
        ("birth_date_year", "SMALLINT"),
        ("birth_date_precision", "VARCHAR"),
        ("birth_date_unread", "VARCHAR"),
    ]
    assert {"unit_code", "unit_code_old", "unit_code_review"} <= set(names)


@pytest.mark.parametrize("name", BUILT_IN)
def test_no_two_columns_have_one_name(name: str) -> None:
    names = [field.name for field in tables.fields(description.load(name).registry)]
    assert len(names) == len(set(names))


def test_what_goes_into_sql_is_quoted() -> None:
    assert tables.quoted('a"b') == '"a""b"'
    assert tables.literal("O'Neil") == "'O''Neil'"
