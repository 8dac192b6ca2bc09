"""Pieces of SQL in a description are tried before anything is computed."""

from typing import Any

import duckdb
import msgspec
import pytest

from lienthong.quality.description import Described
from lienthong.quality.errors import RegistryInvalid
from lienthong.quality.linking import nodes
from lienthong.quality.linking.expressions import mentions, needed, refuse_wrong
from lienthong.quality.linking.settings import Conflict, Derived, Link, Rule, link_settings
from tests.quality.linking.conftest import fill


@pytest.fixture
def records(connection: duckdb.DuckDBPyConnection, person: Described, rows: list[dict[str, Any]]) -> str:
    nodes.add_macros(connection)
    return fill(connection, person, rows[:3], "records")


def wrong(person: Described, kind: str) -> Link:
    title = person.registry.title
    made: dict[str, Any] = {
        "derived": (Derived(name="x", sql="plain(colour)"),),
        "block": (Rule(name="x", key=("colour",)),),
        "conflict": (Conflict(name="x", sql="l.colour = r.colour", effect="ask", title=title),),
    }
    return msgspec.structs.replace(link_settings(person), **{kind: made[kind]})


def test_the_settings_that_come_along_are_right(
    connection: duckdb.DuckDBPyConnection, person: Described, records: str
) -> None:
    refuse_wrong(connection, person, link_settings(person), records)
    assert {"record_id", "surname", "birth_date_year"} <= needed(link_settings(person))


@pytest.mark.parametrize("kind", ["derived", "block", "conflict"])
def test_a_column_that_is_not_there_is_named(
    connection: duckdb.DuckDBPyConnection, person: Described, records: str, kind: str
) -> None:
    with pytest.raises(RegistryInvalid, match=f"{kind} x"):
        refuse_wrong(connection, person, wrong(person, kind), records)


def test_an_expression_reads_no_files(person: Described) -> None:
    block = [{"name": "x", "key": ["(SELECT 1)"]}]
    registry = msgspec.structs.replace(person.registry, link={**person.registry.link, "block": block})
    with pytest.raises(RegistryInvalid, match=r"\[link\] x"):
        link_settings(Described(registry=registry, source="a.toml", _folder=None))


def test_names_are_whole_words_in_any_case() -> None:
    assert mentions("l.Given_Key = 1", {"given_key"})
    assert not mentions("given_keys", {"given_key"})
