"""Which model a registry is linked with: one that is named, that of the run before, one that comes with it, or none."""

import logging
from pathlib import Path
from typing import Final

from duckdb import DuckDBPyConnection

from lienthong.kernel.clock import Clock, SystemClock
from lienthong.quality.description import Described
from lienthong.quality.errors import ModelUnusable
from lienthong.quality.job import Linking
from lienthong.quality.linking import training, weights
from lienthong.quality.linking.blocking import PAIRS
from lienthong.quality.linking.link import MODEL, prepare
from lienthong.quality.linking.settings import link_settings
from lienthong.quality.linking.weights import Weights

_LOG: Final = logging.getLogger(__name__)


def given(described: Described, linking: Linking, previous: Path | None = None) -> Weights | None:
    """Return the model to link with; None: learn one from the records.

    Args:
        described: the registry.
        linking: what was asked for.
        previous: results of the run before: its model is used again, unless the description has changed since.

    Raises:
        ModelUnusable: it is not one for this registry as it is described now.
        RegistryInvalid: the description names a file that is not there.
    """
    settings = link_settings(described)
    if linking.model is not None:
        return weights.load(linking.model, described.registry.name, settings)
    if linking.learn:
        return None
    if previous is not None and (previous / MODEL).is_file():
        try:
            return weights.load(previous / MODEL, described.registry.name, settings)
        except ModelUnusable as error:
            _LOG.info("the model of the run before is not used again: %s", error)
    if settings.model is None:
        return None
    return weights.decode(described.beside(settings.model), settings.model, described.registry.name, settings)


def learn(connection: DuckDBPyConnection, described: Described, source: str, *, clock: Clock | None = None) -> Weights:
    """Learn a model from records, without labels.

    Args:
        connection: with the table.
        described: the registry.
        source: standardised records.
        clock: says when; the machine's own unless given.
    """
    settings = link_settings(described)
    prepared = prepare(connection, described, settings, source)
    return training.train(
        connection,
        settings,
        prepared.comparisons,
        registry=described.registry.name,
        pairs=PAIRS,
        clock=clock or SystemClock(),
    )
