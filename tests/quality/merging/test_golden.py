"""The best value of several records survives, and it is known where it comes from."""

import dataclasses
from typing import Any

import duckdb
import msgspec
import pytest

from lienthong.quality import description
from lienthong.quality.description import Described
from lienthong.quality.errors import RegistryInvalid
from lienthong.quality.merging.golden import Merge, Prefer, make_golden, merge_settings
from tests.quality.linking.conftest import fill

SETTINGS = Merge(source="occupation_key", trusted=("register", "list"), order=(Prefer.TRUSTED, Prefer.COMPLETE))


@pytest.fixture(scope="module")
def person() -> Described:
    return description.load("person")


def golden(
    connection: duckdb.DuckDBPyConnection, person: Described, rows: list[dict[str, Any]], settings: Merge = SETTINGS
) -> tuple[dict[str, Any], dict[str, str]]:
    fill(connection, person, rows, "merging_records")
    connection.execute(
        "CREATE OR REPLACE TABLE merging_clusters AS SELECT record_id, 'P1' AS person_id FROM merging_records"
    )
    make_golden(
        connection,
        person.registry,
        settings,
        records="merging_records",
        clusters="merging_clusters",
        golden="golden",
        origins="origins",
    )
    cursor = connection.execute("FROM golden")
    names = [name for name, *_rest in cursor.description or []]
    (values,) = cursor.fetchall()
    return dict(zip(names, values, strict=True)), dict(
        connection.execute("SELECT field, record_id FROM origins").fetchall()
    )


def test_the_trusted_source_comes_first_then_the_fuller_value(
    connection: duckdb.DuckDBPyConnection, person: Described
) -> None:
    rows: list[dict[str, Any]] = [
        {"record_id": "a", "occupation": "list", "surname": "basdas", "locality": "kasnis"},
        {"record_id": "b", "occupation": "register", "surname": "bas", "locality": None},
        {"record_id": "c", "occupation": None, "surname": "basdasfas", "locality": "kasnislongest", "phone": "12"},
    ]
    values, origins = golden(connection, person, rows)
    assert (values["surname"], values["surname_key"], origins["surname"]) == ("bas", "bas", "b")
    assert (values["locality"], origins["locality"]) == ("kasnis", "a")
    assert (values["phone"], origins["phone"]) == ("12", "c")
    assert values["records"] == 3
    assert "email" not in origins


def test_without_a_source_the_fuller_value_comes_first(
    connection: duckdb.DuckDBPyConnection, person: Described
) -> None:
    rows = [
        {"record_id": "a", "surname": "da"},
        {"record_id": "b", "surname": "đà"},
        {"record_id": "c", "surname": "d"},
    ]
    values, origins = golden(connection, person, rows, Merge())
    assert (values["surname"], origins["surname"]) == ("đà", "b")


def test_one_record_is_golden_as_it_is(connection: duckdb.DuckDBPyConnection, person: Described) -> None:
    values, origins = golden(connection, person, [{"record_id": "a", "surname": "das", "birth_date": "1970-02-03"}])
    assert (values["surname"], values["birth_date_year"], values["records"]) == ("das", 1970, 1)
    assert origins == {}


@pytest.mark.parametrize("name", description.BUILT_IN)
def test_the_built_in_registries_can_be_merged(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    described = description.load(name)
    settings = merge_settings(described)
    rows = [{"record_id": "a"}, {"record_id": "b"}]
    values, origins = golden(connection, described, rows, settings)
    assert (values["records"], origins) == (2, {})


def test_a_column_that_is_not_there_is_refused(person: Described) -> None:
    wrong = msgspec.structs.replace(person.registry, merge={"recent": ["nothing"]})
    with pytest.raises(RegistryInvalid, match="nothing"):
        merge_settings(dataclasses.replace(person, registry=wrong))
