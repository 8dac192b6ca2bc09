"""Rows by COPY: seconds where inserting takes minutes."""

from collections.abc import Iterable, Sequence

from django.apps import apps
from django.db import connection
from django.db.models import Model


def copy_rows(model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write rows into a model's table, through a temporary one: COPY refuses tables under row-level security.

    Args:
        model: whose table.
        columns: names of columns, not of fields: ``parent_id``.
        rows: a value for each column.
    """
    table = model._meta.db_table  # noqa: SLF001 - Django's public name
    names = ", ".join(columns)
    with connection.cursor() as cursor:
        # A country takes longer than a page may.
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute(f"CREATE TEMPORARY TABLE arriving ON COMMIT DROP AS SELECT {names} FROM {table} WITH NO DATA")  # noqa: S608 - names of ours
        with cursor.copy(f"COPY arriving ({names}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM arriving")  # noqa: S608 - the same
        cursor.execute("DROP TABLE arriving")


def go_on_counting(*models: type[Model]) -> None:
    """Let the tables' own numbering go on after rows that came with numbers."""
    with connection.cursor() as cursor:
        for model in models:
            table = model._meta.db_table  # noqa: SLF001 - Django's public name
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), GREATEST((SELECT max(id) FROM {table}), 1))"  # noqa: S608 - a name of ours
            )


def analyse() -> None:
    """Tell the planner what came: without statistics it reads whole tables."""
    with connection.cursor() as cursor:
        for model in apps.get_models():
            if model._meta.app_label in {"core", "organs", "accounts", "documents"}:  # noqa: SLF001 - Django's public name
                cursor.execute(f"ANALYZE {model._meta.db_table}")  # noqa: SLF001 - the same
