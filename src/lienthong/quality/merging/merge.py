"""Records of one person become one: golden records, where their values are from, and a log of every merge."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from duckdb import DuckDBPyConnection

from lienthong.quality.description import Described
from lienthong.quality.linking.persons import digest
from lienthong.quality.merging.golden import make_golden, merge_settings
from lienthong.quality.tables import literal

GOLDEN: Final = "golden.parquet"
"""person_id, records (how many), and every standardised column."""
ORIGINS: Final = "origins.parquet"
"""person_id, field, record_id: of persons of several records, which record each value is from."""
MERGES: Final = "merges.parquet"
"""merge_id, merged_at, merged_by, person_id, record_id, former_id, automatic: a row per record that a merge moved
to a person. It is automatic if all records of the person are linked without asking."""
_OPTIONS: Final = "(FORMAT parquet, COMPRESSION zstd)"


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedRecords:
    """What was written."""

    # Persons of several records, and the records that were moved to them.
    merges: int
    records: int
    automatic: int


def merge_records(  # noqa: PLR0913 - what, of what, into where, by whom
    connection: DuckDBPyConnection,
    described: Described,
    folder: Path,
    *,
    records: str,
    clusters: str,
    by: str,
    at: datetime,
) -> MergedRecords:
    """Write ``golden.parquet``, ``origins.parquet`` and ``merges.parquet``.

    Args:
        connection: that does it.
        described: the registry.
        folder: for the files.
        records: standardised records.
        clusters: ``record_id``, ``person_id``, ``group_id``.
        by: who merges: the id of the run.
        at: when.

    Raises:
        RegistryInvalid: of the table ``[merge]``.
    """
    write_golden(connection, described, folder, records=records, clusters=clusters)
    connection.execute(f"CREATE OR REPLACE TEMP TABLE merges AS {_merges(clusters, by=by, at=at)}")
    write(connection, "SELECT * FROM merges ORDER BY person_id, record_id", folder / MERGES)
    counts = connection.execute(
        "SELECT count(DISTINCT merge_id), count(*), count(DISTINCT merge_id) FILTER (automatic) FROM merges"
    ).fetchall()
    merges, moved, automatic = counts[0]
    return MergedRecords(merges=merges, records=moved, automatic=automatic)


def write_golden(
    connection: DuckDBPyConnection, described: Described, folder: Path, *, records: str, clusters: str
) -> None:
    """Write ``golden.parquet`` and ``origins.parquet``."""
    make_golden(
        connection,
        described.registry,
        merge_settings(described),
        records=records,
        clusters=clusters,
        golden="golden_records",
        origins="golden_origins",
    )
    write(connection, "FROM golden_records", folder / GOLDEN)
    write(connection, "FROM golden_origins ORDER BY person_id, field", folder / ORIGINS)


def write(connection: DuckDBPyConnection, query: str, to: Path) -> None:
    """Write a query into a Parquet file."""
    connection.execute(f"COPY ({query}) TO {literal(str(to))} {_OPTIONS}")


def _merges(clusters: str, *, by: str, at: datetime) -> str:
    # Before it is merged, a record is a person of its own, with the id that a first run would give it. The one whose
    # id the person bears stays where it is; if none is there any more, all have moved.
    several = (
        f"SELECT *, {digest('record_id')} AS former_id, count(DISTINCT group_id) OVER (PARTITION BY person_id) = 1"
        f" AS automatic FROM {clusters} QUALIFY count(*) OVER (PARTITION BY person_id) > 1"
    )
    when = literal(f"{at:%Y-%m-%d %H:%M:%S}")
    return (
        f"SELECT {literal(by)} || '/' || person_id AS merge_id, TIMESTAMP {when} AS merged_at,"
        f" {literal(by)} AS merged_by, person_id, record_id, former_id, automatic FROM ({several})"
        " WHERE former_id <> person_id"
    )
