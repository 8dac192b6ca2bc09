"""What ``train``, ``check`` and ``merge --undo`` do: everything that takes the extra."""

import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import log2
from pathlib import Path
from typing import Final

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from lienthong.cli.quality_run import Asked, Means, bar, do, mapping_of, units_of
from lienthong.cli.text import plain
from lienthong.kernel.files import write_atomically
from lienthong.kernel.i18n import _
from lienthong.quality import database, description, linked, runs
from lienthong.quality.errors import RecordsRefused, ResultsTaken
from lienthong.quality.linking.check import Checker, Match
from lienthong.quality.linking.link import MODEL
from lienthong.quality.linking.weights import Weights
from lienthong.quality.merging.undo import undo_merges
from lienthong.quality.one import standardise_one
from lienthong.quality.pipeline import Done

_MOST_INPUT: Final = 1_000_000
_MOST_WEIGHTS: Final = 5
# A model says nothing of anybody.
_MODE: Final = 0o644


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A record, and the linked registry that is asked for it."""

    registry: str
    against: Path
    values: Mapping[str, str]
    country: str


def train(means: Means, asked: Asked) -> Weights:
    """Learn a model and write it.

    Raises:
        LienthongError: what is wrong with the description or the records, or the file is there already.
    """
    if means.out.exists() and not means.replace:
        raise ResultsTaken(str(means.out), hint="Name a new file, or replace this one with --force.")
    if not means.out.absolute().parent.is_dir():
        raise ResultsTaken(str(means.out), hint="Make the folder above it first.")
    with tempfile.TemporaryDirectory(prefix=".train-", dir=means.out.absolute().parent) as name:
        folder = Path(name) / "trained"
        do(replace(means, out=folder, replace=False), "train", ("train",), asked)
        made = (folder / MODEL).read_bytes()
    write_atomically(means.out, made, mode=_MODE)
    return msgspec.json.decode(made, type=Weights)


def show_model(model: Weights, out: Path, *, as_json: bool) -> None:
    """Print what was learned: how much each comparison tells where values are the same and where they differ."""
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(model), indent=2).decode())
        return
    table = Table(_("Comparison"), _("Same, bits"), _("Different, bits"), box=None)
    for name, levels in model.comparisons.items():
        table.add_row(plain(name), *(f"{log2(level.m / level.u):+.1f}" for level in (levels[0], levels[-1])))
    console = Console(highlight=False)
    console.print(table)
    console.print(plain(str(out)))


def undo(means: Means, asked: Asked, merges: Sequence[str]) -> Done:
    """Take merges back; the results appear as a new folder.

    Raises:
        LienthongError: the input holds no such merges, or they have been built upon.
    """
    runs.refuse_taken(means.out, replace=means.replace)
    described = description.load(asked.registry)
    before = linked.refuse_other(asked.source, described.registry)
    with runs.new_run(means.out, command="merge --undo", registry=described.registry, replace=means.replace) as run:
        run.columns |= before.columns
        with (
            tempfile.TemporaryDirectory(prefix=".scratch-", dir=run.folder) as scratch,
            bar(quiet=means.quiet) as begin,
        ):
            begin("merge")
            with database.connect(Path(scratch), memory=means.memory, threads=means.threads) as connection:
                run.counts["records"] = before.counts["records"]
                run.counts["undone"] = undo_merges(connection, described, asked.source, run.folder, merges)
        linked.carry(asked.source, run.folder)
    return Done(manifest=runs.read_manifest(means.out), scores={}, duplicates={})


def values_of(pairs: Sequence[str]) -> dict[str, str]:
    """Return the record that arguments say, or standard input where there are none.

    Raises:
        RecordsRefused: standard input is no JSON object of texts and numbers.
    """
    if pairs:
        return mapping_of(pairs, "FIELD=VALUE")
    hint = 'Write FIELD=VALUE arguments, or an object on standard input: {"full_name": "…", "birth_date": "…"}.'
    data = sys.stdin.buffer.read(_MOST_INPUT + 1)
    try:
        found = msgspec.json.decode(data, type=dict[str, str | int | float | None])
    except msgspec.DecodeError as error:
        raise RecordsRefused(f"standard input: {error}", hint=hint) from error
    if len(data) > _MOST_INPUT:
        raise RecordsRefused("standard input: more than 1 MB", hint=hint)
    return {name: str(value) for name, value in found.items() if value is not None}


def check(question: Question, *, memory: str, threads: int | None) -> list[Match]:
    """Standardise a record and ask a linked registry who it may be.

    Raises:
        LienthongError: of the record, or the folder is not linked.
    """
    described = description.load(question.registry)
    units = units_of(question.country)
    with tempfile.TemporaryDirectory(prefix="lienthong-check-") as name:
        scratch = Path(name)
        with database.connect(scratch, memory=memory, threads=threads) as connection:
            record = standardise_one(connection, described.registry, question.values, units=units)
        index = linked.open_asked(question.against, described, memory=memory, threads=threads, scratch=scratch)
        with index.connection:
            return Checker(index, described).check(record)


def show_matches(matches: Sequence[Match], *, as_json: bool) -> None:
    """Print who a record may be, the likeliest first, with what says so and what speaks against it."""
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(matches), indent=2).decode())
        return
    if not matches:
        typer.echo(_("Nobody in the registry is like this record."))
        return
    table = Table(_("Record"), _("Person"), _("Probability"), _("Bits"), _("Why"), box=None)
    for match in matches:
        strongest = sorted(match.weights.items(), key=lambda each: -abs(each[1]))[:_MOST_WEIGHTS]
        why = ", ".join(f"{name} {bits:+.1f}" for name, bits in strongest if bits)
        against = "".join(f"; {reason}" for reason in match.reasons)
        table.add_row(
            plain(match.record_id), match.person_id, f"{match.probability:.4f}", f"{match.weight:+.1f}", why + against
        )
    Console(highlight=False).print(table)
