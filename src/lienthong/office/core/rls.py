"""Operations of migrations: row-level security and triggers, each with its way back."""

from typing import Final

from django.db.migrations.operations import RunSQL

from lienthong.office.core.models import PATH_LENGTH

_SETTING: Final = "current_setting('lienthong.{}', true)"
ALL: Final = _SETTING.format("scope") + " = 'all'"
SIGN_IN: Final = _SETTING.format("scope") + " IN ('all', 'sign-in')"
PERSON: Final = "NULLIF(" + _SETTING.format("person") + ", '')::bigint"
CLEARANCE: Final = "COALESCE(NULLIF(" + _SETTING.format("clearance") + ", ''), '0')::int"
KNOWN: Final = "COALESCE(NULLIF(" + _SETTING.format("known") + ", ''), '{}')::bigint[]"
GUARD: Final = _SETTING.format("guard") + " = '1'"
ORGAN: Final = "NULLIF(" + _SETTING.format("organ") + ", '')::bigint"
KEPT: Final = "COALESCE(NULLIF(" + _SETTING.format("kept") + ", ''), '{}')::bigint[]"
HOLDERS: Final = "COALESCE(NULLIF(" + _SETTING.format("holders") + ", ''), '{}')::bigint[]"
DESK: Final = _SETTING.format("desk") + " = '1'"
TOP: Final = _SETTING.format("top") + " = '1'"
MEMBERS: Final = _SETTING.format("members") + " = '1'"
AUDIT: Final = _SETTING.format("audit") + " = '1'"


def within(column: str) -> str:
    """Return the condition that a path lies within the reader's bounds."""
    # The functions are stable, so the planner knows their values and finds the range's index.
    lo, hi = (f"COALESCE({_SETTING.format(name)}, '')::varchar({PATH_LENGTH}) COLLATE \"C\"" for name in ("lo", "hi"))
    return f"({column} >= {lo} AND {column} < {hi})"


def below(column: str) -> str:
    """Return the condition that a path is the reader's organ's or lies below it, whatever their roles."""
    lo = f"COALESCE({_SETTING.format('lo')}, '')::varchar({PATH_LENGTH}) COLLATE \"C\""
    end = f"(COALESCE({_SETTING.format('lo')}, '') || '~')::varchar({PATH_LENGTH}) COLLATE \"C\""
    return f"({column} >= {lo} AND {column} < {end})"


def seen(table: str, column: str) -> str:
    """Return the condition that the reader sees the row of another table which a column names.

    Args:
        table: under a policy of its own.
        column: its id, here.
    """
    # OFFSET 0: one look-up per row. Without it the planner may read the whole other table first, to answer for all.
    return f"EXISTS (SELECT FROM {table} other WHERE other.id = {column} OFFSET 0)"


def protect(table: str, using: str, *, writable: str | None = None) -> RunSQL:
    """Return the operation that lets rows of a table be seen only where a condition holds.

    Args:
        table: its name.
        using: the condition to see a row.
        writable: the condition a row must meet when it is written; as to see it unless given.
    """
    return RunSQL(
        f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;"
        # The owner, which the office signs in as, is bound too.
        f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY;"
        f"CREATE POLICY lienthong ON {table} USING ({using}) WITH CHECK ({writable or using});",
        f"DROP POLICY lienthong ON {table};"
        f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY;"
        f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY;",
    )


def change(table: str, using: str) -> str:
    """Return the statement that puts another condition into a table's policy, to see its rows and to write them."""
    return f"ALTER POLICY lienthong ON {table} USING ({using}) WITH CHECK ({using});"
