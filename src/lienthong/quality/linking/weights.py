"""What was learned about a registry: how often records of one person agree, and records of two."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

import msgspec

from lienthong.kernel.files import write_atomically
from lienthong.quality.errors import ModelUnusable
from lienthong.quality.linking.levels import Levels, levels_of
from lienthong.quality.linking.settings import Link

FORMAT: Final = 1
MAX_BYTES: Final = 4_000_000
_LEAST_PRIOR: Final = 1e-15
Share = Annotated[float, msgspec.Meta(gt=0, lt=1)]


class LevelWeight(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One level of a comparison."""

    label: str
    # Share of pairs of one person, and of two persons, that are at this level.
    m: Share
    u: Share


class Weights(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A trained model, as it stands in its file."""

    format: int = FORMAT
    registry: str
    # Of the comparisons it was trained for: with others its numbers mean nothing.
    settings: str
    trained: datetime
    records: int
    # That two records drawn at random are of one person.
    prior: Share
    comparisons: dict[str, tuple[LevelWeight, ...]]


def fingerprint(settings: Link) -> str:
    """Return a digest of all that a model depends on: derived columns and comparisons with their levels."""
    compared = [(each.name, each.columns, each.likeness, levels_of(each).levels) for each in settings.compare]
    return hashlib.sha256(msgspec.json.encode([settings.derived, compared])).hexdigest()[:16]


def save(weights: Weights, path: Path) -> None:
    """Write a model."""
    write_atomically(path, msgspec.json.format(msgspec.json.encode(weights), indent=2))


def load(path: Path, registry: str, settings: Link) -> Weights:
    """Read a model.

    Raises:
        ModelUnusable: it is not a model, or one of another registry or of other settings.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ModelUnusable(f"{path}: {error.strerror}") from error
    return decode(data, str(path), registry, settings)


def decode(data: bytes, source: str, registry: str, settings: Link) -> Weights:
    """Return the model that a file holds.

    Args:
        data: the file's content.
        source: what the error calls it.
        registry: that it must be for.
        settings: of the registry as it is described now.

    Raises:
        ModelUnusable: as for ``load``.
    """
    try:
        weights = msgspec.json.decode(data, type=Weights)
    except msgspec.DecodeError as error:
        raise ModelUnusable(f"{source}: {error}") from error
    if weights.registry != registry:
        raise ModelUnusable(f"{source}: it is for the registry {weights.registry}")
    if (weights.format, weights.settings) != (FORMAT, fingerprint(settings)):
        raise ModelUnusable(f"{source}: format {weights.format}, settings {weights.settings}")
    _refuse_misshapen(weights, settings, source)
    return weights


def fitted(weights: Weights, records: int) -> Weights:
    """Return a model as it holds for so many records: each has as many of its person, among more that are not."""
    prior = weights.prior * max(weights.records, 2) / max(records, 2)
    return msgspec.structs.replace(weights, records=records, prior=min(max(prior, _LEAST_PRIOR), 0.5))


def _refuse_misshapen(weights: Weights, settings: Link, source: str) -> None:
    known = {each.name: [level.label for level in levels_of(each).levels] for each in settings.compare}
    for name, levels in weights.comparisons.items():
        if known.get(name) != [level.label for level in levels]:
            raise ModelUnusable(f"{source}: comparison {name}")


def before_training(comparisons: Sequence[Levels], records: int) -> Weights:
    """Return the weights that training begins with."""
    return Weights(
        registry="",
        settings="",
        trained=datetime.min,  # noqa: DTZ901 - never
        records=records,
        prior=0.1 / max(records, 2),
        comparisons={
            each.name: tuple(LevelWeight(label=level.label, m=level.m, u=1 / len(each.levels)) for level in each.levels)
            for each in comparisons
        },
    )
