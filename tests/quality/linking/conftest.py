"""Records of persons made of chance and nothing else, some of them twice."""

import random
from collections.abc import Iterator
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from lienthong.quality import database, description, tables
from lienthong.quality.description import Described
from lienthong.quality.linking import training

SYLLABLES = [a + b + c for a in "bdklmnprstv" for b in "aeiou" for c in "nrsx"]
PERSONS = 400
TWICE = 60


@pytest.fixture(autouse=True)
def few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """Learn from fewer pairs than a registry would: there are few records."""
    monkeypatch.setattr(training, "_RANDOM", 10_000)


@pytest.fixture(scope="session")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a database of these tests alone: what is a view elsewhere is a table here."""
    with database.connect(tmp_path_factory.mktemp("duckdb"), memory="500MB", threads=1) as connection:
        yield connection


@pytest.fixture(scope="session")
def person() -> Described:
    return description.load("person")


@pytest.fixture(scope="session")
def rows() -> list[dict[str, Any]]:
    """Records with their ``truth``: the first of each person clean, a second one with a flaw."""
    chance = random.Random(11)
    made: list[dict[str, Any]] = []
    for number in range(PERSONS):
        first = a_person(chance, f"r{number:05}", number)
        made.append(first)
        if number < TWICE:
            made.append(flawed(chance, first))
    return made


def a_person(chance: random.Random, record_id: str, truth: int) -> dict[str, Any]:
    given, surname = ("".join(chance.sample(SYLLABLES, 2)) for _part in range(2))
    year, month, day = chance.randrange(1940, 2005), chance.randrange(1, 13), chance.randrange(13, 29)
    return {
        "record_id": record_id,
        "truth": truth,
        "given_name": given,
        "surname": surname,
        "birth_date": f"{year}-{month:02}-{day:02}",
        "national_id": f"{chance.randrange(10**9):09}",
        "street_number": str(chance.randrange(1, 90)),
        "address_1": "".join(chance.sample(SYLLABLES, 3)),
        "locality": "".join(chance.sample(SYLLABLES, 2)),
        "postcode": f"{chance.randrange(10**4):04}",
    }


def flawed(chance: random.Random, record: dict[str, Any]) -> dict[str, Any]:
    twin = {**record, "record_id": f"{record['record_id']}b"}
    match chance.randrange(4):
        case 0:
            twin["given_name"] = record["given_name"][:-1] + "q"
        case 1:
            twin["national_id"] = None
        case 2:
            twin["birth_date"] = None
        case _:
            twin["given_name"], twin["surname"] = record["surname"], record["given_name"]
    return twin


def fill(connection: duckdb.DuckDBPyConnection, described: Described, rows: list[dict[str, Any]], table: str) -> str:
    """Make a standardised table of rows, with every column of the registry and ``truth``."""
    whole = [
        {**row, "full_name": " ".join(filter(None, (row.get("given_name"), row.get("surname")))) or None}
        for row in rows
    ]
    names = sorted({name for row in whole for name in row})
    connection.register("given", pa.table({name: [row.get(name) for row in whole] for name in names}))
    made = []
    for field in tables.fields(described.registry):
        base = field.name.removesuffix("_key").removesuffix("_year")
        source = f"given.{base}" if base in names else "NULL"
        if field.name.endswith("_key"):
            source = f"lower({source})"
        if field.name.endswith("_year"):
            source = f"year({source}::DATE)"
        made.append(f"({source})::{field.type} AS {field.name}")
    truth = "truth" if "truth" in names else "NULL::INTEGER AS truth"
    connection.execute(f"CREATE OR REPLACE TABLE {table} AS SELECT {', '.join(made)}, {truth} FROM given")
    connection.unregister("given")
    return table
