#!/usr/bin/env python3
"""Build the table of Vietnamese units from the package vietnamadminunits 1.0.4 (MIT).

Writes units.tsv, former_units.tsv and predecessors.tsv of ``lienthong.profiles.vn``, or with ``--check``
exits with 1 if what is committed differs. The package's files are read as data; its code, which can send
addresses to a geocoder, is never imported. Changes since 2025 come from ``data/changes.tsv``, kept by hand.
"""

import argparse
import csv
import hashlib
import importlib.util
import json
import sqlite3
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from lienthong.profiles.vn.text import plain

PACKAGE = "vietnamadminunits"
DIGESTS = {
    "dataset.db": "147cbbf81c8964bb594e1dda7ebab5649bce21efbfd6cb508cab7fefca62257d",
    "converter_2025.json": "84f0848bf401b047775cbb49768c181a9271f77e4a4ec706d293b09bcb4faddd",
}
OUTPUT = Path(__file__).resolve().parent.parent / "src/lienthong/profiles/vn/data"
REFORM = "2025-07-01"
# Full names begin with one of these; the column of types in the source is wrong in places.
TYPES = {
    "đặc khu": "dac-khu",
    "huyện": "huyen",
    "phường": "phuong",
    "quận": "quan",
    "thành phố": "thanh-pho",
    "thị trấn": "thi-tran",
    "thị xã": "thi-xa",
    "tỉnh": "tinh",
    "xã": "xa",
}
UNIT_COLUMNS = (
    "code",
    "tier",
    "parent",
    "type",
    "name",
    "plain",
    "latitude",
    "longitude",
    "valid_from",
    "valid_to",
)
SUCCESSION_COLUMNS = ("old_code", "new_code", "needs_review", "suggested")

# What stands for an absent value: an empty last column would be trailing white space to many tools.
NONE = "-"

type Row = tuple[str, ...]
type Record = dict[str, Any]


class SourceWrong(Exception):
    """The source is missing or not the one this script was written for."""


