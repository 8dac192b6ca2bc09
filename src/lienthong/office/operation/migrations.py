"""How migrations run beside a release that goes on serving."""

from typing import Final

from django.db import connections
from django.db.migrations.executor import MigrationExecutor

# Waiting longer for a lock would make every page that needs the table wait behind the migration.
LOCK_SECONDS: Final = 3
# Any number, the same for all processes of all installations.
_ADVISORY: Final = 4_202_611_261


def be_careful(using: str, **_: object) -> None:
    """Let the statements of a migration take as long as they need, but wait for no lock for long.

    A page has the opposite limits (``settings.DATABASES``): no statement for long. A migration that does not get its
    lock fails and is run again.
    """
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', '0', false)")
        cursor.execute("SELECT set_config('idle_in_transaction_session_timeout', '0', false)")
        cursor.execute("SELECT set_config('lock_timeout', %s, false)", [f"{LOCK_SECONDS}s"])


def be_quick_again(using: str, **_: object) -> None:
    """Go back to the limits of pages."""
    with connections[using].cursor() as cursor:
        cursor.execute("RESET statement_timeout; RESET idle_in_transaction_session_timeout; RESET lock_timeout")


def pending(using: str = "default") -> list[str]:
    """Return the names of migrations that the database has not had yet, in their order."""
    executor = MigrationExecutor(connections[using])
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return [f"{migration.app_label}.{migration.name}" for migration, _backwards in plan]


def alone(using: str = "default") -> None:
    """Wait until no other process prepares the same database; the lock ends with the connection."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT set_config('lock_timeout', '0', false)")
        cursor.execute("SELECT set_config('statement_timeout', '0', false)")
        cursor.execute("SELECT pg_advisory_lock(%s)", [_ADVISORY])
