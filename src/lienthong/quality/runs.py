"""The output folder of a run: wholly there or not at all, with a manifest that says what it was made of."""

import contextlib
import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Final

import msgspec

from lienthong.kernel.clock import Clock, SystemClock, to_datetime
from lienthong.kernel.files import sync_folder, write_atomically
from lienthong.quality.description import Registry
from lienthong.quality.errors import ResultsTaken, ResultsUnusable

MANIFEST: Final = "manifest.json"
_PACKAGES: Final = ("lienthong", "duckdb", "splink")
_MODE: Final = 0o700


class InputFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file that was read."""

    name: str
    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a folder of results says about itself."""

    # Unique and rising with time: 20261126T174500Z-1f3a9c.
    run: str
    command: str
    registry: str
    registry_version: int
    started: datetime
    ended: datetime
    # Packages whose versions the results depend on.
    versions: dict[str, str]
    inputs: tuple[InputFile, ...]
    # Column of the registry to the heading it was read from; None: the input does not have it.
    columns: dict[str, str | None]
    # What was counted, such as records and changes.
    counts: dict[str, int | float]
    # Seconds each step took.
    seconds: dict[str, float]

    def present(self) -> frozenset[str]:
        """Return the columns of the registry that the input has."""
        return frozenset(name for name, heading in self.columns.items() if heading is not None)


@dataclass(slots=True, kw_only=True)
class Run:
    """A run in progress: files written into ``folder`` appear in the output folder at the end."""

    id: str
    folder: Path
    command: str
    registry: Registry
    started: datetime
    clock: Clock
    inputs: list[InputFile] = field(default_factory=list)
    columns: dict[str, str | None] = field(default_factory=dict)
    counts: dict[str, int | float] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Measure a step of the run."""
        begun = self.clock.now()
        yield
        self.seconds[name] = round((self.clock.now() - begun) / 1000, 3)

    def path(self, name: str) -> Path:
        """Return where a result of that name is written."""
        return self.folder / name

    def manifest(self) -> Manifest:
        """Return the manifest as of now."""
        return Manifest(
            run=self.id,
            command=self.command,
            registry=self.registry.name,
            registry_version=self.registry.version,
            started=self.started,
            ended=to_datetime(self.clock.now()),
            versions=dict(_versions()),
            inputs=tuple(self.inputs),
            columns=self.columns,
            counts=self.counts,
            seconds=self.seconds,
        )


@contextlib.contextmanager
def new_run(
    out: Path, *, command: str, registry: Registry, replace: bool = False, clock: Clock | None = None
) -> Iterator[Run]:
    """Yield a run whose results appear as the folder ``out`` when the block ends without an error.

    Until then they lie in a hidden folder beside it, which an error removes.

    Args:
        out: the folder to make; the one above it must exist.
        command: what is done, such as ``standardise``.
        registry: of which the records are.
        replace: results of an earlier run in ``out`` give way; anything else there never does.
        clock: the machine's own unless given.

    Raises:
        ResultsTaken: something is there that must not be replaced.
    """
    refuse_taken(out, replace=replace)
    clock = clock or SystemClock()
    started = to_datetime(clock.now())
    identity = f"{started:%Y%m%dT%H%M%SZ}-{os.urandom(3).hex()}"
    folder = out.absolute().parent / f".{out.absolute().name}.{identity}"
    folder.mkdir(mode=_MODE)
    try:
        run = Run(id=identity, folder=folder, command=command, registry=registry, started=started, clock=clock)
        yield run
        write_atomically(folder / MANIFEST, msgspec.json.format(msgspec.json.encode(run.manifest()), indent=2))
        _publish(folder, out.absolute(), replace=replace)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def refuse_taken(out: Path, *, replace: bool) -> None:
    """Refuse a folder that must not be replaced, before anything is computed.

    Raises:
        ResultsTaken: it holds something that is not an earlier run, or replacing was not asked for.
    """
    if not out.absolute().parent.is_dir():
        raise ResultsTaken(str(out), hint="Make the folder above it first.")
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    if not (replace and (out / MANIFEST).is_file()):
        raise ResultsTaken(str(out))


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of a finished run.

    Raises:
        ResultsUnusable: there is none, or it is not one of ours.
    """
    try:
        return msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except (OSError, msgspec.DecodeError) as error:
        raise ResultsUnusable(str(folder)) from error


def describe_inputs(files: Iterable[Path]) -> list[InputFile]:
    """Return name, size and digest of the files that are read."""
    described: list[InputFile] = []
    for file in files:
        with file.open("rb") as opened:
            digest = hashlib.file_digest(opened, "sha256").hexdigest()
        described.append(InputFile(name=file.name, bytes=file.stat().st_size, sha256=digest))
    return described


def _publish(folder: Path, out: Path, *, replace: bool) -> None:
    # Another run may have ended in the meantime.
    refuse_taken(out, replace=replace)
    before = folder.with_name(f"{folder.name}.before")
    if out.exists():
        out.rename(before)
    folder.rename(out)
    sync_folder(out.parent)
    shutil.rmtree(before, ignore_errors=True)


def _versions() -> Iterator[tuple[str, str]]:
    for package in _PACKAGES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            yield package, metadata.version(package)