def main(arguments: Sequence[str]) -> int:
    """Build or check the tables; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 if the files differ")
    parser.add_argument("--source", type=Path, help="the package's data folder, where it is not installed here")
    options = parser.parse_args(arguments)
    try:
        tables = build(options.source or installed_source(), OUTPUT / "changes.tsv")
    except SourceWrong as error:
        sys.stderr.write(f"{error}\n")
        return 2
    status = 0
    for name, text in tables.items():
        path = OUTPUT / name
        if options.check:
            if not path.exists() or path.read_text(encoding="utf-8") != text:
                sys.stderr.write(f"{path} differs: run tools/build_vn_units.py and commit the result.\n")
                status = 1
        else:
            path.write_text(text, encoding="utf-8")
            sys.stdout.write(f"{path}: {text.count('\n') - 1} rows\n")
    return status


def installed_source() -> Path:
    """Return the data folder of the installed package without importing it.

    Raises:
        SourceWrong: it is not installed.
    """
    found = importlib.util.find_spec(PACKAGE)
    if found is None or found.origin is None:
        raise SourceWrong(f"{PACKAGE} is not installed: uv pip install --group units, or pass --source")
    return Path(found.origin).parent / "data"


def build(source: Path, changes: Path) -> dict[str, str]:
    """Return the text of each table by file name.

    Raises:
        SourceWrong: a file of the source is missing, or another version's.
    """
    for name, digest in DIGESTS.items():
        path = source / name
        if not path.exists() or hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            raise SourceWrong(f"{path} is not that of {PACKAGE} 1.0.4")
    connection = sqlite3.connect(f"{(source / 'dataset.db').as_uri()}?mode=ro&immutable=1", uri=True)
    connection.row_factory = sqlite3.Row
    new = [dict(row) for row in connection.execute("SELECT * FROM admin_units")]
    old = [dict(row) for row in connection.execute("SELECT * FROM admin_units_legacy")]
    connection.close()
    converter = json.loads((source / "converter_2025.json").read_text(encoding="utf-8"))
    with changes.open(encoding="utf-8", newline="") as file:
        amendments = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return {
        "units.tsv": tsv(UNIT_COLUMNS, amended(present_units(new), amendments)),
        "former_units.tsv": tsv(UNIT_COLUMNS, former_units(old)),
        "predecessors.tsv": tsv(SUCCESSION_COLUMNS, successions(new, old, converter)),
    }


def present_units(records: list[Record]) -> set[Row]:
    """Return the country, its provinces and communes as the reform of 2025 made them."""
    valid = (REFORM, NONE)
    provinces = {_unit(record, "province", "VN", valid) for record in records}
    communes = {_unit(record, "ward", record["provinceCode"], valid) for record in records}
    # The source has no point for the country: the mean of its provinces' will do for a map.
    middle = [sum(float(row[column]) for row in provinces) / len(provinces) for column in (6, 7)]
    country = ("VN", "country", NONE, "quoc-gia", "Việt Nam", plain("Việt Nam"), *map(_degrees, middle), NONE, NONE)
    return {country} | provinces | communes


def former_units(records: list[Record]) -> set[Row]:
    """Return the provinces, districts and communes of before the reform. Five districts have no communes."""
    valid = (NONE, REFORM)
    provinces = {_unit(record, "province", "VN", valid) for record in records}
    districts = {_unit(record, "district", record["provinceCode"], valid) for record in records}
    communes = {_unit(record, "ward", record["districtCode"], valid) for record in records if record["ward"]}
    return provinces | districts | communes


def amended(rows: set[Row], amendments: Iterable[dict[str, str]]) -> set[Row]:
    """Return the rows with each amendment ending one version and beginning the next.

    Raises:
        SourceWrong: an amendment of a unit that does not exist.
    """
    result = {row[0]: [row] for row in rows}
    for change in sorted(amendments, key=lambda change: change["valid_from"]):
        code, start = change["code"], change["valid_from"]
        if code not in result:
            raise SourceWrong(f"changes.tsv: there is no unit {code}")
        last = result[code][-1]
        name = last[4] if change["name"] == NONE else change["name"]
        result[code][-1] = (*last[:9], start)
        result[code].append((*last[:3], change["type"], name, plain(name), *last[6:8], start, NONE))
    return {row for versions in result.values() for row in versions}


def successions(new: list[Record], old: list[Record], converter: Record) -> set[Row]:
    """Return which old province or commune went into which new one.

    The five districts without communes went into one commune each and stand for themselves.
    """
    new_provinces = {record["provinceKey"]: record["provinceCode"] for record in new}
    old_provinces = {record["provinceKey"]: record["provinceCode"] for record in old}
    new_communes = {(record["provinceKey"], record["wardKey"]): record["wardCode"] for record in new}
    old_communes = {
        f"{record['provinceKey']}_{record['districtKey']}_{record['wardKey'] or ''}": (
            record["wardCode"] or record["districtCode"]
        )
        for record in old
    }
    rows: set[Row] = set()
    for province, parts in converter["DICT_PROVINCE"].items():
        rows |= {(old_provinces[part], new_provinces[province], "0", "1") for part in parts}
    for province, wards in converter["DICT_PROVINCE_WARD_NO_DIVIDED"].items():
        for ward, parts in wards.items():
            rows |= {(old_communes[part], new_communes[province, ward], "0", "1") for part in parts}
    for province, split in converter["DICT_PROVINCE_WARD_DIVIDED"].items():
        for part, wards in split.items():
            for ward in wards:
                suggested = "1" if ward["isDefaultNewWard"] else "0"
                rows.add((old_communes[part], new_communes[province, ward["newWardKey"]], "1", suggested))
    return rows


def tsv(columns: Sequence[str], rows: Iterable[Row]) -> str:
    """Return the table as text, sorted, with a heading."""
    lines = ["\t".join(columns), *("\t".join(row) for row in sorted(rows, key=_order))]
    return "\n".join(lines) + "\n"


def _order(row: Row) -> Row:
    # By code, and versions of one code by their first day.
    return (row[0], row[-2] if len(row) == len(UNIT_COLUMNS) else row[1])


def _unit(record: Record, column: str, parent: str, valid: tuple[str, str]) -> Row:
    full = " ".join(unicodedata.normalize("NFC", record[column]).split())
    prefix = next(prefix for prefix in TYPES if full.lower().startswith(f"{prefix} "))
    name = full[len(prefix) + 1 :]
    tier = {"ward": "commune"}.get(column, column)
    place = (_degrees(record[f"{column}Lat"]), _degrees(record[f"{column}Lon"]))
    return (record[f"{column}Code"], tier, parent, TYPES[prefix], name, plain(name), *place, *valid)


def _degrees(value: float) -> str:
    # Four places are 11 m, more than the source's points are worth.
    return f"{value:.4f}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
