"""Synthetic members: the same seed gives the same bytes, with truth beside them and the dirt of the facts."""

import hashlib
from pathlib import Path
from typing import Any

import duckdb
import pytest

from lienthong.profiles.vn import units as vn
from lienthong.quality.errors import MembersImpossible
from lienthong.quality.generating import Generated, generate, members
from lienthong.quality.generating.chance import Chance
from lienthong.quality.units import NO_UNITS, Units

UNITS = Units(versions=vn.every_version(), successions=vn.every_succession(), reform=vn.REFORM)
COUNT = 4000


@pytest.fixture(scope="module")
def made(connection: duckdb.DuckDBPyConnection, tmp_path_factory: pytest.TempPathFactory) -> tuple[Generated, Path]:
    """Return four thousand records."""
    folder = tmp_path_factory.mktemp("made")
    return generate(connection, records=COUNT, seed=7, folder=folder, units=UNITS), folder


def asked(connection: duckdb.DuckDBPyConnection, folder: Path, query: str) -> Any:  # noqa: ANN401 - one value of a query
    """Return the one value of a query on records and truth."""
    tables = f"WITH r AS (FROM '{folder}/records/*.parquet'), t AS (FROM '{folder}/truth.parquet') "
    return connection.execute(tables + query).fetchall()[0][0]


def test_every_record_has_a_person(connection: duckdb.DuckDBPyConnection, made: tuple[Generated, Path]) -> None:
    generated, folder = made
    assert generated.records == COUNT == asked(connection, folder, "SELECT count(DISTINCT record_id) FROM r")
    assert asked(connection, folder, "SELECT count(*) FROM r JOIN t USING (record_id)") == COUNT
    assert generated.persons == asked(connection, folder, "SELECT count(DISTINCT person_id) FROM t")
    assert 0.03 < 1 - generated.persons / COUNT < 0.07


def test_the_same_seed_gives_the_same_bytes(
    connection: duckdb.DuckDBPyConnection, made: tuple[Generated, Path], tmp_path: Path
) -> None:
    files = ("records/part-0000.parquet", "truth.parquet")
    generate(connection, records=COUNT, seed=7, folder=tmp_path, units=UNITS)
    first, second = (
        [hashlib.sha256((at / name).read_bytes()).digest() for name in files] for at in (made[1], tmp_path)
    )
    assert first == second


def test_another_seed_gives_others(
    connection: duckdb.DuckDBPyConnection, made: tuple[Generated, Path], tmp_path: Path
) -> None:
    generate(connection, records=500, seed=8, folder=tmp_path, units=UNITS)
    names = "SELECT list(full_name ORDER BY record_id)[:100] FROM r"
    assert asked(connection, made[1], names) != asked(connection, tmp_path, names)


@pytest.mark.parametrize(
    ("dirt", "least"),
    [
        ("full_name = upper(full_name)", 0.03),
        ("full_name <> nfc_normalize(full_name)", 0.01),
        ("regexp_matches(full_name, '[©®µ¹¸]')", 0.004),
        ("regexp_matches(full_name, 'Nguyeãn|Traàn|Thò |Vaên|Ñ')", 0.0005),
        ("birth_date LIKE '00/00/%'", 0.004),
        ("length(birth_date) = 4", 0.006),
        ("length(personal_number) = 9", 0.02),
        ("length(personal_number) = 11", 0.01),
        ("personal_number IS NULL", 0.03),
        ("residence LIKE '%P. %' OR residence LIKE '%X. %'", 0.05),
        ("length(unit_code) < 5", 0.001),
        ("status = 'Chuyển đi'", 0.01),
    ],
    ids=range(12),
)
def test_the_dirt_is_there(
    connection: duckdb.DuckDBPyConnection, made: tuple[Generated, Path], dirt: str, least: float
) -> None:
    assert least < asked(connection, made[1], f"SELECT avg(CAST(coalesce({dirt}, false) AS INTEGER)) FROM r") < 0.4


def test_some_records_of_one_person_share_no_number(
    connection: duckdb.DuckDBPyConnection, made: tuple[Generated, Path]
) -> None:
    same = " AND ".join(
        f"coalesce(a.{name} <> b.{name}, true)"
        for name in ("personal_number", "old_number", "file_number", "card_number")
    )
    alone = asked(
        connection,
        made[1],
        f"SELECT avg(CAST({same} AS INTEGER)) FROM r a JOIN t x ON x.record_id = a.record_id"
        " JOIN t y ON y.person_id = x.person_id AND y.record_id > x.record_id JOIN r b ON b.record_id = y.record_id",
    )
    assert 0.1 < alone < 0.4


def test_twins_have_names_of_their_own(connection: duckdb.DuckDBPyConnection, made: tuple[Generated, Path]) -> None:
    # The communes are there since members were made.
    persons = members._persons(Chance(7), 0, 40_000)
    twins, same = connection.execute(
        f"WITH p AS MATERIALIZED ({persons}) SELECT count(*), count(*) FILTER (e.given = p.given) FROM p"
        " JOIN p e ON e.i = p.b WHERE p.i <> p.b"
    ).fetchall()[0]
    assert twins > 100
    assert same == 0


def test_names_are_as_common_as_they_are(connection: duckdb.DuckDBPyConnection, made: tuple[Generated, Path]) -> None:
    share = asked(connection, made[1], "SELECT avg(CAST(full_name LIKE 'Nguyễn%' AS INTEGER)) FROM r")
    assert 0.2 < share < 0.35
    women = asked(connection, made[1], "SELECT avg(CAST(full_name LIKE '% Thị %' AS INTEGER)) FROM r WHERE sex = 'Nữ'")
    assert women > 0.4


def test_nothing_is_made_of_nothing(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    for records, units in ((0, UNITS), (10, NO_UNITS)):
        with pytest.raises(MembersImpossible):
            generate(connection, records=records, seed=1, folder=tmp_path, units=units)


def test_members_of_one_province_are_in_its_communes(connection: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    generate(connection, records=300, seed=1, folder=tmp_path, units=UNITS, province="01")
    inside = {unit.code for unit in UNITS.present() if unit.parent == "01"}
    written = asked(connection, tmp_path, "SELECT list(DISTINCT unit_code) FROM r WHERE unit_code IS NOT NULL")
    former = {move.old_code for move in UNITS.successions if move.new_code in inside}
    # Codes of before the reform and without their zeros, too: that is the dirt.
    assert {code.zfill(5) for code in written if code.isdecimal()} <= inside | former
    with pytest.raises(MembersImpossible, match="--province 99"):
        generate(connection, records=300, seed=1, folder=tmp_path / "none", units=UNITS, province="99")
