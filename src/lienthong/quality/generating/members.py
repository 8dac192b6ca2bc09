"""Members: persons first, then the records that were made of them, in parts of bounded size."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb
import pyarrow as pa

from lienthong.quality.errors import MembersImpossible
from lienthong.quality.generating import dirt, names
from lienthong.quality.generating.chance import Chance
from lienthong.quality.generating.copies import left_behind
from lienthong.quality.tables import literal
from lienthong.quality.units import Units

RECORDS: Final = "records"
"""The folder of the records within the results."""
TRUTH: Final = "truth.parquet"
_PART: Final = 250_000
"""Persons that are made at a time."""
_DECADES: Final = (
    ("1930", 3), ("1940", 10), ("1950", 18), ("1960", 22), ("1970", 20), ("1980", 19), ("1990", 10), ("1998", 4),
)  # fmt: skip
_REFORM: Final = "DATE '2025-07-01'"
MOST: Final = 50_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Generated:
    """What was written."""

    records: int
    persons: int


def generate(  # noqa: PLR0913 - how many, of what, into where
    connection: duckdb.DuckDBPyConnection,
    *,
    records: int,
    seed: int,
    folder: Path,
    units: Units,
    province: str | None = None,
    advance: Callable[[int], None] = lambda _: None,
) -> Generated:
    """Write ``records/part-….parquet`` and ``truth.parquet`` (record_id, person_id).

    The same seed gives the same bytes with the same version of DuckDB.

    Args:
        connection: that does it.
        records: how many.
        seed: of chance.
        folder: for both.
        units: the administrative units of today and of before a reform; communes are drawn from them.
        province: only from those that are in this one today, by its code.
        advance: is told how many records were written, part by part.

    Raises:
        MembersImpossible: there are no units to draw from, no such province, or more records than ``MOST``.
    """
    if not 0 < records <= MOST:
        raise MembersImpossible(f"--records {records}", hint="Write a number of records from 1 to 50000000.")
    _communes(connection, units, province)
    options = "(FORMAT parquet, COMPRESSION zstd)"
    (folder / RECORDS).mkdir()
    made = persons = part = 0
    while made < records:
        first = part * _PART
        size = min(_PART, records - made)
        connection.execute(f"CREATE OR REPLACE TEMP TABLE part AS {_part(Chance(seed), first, size, made)}")
        count, different = connection.execute("SELECT count(*), count(DISTINCT person_id) FROM part").fetchall()[0]
        path = folder / RECORDS / f"part-{part:04}.parquet"
        connection.execute(f"COPY (SELECT * EXCLUDE (person_id) FROM part) TO {literal(str(path))} {options}")
        truth = folder / f".truth-{part:04}.parquet"
        connection.execute(f"COPY (SELECT record_id, person_id FROM part) TO {literal(str(truth))} {options}")
        made, persons, part = made + int(count), persons + int(different), part + 1
        advance(int(count))
    connection.execute("DROP TABLE part")
    parts = literal(str(folder / ".truth-*.parquet"))
    connection.execute(f"COPY (SELECT * FROM read_parquet({parts})) TO {literal(str(folder / TRUTH))} {options}")
    for truth in folder.glob(".truth-*.parquet"):
        truth.unlink()
    return Generated(records=made, persons=persons)


def _communes(connection: duckdb.DuckDBPyConnection, units: Units, within: str | None) -> None:
    """Make the table ``communes``: those of before the reform, numbered, with where each went."""
    former = {version.code: version for version in units.former()}
    now = {version.code: version.full_name for version in units.present() if within in {None, version.parent}}
    successor = {move.old_code: move.new_code for move in units.successions if move.suggested}
    rows = []
    for code in sorted(former):
        version = former[code]
        district = former.get(version.parent or "")
        if version.tier != "commune" or district is None or district.parent is None or successor.get(code) not in now:
            continue
        province = former[district.parent]
        where = f"{version.full_name}, {district.full_name}, {province.full_name}"
        rows.append((code, successor[code], province.code.zfill(3), where, now[successor[code]]))
    if not rows and within is not None:
        raise MembersImpossible(f"--province {within}", hint="Write the code of a province of today, such as 01.")
    if not rows:
        raise MembersImpossible("units", hint="Name a profile with administrative units, such as vn.")
    heads = ("old_code", "new_code", "province", "place", "new_name")
    columns = {head: pa.array([row[at] for row in rows], pa.string()) for at, head in enumerate(heads)}
    connection.register("commune_rows", pa.table({"n": pa.array(range(len(rows)), pa.int64()), **columns}))
    connection.execute("CREATE OR REPLACE TEMP TABLE communes AS SELECT * FROM commune_rows")
    connection.unregister("commune_rows")


def _part(chance: Chance, first: int, size: int, before: int) -> str:
    """A part of the records in an order that says nothing, with their ids."""
    records = _records(chance, _persons(chance, first, first + min(size, _PART)))
    return (
        f"SELECT 'M' || lpad(CAST(row_number() OVER (ORDER BY hash(k, 'order')) + {before} AS VARCHAR), 8, '0')"
        f" AS record_id, * EXCLUDE (k) FROM ({records}) ORDER BY hash(k, 'order') LIMIT {size}"
    )


def _persons(chance: Chance, first: int, end: int) -> str:
    """Persons ``i``: ``b`` is the elder twin of a twin, ``h`` the first of a household."""
    numbered = f"SELECT i, {chance.share('i', 'pair')} AS pair FROM range({first}, {end}) t(i)"
    numbered = (
        "SELECT i, CASE WHEN i % 2 = 1 AND pair < 0.008 THEN i - 1 ELSE i END AS b,"
        f" CASE WHEN i % 2 = 1 AND pair < 0.25 THEN i - 1 ELSE i END AS h FROM ({numbered})"
    )
    count = "(SELECT count(*) FROM communes)"
    # Numbers a million apart share the serial of their personal number: their years of birth differ.
    within = f"({chance.whole('b % 1000000', 'year of five', 5)} + b // 1000000) % 5"
    year = f"CAST({chance.one_of('b', 'decade', _DECADES)} AS BIGINT) + {chance.whole('b', 'five', 2)} * 5 + {within}"
    facts = (
        f"SELECT i, b, h, make_date(({year}), 1, 1) + CAST({chance.whole('b', 'day', 365)} AS INTEGER) AS born,"
        f" {chance.one_of('i', 'sex', [('m', 66), ('f', 34)])} AS sex,"
        f" {chance.one_of('b', 'family', names.FAMILIES)} AS family, {chance.whole('b', 'home', count)} AS home,"
        f" CASE WHEN {chance.share('h', 'moved')} < 0.7 THEN {chance.whole('h', 'home', count)}"
        f" ELSE {chance.whole('h', 'lives', count)} END AS lives FROM ({numbered})"
    )
    given, elders = (_by_sex_and_time(chance, "given", names.GIVEN, row) for row in ("i", "b"))
    other = _by_sex_and_time(chance, "another given", names.GIVEN)
    named = (
        f"SELECT *, {_by_sex_and_time(chance, 'middle', names.MIDDLES)} AS middle,"
        # Nobody gives twins the same name.
        f" CASE WHEN i <> b AND {given} = {elders} THEN {other} ELSE {given} END AS given,"
        f" born + CAST(6700 + {chance.whole('i', 'admitted', 6500)} AS INTEGER) AS admitted_at FROM ({facts})"
    )
    return (
        "SELECT *, trim(regexp_replace(family || ' ' || middle || ' ' || given, ' +', ' ', 'g')) AS name,"
        f" least(admitted_at, DATE '2026-06-30' - CAST({chance.whole('i', 'late', 300)} AS INTEGER)) AS admitted"
        f" FROM ({named})"
    )


def _by_sex_and_time(chance: Chance, what: str, table: tuple[tuple[str, str, int, int], ...], row: str = "i") -> str:
    def of(sex: str, at: int) -> str:
        return chance.one_of(row, what, [(row[1], int(row[at])) for row in table if row[0] == sex])

    return (
        f"CASE WHEN sex = 'm' AND born < DATE '1975-01-01' THEN {of('m', 2)} WHEN sex = 'm' THEN {of('m', 3)}"
        f" WHEN born < DATE '1975-01-01' THEN {of('f', 2)} ELSE {of('f', 3)} END"
    )


def _records(chance: Chance, persons: str) -> str:
    """One record per person, and another for each transfer that left one behind."""
    copies = chance.cases("i", "copies", ((0.005, "3"), (0.045, "2")), "1")
    copied = f"SELECT *, i * 4 + c AS k FROM (SELECT *, unnest(range({copies})) AS c FROM ({persons}))"
    count = "(SELECT count(*) FROM communes)"
    # An older record stands where the person was before, and has not been touched since.
    stayed = f"{chance.share('k', 'stayed')} < 0.3"
    where = f"CASE WHEN c = 0 OR {stayed} THEN lives ELSE {chance.whole('k', 'transfer', count)} END"
    recent = chance.cases(
        "k",
        "updated",
        ((0.55, f"DATE '2010-01-01' + CAST({chance.whole('k', 'then', 5600)} AS INTEGER)"),),
        f"DATE '2025-07-01' + CAST({chance.whole('k', 'now', 480)} AS INTEGER)",
    )
    before = f"DATE '2006-01-01' + CAST({chance.whole('k', 'before', 6900)} AS INTEGER)"
    updated = f"CASE WHEN c = 0 THEN {recent} ELSE {before} END"
    official = "admitted + INTERVAL 1 YEAR"
    placed = (
        f"SELECT p.*, o.province AS born_in, o.place AS native, u.old_code, u.new_code,"
        f" u.place AS lives_in, u.new_name, greatest({updated}, admitted + 1) AS updated,"
        f" CAST({official} AS DATE) AS official"
        f" FROM ({copied}) p JOIN communes o ON o.n = home JOIN communes u ON u.n = {where}"
    )
    return _columns(chance, left_behind(chance, _numbered(chance, placed)))


def _numbered(chance: Chance, placed: str) -> str:
    """Records with all that a member is known by."""
    century = "CASE WHEN born < DATE '2000-01-01' THEN 0 ELSE 2 END + CASE WHEN sex = 'm' THEN 0 ELSE 1 END"
    serial = "lpad(CAST(i * 7919 % 1000000 AS VARCHAR), 6, '0')"
    number = f"born_in || CAST({century} AS VARCHAR) || strftime(born, '%y') || {serial}"
    old = f"lpad(CAST({chance.whole('i', 'old number', 900_000_000)} + 100000000 AS VARCHAR), 9, '0')"
    letters = chance.one_of("i", "letters", [("AB", 1), ("HN", 2), ("HC", 2), ("NB", 1), ("TH", 1)])
    return (
        f"SELECT *, {number} AS number, {old} AS old,"
        f" lpad(CAST({chance.whole('i', 'file', 1_000_000)} AS VARCHAR), 6, '0') || {letters} AS file,"
        # Each number once, and those of a household far apart.
        " lpad(CAST(i * 27644437 % 50000000 AS VARCHAR), 8, '0') AS card,"
        " CAST(50000000 + i * 15485863 % 50000000 AS VARCHAR) AS new_card,"
        f" 900000000 + {chance.whole('h', 'phone', 99_999_999)} AS phone,"
        f" 1 + {chance.whole('h', 'house', 300)} AS house"
        f" FROM ({placed})"
    )


def _columns(chance: Chance, records: str) -> str:
    code = "CASE WHEN updated < DATE '2025-07-01' THEN old_code ELSE new_code END"
    unit = chance.cases("k", "unit", ((0.02, f"ltrim({code}, '0')"), (0.01, "lives_in")), code)
    house = "'Số ' || house || ' ' || "
    house += chance.one_of("h", "street", [(street, 1) for street in names.STREETS]) + " || ', ' || lives_in"
    status = chance.cases(
        "k",
        "status",
        ((0.03, "'Miễn sinh hoạt'"), (0.03, "'Sinh hoạt tạm thời'"), (0.01, "'Ra khỏi Đảng'"), (0.02, "'Từ trần'")),
        "CASE WHEN c > 0 AND k % 3 > 0 THEN 'Chuyển đi' ELSE 'Đang sinh hoạt' END",
    )
    swapped = f"{chance.share('k', 'inverted')} < 0.003"
    probationary = "official > DATE '2026-10-31'"
    form = chance.one_of("k", "phone form", [("0", 8), ("+84 ", 1), ("", 1)])
    inverted = f"CASE WHEN {swapped} THEN admitted ELSE official END"
    born_typed = f"CASE WHEN vague THEN strftime(born, '%Y') ELSE {dirt.date(chance, 'born', 'born typed')} END"
    official_typed = dirt.date(chance, inverted, "official typed")
    chosen = {
        "unit_code": unit,
        "cell": f"'Chi bộ ' || (1 + {chance.whole('k', 'cell', 40)})",
        "organisation": "'Đảng bộ ' || new_name",
        "file_number": "file",
        "card_number": f"CASE WHEN NOT {probationary} THEN card END",
        "full_name": dirt.name(chance, "name"),
        "birth_name": "CASE WHEN k % 3 = 0 THEN name END",
        "sex": dirt.sex(chance, "sex"),
        "birth_date": born_typed,
        "personal_number": "typed_number",
        "old_number": f"CASE WHEN born < DATE '1995-01-01' AND {chance.share('k', 'has old')} < 0.4 THEN old END",
        "native_place": dirt.place(chance, "native", "native typed"),
        "residence": dirt.place(chance, house, "residence typed"),
        "phone": f"CASE WHEN {chance.share('k', 'has phone')} < 0.6 THEN {form} || phone END",
        "ethnicity": chance.one_of("b", "ethnicity", names.ETHNICITIES),
        "religion": chance.one_of("b", "religion", names.RELIGIONS),
        "occupation": chance.one_of("i", "occupation", names.OCCUPATIONS),
        "education": chance.one_of("i", "education", names.EDUCATIONS),
        "theory": chance.one_of("i", "theory", names.THEORIES),
        "admission_date": dirt.date(chance, f"CASE WHEN {swapped} THEN official ELSE admitted END", "admitted typed"),
        "official_date": f"CASE WHEN NOT {probationary} THEN {official_typed} END",
        "membership": f"CASE WHEN {probationary} THEN 'Dự bị' ELSE 'Chính thức' END",
        "status": status,
        "verified_on": f"CASE WHEN {chance.share('k', 'verified')} < 0.7 THEN strftime(updated, '%d/%m/%Y') END",
        "updated_on": "strftime(updated, '%d/%m/%Y')",
        "source": f"'HT' || (1 + {chance.whole('k', 'source', 4)})",
    }
    columns = ", ".join(f"{expression} AS {name}" for name, expression in chosen.items())
    typed = f"SELECT *, {dirt.personal_number(chance, 'number', 'old')} AS typed_number FROM ({records})"
    return f"SELECT k, 'P' || lpad(CAST(i AS VARCHAR), 8, '0') AS person_id, {columns} FROM ({typed})"
