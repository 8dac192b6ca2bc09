"""What speaks against two members being one, as the registry that comes along says it."""

import duckdb
import pytest

from lienthong.quality import description
from lienthong.quality.linking.conflicts import reasons
from lienthong.quality.linking.settings import link_settings

OLDER, YOUNGER = "001160000123", "001160000124"


def said(connection: duckdb.DuckDBPyConnection, left: dict[str, str | None], right: dict[str, str | None]) -> list[str]:
    """Return the conflicts that two members are in: born on one day to one family, where nothing else is said."""
    columns: dict[str, str | None] = dict.fromkeys(("file_number", "card_number", "personal_number"))
    known = {**columns, "family_key": "do", "birth_date": "1960-03-09", "birth_date_year": "1960"}
    kinds = {"birth_date": "DATE", "birth_date_year": "SMALLINT"}

    def row(given: dict[str, str | None], name: str) -> str:
        values = [
            f"CAST({'NULL' if value is None else repr(value)} AS {kinds.get(key, 'VARCHAR')}) AS {key}"
            for key, value in {**known, **given}.items()
        ]
        return f"(SELECT {', '.join(values)}) {name}"

    conflicts = link_settings(description.load("member")).conflict
    query = f"SELECT {reasons(conflicts)} FROM {row(left, 'l')}, {row(right, 'r')}"
    found: list[str] = connection.execute(query).fetchall()[0][0]
    return found


COUPLE = {"given_key": "lan", "birth_date": None, "birth_date_year": "1960", "personal_number": OLDER}


@pytest.mark.parametrize(
    ("other", "apart"),
    [
        ({"given_key": "hung", "birth_date_year": "1957"}, True),
        # Whose number it is outweighs what was heard.
        ({"given_key": "hung", "birth_date_year": "1957", "personal_number": OLDER}, False),
        ({"given_key": "hung", "birth_date_year": "1957", "card_number": "1"}, False),
        ({"given_key": "hung", "birth_date_year": "1957", "file_number": "1AB"}, False),
        ({"given_key": "lanh", "birth_date_year": "1957"}, False),
        ({"given_key": "hung", "birth_date_year": "1961"}, False),
        ({"given_key": "hung", "birth_date_year": None}, False),
    ],
)
def test_somebody_else_of_the_household_is_never_the_same(
    connection: duckdb.DuckDBPyConnection, other: dict[str, str | None], *, apart: bool
) -> None:
    left = {**COUPLE, "card_number": "1", "file_number": "1AB"}
    nothing = dict.fromkeys(("birth_date", "personal_number", "card_number", "file_number"))
    assert ("household" in said(connection, left, {**nothing, **other})) is apart


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
