"""One record is checked against a linked registry, with the weights that linked it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from lienthong.quality.description import Described
from lienthong.quality.errors import IndexUnusable
from lienthong.quality.linking import check, training
from lienthong.quality.linking.check import Checker
from lienthong.quality.linking.index import make_index, open_index
from lienthong.quality.linking.link import Inputs, link
from lienthong.quality.linking.settings import link_settings
from lienthong.quality.linking.weights import load
from tests.quality.linking.conftest import fill

Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def folder(
    connection: duckdb.DuckDBPyConnection, person: Described, rows: Rows, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    folder = tmp_path_factory.mktemp("linked")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "_RANDOM", 10_000)
        fill(connection, person, rows, "records")
        link(connection, person, Inputs(source="records"), folder)
        model = load(folder / "model.json", "person", link_settings(person))
        make_index(
            connection,
            person,
            model,
            folder / "index.duckdb",
            source="records",
            clusters=f"(FROM '{folder}/clusters.parquet')",
        )
    return folder


@pytest.fixture(scope="module")
def checker(folder: Path, person: Described) -> Iterator[Checker]:
    index = open_index(folder / "index.duckdb", person, threads=1)
    yield Checker(index, person)
    index.connection.close()


def standardised(connection: duckdb.DuckDBPyConnection, record_id: str) -> dict[str, Any]:
    cursor = connection.execute("FROM records WHERE record_id = ?", [record_id])
    names = [name for name, *_rest in cursor.description or []]
    (row,) = cursor.fetchall()
    return dict(zip(names, row, strict=True))


def test_a_record_of_somebody_known_is_found(connection: duckdb.DuckDBPyConnection, checker: Checker) -> None:
    known = standardised(connection, "r00100")
    matches = checker.check({**known, "record_id": None})
    assert matches[0].record_id == "r00100"
    assert matches[0].probability > 0.999
    assert sum(matches[0].weights.values()) == pytest.approx(matches[0].weight, abs=40)
    # In a form not everything is filled in yet.
    few = {name: known[name] for name in known if name.startswith(("surname", "given_name", "full_name", "birth_date"))}
    assert checker.check(few)[0].person_id == matches[0].person_id


def test_weights_are_those_of_the_linking_run(
    connection: duckdb.DuckDBPyConnection, checker: Checker, folder: Path
) -> None:
    cursor = connection.execute(f"FROM '{folder}/pairs.parquet' WHERE probability > 0.5 ORDER BY record_id_l LIMIT 12")
    names = [name for name, *_rest in cursor.description or []]
    pairs = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    for pair in pairs:
        found = {match.record_id: match for match in checker.check(standardised(connection, pair["record_id_l"]))}[
            pair["record_id_r"]
        ]
        assert found.weight == pytest.approx(pair["weight"])
        assert found.probability == pytest.approx(pair["probability"])
        assert found.weights == pytest.approx({name: pair[f"weight_{name}"] for name in found.weights})


def test_a_record_is_not_compared_with_itself(connection: duckdb.DuckDBPyConnection, checker: Checker) -> None:
    known = standardised(connection, "r00300")
    assert all(match.record_id != "r00300" for match in checker.check(known))


def test_nobody_is_like_an_empty_record(checker: Checker) -> None:
    assert checker.check({}) == []
    assert checker.check({"surname": "nobody", "surname_key": "nobody"}) == []


def test_no_more_than_asked_for(
    connection: duckdb.DuckDBPyConnection, folder: Path, person: Described, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "MOST", 0)
    index = open_index(folder / "index.duckdb", person, threads=1)
    assert Checker(index, person).check({**standardised(connection, "r00003"), "record_id": None}) == []
    index.connection.close()


def test_what_is_no_index_is_refused(folder: Path, person: Described, tmp_path: Path) -> None:
    for path in (tmp_path / "nothing", folder / "model.json"):
        with pytest.raises(IndexUnusable):
            open_index(path, person)
