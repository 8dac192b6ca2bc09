"""What ``lienthong quality evaluate`` does: everything that takes the extra."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import typer
from duckdb import DuckDBPyConnection
from rich.console import Console
from rich.table import Table

from lienthong.cli.quality_run import Asked as Records
from lienthong.cli.quality_run import Means, do, mapping_of
from lienthong.kernel.i18n import _
from lienthong.quality import database, description, linked, measuring, runs
from lienthong.quality.errors import RegistryUnknown, TruthRefused
from lienthong.quality.evaluate import Quality
from lienthong.quality.job import Linking
from lienthong.quality.measuring import Made, Measured
from lienthong.quality.tables import RECORD_ID, literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is measured, and against what."""

    source: Path
    registry: str | None
    pairs: Path | None
    truth: str | None
    truth_file: Path | None
    mapped: Sequence[str]
    model: Path | None
    country: str


def measure(asked: Asked, *, memory: str, threads: int | None, quiet: bool) -> Measured:
    """Measure a linking; records that are not linked yet are linked first, without keeping the results.

    Raises:
        LienthongError: of the records, of what is known, or both do not fit.
    """
    with tempfile.TemporaryDirectory(prefix="lienthong-evaluate-") as name:
        scratch = Path(name)
        folder = asked.source
        if not (folder / runs.MANIFEST).is_file() or not (folder / linked.CLUSTERS).is_file():
            folder = scratch / "linked"
            means = Means(out=folder, replace=False, memory=memory, threads=threads, country=asked.country, quiet=quiet)
            _link(asked, means)
        elif asked.truth is not None and asked.truth_file is None:
            raise TruthRefused(str(asked.source), hint="Say with --truth-file where the column is.")
        made = Made(clusters=linked.clusters_of(folder), pairs=_pairs(folder))
        with database.connect(scratch, memory=memory, threads=threads) as connection:
            return _measure(connection, asked, made, scratch)


def show(measured: Measured, *, as_json: bool) -> None:
    """Print the measures."""
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(measured), indent=2).decode())
        return
    table = Table("", _("Precision"), _("Recall"), "F1", box=None)
    _row(table, _("Pairs of records"), measured.persons.pairwise)
    _row(table, _("Clusters"), measured.persons.clusters)
    if measured.labelled is not None:
        _row(table, _("Labelled pairs"), measured.labelled)
    for each in measured.thresholds:
        _row(table, _("Pairs from {probability} on").format(probability=each.threshold), each.pairwise)
    Console(highlight=False).print(table)


def _row(table: Table, name: str, quality: Quality) -> None:
    table.add_row(name, *(f"{value:.4f}" for value in (quality.precision, quality.recall, quality.f1)))


def _link(asked: Asked, means: Means) -> None:
    if asked.registry is None:
        raise RegistryUnknown("--registry", hint="Name the registry, as the records are not linked yet.")
    records = Records(
        registry=asked.registry,
        source=asked.source,
        mapping=mapping_of(asked.mapped),
        linking=Linking(model=asked.model),
    )
    do(means, "link", ("link",), records)


def _measure(connection: DuckDBPyConnection, asked: Asked, made: Made, scratch: Path) -> Measured:
    if asked.pairs is not None:
        return measuring.by_pairs(connection, made, asked.pairs, scratch=scratch)
    known = [RECORD_ID, "id", "rec_id"]
    if asked.registry is not None:
        known = [RECORD_ID, *description.load(asked.registry).registry.record_id]
    known = [*(each for name, each in mapping_of(asked.mapped).items() if name == RECORD_ID), *known]
    source = asked.truth_file or asked.source
    return measuring.by_persons(connection, made, source, asked.truth or "", known=known, scratch=scratch)


def _pairs(folder: Path) -> str | None:
    path = folder / "pairs.parquet"
    return f"read_parquet({literal(str(path))})" if path.is_file() else None
