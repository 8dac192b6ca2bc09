"""Where candidates are made and scored: in this process, or on a cluster. What comes out is the same."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from duckdb import DuckDBPyConnection

from lienthong.quality.linking import blocking, conflicts, engine, nodes
from lienthong.quality.linking.blocking import PAIRS, Blocking
from lienthong.quality.linking.levels import Levels
from lienthong.quality.linking.settings import Conflict
from lienthong.quality.linking.weights import Weights


class Candidates(NamedTuple):
    """How many pairs share a key, and how many of them could not be of one person."""

    pairs: int
    apart: int


class Backend(Protocol):
    """What makes and scores pairs. Nodes and keys are tables of a DuckDB connection, and so are results."""

    def make_candidates(self, keys: Blocking, against: Sequence[Conflict]) -> Candidates:
        """Make the table or view ``blocking.PAIRS``, without pairs that conflicts keep apart."""

    def score(self, comparisons: Sequence[Levels], weights: Weights, *, result: str, least: float) -> None:
        """Score the candidates into a table, as ``engine.score`` does."""


@dataclass(frozen=True, slots=True)
class Local:
    """DuckDB, in this process."""

    connection: DuckDBPyConnection
    # Pieces in which candidates are scored: each takes its share of the memory.
    pieces: int = 1

    def make_candidates(self, keys: Blocking, against: Sequence[Conflict]) -> Candidates:
        """Make the table ``blocking.PAIRS``."""
        pairs = blocking.make_pairs(self.connection, keys)
        nodes.take_paired(self.connection, PAIRS)
        return Candidates(pairs, conflicts.drop_apart(self.connection, against, PAIRS))

    def score(self, comparisons: Sequence[Levels], weights: Weights, *, result: str, least: float) -> None:
        """Score the candidates, one piece after the other."""
        engine.score_in_pieces(
            self.connection, comparisons, weights, pairs=PAIRS, result=result, least=least, pieces=self.pieces
        )
