"""Tables without what is kept beside their rows, while very many come: indexes are made faster at once than row by row.

The same holds for foreign keys, which are then checked in one query instead of one per row.
"""

import contextlib
from collections.abc import Iterator, Sequence

from django.db import connection
from django.db.models import Model

_INDEXES = (
    "SELECT c.relname, pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
    " WHERE i.indrelid = ANY (%s::regclass[])"
    " AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid AND k.contype <> 'f') ORDER BY 1"
)
_KEYS = (
    "SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint"
    " WHERE contype = 'f' AND conrelid = ANY (%s::regclass[]) ORDER BY 1, 2"
)


@contextlib.contextmanager
def bare(*models: type[Model]) -> Iterator[None]:
    """Take indexes and foreign keys off tables, and put them back as they were. In one transaction.

    What keeps rows unique stays. Nobody else reads these tables meanwhile, nor those that they name.
    """
    tables = [model._meta.db_table for model in models]  # noqa: SLF001 - Django's public name
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        # Keys that are only checked at the end of the transaction would keep the tables from being changed.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL maintenance_work_mem = '512MB'")
        cursor.execute(_INDEXES, [tables])
        indexes: Sequence[tuple[str, str]] = cursor.fetchall()
        cursor.execute(_KEYS, [tables])
        keys: Sequence[tuple[str, str, str]] = cursor.fetchall()
        for table, key, _definition in keys:
            cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {key}")
        for name, _definition in indexes:
            cursor.execute(f"DROP INDEX {connection.ops.quote_name(name)}")
    yield
    with connection.cursor() as cursor:
        # The planner knows nothing of what a policy lets through, and would compare each row with each.
        cursor.execute("SET LOCAL enable_nestloop = off")
        for _name, definition in indexes:
            cursor.execute(definition)
        for table, key, definition in keys:
            cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {key} {definition}")
        cursor.execute("SET LOCAL enable_nestloop = on")
