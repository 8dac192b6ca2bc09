"""New and changed records of a linked registry: whose they are, without linking it all again."""

from pathlib import Path
from typing import Final

from lienthong.quality import linked
from lienthong.quality.description import Described
from lienthong.quality.linking.incremental import ASSIGNED, PAIRS, assign
from lienthong.quality.tables import literal

_CLUSTERS: Final = f"SELECT record_id, person_id, probability, certain FROM {ASSIGNED} ORDER BY record_id"
_LIST: Final = f"SELECT record_id, person_id FROM {ASSIGNED} ORDER BY record_id"
_PAIRS: Final = (
    "SELECT record_id AS record_id_l, known_id AS record_id_r, person_id, probability, weight, reasons"
    f" FROM {PAIRS} ORDER BY record_id_l, record_id_r"
)
_REVIEW: Final = (
    "SELECT p.record_id AS record_id_l, known_id AS record_id_r, a.person_id AS person_id_l,"
    f" p.person_id AS person_id_r, p.probability, p.weight, p.reasons FROM {PAIRS} p JOIN {ASSIGNED} a"
    " USING (record_id) WHERE NOT a.certain OR p.person_id <> a.person_id"
    " QUALIFY row_number() OVER (PARTITION BY p.record_id, p.person_id ORDER BY p.weight DESC, known_id) = 1"
    " ORDER BY record_id_l, p.probability DESC"
)
_FILES: Final = (
    ("clusters.parquet", _CLUSTERS),
    ("clusters.csv", _LIST),
    ("pairs.parquet", _PAIRS),
    ("review.parquet", _REVIEW),
)


def link_new(  # noqa: PLR0913 - what, of what, into where, with what
    described: Described,
    against: Path,
    source: str,
    folder: Path,
    *,
    scratch: Path,
    memory: str,
    threads: int | None,
) -> dict[str, int]:
    """Write ``clusters.parquet``, ``clusters.csv``, ``pairs.parquet`` and ``review.parquet`` of the records that came.

    Args:
        described: the registry.
        against: the folder of the linked registry.
        source: a query of the standardised records that came.
        folder: for the files.
        scratch: an existing folder for what does not fit into memory.
        memory: of the database, as DuckDB writes sizes.
        threads: of the database; None: one per processor.

    Returns:
        Counts: of those who joined somebody known, and of pairs for people.

    Raises:
        LienthongError: the folder is not linked, or with other settings than the registry has now.
    """
    index = linked.open_asked(against, described, memory=memory, threads=threads, scratch=scratch)
    with index.connection as connection:
        connection.execute(f"CREATE OR REPLACE TEMP VIEW arrivals AS FROM {source}")
        made = assign(index, "arrivals")
        for name, query in _FILES:
            kind = "FORMAT csv, HEADER" if name.endswith(".csv") else "FORMAT parquet, COMPRESSION zstd"
            connection.execute(f"COPY ({query}) TO {literal(str(folder / name))} ({kind})")
    return {"known": made.sure + made.likely, "automatic": made.sure, "review": made.review}
