"""The check of migrations: it lets new tables be, and finds what would lock others out."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools.check_migrations import Step, problems

NEW = "CREATE TABLE thing (id bigint PRIMARY KEY, name varchar(20) NOT NULL);"


def rules(*steps: Step) -> list[str]:
    return [line.split(": ")[1] for line in problems(steps)]


def one(sql: str, *, atomic: bool = True) -> Step:
    return Step(name="app.0002_next", sql=sql, atomic=atomic)


def test_new_table_and_its_index_disturb_nobody() -> None:
    first = Step(name="app.0001_initial", sql=NEW)
    assert rules(first, one("CREATE INDEX thing_name ON thing (name);")) == []
    assert rules(first, one("ALTER TABLE thing ADD COLUMN size int NOT NULL;")) == []


@pytest.mark.parametrize(
    ("sql", "rule"),
    [
        ("CREATE INDEX thing_name ON thing (name);", "require-concurrent-index-creation"),
        ("ALTER TABLE thing ADD COLUMN size int NOT NULL;", "adding-required-field"),
        ("ALTER TABLE thing DROP COLUMN name;", "ban-drop-column"),
        ("ALTER TABLE thing RENAME COLUMN name TO title;", "renaming-column"),
        ("ALTER TABLE thing ALTER COLUMN name TYPE int USING name::int;", "changing-column-type"),
        ("ALTER TABLE thing ALTER COLUMN name SET NOT NULL;", "adding-not-nullable-field"),
        (
            "ALTER TABLE thing ADD CONSTRAINT short CHECK (length(name) < 9);",
            "constraint-missing-not-valid",
        ),
    ],
)
def test_what_would_lock_out_or_break(sql: str, rule: str) -> None:
    (found,) = problems([one(sql)])
    assert found.startswith(f"app.0002_next: {rule}: ")
    assert sql in found


def test_index_made_beside_the_work_is_for_migrations_without_a_transaction() -> None:
    sql = "CREATE INDEX CONCURRENTLY thing_name ON thing (name);"
    assert rules(one(sql, atomic=False)) == []
    assert rules(one(sql)) != []


def test_finding_is_told_with_its_own_migration() -> None:
    good = Step(name="app.0001_initial", sql=f"--\n-- a comment\n--\n{NEW}")
    (found,) = problems([good, one("\n\nALTER TABLE other DROP COLUMN a;")])
    assert found.startswith("app.0002_next: ")


def test_ours_may_run(project: Path) -> None:
    # In a process of its own: Django takes one database for its life.
    env = {name: value for name, value in os.environ.items() if not name.startswith("LIENTHONG")}
    done = subprocess.run(
        [sys.executable, "-m", "tools.check_migrations"],
        cwd=project,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_function_that_no_release_has_may_go_and_another_may_not() -> None:
    first = Step(name="app.0001_initial", sql="CREATE FUNCTION made(a int) RETURNS int LANGUAGE sql AS $$ SELECT 1 $$;")
    assert rules(first, one("DROP FUNCTION IF EXISTS made(int);")) == []
    assert rules(one("DROP FUNCTION IF EXISTS made(int);")) == ["ban-drop-function"]
