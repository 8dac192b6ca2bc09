"""The folder of a linked registry: whose records are in it, and the file it is asked by."""

import os
import shutil
from pathlib import Path
from typing import Final

import duckdb
from duckdb import DuckDBPyConnection

from lienthong.quality import database, runs, tables
from lienthong.quality.description import Described, Registry
from lienthong.quality.errors import ResultsUnusable
from lienthong.quality.linking import weights
from lienthong.quality.linking.index import Index, make_index, open_index
from lienthong.quality.linking.link import MODEL
from lienthong.quality.linking.settings import link_settings
from lienthong.quality.runs import Manifest
from lienthong.quality.tables import literal

CLUSTERS: Final = "clusters.parquet"
INDEX: Final = "index.duckdb"
HINT: Final = "Name records, or results of standardise for the same version of this registry."
_LINKED: Final = "Name the output folder of lienthong quality link or run."


def refuse_other(folder: Path, registry: Registry) -> Manifest:
    """Return the manifest of a folder of results.

    Raises:
        ResultsUnusable: it holds none, or results of another registry or version.
    """
    manifest = runs.read_manifest(folder)
    if (manifest.registry, manifest.registry_version) != (registry.name, registry.version):
        raise ResultsUnusable(f"{folder}: {manifest.registry}, version {manifest.registry_version}", hint=HINT)
    return manifest


def clusters_of(folder: Path, *, sure: bool = False) -> str:
    """Return the query of a folder's clusters: ``record_id`` and ``person_id``, and ``group_id`` if asked for.

    Raises:
        ResultsUnusable: records are not linked in it, or the file is damaged.
    """
    path = folder / CLUSTERS
    if not path.is_file():
        raise ResultsUnusable(str(folder), hint=_LINKED)
    columns = ["record_id", "person_id", *(["group_id"] if sure else [])]
    query = f"(SELECT {', '.join(columns)} FROM read_parquet({literal(str(path))}))"
    try:
        with duckdb.connect() as connection:
            connection.execute(f"DESCRIBE SELECT * FROM {query}").fetchall()
    except duckdb.Error as error:
        raise ResultsUnusable(str(path), hint=_LINKED) from error
    return query


def carry(source: Path, folder: Path) -> None:
    """Put what results rest upon beside them, so that whoever goes on from them needs no other folder."""
    for name in (tables.STANDARDISED, CLUSTERS, "clusters.csv", MODEL):
        if (source / name).is_file() and not (folder / name).exists():
            try:
                os.link(source / name, folder / name)
            except OSError:
                # Another disk.
                shutil.copyfile(source / name, folder / name)


def open_asked(folder: Path, described: Described, *, memory: str, threads: int | None, scratch: Path) -> Index:
    """Open the index of a linked folder; it is made first where it is missing.

    Args:
        folder: of a linked registry.
        described: the registry.
        memory: of the database, as DuckDB writes sizes.
        threads: of the database; None: one per processor.
        scratch: an existing folder for what does not fit into memory.

    Raises:
        LienthongError: the folder is not linked, or with other settings than the registry has now.
    """
    refuse_other(folder, described.registry)
    path = folder / INDEX
    if not path.is_file():
        with database.connect(scratch, memory=memory, threads=threads) as connection:
            index(connection, described, folder, path)
    opened = open_index(path, described, memory=memory, threads=threads or database.processors())
    opened.connection.execute(f"SET temp_directory = {literal(str(scratch))}")
    return opened


def index(connection: DuckDBPyConnection, described: Described, folder: Path, path: Path) -> None:
    """Write the index of a linked folder; it appears when it is complete.

    Raises:
        LienthongError: the folder is not linked, or with other settings than the registry has now.
    """
    settings = link_settings(described)
    make_index(
        connection,
        described,
        weights.load(folder / MODEL, described.registry.name, settings),
        path,
        source=f"read_parquet({literal(str(folder / tables.STANDARDISED))})",
        clusters=clusters_of(folder),
    )
