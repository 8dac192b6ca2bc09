"""How migrations run beside a release that goes on serving."""

import time
from collections.abc import Callable
from typing import Any, Final

from django.db import connections
from django.db.migrations.executor import MigrationExecutor

# Waiting longer for a lock would make every page that needs the table wait behind the migration.
LOCK_SECONDS: Final = 3
# Any number, the same for all processes of all installations.
_ADVISORY: Final = 4_202_611_261
_POLL: Final = 0.1
_BROKEN: Final = (
    "SELECT quote_ident(c.relname) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
    " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE NOT i.indisvalid AND n.nspname = 'public'"
)


def be_careful(using: str, **_: object) -> None:
    """Let the statements of a migration take as long as they need, but wait for no lock for long.

    A page has the opposite limits (``settings.DATABASES``): no statement for long. A migration that does not get its
    lock fails and is run again.
    """
    connection = connections[using]
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', '0', false)")
        cursor.execute("SELECT set_config('idle_in_transaction_session_timeout', '0', false)")
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", [f"{LOCK_SECONDS}s"])
    if _with_patience not in connection.execute_wrappers:
        connection.execute_wrappers.append(_with_patience)


def be_quick_again(using: str, **_: object) -> None:
    """Go back to the limits of pages."""
    connection = connections[using]
    if _with_patience in connection.execute_wrappers:
        connection.execute_wrappers.remove(_with_patience)
    with connection.cursor() as cursor:
        cursor.execute("RESET statement_timeout; RESET idle_in_transaction_session_timeout; RESET lock_timeout")


def pending(using: str = "default") -> list[str]:
    """Return the names of migrations that the database has not had yet, in their order."""
    executor = MigrationExecutor(connections[using])
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _backwards in plan]


def alone(using: str = "default") -> None:
    """Wait until no other process prepares the same database; the lock ends with the connection.

    It is asked for again and again: whoever waits inside a statement is waited for by an index that the other makes
    beside the work (CREATE INDEX CONCURRENTLY), and both would wait for ever.
    """
    with connections[using].cursor() as cursor:
        while True:
            cursor.execute("SELECT pg_try_advisory_lock(%s)", [_ADVISORY])
            if cursor.fetchone() == (True,):
                return
            time.sleep(_POLL)


def drop_broken_indexes(using: str = "default") -> None:
    """Remove what an index leaves behind when making it beside the work was cut off: its name would be taken.

    Call it alone (``alone``): an index that is being made looks the same.
    """
    with connections[using].cursor() as cursor:
        cursor.execute(_BROKEN)
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP INDEX {name}")


def _with_patience(
    execute: Callable[..., Any],
    sql: object,
    params: object,
    many: bool,  # noqa: FBT001 - the signature of Django's wrappers
    context: dict[str, Any],
) -> Any:  # noqa: ANN401 - the same
    """Let an index that is made beside the work wait as long as it must: nobody waits behind it."""
    if "CONCURRENTLY" not in str(sql):
        return execute(sql, params, many, context)
    raw = context["connection"].connection
    raw.execute("SET lock_timeout = 0")
    try:
        return execute(sql, params, many, context)
    finally:
        raw.execute(f"SET lock_timeout = '{LOCK_SECONDS}s'")
