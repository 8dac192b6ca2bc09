"""Paths in subqueries: what stands below a row of the outer query, as a range that an index answers."""

from django.db.models import Func, OuterRef, Q, TextField


class End(Func):
    """Where what stands below a path ends: "~" sorts after all digits.

    Django's ``Concat`` guards its parts with COALESCE, which PostgreSQL does not know to keep rows secret: under
    row-level security it then compares row by row what an index could find.
    """

    template = "(%(expressions)s || '~')"
    arity = 1
    output_field = TextField(db_collation="C")


def below(outer: str, field: str = "organ_path", *, strictly: bool = False) -> Q:
    """Return the predicate of what stands below a path of the outer query's row.

    Args:
        outer: the outer query's field with the path.
        field: the inner one's.
        strictly: without what has that very path.
    """
    first = "gt" if strictly else "gte"
    return Q(**{f"{field}__{first}": OuterRef(outer), f"{field}__lt": End(OuterRef(outer))})
