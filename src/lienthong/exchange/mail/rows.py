"""Many rows in few statements: each statement hands the interpreter's lock to and fro, which costs more than a row."""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Final

from lienthong.trust.journal import Statement

# Few sizes, so that SQLite need not prepare them again and again.
_CHUNKS: Final = (64, 16, 4, 1)


def in_chunks[T](items: Sequence[T]) -> Iterator[Sequence[T]]:
    """Divide items into pieces of few different sizes."""
    at = 0
    for size in _CHUNKS:
        while len(items) - at >= size:
            yield items[at : at + size]
            at += size


def places(count: int) -> str:
    """Return so many placeholders."""
    return ",".join("?" * count)


def inserted(into: str, rows: Sequence[tuple[object, ...]]) -> list[Statement]:
    """Return the statements that insert rows, all of one length.

    Args:
        into: ``INSERT INTO table (columns)``.
        rows: a value per column.
    """
    if not rows:
        return []
    row = f"({places(len(rows[0]))})"
    return [
        (f"{into} VALUES {','.join([row] * len(some))}", tuple(chain.from_iterable(some))) for some in in_chunks(rows)
    ]


def keyed(columns: int, count: int) -> str:
    """Return a table ``key`` of placeholders, to be cross-joined with a table whose rows are wanted.

    SQLite looks each key up in the other table's index then; with ``IN`` it reads the whole table.
    """
    row = f"({places(columns)})"
    return f"(VALUES {','.join([row] * count)}) AS key"
