"""How good a linking is, measured against a file of what is known: persons of records, or labelled pairs."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
from duckdb import DuckDBPyConnection

from lienthong.quality.errors import RecordsRefused, TruthRefused
from lienthong.quality.evaluate import Evaluation, Quality, against_truth, over_thresholds, truth_of_pairs
from lienthong.quality.reading.lists import PAIR, read_list

LABEL: Final = ("label", "match", "is_match", "same", "decision", "clerical_match_score")
_YES: Final = ("1", "1.0", "true", "t", "yes", "same", "match")
_NO: Final = ("0", "0.0", "false", "f", "no", "different", "nonmatch", "non-match")


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What was measured."""

    # Clusters as they are, all pairs of records counted; with labels, clusters among the records that have one.
    persons: Evaluation
    # With a file of labels: of the labelled pairs only.
    labelled: Quality | None = None
    pairs: int = 0
    # What pairs from some probability on would make; empty without probabilities.
    thresholds: tuple[Evaluation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A linking: queries of its clusters and its pairs."""

    clusters: str
    pairs: str | None = None


def by_persons(  # noqa: PLR0913 - what, against what, read how
    connection: DuckDBPyConnection, made: Made, source: Path, column: str, *, known: Sequence[str], scratch: Path
) -> Measured:
    """Measure against a file that says whose each record is.

    Args:
        connection: that does it.
        made: what is measured.
        source: a file or a folder with the ids of records and the column.
        column: its heading; records without a value are passed over.
        known: headings of the ids.
        scratch: an existing folder.

    Raises:
        RecordsRefused: it cannot be read, a column is missing or a record is there twice.
        TruthRefused: no record is in both.
    """
    read_list(
        connection,
        source,
        {"record_id": known, "truth": (column,)},
        scratch=scratch,
        table="truth",
        may_be_empty=("truth",),
    )
    return by_table(connection, made, "truth", str(source))


def by_table(connection: DuckDBPyConnection, made: Made, truth: str, source: str) -> Measured:
    """Measure against a table of ``record_id`` and ``truth``.

    Raises:
        RecordsRefused: a record is there twice.
        TruthRefused: no record is in both.
    """
    twice = connection.execute(
        f"SELECT record_id FROM {truth} GROUP BY 1 HAVING count(*) > 1 ORDER BY 1 LIMIT 1"
    ).fetchall()
    if twice:
        raise RecordsRefused(
            f"{source}: the record {twice[0][0]!r} is there twice", hint="Say of each record once whose it is."
        )
    persons = against_truth(connection, made.clusters, truth)
    thresholds = tuple(over_thresholds(connection, made.pairs, truth)) if made.pairs is not None else ()
    return Measured(persons=persons, thresholds=thresholds)


def by_pairs(connection: DuckDBPyConnection, made: Made, source: Path, *, scratch: Path) -> Measured:
    """Measure against a file of pairs: all that are of one person, or some with a label.

    Args:
        connection: that does it.
        made: what is measured.
        source: a file with ``record_id_l`` and ``record_id_r``, and perhaps ``label``: 1 or 0, same or different.
        scratch: an existing folder.

    Raises:
        RecordsRefused: it cannot be read, or a column or a value is missing.
        TruthRefused: a pair names a record that is not there, or a label says something else.
    """
    there = read_list(connection, source, {**PAIR, "label": LABEL}, scratch=scratch, table="known", optional=("label",))
    if "label" not in there:
        truth_of_pairs(connection, "known", made.clusters, "truth")
        return by_table(connection, made, "truth", str(source))
    _refuse_labels(connection, source)
    connection.execute(f"CREATE OR REPLACE TABLE same AS SELECT * FROM known WHERE {_says(_YES)}")
    named = "(SELECT record_id_l AS record_id FROM known UNION SELECT record_id_r FROM known)"
    truth_of_pairs(connection, "known", made.clusters, "truth")
    truth_of_pairs(connection, "same", named, "truth")
    counts = connection.execute(
        f"SELECT count(*), count(*) FILTER (l.person_id = r.person_id AND {_says(_YES)}),"
        f" count(*) FILTER (l.person_id = r.person_id), count(*) FILTER ({_says(_YES)}) FROM known k"
        f" JOIN {made.clusters} l ON l.record_id = k.record_id_l JOIN {made.clusters} r ON r.record_id = k.record_id_r"
    ).fetchall()
    pairs, right, found, wanted = counts[0]
    persons = against_truth(connection, made.clusters, "truth")
    return Measured(persons=persons, labelled=Quality.of(right, found, wanted), pairs=pairs)


def _refuse_labels(connection: DuckDBPyConnection, source: Path) -> None:
    wrong = connection.execute(
        f"SELECT record_id_l, record_id_r, label FROM known WHERE label IS NULL OR NOT ({_says((*_YES, *_NO))}) LIMIT 1"
    ).fetchall()
    if wrong:
        left, right, label = wrong[0]
        hint = "Write 1 or 0, or same or different, for every pair."
        raise TruthRefused(f"{source}: {left} and {right}: {label}", hint=hint)


def _says(words: Sequence[str]) -> str:
    return f"lower(trim(label)) IN ({', '.join(f"'{word}'" for word in words)})"
