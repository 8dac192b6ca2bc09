"""Look for migrations that would lock a running office out of its tables, or break the release that still runs.

    tools/check_migrations.py      exit status 1 if there is one, or if models have changed without a migration

squawk (https://squawkhq.com/docs/rules) reads the SQL of all migrations since the last release as one text; what is
done to a table or function that is made in it disturbs nobody. The SQL comes from Django, which asks a real server for
its features: an embedded one, for as long as this takes.
"""

import asyncio
import io
import json
import os
import re
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from lienthong.embedded.postgres import Postgres

# The last migration of each app that a release has carried out; none has been released yet.
RELEASED: Final[Mapping[str, str]] = {}
OFFICE: Final = "lienthong.office."
_LEFT_OUT: Final = {
    "require-lock-timeout": "operation.migrations sets it for all of them",
    "require-statement-timeout": "the same: a statement that has its lock may take its time",
    "prefer-text-field": "lengths are part of the model; a longer one needs no rewrite",
    "prefer-bigint-over-int": "keys are bigint; other numbers are as large as they need to be",
    "prefer-bigint-over-smallint": "the same",
}
# Asked of statements in a transaction.
_OUTSIDE: Final = frozenset({"ban-concurrent-index-creation-in-transaction", "prefer-robust-stmts"})
# As Django writes it: one statement in a line.
_MADE: Final = re.compile(r"\bCREATE (?:TABLE (?:IF NOT EXISTS )?|FUNCTION )\"?(\w+)")
_CHANGED: Final = re.compile(r"\b(?:ALTER TABLE(?: ONLY)?|DROP FUNCTION(?: IF EXISTS)?|ON) \"?(\w+)")
_VERSION: Final = "15.0"  # of PostgreSQL, the oldest that the office takes


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A migration as it will be carried out."""

    name: str  # app.number_title
    sql: str
    # In a transaction, as all are that do not say otherwise.
    atomic: bool = True


def problems(steps: Sequence[Step]) -> Iterator[str]:
    """Yield a sentence for each statement that may not be run beside a release that serves.

    Args:
        steps: the migrations since the last release, in their order.
    """
    lines = [(step, line) for step in steps for line in step.sql.splitlines()]
    new = {name for step in steps for name in _MADE.findall(step.sql)}
    for finding in _squawk("\n".join(line for _, line in lines)):
        # Counted from 0.
        step, line = lines[int(finding["line"])]
        rule = finding["rule_name"]
        if rule in _LEFT_OUT or (rule in _OUTSIDE and not step.atomic) or new & set(_CHANGED.findall(line)):
            continue
        yield f"{step.name}: {rule}: {finding['message']} {finding.get('help') or ''} [{line[:120]}]"


def _squawk(sql: str) -> list[dict[str, Any]]:
    program = Path(sysconfig.get_path("scripts")) / "squawk"
    options = ["--assume-in-transaction", "--pg-version", _VERSION, "--reporter", "json"]
    done = subprocess.run(
        [program, *options, "--stdin-filepath", "migrations.sql"],
        input=sql,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in {0, 1}:
        raise RuntimeError(done.stderr)
    findings: list[dict[str, Any]] = json.loads(done.stdout or "[]")
    return findings


def steps() -> list[Step]:
    """Return the office's migrations since the last release; Django is set up, and its database is empty."""
    from django.apps import apps  # noqa: PLC0415 - once Django is set up
    from django.db import connection  # noqa: PLC0415 - the same
    from django.db.migrations.executor import MigrationExecutor  # noqa: PLC0415 - the same

    own = {config.label for config in apps.get_app_configs() if config.name.startswith(OFFICE)}
    loader = MigrationExecutor(connection).loader
    plan = MigrationExecutor(connection).migration_plan(loader.graph.leaf_nodes())
    return [
        Step(
            name=f"{migration.app_label}.{migration.name}",
            sql="\n".join(loader.collect_sql([(migration, False)])),
            atomic=bool(migration.atomic),
        )
        for migration, _ in plan
        if migration.app_label in own and migration.name > RELEASED.get(migration.app_label, "")
    ]


def unwritten() -> str:
    """Return what has changed in the models without a migration; empty if nothing has."""
    from django.core.management import call_command  # noqa: PLC0415 - once Django is set up

    said = io.StringIO()
    try:
        call_command("makemigrations", check_changes=True, dry_run=True, stdout=said, no_color=True)
    except SystemExit:
        return said.getvalue()
    return ""


def _check() -> list[str]:
    import django  # noqa: PLC0415 - once its settings have a database

    django.setup()
    changed = unwritten()
    found = list(problems(steps()))
    return [*found, f"models have changed without a migration:\n{changed}"] if changed else found


async def _with_server() -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        async with Postgres(Path(folder) / "postgres", durable=False) as server:
            os.environ |= {
                "DATABASE_URL": server.url,
                "LIENTHONG_OFFICE_STATE": f"{folder}/office",
                "DJANGO_SETTINGS_MODULE": f"{OFFICE}settings",
            }
            return await asyncio.to_thread(_check)


def main() -> int:
    """Check, and return the exit status."""
    found = asyncio.run(_with_server())
    print("\n".join(found) if found else "Migrations can run beside a release that serves.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
