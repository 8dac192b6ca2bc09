"""What speaks against two members being one, as the registry that comes along says it."""

import duckdb
import pytest

from lienthong.quality import description
from lienthong.quality.linking.conflicts import reasons
from lienthong.quality.linking.settings import link_settings

OLDER, YOUNGER = "001160000123", "001160000124"


def said(connection: duckdb.DuckDBPyConnection, left: dict[str, str | None], right: dict[str, str | None]) -> list[str]:
    """Return the conflicts that two members born on one day to one family are in."""
    known = {"family_key": "'do'", "birth_date": "DATE '1960-03-09'", "birth_date_year": "1960"}

    def row(given: dict[str, str | None], name: str) -> str:
        values = {**known, **{key: "NULL" if value is None else f"'{value}'" for key, value in given.items()}}
        return f"(SELECT {', '.join(f'{value} AS {key}' for key, value in values.items())}) {name}"

    conflicts = link_settings(description.load("member")).conflict
    query = f"SELECT {reasons(conflicts)} FROM {row(left, 'l')}, {row(right, 'r')}"
    found: list[str] = connection.execute(query).fetchall()[0][0]
    return found


@pytest.mark.parametrize(
    ("given", "number", "expected"),
    [
        # Neighbouring numbers are what twins have.
        ("van", YOUNGER, ["twins"]),
        ("van", None, ["twins"]),
        ("hung", YOUNGER, ["twins"]),
        ("van", "001160987654", ["two_personal_numbers", "twins"]),
        # Of one number, one name was heard wrong.
        ("van", OLDER, []),
        ("lan", YOUNGER, []),
    ],
)
def test_twins_are_not_merged_without_asking(
    connection: duckdb.DuckDBPyConnection, given: str, number: str | None, expected: list[str]
) -> None:
    left: dict[str, str | None] = {"given_key": "lan", "personal_number": OLDER}
    assert said(connection, left, {"given_key": given, "personal_number": number}) == expected
